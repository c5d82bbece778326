/** The built-in benchmarks from the command line: parameters, recorded answers in place of a model, the list. */

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { DATA_DIR } from '../../data-dir.js';
import { Lab, readBundle, readLines } from '../runs/lab.js';
import { missingFor } from '../sandbox/lab.js';
import { SAMPLES } from './samples.js';

const lab = new Lab();
afterAll(() => lab.close());

const ENV = { NEL_DATA_DIR: SAMPLES };
const MODEL = ['--model-url', 'http://127.0.0.1:1/v1', '--model-id', 'm'];

interface Plan {
  readonly config: { readonly benchmarks: readonly { readonly params: Readonly<Record<string, unknown>> }[] };
  readonly benchmarks: readonly { readonly name: string; readonly n_problems: number; readonly config_hash: string }[];
}

async function dryRun(args: readonly string[]): Promise<Plan> {
  const { code, stdout, stderr } = await lab.nel(['eval', 'run', ...args, '--dry-run'], ENV);
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout) as Plan;
}

describe('parameters', () => {
  it('are taken from flags and from a config alike', async () => {
    const flags = await dryRun(['--bench', 'gsm8k', '--param', 'shots=3', '--param', 'cot=false', ...MODEL]);
    expect(flags.config.benchmarks[0]?.params).toEqual({ shots: 3, cot: false });
    const file = lab.path('shots.yaml');
    const lines = [
      'services:',
      '  m: {type: api, url: http://127.0.0.1:1/v1, model: m}',
      'benchmarks:',
      '  - name: gsm8k',
      '    params: {shots: 3, cot: false}',
      '  - name: mgsm',
      '    params: {language: de}',
    ];
    writeFileSync(file, `${lines.join('\n')}\n`);
    const config = await dryRun([file]);
    expect(config.benchmarks.map(({ name, n_problems }) => [name, n_problems])).toEqual([
      ['gsm8k', 4],
      ['mgsm_de', 3],
    ]);
    expect(config.benchmarks[0]?.config_hash).toBe(flags.benchmarks[0]?.config_hash);
    const plain = await dryRun(['--bench', 'gsm8k', ...MODEL]);
    expect(plain.benchmarks[0]?.config_hash).not.toBe(flags.benchmarks[0]?.config_hash);
  });

  it.each([
    ['shot=3', /gsm8k: there is no parameter "shot" \(did you mean "shots"\?\)\n.*It has shots, cot, strict/],
    ['shots=99', /parameter "shots" must be integer 0 to 16 \(default 0\), got 99/],
    ['shots=', /parameter "shots" must be integer 0 to 16 \(default 0\), got ""/],
    ['shots', /--param "shots" is not of the form name=value/],
    ['cot=yes', /parameter "cot" must be true or false \(default true\), got "yes"/],
  ])('%s, which is wrong, is explained with exit code 3', async (param, message) => {
    const { code, stderr } = await lab.nel(['eval', 'run', '--bench', 'gsm8k', '--param', param, ...MODEL, '--dry-run'], ENV);
    expect(code).toBe(3);
    expect(stderr).toMatch(message);
  });
});

describe('the oracle solver', () => {
  it('scores 1.0 through a whole run, with examples before each problem', { timeout: 120_000 }, async () => {
    const out = lab.path('oracle');
    const run = await lab.nel(['eval', 'run', '--bench', 'mmlu', '--param', 'shots=3', '--solver', 'oracle', '-o', out], ENV);
    expect(run.code, run.stderr).toBe(0);
    expect(readBundle(path.join(out, 'mmlu'))?.benchmark.scores['mean_reward']?.value).toBe(1);
    const [first] = readLines(path.join(out, 'mmlu/trajectories.jsonl'));
    expect(first?.['messages']).toHaveLength(7);
  });
});

describe('nel list benchmarks --verbose', () => {
  it('shows data set, revision, prompt and parameters', async () => {
    const { code, stdout } = await lab.nel(['list', 'benchmarks', '--verbose']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^gsm8k: .*\n {2}data set {5}hf:\/\/openai\/gsm8k\?config=main&split=test\n {2}revision {5}[0-9a-f]{40}$/m);
    expect(stdout).toContain('shots: worked problems before each question; integer 0 to 16');
  });
});

const HUMANEVAL = path.join(DATA_DIR, 'humaneval/HumanEval.jsonl.gz');
const missing = existsSync(HUMANEVAL) ? await missingFor('bubblewrap') : ' (skipped: put the shared data sets into ../shared/data)';

describe.skipIf(missing !== '')(`HumanEval, replayed${missing}`, () => {
  const rows = existsSync(HUMANEVAL)
    ? gunzipSync(readFileSync(HUMANEVAL))
        .toString('utf8')
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as { canonical_solution: string })
    : [];

  it.each<[string, number, (row: { canonical_solution: string }) => string]>([
    ['the canonical solutions', 164, ({ canonical_solution }) => canonical_solution],
    ['bodies that return None', 0, () => '    return None\n'],
  ])('gives %s %i of 164', { timeout: 180_000 }, async (what, right, answer) => {
    const file = lab.path(`${what}.jsonl`);
    writeFileSync(file, rows.map((row, problem_idx) => `${JSON.stringify({ problem_idx, response: answer(row) })}\n`).join(''));
    const out = lab.path(what);
    const run = await lab.nel(['eval', 'run', '--bench', 'humaneval', '--replay', file, '-o', out]);
    expect(run.code, run.stderr).toBe(0);
    const bundle = readBundle(path.join(out, 'humaneval'));
    expect(bundle?.coverage).toEqual({ expected: 164, scored: 164, errors: 0 });
    const results = readLines(path.join(out, 'humaneval/results.jsonl'));
    expect(results.filter(({ reward }) => reward === 1)).toHaveLength(right);
    const sandboxes = new Set(results.map(({ scoring_details }) => (scoring_details as { sandbox: string }).sandbox));
    expect([...sandboxes]).toEqual(['bubblewrap']);
  });
});
