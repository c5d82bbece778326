/** Whole runs with a judge: what it is asked, what its word is worth, and what happens when it fails. */

import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { type Answer, type FakeEndpoint, startFakeEndpoint } from '../../fakes/endpoint.js';
import { answersSums, gradesSums, judged, lastMessage, writeConfig, writeSums } from './judged.js';
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

const mostOf = (endpoint: FakeEndpoint): number => Math.max(...endpoint.requestsByBody.values());
const bench = writeSums(lab, 20);

describe('a judge metric', () => {
  it('is a score of the results and the bundle, and its questions are in the trajectories', { timeout: 60_000 }, async () => {
    const bodies: Record<string, unknown>[] = [];
    const model = await start({ answer: answersSums });
    const judge = await start({
      answer: (body, info) => {
        bodies.push(body);
        return gradesSums(body, info);
      },
    });
    const out = lab.path('grades');
    const config = writeConfig(lab, 'grades.yaml', { bench, model: model.url, judge: judge.url });
    expect(await lab.nel(['eval', 'run', config, '-o', out])).toMatchObject({ code: 0 });
    const bundle = readBundle(path.join(out, 'sums'));
    expect(bundle?.benchmark.scores['mean_reward']?.value).toBeCloseTo(0.8, 12);
    // 16 of 20 at grade 10, 4 at grade 4, which is a third of the way from 1 to 10.
    expect(bundle?.benchmark.scores['judge']?.value).toBeCloseTo((16 + 4 / 3) / 20, 12);
    const rows = readLines(path.join(out, 'sums/results.jsonl'));
    expect(rows[0]).toMatchObject({ reward: 1, scoring_details: { judge: 1, judge_details: { grade: 10 } } });
    expect(rows[4]).toMatchObject({ reward: 0, scoring_details: { judge: 1 / 3, judge_details: { grade: 4 } } });
    const [trajectory] = readLines(path.join(out, 'sums/trajectories.jsonl'));
    expect(trajectory?.['judge_calls']).toMatchObject([
      {
        service: 'judging',
        messages: [{ role: 'system' }, { role: 'user' }],
        model: { content: '{"reason":"compared","grade":10}', model: 'judging' },
      },
    ]);
    expect(judged(bodies[0] ?? {})).toHaveProperty('Question');
    expect(bodies.every((body) => body['temperature'] === 0 && body['response_format'] !== undefined)).toBe(true);
    expect([model.requests, judge.requests]).toEqual([20, 20]);
  });

  it('is asked in words where the endpoint knows no response_format', { timeout: 60_000 }, async () => {
    const model = await start({ answer: answersSums });
    const answer: Answer = (body, info) =>
      body['response_format'] === undefined ? gradesSums(body, info) : { status: 400, content: 'unknown field response_format' };
    const judge = await start({ answer });
    const out = lab.path('words');
    const config = writeConfig(lab, 'words.yaml', { bench, model: model.url, judge: judge.url });
    expect(await lab.nel(['eval', 'run', config, '-o', out])).toMatchObject({ code: 0 });
    expect(readBundle(path.join(out, 'sums'))?.benchmark.scores['judge']?.n).toBe(20);
    expect(judge.stats().byStatus).toMatchObject({ 200: 20 });
    // Only what was out before the first refusal came back.
    expect(judge.stats().byStatus['400']).toBeLessThanOrEqual(4);
  });

  it('compares both ways round, and a judge that always takes the first one decides nothing', { timeout: 60_000 }, async () => {
    const model = await start({ answer: answersSums });
    const judge = await start({ answer: () => '{"reason": "it comes first", "verdict": "A"}' });
    const out = lab.path('pairwise');
    const config = writeConfig(lab, 'pairwise.yaml', { bench, model: model.url, judge: judge.url, metric: 'mode: pairwise, name: better' });
    expect(await lab.nel(['eval', 'run', config, '-o', out])).toMatchObject({ code: 0 });
    expect(judge.requests).toBe(40);
    const row = readLines(path.join(out, 'sums/results.jsonl'))[4];
    expect(row).toMatchObject({ scoring_details: { better: 0.5, better_details: { consistent: 0, first_preferred: 1 } } });
    const calls = readLines(path.join(out, 'sums/trajectories.jsonl'))[4]?.['judge_calls'] as { messages: { content: string }[] }[];
    const shown = calls.map(({ messages }) => judged({ messages }));
    expect(shown).toMatchObject([
      { 'Answer A': '9', 'Answer B': '8' },
      { 'Answer A': '8', 'Answer B': '9' },
    ]);
  });
});

describe('a run with a judge', () => {
  it.each([
    ['another rubric', { metric: 'rubric: Is the answer polite?' }, 'metrics.judge.rubric'],
    ['another judge', { judgeName: 'other' }, 'metrics.judge.judge.model: "judging" there, "other" now'],
    ['another scale', { metric: 'rubric: Is the answer right?, scale: [1, 5]' }, 'metrics.judge.scale'],
  ])('is not gone on with under %s', { timeout: 60_000 }, async (_what, change, difference) => {
    const model = await start({ answer: answersSums });
    const judge = await start({ answer: gradesSums });
    const out = lab.path(`changed-${_what.replaceAll(' ', '-')}`);
    const before = { bench, model: model.url, judge: judge.url };
    expect(await lab.nel(['eval', 'run', writeConfig(lab, 'before.yaml', before), '-o', out])).toMatchObject({ code: 0 });
    const refused = await lab.nel(['eval', 'run', writeConfig(lab, 'after.yaml', { ...before, ...change }), '-o', out, '--resume']);
    expect(refused.code).toBe(3);
    expect(refused.stderr).toContain(difference);
    expect([model.requests, judge.requests]).toEqual([20, 20]);
  });

  it('is refused where the model would judge itself, unless that is allowed', { timeout: 60_000 }, async () => {
    const model = await start({ answer: (body, info) => (lastMessage(body).includes('[[begin') ? gradesSums : answersSums)(body, info) });
    const same = { bench, model: model.url, judge: model.url, judgeName: 'tested' };
    const refused = await lab.nel(['eval', 'run', writeConfig(lab, 'same.yaml', same), '-o', lab.path('same')]);
    expect(refused.code).toBe(3);
    expect(refused.stderr).toContain('is the model under test (tested)');
    expect(refused.stderr).toContain('allow_same_model');
    expect(model.requests).toBe(0);
    const allowed = writeConfig(lab, 'allowed.yaml', { ...same, metric: 'rubric: Right?, allow_same_model: true' });
    expect(await lab.nel(['eval', 'run', allowed, '-o', lab.path('same')])).toMatchObject({ code: 0 });
    expect(model.requests).toBe(40);
  });

  it.each([
    ['a judge without a rubric for a benchmark that asks none', 'repeats: 1', 'is not scored by a judge'],
    ['a metric named like a score that is there anyway', 'rubric: x, name: mean_reward', 'called "mean_reward"'],
  ])('is refused for %s', { timeout: 60_000 }, async (_what, metric, words) => {
    const config = writeConfig(lab, 'wrong.yaml', { bench, model: 'http://127.0.0.1:9/v1', judge: 'http://127.0.0.1:9/v1', metric });
    const refused = await lab.nel(['eval', 'run', config, '-o', lab.path('wrong')]);
    expect(refused).toMatchObject({ code: 3 });
    expect(refused.stderr).toContain(words);
  });
});

describe('a judge that fails', () => {
  it('by being down makes the run wait; when it comes back nothing is asked twice of the model', { timeout: 120_000 }, async () => {
    const model = await start({ answer: answersSums });
    let left = 6;
    const first = await startFakeEndpoint({
      answer: (body, info) => (left-- > 0 ? gradesSums(body, info) : { hang: 'headers' }),
      latencyMs: 20,
    });
    const config = writeConfig(lab, 'down.yaml', { bench, model: model.url, judge: first.url, judgeMore: ['max_retries: 2'] });
    const out = lab.path('down');
    const run = lab.start(['eval', 'run', config, '-o', out]);
    await until('the judge to be asked', () => left <= 0);
    await first.close();
    await until(`word of the outage; nel said: ${run.stderr()}`, () => run.stderr().includes('waiting for the endpoint'), 60);
    expect(existsSync(path.join(out, 'sums/results.jsonl'))).toBe(false);
    const second = await start({ answer: gradesSums, port: first.port });
    expect(await run.done).toMatchObject({ code: 0 });
    expect(readBundle(path.join(out, 'sums'))?.coverage).toEqual({ expected: 20, scored: 20, errors: 0 });
    expect([model.requests, mostOf(model)]).toEqual([20, 1]);
    // Replies that were on their way when it went down are asked for again.
    expect(second.requests).toBeGreaterThanOrEqual(14);
    expect(second.requests).toBeLessThanOrEqual(18);
    expect(mostOf(second)).toBe(1);
  });

  it('by refusing the key ends the run clearly; --resume judges without asking the model again', { timeout: 120_000 }, async () => {
    const key = 'sk-judge-secret-0123456789abcdef';
    const wrong = 'sk-judge-wrong-fedcba9876543210';
    const model = await start({ answer: answersSums });
    const judge = await start({ apiKey: key, answer: (body, info) => `${gradesSums(body, info) as string} (your key is ${key})` });
    const config = writeConfig(lab, 'key.yaml', { bench, model: model.url, judge: judge.url, judgeMore: ['api_key: ${JUDGE_KEY}'] });
    const out = lab.path('key');
    const failed = await lab.nel(['eval', 'run', config, '-o', out], { JUDGE_KEY: wrong });
    expect(failed.code).toBe(4);
    expect(failed.stderr).toContain('check the API key in JUDGE_KEY');
    expect(readBundle(path.join(out, 'sums'))).toBeUndefined();
    const asked = model.requests;
    expect(journalLines(path.join(out, 'sums'))).toBe(asked);
    const resumed = await lab.nel(['eval', 'run', config, '-o', out, '--resume'], { JUDGE_KEY: key });
    expect(resumed).toMatchObject({ code: 0 });
    expect([model.requests, mostOf(model), judge.requests]).toEqual([20, 1, 20]);
    expect(readBundle(path.join(out, 'sums'))?.benchmark.scores['judge']?.value).toBeCloseTo((16 + 4 / 3) / 20, 12);
    for (const secret of [key, wrong]) {
      expect(filesWith(secret)).toEqual([]);
      expect(failed.stderr + failed.stdout + resumed.stderr + resumed.stdout).not.toContain(secret);
    }
    expect(readFileSync(path.join(out, 'sums/trajectories.jsonl'), 'utf8')).toContain('your key is [redacted]');
  });

  it('to give a verdict is an error with its words, never a zero, and is judged again by --resume', { timeout: 120_000 }, async () => {
    const model = await start({ answer: answersSums });
    let lost = true;
    const judge = await start({
      answer: (body, info) => {
        const { messages } = body as { messages: { content: string }[] };
        return lost && judged({ messages: messages.slice(0, 2) })['Answer to grade'] === '6' ? 'I cannot say.' : gradesSums(body, info);
      },
    });
    const config = writeConfig(lab, 'lost.yaml', { bench, model: model.url, judge: judge.url });
    const out = lab.path('lost');
    const failed = await lab.nel(['eval', 'run', config, '-o', out]);
    expect(failed.code).toBe(4);
    const row = readLines(path.join(out, 'sums/trajectories.jsonl'))[3];
    expect(row).toMatchObject({ failure_category: 'verify_error', model: { content: '6' } });
    expect((row?.['judge_calls'] as unknown[]).length).toBe(3);
    expect((row?.['model_error'] as { message: string }).message).toContain('I cannot say.');
    lost = false;
    expect(await lab.nel(['eval', 'run', config, '-o', out, '--resume'])).toMatchObject({ code: 0 });
    expect([model.requests, judge.requests]).toEqual([20, 23]);
  });
});

it('pays no answer twice when nel is killed while a slow judge holds all of them', { timeout: 120_000 }, async () => {
  const model = await start({ answer: answersSums });
  const judge = await start({ answer: gradesSums, latencyMs: 400 });
  const config = writeConfig(lab, 'killed.yaml', { bench, model: model.url, judge: judge.url });
  const out = lab.path('killed');
  const run = lab.start(['eval', 'run', config, '-o', out]);
  await until('all answers, and some of them judged', () => journalLines(path.join(out, 'sums')) >= 24, 60);
  run.child.kill('SIGKILL');
  await run.done;
  expect(await lab.nel(['eval', 'run', config, '-o', out, '--resume'])).toMatchObject({ code: 0 });
  expect([model.requests, mostOf(model)]).toEqual([20, 1]);
  // What the judge had in hand is asked again, and nothing else.
  expect(judge.requests).toBeLessThanOrEqual(24);
  expect(readBundle(path.join(out, 'sums'))?.coverage.scored).toBe(20);
});

it('scores simpleqa by a judge, with f1 and the accuracy of what was attempted', { timeout: 60_000 }, async () => {
  const data = lab.path('data/simpleqa');
  mkdirSync(data, { recursive: true });
  const header = 'metadata,problem,answer\n';
  const line = (i: number): string => `"{'topic': '${i % 2 ? 'Art' : 'Music'}', 'answer_type': 'Number'}",Question number ${i}?,${i}\n`;
  writeFileSync(path.join(data, 'simple_qa_test_set.csv'), header + Array.from({ length: 10 }, (_, i) => line(i)).join(''));
  // Five right, two wrong, two not attempted, one empty: the judge is not asked for that.
  const said = ['0', '1', '2', '3', '4', 'seven', 'eight', 'I do not know', 'Who can say', ''];
  const model = await start({ answer: (body) => said[Number(/number (\d+)/.exec(lastMessage(body))?.[1])] ?? '' });
  const judge = await start({
    answer: (body) => {
      const { 'Right answer': right, 'Answer to judge': given = '' } = judged(body);
      const label = given === right ? 'CORRECT' : /seven|eight/.test(given) ? 'INCORRECT' : 'NOT_ATTEMPTED';
      return JSON.stringify({ reason: 'compared', label });
    },
  });
  const out = lab.path('simpleqa');
  const config = writeConfig(lab, 'simpleqa.yaml', { bench: 'simpleqa', model: model.url, judge: judge.url, metric: 'repeats: 1' });
  const run = await lab.nel(['eval', 'run', config, '-o', out], { NEL_DATA_DIR: lab.path('data') });
  expect(run).toMatchObject({ code: 0 });
  const scores = readBundle(path.join(out, 'simpleqa'))?.benchmark.scores ?? {};
  expect(scores['mean_reward']?.value).toBeCloseTo(0.5, 12);
  expect(scores['accuracy_given_attempted']?.value).toBeCloseTo(5 / 7, 12);
  expect(scores['f1']?.value).toBeCloseTo((2 * 0.5 * (5 / 7)) / (0.5 + 5 / 7), 12);
  expect([scores['is_correct']?.value, scores['is_incorrect']?.value, scores['is_not_attempted']?.value]).toEqual([0.5, 0.2, 0.3]);
  expect([model.requests, judge.requests]).toEqual([10, 9]);
  expect(run.stdout).toContain('simpleqa');
  const alone = lab.path('alone.yaml');
  writeFileSync(alone, `services: {m: {url: "${model.url}", model: m}}\nbenchmarks: [{name: simpleqa}]\n`);
  const refused = await lab.nel(['eval', 'run', alone, '-o', lab.path('alone')], { NEL_DATA_DIR: lab.path('data') });
  expect(refused.code).toBe(3);
  expect(refused.stderr).toContain('simpleqa is scored by a judge, and the config names none');
});

function filesWith(text: string): string[] {
  return readdirSync(lab.dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name))
    .filter((file) => readFileSync(file).includes(text));
}
