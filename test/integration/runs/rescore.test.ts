/** `nel rescore`: stored answers get further scores, or their own anew, without a call to the model that gave them. */

import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FakeEndpoint, startFakeEndpoint } from '../../fakes/endpoint.js';
import { answersSums, gradesSums, judged, writeSums } from './judged.js';
import { journalLines, Lab, readBundle, readLines, until } from './lab.js';

const lab = new Lab();
const PROBLEMS = 20;
const bench = writeSums(lab, PROBLEMS);
const source = lab.path('source');
let model: FakeEndpoint;

beforeAll(async () => {
  model = await startFakeEndpoint({ answer: answersSums });
  const run = await lab.nel(['eval', 'run', '--bench', bench, '--model-url', model.url, '--model-id', 'tested', '-o', source]);
  expect(run).toMatchObject({ code: 0 });
}, 60_000);
afterAll(async () => {
  expect(model.requests).toBe(PROBLEMS);
  await model.close();
  await lab.close();
});

const rescore = (...args: string[]) => lab.nel(['rescore', source, ...args]);
const judgeFlags = (judge: FakeEndpoint, ...more: string[]): string[] => [
  '--judge-url',
  judge.url,
  '--judge-model',
  'judging',
  '--rubric',
  'Is it right?',
  ...more,
];
const scoresOf = (out: string) => readBundle(path.join(out, 'sums'))?.benchmark.scores ?? {};

describe('further metrics', () => {
  it('stand beside a reward that stays what it was', { timeout: 30_000 }, async () => {
    const out = lab.path('further');
    const regex = '{type: regex, name: even, pattern: "([02468])$"}';
    const run = await rescore('--metric', 'token_f1', '--metric', regex, '-o', out);
    expect(run).toMatchObject({ code: 0 });
    expect(run.stdout).toContain('token_f1');
    expect(scoresOf(out)['mean_reward']?.value).toBeCloseTo(0.8, 12);
    expect(scoresOf(out)['token_f1']?.value).toBeCloseTo(0.8, 12);
    const [before, after] = [source, out].map((dir) => readLines(path.join(dir, 'sums/results.jsonl')));
    expect(after?.map(({ scoring_details: _, ...row }) => row)).toEqual(before?.map(({ scoring_details: _, ...row }) => row));
    const file = JSON.parse(readFileSync(path.join(out, 'run.json'), 'utf8')) as Record<string, unknown>;
    const original = JSON.parse(readFileSync(path.join(source, 'run.json'), 'utf8')) as Record<string, unknown>;
    expect(file['rescored_from']).toBe(original['run_id']);
  });

  it('need no benchmark: its file may be gone', { timeout: 60_000 }, async () => {
    const file = writeSums(lab, 4, 'gone');
    const [from, out] = [lab.path('was-there'), lab.path('is-gone')];
    expect(await lab.nel(['eval', 'run', '--bench', file, '--solver', 'oracle', '-o', from])).toMatchObject({ code: 0 });
    rmSync(file);
    const run = await lab.nel(['rescore', from, '--metric', 'token_f1', '-o', out]);
    expect(run).toMatchObject({ code: 0, stderr: expect.stringContaining('left out') as string });
    expect(readBundle(path.join(out, 'gone'))?.benchmark.scores['token_f1']?.value).toBe(1);
    expect(await lab.nel(['rescore', from, '-o', lab.path('anew')])).toMatchObject({ code: 3 });
  });

  it('can take the place of the reward, and then the two runs are no longer comparable without --force', { timeout: 60_000 }, async () => {
    const out = lab.path('reward');
    const odd = '{type: regex, name: one, pattern: "^(1)"}';
    expect(await rescore('--metric', odd, '--reward', 'one', '-o', out)).toMatchObject({ code: 0 });
    expect(scoresOf(out)['mean_reward']?.value).toBe(scoresOf(out)['one']?.value);
    const policy = lab.path('policy.yaml');
    writeFileSync(policy, 'version: 1\ndefaults: {tier: critical, metric: mean_reward, max_drop: 0.01}\n');
    const refused = await lab.nel(['gate', source, out, '--policy', policy]);
    expect(refused.code).toBe(3);
    expect(refused.stderr).toContain('config.scorer');
    expect((await lab.nel(['gate', source, out, '--policy', policy, '--force'])).code).toBeLessThan(3);
    const compared = await lab.nel(['compare', source, out]);
    expect(compared.stdout + compared.stderr).toContain('scorer');
  });

  it.each<[string, string[], string]>([
    ['one that does not exist', ['--metric', 'token_f2'], 'did you mean "token_f1"'],
    ['options that it has not', ['--metric', '{type: token_f1, stops: 1}'], 'token_f1'],
    ['a reward that there is not', ['--metric', 'token_f1', '--reward', 'token_f2'], 'did you mean "token_f1"'],
    ['two of one name', ['--metric', 'token_f1', '--metric', 'token_f1'], 'two metrics are called "token_f1"'],
    ['no YAML', ['--metric', '{type: '], '--metric'],
    ['a judge of unknown address', ['--metric', 'judge'], 'it is not said which model judges'],
    ['a judge without a name', ['--judge-url', 'http://127.0.0.1:9/v1'], '--judge-model'],
    ['a rubric without a judge', ['--metric', 'token_f1', '--rubric', 'x'], '--rubric is for a judge'],
    [
      'a judge without a rubric, for a scorer that asks none',
      ['--judge-url', 'http://127.0.0.1:9/v1', '--judge-model', 'j'],
      'is not scored by a judge',
    ],
    [
      'the model under test as judge',
      ['--judge-url', 'http://127.0.0.1:9/v1', '--judge-model', 'tested', '--rubric', 'x'],
      'is the model under test',
    ],
  ])('are refused for %s', { timeout: 30_000 }, async (_what, args, words) => {
    const run = await rescore(...args, '-o', lab.path('refused'));
    expect(run.stderr).toContain(words);
    expect(run.code).toBe(3);
  });
});

describe('the directory', () => {
  it('is never the run’s own, nor another run’s', { timeout: 60_000 }, async () => {
    for (const same of [source, path.join(source, '.')]) {
      const run = await rescore('--metric', 'token_f1', '-o', same);
      expect(run).toMatchObject({ code: 3, stderr: expect.stringContaining('not re-scored in place') as string });
    }
    const out = lab.path('taken');
    expect(await rescore('--metric', 'token_f1', '-o', out)).toMatchObject({ code: 0 });
    expect(await rescore('--metric', 'token_f1', '-o', out)).toMatchObject({ code: 0 });
    const other = await rescore('--metric', 'exact_match', '-o', out);
    expect(other).toMatchObject({ code: 3, stderr: expect.stringContaining('holds another run') as string });
    const asked = await lab.nel(['eval', 'run', '--bench', bench, '--model-url', model.url, '--model-id', 'tested', '-o', out, '--resume']);
    expect(asked).toMatchObject({ code: 3, stderr: expect.stringContaining('scored again') as string });
  });

  it('that may be in use elsewhere is waited for, and Ctrl-C ends the wait', { timeout: 60_000 }, async () => {
    const out = lab.path('held-elsewhere');
    mkdirSync(path.join(out, '.lock'), { recursive: true });
    const owner = { released: false, host: 'another-machine', pid: 7, startTime: '1', bootId: 'x', id: 'theirs' };
    writeFileSync(path.join(out, '.lock/owner.1'), JSON.stringify(owner));
    const run = lab.start(['rescore', source, '--metric', 'token_f1', '-o', out]);
    await until('the wait', () => run.stderr().includes('for a sign of life'));
    const interrupted = performance.now();
    run.child.kill('SIGINT');
    await run.done;
    expect(performance.now() - interrupted).toBeLessThan(5_000);
  });

  it('has to hold a finished, whole run', { timeout: 60_000 }, async () => {
    const nothing = await lab.nel(['rescore', lab.path('nothing'), '--metric', 'token_f1']);
    expect(nothing).toMatchObject({ code: 3, stderr: expect.stringContaining('holds no run') as string });
    expect(existsSync(lab.path('nothing-rescored'))).toBe(false);
    const shards = lab.path('shards');
    const args = ['eval', 'run', '--bench', bench, '--solver', 'oracle', '-o', shards];
    for (const shard of ['0/2', '1/2']) expect(await lab.nel([...args, '--shard', shard])).toMatchObject({ code: 0 });
    const one = await lab.nel(['rescore', path.join(shards, 'shard_0'), '--metric', 'token_f1', '-o', lab.path('of-a-shard')]);
    expect(one).toMatchObject({ code: 3, stderr: expect.stringContaining('nel eval merge') as string });
    expect(await lab.nel(['eval', 'merge', shards])).toMatchObject({ code: 0 });
    const out = lab.path('of-all');
    expect(await lab.nel(['rescore', shards, '--metric', 'token_f1', '-o', out])).toMatchObject({ code: 0 });
    expect(scoresOf(out)['token_f1']?.n).toBe(PROBLEMS);
  });
});

describe('a judge', () => {
  it('scores stored answers, and is not paid again after a kill', { timeout: 90_000 }, async () => {
    const judge = await startFakeEndpoint({ answer: gradesSums, latencyMs: 150 });
    try {
      const out = lab.path('judged');
      const config = lab.path('judge.yaml');
      writeFileSync(config, `services: {slow: {url: "${judge.url}", model: judging, concurrency: 2}}\nbenchmarks: [{name: gsm8k}]\n`);
      const args = ['rescore', source, '-c', config, '--metric', '{type: judge, service: slow, rubric: Is it right?}', '-o', out];
      const run = lab.start(args);
      await until('some answers to be judged', () => journalLines(path.join(out, 'sums')) >= 6, 30);
      run.child.kill('SIGKILL');
      await run.done;
      const done = journalLines(path.join(out, 'sums'));
      expect(done).toBeLessThan(PROBLEMS);
      expect(await lab.nel(args)).toMatchObject({ code: 0 });
      expect(judge.requests).toBeLessThanOrEqual(PROBLEMS + 2);
      expect(scoresOf(out)['judge']?.value).toBeCloseTo((16 + 4 / 3) / 20, 12);
      expect(readLines(path.join(out, 'sums/trajectories.jsonl'))[0]?.['judge_calls']).toHaveLength(1);
      expect(await lab.nel(args)).toMatchObject({ code: 0 });
      expect(judge.requests).toBeLessThanOrEqual(PROBLEMS + 2);
    } finally {
      await judge.close();
    }
  });

  it('that refuses the key ends it with what to do, and no key on disk or screen', { timeout: 60_000 }, async () => {
    const [key, wrong] = ['sk-rescore-0123456789abcdef', 'sk-rescore-wrong-0123456789'];
    const judge = await startFakeEndpoint({ apiKey: key, answer: gradesSums });
    try {
      const args = ['rescore', source, ...judgeFlags(judge, '--judge-key-env', 'JUDGE_KEY', '-o', lab.path('keyed'))];
      const failed = await lab.nel(args, { JUDGE_KEY: wrong });
      expect(failed.code).toBe(4);
      expect(failed.stderr).toContain('check the API key in JUDGE_KEY');
      expect(failed.stderr).not.toContain(wrong);
      expect(await lab.nel(args, { JUDGE_KEY: key })).toMatchObject({ code: 0 });
      expect(judge.requests).toBe(PROBLEMS);
    } finally {
      await judge.close();
    }
  });

  it('that is down is waited for', { timeout: 60_000 }, async () => {
    const reserved = await startFakeEndpoint({});
    await reserved.close();
    const out = lab.path('waited');
    const run = lab.start(['rescore', source, ...judgeFlags(reserved, '-o', out)]);
    await until(`word of the outage: ${run.stderr()}`, () => run.stderr().includes('waiting for the judge'), 40);
    const judge = await startFakeEndpoint({ answer: gradesSums, port: reserved.port });
    try {
      expect(await run.done).toMatchObject({ code: 0 });
      expect(judge.requests).toBe(PROBLEMS);
    } finally {
      await judge.close();
    }
  });

  it('by another rubric is another score: gate refuses to compare the two', { timeout: 60_000 }, async () => {
    const judge = await startFakeEndpoint({
      answer: (body) => (judged(body)['Answer to grade'] === '0' ? '{"grade": 1}' : '{"grade": 9}'),
    });
    try {
      const [left, right] = [lab.path('left'), lab.path('right')];
      const metric = (rubric: string) => ['--metric', `{type: judge, name: quality, rubric: ${rubric}}`];
      const flags = ['--judge-url', judge.url, '--judge-model', 'judging'];
      expect(await rescore(...flags, ...metric('polite'), '-o', left)).toMatchObject({ code: 0 });
      expect(await rescore(...flags, ...metric('short'), '-o', right)).toMatchObject({ code: 0 });
      const policy = lab.path('quality.yaml');
      writeFileSync(policy, 'version: 1\ndefaults: {tier: critical, metric: quality, max_drop: 0.01}\n');
      const refused = await lab.nel(['gate', left, right, '--policy', policy]);
      expect(refused.code).toBe(3);
      expect(refused.stderr).toContain('config.metrics.quality.rubric');
      // Against the run without that metric only a word is said, and its reward is the same.
      writeFileSync(policy, 'version: 1\ndefaults: {tier: critical, metric: mean_reward, max_drop: 0.01}\n');
      expect(await lab.nel(['gate', source, left, '--policy', policy])).toMatchObject({ code: 0 });
    } finally {
      await judge.close();
    }
  });
});

describe('without a metric', () => {
  it('the benchmark’s own scorer judges again, as it is now', { timeout: 60_000 }, async () => {
    const folder = lab.path('changing');
    mkdirSync(folder);
    const file = writeSums(lab, 10, 'changing');
    const run = lab.path('changing-run');
    expect(await lab.nel(['eval', 'run', '--bench', file, '--solver', 'oracle', '-o', run])).toMatchObject({ code: 0 });
    const same = lab.path('changing-same');
    expect(await lab.nel(['rescore', run, '-o', same])).toMatchObject({ code: 0 });
    expect(readLines(path.join(same, 'changing/results.jsonl'))).toEqual(readLines(path.join(run, 'changing/results.jsonl')));
    const strict = "scorer: ({ response }) => Number(response === '4'),";
    writeFileSync(file, readFileSync(file, 'utf8').replace('scorer: exactMatch(),', strict));
    const out = lab.path('changing-new');
    expect(await lab.nel(['rescore', run, '-o', out])).toMatchObject({ code: 0 });
    expect(readLines(path.join(out, 'changing/results.jsonl')).map(({ reward }) => reward)).toEqual([0, 0, 1, 0, 0, 0, 0, 0, 0, 0]);
    const policy = lab.path('changing.yaml');
    writeFileSync(policy, 'version: 1\ndefaults: {tier: critical, metric: mean_reward, max_drop: 0.01}\n');
    const refused = await lab.nel(['gate', run, out, '--policy', policy]);
    expect(refused).toMatchObject({ code: 3, stderr: expect.stringContaining('config.definition') as string });
    // Answers to one question are no answers to another.
    writeFileSync(file, readFileSync(file, 'utf8').replace("prompt: '{question}'", "prompt: 'Please: {question}'"));
    const asked = await lab.nel(['rescore', run, '-o', lab.path('changing-prompt')]);
    expect(asked).toMatchObject({ code: 3, stderr: expect.stringContaining('asked otherwise now') as string });
  });

  it('a scorer that asks a judge can be given another judge', { timeout: 90_000 }, async () => {
    const data = lab.path('data/simpleqa');
    mkdirSync(data, { recursive: true });
    const rows = [0, 1, 2].map((i) => `"{'topic': 'Art'}",Question ${i}?,${i}\n`).join('');
    writeFileSync(path.join(data, 'simple_qa_test_set.csv'), `metadata,problem,answer\n${rows}`);
    const env = { NEL_DATA_DIR: lab.path('data') };
    const says = (label: string) => startFakeEndpoint({ answer: () => `{"reason": "so", "label": "${label}", "grade": 7}` });
    const [mild, harsh] = [await says('CORRECT'), await says('INCORRECT')];
    try {
      const config = lab.path('facts.yaml');
      const metrics = '[{type: judge, service: mild}]';
      writeFileSync(
        config,
        `services: {mild: {url: "${mild.url}", model: mild}}\nbenchmarks: [{name: simpleqa, solver: {type: oracle}, metrics: ${metrics}}]\n`,
      );
      const run = lab.path('facts');
      expect(await lab.nel(['eval', 'run', config, '-o', run], env)).toMatchObject({ code: 0 });
      const again = lab.path('facts-again');
      expect(await lab.nel(['rescore', run, '-o', again], env)).toMatchObject({ code: 0 });
      expect(mild.requests).toBe(6);
      const out = lab.path('facts-harsh');
      const flags = ['--judge-url', harsh.url, '--judge-model', 'harsh'];
      expect(await lab.nel(['rescore', run, ...flags, '-o', out], env)).toMatchObject({ code: 0 });
      expect(harsh.requests).toBe(3);
      const beside = lab.path('facts-beside');
      expect(await lab.nel(['rescore', run, ...flags, '--rubric', 'Is it short?', '-o', beside], env)).toMatchObject({ code: 0 });
      const models = readLines(path.join(beside, 'simpleqa/trajectories.jsonl')).map((row) =>
        (row['judge_calls'] as { model: { model: string } }[]).map(({ model: { model } }) => model),
      );
      expect(models).toEqual(Array(3).fill(['mild', 'harsh']));
      const scores = [run, out].map((dir) => readBundle(path.join(dir, 'simpleqa'))?.benchmark.scores['f1']?.value);
      expect(scores).toEqual([1, 0]);
      const policy = lab.path('facts-policy.yaml');
      writeFileSync(policy, 'version: 1\ndefaults: {tier: critical, metric: mean_reward, max_drop: 0.01}\n');
      const refused = await lab.nel(['gate', run, out, '--policy', policy]);
      expect(refused).toMatchObject({ code: 3, stderr: expect.stringContaining('config.judge.model') as string });
    } finally {
      await Promise.all([mild.close(), harsh.close()]);
    }
  });
});
