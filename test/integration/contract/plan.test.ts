/** Parameters in a plan: each value is another config, and a wrong one says what there is. */

import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { ParameterValues } from '../../../src/core/benchmark.js';
import type { BenchmarkSpec, PlannedBenchmark, RunSpec } from '../../../src/core/spec.js';
import { planBenchmarks } from '../../../src/workers/plan.js';
import { never, open, SAMPLES, VARIANTS } from './samples.js';

const folder = mkdtempSync(path.join(os.tmpdir(), 'nel-plan-'));
afterAll(() => rmSync(folder, { recursive: true }));

const JUDGE = {
  type: 'judge',
  name: 'judge',
  service: 'judge',
  rubric: null,
  scale: [1, 10],
  repeats: 1,
  mode: 'grade',
  allow_same_model: true,
} as const;

function specOf(ref: string, params: ParameterValues): RunSpec {
  const benchmark: BenchmarkSpec = {
    ref,
    repeats: 1,
    max_problems: null,
    system_prompt: null,
    solver: { type: 'oracle', service: null },
    generation: {},
    params,
    metrics: ref === 'simpleqa' ? [JUDGE] : [],
    sandbox: { type: null, limits: {}, image: null },
  };
  const judge = {
    type: 'api',
    url: 'http://127.0.0.1:1/v1',
    protocol: 'chat_completions',
    model: 'judge',
    api_key_env: null,
    generation: {},
    concurrency: 1,
    request_timeout: 1,
    max_retries: 0,
  } as const;
  return { services: { judge }, benchmarks: [benchmark], output: { dir: folder }, max_error_rate: 0 };
}

async function plan(ref: string, params: ParameterValues = {}, dataDir = SAMPLES): Promise<PlannedBenchmark> {
  const [planned] = await planBenchmarks(specOf(ref, params), { NEL_DATA_DIR: dataDir });
  return planned as PlannedBenchmark;
}

describe('the config hash', () => {
  it('is another for every variant of every benchmark, and the same each time', async () => {
    const hashes = new Map<string, string>();
    for (const [label, { name }, params] of VARIANTS) {
      const { config_hash } = await plan(name, params);
      expect(hashes.get(config_hash), label).toBe(undefined);
      hashes.set(config_hash, label);
      expect((await plan(name, params)).config_hash, label).toBe(config_hash);
    }
  });

  it('changes with the rows that examples are taken from', async () => {
    const dir = path.join(folder, 'data');
    cpSync(path.join(SAMPLES, 'gsm8k'), path.join(dir, 'gsm8k'), { recursive: true });
    const [zero, three] = [await plan('gsm8k', {}, dir), await plan('gsm8k', { shots: 3 }, dir)];
    const other = { question: 'How many legs have 3 cats?', answer: '3 * 4 = 12\n#### 12' };
    writeFileSync(path.join(dir, 'gsm8k/train.jsonl'), `${JSON.stringify(other)}\n`.repeat(3));
    expect((await plan('gsm8k', {}, dir)).config_hash).toBe(zero.config_hash);
    const changed = await plan('gsm8k', { shots: 3 }, dir);
    expect(changed.config_hash).not.toBe(three.config_hash);
    expect(changed.definition_hash).not.toBe(three.definition_hash);
    expect(changed.dataset).toEqual(three.dataset);
  });
});

describe('a wrong parameter', () => {
  it.each<[string, ParameterValues, string, string | undefined]>([
    [
      'gsm8k',
      { shot: 3 },
      'gsm8k: there is no parameter "shot" (did you mean "shots"?)',
      'It has shots, cot, strict; `nel list benchmarks --verbose` explains them.',
    ],
    ['gsm8k', { shots: 17 }, 'gsm8k: parameter "shots" must be integer 0 to 16 (default 0), got 17', undefined],
    ['gsm8k', { shots: -1 }, 'gsm8k: parameter "shots" must be integer 0 to 16 (default 0), got -1', undefined],
    ['gsm8k', { shots: 'three' }, 'gsm8k: parameter "shots" must be integer 0 to 16 (default 0), got "three"', undefined],
    ['gsm8k', { cot: 1 }, 'gsm8k: parameter "cot" must be true or false (default true), got 1', undefined],
    [
      'gpqa',
      { subset: 'platinum' },
      'gpqa: parameter "subset" must be diamond, main, extended (default diamond), got "platinum"',
      undefined,
    ],
    ['ifeval', { shots: 1 }, 'ifeval: there is no parameter "shots"', 'ifeval has no parameters.'],
    [
      'gsm8k',
      { constructor: 1 } as unknown as ParameterValues,
      'gsm8k: there is no parameter "constructor"',
      'It has shots, cot, strict; `nel list benchmarks --verbose` explains them.',
    ],
  ])('of %s, %j, says what it takes', async (ref, params, message, hint) => {
    await expect(plan(ref, params)).rejects.toMatchObject({ kind: 'config', message, hint });
  });

  it('is one that asks for more examples than there are: the problem says so', async () => {
    const { environment } = await open('mmlu', { shots: 5 });
    const asked = async () => environment.seed(0, 0, never);
    await expect(asked()).rejects.toMatchObject({
      kind: 'data',
      message: 'mmlu, problem_idx 0: only 3 of 5 few-shot examples were found for this problem',
      hint: 'Ask for fewer shots, or give a data set with more examples.',
    });
  });
});

describe('a row that cannot be asked', () => {
  it('ends the plan, unless it is behind the problems of the run', async () => {
    const dir = path.join(folder, 'broken');
    const file = path.join(dir, 'mmlu/test.jsonl');
    cpSync(path.join(SAMPLES, 'mmlu'), path.dirname(file), { recursive: true });
    const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
    writeFileSync(file, [...lines, JSON.stringify({ ...(JSON.parse(lines[0] as string) as object), answer: 9 })].join('\n'));
    const spec = specOf('mmlu', {});
    const upTo = (max_problems: number | null): RunSpec => ({
      ...spec,
      benchmarks: spec.benchmarks.map((benchmark) => ({ ...benchmark, max_problems })),
    });
    const env = { NEL_DATA_DIR: dir };
    await expect(planBenchmarks(upTo(null), env)).rejects.toMatchObject({
      kind: 'data',
      message: expect.stringContaining(`${file}:${lines.length + 1}: mmlu, problem_idx ${lines.length}: field "answer"`) as string,
    });
    expect(await planBenchmarks(upTo(lines.length), env)).toHaveLength(1);
  });
});

describe('a benchmark that needs a judge', () => {
  it('is not planned without one', async () => {
    const spec = specOf('simpleqa', {});
    const without = { ...spec, benchmarks: spec.benchmarks.map((benchmark) => ({ ...benchmark, metrics: [] })) };
    await expect(planBenchmarks(without, { NEL_DATA_DIR: SAMPLES })).rejects.toMatchObject({
      kind: 'config',
      message: 'simpleqa is scored by a judge, and the config names none',
      hint: expect.stringContaining('metrics: [{type: judge, service: NAME}]') as string,
    });
  });
});
