/** Solvers in whole runs: the oracle, recorded answers, tools over several turns, and prompts with images. */

import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { type Answer, type FakeEndpoint, type FakeReply, type RequestBody, startFakeEndpoint } from '../../fakes/endpoint.js';
import { answersSums, lastMessage, writeSums } from './judged.js';
import { journalLines, Lab, readBundle, readLines, until } from './lab.js';

const lab = new Lab();
const open: FakeEndpoint[] = [];
afterAll(async () => {
  await Promise.all(open.map((endpoint) => endpoint.close()));
  await lab.close();
});

async function start(...args: Parameters<typeof startFakeEndpoint>): Promise<FakeEndpoint> {
  const endpoint = await startFakeEndpoint(...args);
  open.push(endpoint);
  return endpoint;
}

const rewards = (out: string, name = 'sums'): number[] => readLines(path.join(out, name, 'results.jsonl')).map(({ reward }) => reward);

describe('oracle and replay', () => {
  const bench = writeSums(lab, 20);
  const run = (...args: string[]) => lab.nel(['eval', 'run', '--bench', bench, ...args]);

  it('score 1.0, then what a recorded run scored, found by problem_idx or by prompt', { timeout: 120_000 }, async () => {
    expect(await run('--solver', 'oracle', '-o', lab.path('oracle'))).toMatchObject({ code: 0 });
    expect(rewards(lab.path('oracle'))).toEqual(Array.from({ length: 20 }, () => 1));

    const model = await start({ answer: answersSums });
    const recorded = lab.path('recorded');
    expect(await run('--model-url', model.url, '--model-id', 'm', '-o', recorded)).toMatchObject({ code: 0 });
    const trajectories = path.join(recorded, 'sums/trajectories.jsonl');
    expect(await run('--replay', trajectories, '-o', lab.path('by-idx'))).toMatchObject({ code: 0 });
    expect(rewards(lab.path('by-idx'))).toEqual(rewards(recorded));

    const questions = lab.path('questions.jsonl');
    const lines = readLines(trajectories).map((row) => ({
      question: row['prompt'],
      response: (row['model'] as { content: string }).content,
    }));
    writeFileSync(
      questions,
      lines
        .reverse()
        .map((line) => `${JSON.stringify(line)}\n`)
        .join(''),
    );
    expect(await run('--replay', questions, '--system-prompt', 'Be brief.', '-o', lab.path('by-prompt'))).toMatchObject({ code: 0 });
    expect(rewards(lab.path('by-prompt'))).toEqual(rewards(recorded));
    expect(model.requests).toBe(20);
  });

  it('count a problem without a recording as an error, never as a wrong answer', { timeout: 60_000 }, async () => {
    const file = lab.path('some.jsonl');
    writeFileSync(file, Array.from({ length: 19 }, (_, i) => `${JSON.stringify({ problem_idx: i, response: String(2 * i) })}\n`).join(''));
    const failed = await run('--replay', file, '-o', lab.path('some'));
    expect(failed.code).toBe(4);
    expect(failed.stderr).toContain('1 of 20 samples ended as errors');
    const passed = await run('--replay', file, '-o', lab.path('most'), '--max-error-rate', '0.1');
    expect(passed).toMatchObject({ code: 0 });
    expect(readBundle(lab.path('most/sums'))?.coverage).toEqual({ expected: 20, scored: 19, errors: 1 });
    expect(readLines(lab.path('most/sums/results.jsonl'))[19]).toMatchObject({ status: 'error', failure_category: 'bad_response' });
    // Other recordings under the same name are another run.
    writeFileSync(file, `${JSON.stringify({ problem_idx: 0, response: '0' })}\n`);
    const refused = await run('--replay', file, '-o', lab.path('most'), '--max-error-rate', '0.1', '--resume');
    expect(refused).toMatchObject({ code: 3, stderr: expect.stringContaining('sums.recordings') as string });
  });

  it('are refused before the run for a file that is not there or holds nothing of use', { timeout: 60_000 }, async () => {
    const absent = await run('--replay', lab.path('absent.jsonl'), '-o', lab.path('absent'));
    expect(absent).toMatchObject({ code: 3, stderr: expect.stringContaining('absent.jsonl') as string });
    const file = lab.path('broken.jsonl');
    writeFileSync(file, '{"problem_idx": 0}\n');
    const broken = await run('--replay', file, '-o', lab.path('broken'));
    expect(broken).toMatchObject({ code: 3, stderr: expect.stringContaining('broken.jsonl:1') as string });
  });
});

const TOOLS = `tools: [{
    name: 'double', description: 'Doubles a whole number.',
    parameters: { type: 'object', properties: { n: { type: 'integer' } }, required: ['n'] },
    run({ n }) { if (!Number.isInteger(n)) throw new Error('n must be a whole number'); return String(2 * n); },
  }],`;

interface Turn {
  readonly role: string;
  readonly content: string;
}

const turnsOf = (body: RequestBody): Turn[] => body['messages'] as Turn[];
const numberOf = (body: RequestBody): number =>
  Number(/What is (\d+) plus/.exec(turnsOf(body).find(({ role }) => role === 'user')?.content ?? '')?.[1]);

/** A reply that asks for tools. */
function calls(...wanted: readonly (readonly [name: string, args: string])[]): FakeReply {
  const tool_calls = wanted.map(([name, args], i) => ({ id: `call_${i}`, type: 'function', function: { name, arguments: args } }));
  const message = { role: 'assistant', content: null, tool_calls };
  const usage = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 };
  return { raw: JSON.stringify({ model: 'm', choices: [{ index: 0, message, finish_reason: 'tool_calls' }], usage }) };
}

/** First a call that fails in four ways, then the right one, then what the tool said. */
const usesTools: Answer = (body) => {
  const told = turnsOf(body).filter(({ role }) => role === 'tool');
  const n = numberOf(body);
  if (told.length === 0) return calls(['halve', '{}'], ['double', '{"n": '], ['double', '[]'], ['double', '{"n": "x"}']);
  if (told.length === 4) return calls(['double', JSON.stringify({ n })]);
  return { content: told.at(-1)?.content ?? '', usage: { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 } };
};

describe('tool_calling', () => {
  const bench = writeSums(lab, 12, 'tools', TOOLS);
  const args = (model: FakeEndpoint, out: string, ...more: string[]): string[] => {
    const flags = ['--solver', 'tool_calling', '--model-url', model.url, '--model-id', 'm', '--concurrency', '4', '-o', out];
    return ['eval', 'run', '--bench', bench, ...flags, ...more];
  };

  it('loops until the model answers; failed calls are told, all turns are kept, tokens are summed', { timeout: 60_000 }, async () => {
    const model = await start({ answer: usesTools });
    const out = lab.path('tools-run');
    expect(await lab.nel(args(model, out))).toMatchObject({ code: 0 });
    expect(rewards(out, 'tools')).toEqual(Array.from({ length: 12 }, () => 1));
    expect(model.requests).toBe(36);
    const row = readLines(path.join(out, 'tools/trajectories.jsonl'))[7] as unknown as { messages: Turn[]; retries: number };
    expect(row.messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'tool', 'tool', 'tool', 'tool', 'assistant', 'tool']);
    expect(row.messages.filter(({ role }) => role === 'tool').map(({ content }) => content)).toEqual([
      expect.stringContaining('error: there is no tool halve'),
      expect.stringContaining('error: the arguments are no JSON: '),
      'error: the arguments are no JSON object',
      'error: n must be a whole number',
      '14',
    ]);
    expect(readLines(path.join(out, 'tools/results.jsonl'))[7]).toMatchObject({
      tokens: { prompt: 30, completion: 15, total: 45 },
      attempts: 3,
    });
  });

  it('ends at its limit with a call without tools', { timeout: 60_000 }, async () => {
    const seen: boolean[] = [];
    const model = await start({
      answer: (body) => {
        seen.push(body['tools'] !== undefined);
        return body['tools'] === undefined ? String(2 * numberOf(body)) : calls(['double', '{"n": 1}']);
      },
    });
    const config = lab.path('turns.yaml');
    const solver = '{type: tool_calling, max_turns: 3}';
    writeFileSync(config, `services: {m: {url: "${model.url}", model: m}}\nbenchmarks: [{name: ${bench}, solver: ${solver}}]\n`);
    expect(await lab.nel(['eval', 'run', config, '-o', lab.path('turns')])).toMatchObject({ code: 0 });
    expect([seen.filter(Boolean).length, seen.length]).toEqual([24, 36]);
    expect(rewards(lab.path('turns'), 'tools')).toEqual(Array.from({ length: 12 }, () => 1));
  });

  it('pays no finished sample twice after a kill in the middle of the loops', { timeout: 90_000 }, async () => {
    const model = await start({ answer: usesTools, latencyMs: 120 });
    const out = lab.path('tools-killed');
    const run = lab.start(args(model, out));
    await until('some samples to be done', () => journalLines(path.join(out, 'tools')) >= 4, 40);
    run.child.kill('SIGKILL');
    await run.done;
    const finished = journalLines(path.join(out, 'tools'));
    expect(finished).toBeLessThan(12);
    expect(await lab.nel(args(model, out, '--resume'))).toMatchObject({ code: 0 });
    expect(rewards(out, 'tools')).toEqual(Array.from({ length: 12 }, () => 1));
    // At most the loops that were open, four at a time, are walked again.
    expect(model.requests).toBeLessThanOrEqual(36 + 4 * 3);
    const last = [...model.requestsByBody.values()].reduce((sum, n) => sum + n - 1, 0);
    expect(last).toBeLessThanOrEqual(4 * 3);
  });

  it('is refused before the run for a benchmark without tools, and for completions', { timeout: 60_000 }, async () => {
    const model = await start({});
    const plain = writeSums(lab, 2, 'plain');
    const flags = ['--solver', 'tool_calling', '--model-url', model.url, '--model-id', 'm', '-o', lab.path('refused')];
    const without = await lab.nel(['eval', 'run', '--bench', plain, ...flags]);
    expect(without).toMatchObject({ code: 3, stderr: expect.stringContaining('plain declares no tools') as string });
    const completions = await lab.nel(['eval', 'run', '--bench', bench, ...flags, '--protocol', 'completions']);
    expect(completions).toMatchObject({ code: 3, stderr: expect.stringContaining('needs the protocol chat_completions') as string });
    expect(model.requests).toBe(0);
  });
});

it('vlm sends images as data URIs in the order of the prompt, and records their hashes', { timeout: 60_000 }, async () => {
  const image = (n: number): string => `data:image/png;base64,${Buffer.from(`image number ${n}`).toString('base64')}`;
  const file = lab.path('pictures.mjs');
  writeFileSync(
    file,
    `import { defineBenchmark, exactMatch } from 'nel';
const image = (n) => ({ type: 'image_url', image_url: { url: \`data:image/png;base64,\${Buffer.from(\`image number \${n}\`).toString('base64')}\` } });
export default defineBenchmark({
  name: 'pictures',
  dataset: [{ n: 3, answer: 'a cat' }],
  prompt: ({ n }) => [{ type: 'text', text: 'First:' }, image(n), { type: 'text', text: 'Then:' }, image(n + 1), { type: 'text', text: 'What is it?' }],
  targetField: 'answer',
  scorer: exactMatch(),
});
`,
  );
  const bodies: RequestBody[] = [];
  const model = await start({
    answer: (body) => {
      bodies.push(body);
      return 'A cat.';
    },
  });
  const out = lab.path('vlm');
  const run = await lab.nel(['eval', 'run', '--bench', file, '--solver', 'vlm', '--model-url', model.url, '--model-id', 'm', '-o', out]);
  expect(run).toMatchObject({ code: 0 });
  const [content] = turnsOf(bodies[0] ?? {}).map((turn) => turn.content as unknown as { type: string; image_url?: { url: string } }[]);
  expect(content?.map(({ type }) => type)).toEqual(['text', 'image_url', 'text', 'image_url', 'text']);
  expect(content?.flatMap(({ image_url }) => image_url?.url ?? [])).toEqual([image(3), image(4)]);
  const trajectory = readFileSync(path.join(out, 'pictures/trajectories.jsonl'), 'utf8');
  expect(trajectory).not.toContain(image(3));
  expect(trajectory.match(/data:image\/png;base64,sha256:[0-9a-f]{64}/g)).toHaveLength(2);
  expect(lastMessage(bodies[0] ?? {})).not.toBe('');
});
