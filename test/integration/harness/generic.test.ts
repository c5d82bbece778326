/** A program of one's own as a benchmark of a whole run, in the place of any evaluation tool. */

import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type SpawnedEndpoint, spawnFakeEndpoint } from '../../fakes/spawn-endpoint.js';
import { Lab, readBundle, readLines } from '../runs/lab.js';

const lab = new Lab();
const KEY = 'sk-harness-secret-4711';
let endpoint: SpawnedEndpoint;

/** Asks each question once and scores by whether the answer holds the expected text; leaves a link that leads nowhere, as many tools do. */
const PROGRAM = `
const [url, model, out, limit, mode] = process.argv.slice(2);
const { symlinkSync, writeFileSync } = require('node:fs');
const questions = [['What is 6 times 7?', '42'], ['What is 6 times 8?', '48'], ['Which number is the answer?', '42']].slice(0, Number(limit || 99));
(async () => {
  console.log('key ' + process.env.OPENAI_API_KEY + ', extra ' + process.env.EXTRA_SETTING + ', hidden ' + process.env.HIDDEN_TOKEN);
  if (mode === 'fail') { console.error('the disk is on fire'); process.exit(7); }
  const rows = [];
  for (const [q, gold] of questions) {
    const reply = await fetch(url + '/chat/completions', {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: 'Bearer ' + process.env.OPENAI_API_KEY },
      body: JSON.stringify({ model, messages: [{ role: 'user', content: q }] }),
    });
    const answer = (await reply.json()).choices[0].message.content;
    rows.push({ question: q, answer, gold, right: answer.includes(gold), leak: process.env.OPENAI_API_KEY, length: answer.length });
  }
  symlinkSync('nowhere.json', out + '/latest');
  if (mode !== 'empty') writeFileSync(out + '/scores.json', JSON.stringify({ rows }));
})();
`;

function config(name: string, mode: string, more = ''): string {
  const file = lab.path(`${name}.yaml`);
  writeFileSync(
    file,
    `services:
  s: {type: api, url: ${endpoint.url}, model: demo, api_key: "\${DEMO_API_KEY}"}
benchmarks:
  - name: harness://quiz
    ${more}
    harness:
      command: [${process.execPath}, ${lab.path('quiz.cjs')}, "{url}", "{model}", "{output_dir}", "{max_problems}", ${mode}]
      env: [EXTRA_SETTING]
      results:
        file: scores.json
        format: json
        rows: rows
        fields: {reward: right, prompt: question, response: answer, expected: gold, category: gold, extracted: leak}
        metrics: {length: length}
output: {dir: ${lab.path(name)}}
`,
  );
  return file;
}
const env = { DEMO_API_KEY: KEY, EXTRA_SETTING: 'on', HIDDEN_TOKEN: 'not-for-others-1' };

beforeAll(async () => {
  endpoint = await spawnFakeEndpoint({ apiKey: KEY });
  writeFileSync(lab.path('quiz.cjs'), PROGRAM);
});
afterAll(async () => {
  await endpoint.close();
  await lab.close();
});

describe('a run of a program of one’s own', { timeout: 120_000 }, () => {
  it("ends in the usual files, without the endpoint's key in any of them", async () => {
    const run = await lab.nel(['eval', 'run', config('good', 'good')], env);
    expect(run).toMatchObject({ code: 0, stdout: expect.stringContaining('mean_reward   0.6667') });
    const dir = lab.path('good/quiz');
    expect(
      readLines(path.join(dir, 'results.jsonl')).map(({ problem_idx, reward, expected_answer }) => [problem_idx, reward, expected_answer]),
    ).toEqual([
      [0, 1, '42'],
      [1, 0, '48'],
      [2, 1, '42'],
    ]);
    const bundle = readBundle(dir);
    expect(bundle).toMatchObject({
      benchmark: {
        name: 'quiz',
        samples: 3,
        scores: { mean_reward: { n: 3 }, length: { value: 17 } },
        categories: { '42': { n: 2 }, '48': { n: 1 } },
      },
      dataset: { source: 'harness://quiz', size: 3 },
      coverage: { expected: 3, scored: 3, errors: 0 },
    });
    expect(readLines(path.join(dir, 'trajectories.jsonl'))[0]).toMatchObject({
      model: { content: 'The answer is 42.', model: 'demo' },
      extracted_answer: '[redacted]',
    });
    expect(readFileSync(path.join(dir, 'harness.log'), 'utf8')).toContain('key [redacted], extra on, hidden undefined');
    for (const name of readdirSync(dir, { recursive: true, encoding: 'utf8' })) {
      if (/\.(json|jsonl|log)$/.test(name)) expect(readFileSync(path.join(dir, name), 'utf8'), name).not.toContain(KEY);
    }
  });

  it('is complete: the program is not run again', async () => {
    const before = (await endpoint.stats()).requests;
    expect(await lab.nel(['eval', 'run', lab.path('good.yaml'), '--resume'], env)).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('complete'),
    });
    expect((await endpoint.stats()).requests).toBe(before);
  });

  it('can be compared with itself, as any benchmark', async () => {
    await lab.nel(['eval', 'run', config('again', 'good')], env);
    const compared = await lab.nel(['compare', lab.path('good'), lab.path('again')]);
    expect(compared).toMatchObject({ code: 0 });
    expect(compared.stdout).toContain('quiz');
  });

  it('asks the first problems only when it is told to', async () => {
    expect(await lab.nel(['eval', 'run', config('few', 'good'), '--max-problems', '2'], env)).toMatchObject({ code: 0 });
    expect(readLines(lab.path('few/quiz/results.jsonl'))).toHaveLength(2);
  });

  it('that fails ends with code 4 and its last lines, without a score', async () => {
    const run = await lab.nel(['eval', 'run', config('bad', 'fail')], env);
    expect(run).toMatchObject({ code: 4, stderr: expect.stringMatching(/quiz ended with code 7[\s\S]*the disk is on fire/) });
    expect(run.stderr).not.toContain(KEY);
    expect(existsSync(lab.path('bad/quiz/results.jsonl'))).toBe(false);
    expect(readBundle(lab.path('bad/quiz'))).toBeUndefined();
  });

  it('that writes no results ends with code 4, and is run again by --resume', async () => {
    expect(await lab.nel(['eval', 'run', config('empty', 'empty')], env)).toMatchObject({
      code: 4,
      stderr: expect.stringContaining('no file in'),
    });
    const before = (await endpoint.stats()).requests;
    expect(await lab.nel(['eval', 'run', lab.path('empty.yaml'), '--resume'], env)).toMatchObject({ code: 4 });
    expect((await endpoint.stats()).requests).toBe(before + 3);
  });

  it.each([
    ['repeats', 'repeats: 2', [], /quiz asks each problem once, and 2 repeats are configured/],
    ['another solver', 'solver: {type: oracle}', [], /asks the model by itself, so the solver oracle has no part in it/],
    ['a metric', 'metrics: [{type: exact_match}]', [], /scores by itself/],
    ['a shard', '', ['--shard', '0/2'], /harness:\/\/quiz is run whole by another program/],
  ])('is refused with %s', async (what, more, flags, message) => {
    const run = await lab.nel(['eval', 'run', config(`refused-${what.replaceAll(' ', '-')}`, 'good', more), ...flags], env);
    expect(run).toMatchObject({ code: 3, stderr: expect.stringMatching(message) });
  });

  it('is refused where its program or a variable of its is not there', async () => {
    const file = config('nowhere', 'good');
    writeFileSync(file, readFileSync(file, 'utf8').replace(process.execPath, '/nowhere/tool'));
    expect(await lab.nel(['eval', 'run', file], env)).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('there is no program "/nowhere/tool"'),
    });
    const { EXTRA_SETTING: _, ...without } = env;
    expect(await lab.nel(['eval', 'run', config('unset', 'good')], without)).toMatchObject({
      code: 4,
      stderr: expect.stringContaining('EXTRA_SETTING'),
    });
  });
});
