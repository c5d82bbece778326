/** What every benchmark that ships keeps, over invented rows in the form of its data set: right answers score 1, others fail as they should. */

import { existsSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ScorerResources } from '../../../src/adapters/environments/scorer-tools.js';
import { openSandbox } from '../../../src/adapters/sandboxes/open.js';
import { createOracleSolver } from '../../../src/adapters/solvers/oracle.js';
import { builtinBenchmarks } from '../../../src/benchmarks/registry.js';
import type { Benchmark, ParameterValues } from '../../../src/core/benchmark.js';
import type { Environment, Seed } from '../../../src/core/environment.js';
import { canonicalJson } from '../../../src/core/json.js';
import type { Sandbox } from '../../../src/core/sandbox.js';
import type { SolveContext } from '../../../src/core/solver.js';
import type { LoadedBenchmark } from '../../../src/workers/open-benchmark.js';
import { DATA_DIR } from '../../data-dir.js';
import { missingFor } from '../sandbox/lab.js';
import { CONTRACTS, fakeJudge, never, open, SAMPLES, seedsOf, VARIANTS } from './samples.js';

const missing = await missingFor('bubblewrap');
let sandbox: Sandbox | undefined;
beforeAll(async () => {
  if (missing === '') sandbox = await openSandbox({ type: null, env: process.env });
});
afterAll(() => sandbox?.close());

const REFUSAL = "I'm sorry, but I can't help with that.";

/** With what the benchmark's scorer needs: a judge that is made up, the sandbox of this machine. */
function openForScoring(name: string, params: ParameterValues, dataDir = SAMPLES): Promise<LoadedBenchmark> {
  const resources = async (): Promise<ScorerResources> => ({ judge: fakeJudge, ...(sandbox ? { sandbox } : {}) });
  return open(name, params, { resources, env: { NEL_DATA_DIR: dataDir } });
}

/** '' where the benchmark can be scored here, else what to add to a test's name. */
const missingOf = ({ scorer }: Benchmark): string => (scorer.needs?.includes('sandbox') ? missing : '');

async function oracleRewards(environment: Environment, seeds: readonly Seed[]): Promise<number[]> {
  const solver = createOracleSolver(environment);
  return Promise.all(
    seeds.map(async (seed) => {
      const { response } = await solver.solve(seed, {} as SolveContext);
      return (await environment.verify(seed, response, never)).reward;
    }),
  );
}

const own = (value: unknown): boolean =>
  value === null ||
  typeof value !== 'object' ||
  ((Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype) && Object.values(value).every(own));

describe('the contracts', () => {
  it('are those of all benchmarks that ship', () => {
    expect(Object.keys(CONTRACTS).sort()).toEqual(builtinBenchmarks.map(({ name }) => name).sort());
  });

  it.each(builtinBenchmarks.map((benchmark) => [benchmark.name, benchmark] as const))('of %s try every parameter', (name, benchmark) => {
    const tried = CONTRACTS[name]?.variants ?? [];
    for (const [parameter, { default: fallback, ...rest }] of Object.entries(benchmark.parameters ?? {})) {
      const values = new Set(tried.map((params) => params[parameter] ?? fallback));
      expect(values.size, parameter).toBeGreaterThan(1);
      if (rest.type === 'choice') expect(values, parameter).toEqual(new Set(rest.choices));
    }
  });
});

describe.each(VARIANTS)('%s', (_label, benchmark, params) => {
  const contract = CONTRACTS[benchmark.name] as (typeof CONTRACTS)[string];
  const skipped = missingOf(benchmark);

  it.skipIf(skipped !== '')(`gives the oracle 1.0 on every sample${skipped}`, { timeout: 60_000 }, async () => {
    const loaded = await openForScoring(benchmark.name, params);
    const seeds = await seedsOf(loaded);
    expect(seeds.length).toBeGreaterThan(2);
    expect(await oracleRewards(loaded.environment, seeds)).toEqual(seeds.map(() => 1));
  });

  it.skipIf(skipped !== '')(
    `gives less for an empty, a refused and a wrong answer, and says why${skipped}`,
    { timeout: 60_000 },
    async () => {
      const loaded = await openForScoring(benchmark.name, params);
      const { environment } = loaded;
      const seeds = (await seedsOf(loaded)).slice(0, 8);
      const judged = async (answer: (seed: Seed) => string) =>
        Promise.all(
          seeds.map(async (seed) => {
            const { reward, failure_category } = await environment.verify(seed, answer(seed), never);
            return { reward, failure_category };
          }),
        );
      const all = (failure_category: string | null) => seeds.map(() => ({ reward: 0, failure_category }));
      expect(await judged(() => '')).toEqual(all('empty_response'));
      expect(await judged(() => (contract.readsInvisible ? ' \n\t' : ' \n\u200b'))).toEqual(all('empty_response'));
      expect(await judged(() => REFUSAL)).toEqual(all('refusal'));
      expect(await judged(contract.wrong)).toEqual(all(null));
      const { shapeless } = contract;
      if (shapeless !== undefined) expect(await judged(() => shapeless)).toEqual(all('format_error'));
    },
  );

  it('makes the same seeds every time, of plain JSON', async () => {
    const [first, second] = [await open(benchmark.name, params), await open(benchmark.name, params)];
    const [seeds, again] = [await seedsOf(first), await seedsOf(second)];
    expect(again).toEqual(seeds);
    expect(await seedsOf(first)).toEqual(seeds);
    expect(JSON.parse(JSON.stringify(seeds))).toEqual(seeds);
    expect(seeds.every(own)).toBe(true);
    expect(second.definitionHash).toBe(first.definitionHash);
    for (const { category, metadata } of seeds) {
      expect(category === null || (typeof category === 'string' && category !== '')).toBe(true);
      expect(JSON.parse(canonicalJson(metadata))).toEqual(metadata);
    }
  });

  it('does not ask with the answer in the question', async () => {
    const seeds = await seedsOf(await open(benchmark.name, params));
    const secretsOf = contract.secrets ?? (({ expected_answer }: Seed) => [expected_answer]);
    for (const seed of seeds) {
      for (const secret of secretsOf(seed)) {
        const alone = new RegExp(`(?<![\\p{L}\\p{N}.])${secret.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&')}(?![\\p{L}\\p{N}])`, 'u');
        const question = String(seed.messages.at(-1)?.content);
        expect(question.search(alone), `${secret} in ${question}`).toBe(-1);
      }
    }
  });

  it('shows the asked number of examples, none of which is the question', async () => {
    const seeds = await seedsOf(await open(benchmark.name, params));
    const shots = Number(params['shots'] ?? 0);
    for (const { messages } of seeds) {
      const texts = messages.map(({ content }) => content as string);
      expect(messages.map(({ role }) => role)).toEqual([...Array<string[]>(shots).fill(['user', 'assistant']).flat(), 'user']);
      for (const example of texts.slice(0, -1)) expect(texts.at(-1)?.includes(example)).toBe(false);
    }
  });
});

describe('definition hashes', () => {
  it('differ between all variants of all benchmarks', async () => {
    const hashes = new Map<string, string>();
    for (const [label, { name }, params] of VARIANTS) {
      const { definitionHash } = await open(name, params);
      expect(hashes.get(definitionHash), `${label} has the hash of another`).toBe(undefined);
      hashes.set(definitionHash, label);
    }
  });

  it('are the same whether a default is written down or not', async () => {
    for (const { name, parameters } of builtinBenchmarks) {
      const defaults = Object.fromEntries(Object.entries(parameters ?? {}).map(([key, parameter]) => [key, parameter.default]));
      expect((await open(name, defaults)).definitionHash, name).toBe((await open(name)).definitionHash);
    }
  });
});

describe('the options of multiple choice', () => {
  it.each(['gpqa', 'truthfulqa'])('of %s stand in an order that hides the right one', async (name) => {
    const letters = new Set<string>();
    for (let order = 0; order < 10; order++) {
      for (const { expected_answer } of await seedsOf(await open(name, { order }))) letters.add(expected_answer);
    }
    expect(letters.size).toBeGreaterThan(2);
  });
});

describe('simpleqa', () => {
  it('keeps the question to the judge, and asks none about an empty answer', async () => {
    const { environment } = await openForScoring('simpleqa', {});
    const seed = await environment.seed(0, 0, never);
    const { judge_calls: calls, scoring_details } = await environment.verify(seed, 'I think Lake Baikal.', never);
    expect(calls).toHaveLength(1);
    expect(calls?.[0]?.messages.at(-1)?.content).toContain(seed.prompt);
    expect(scoring_details).toEqual({ is_correct: 1, is_incorrect: 0, is_not_attempted: 0 });
    expect(await environment.verify(seed, '', never)).not.toHaveProperty('judge_calls');
  });
});

const real = existsSync(DATA_DIR) ? '' : ' (skipped: put the shared data sets into ../shared/data)';

describe.skipIf(real !== '')(`on all of the real data${real}`, () => {
  it.each([
    ['gsm8k', 1319],
    ['mmlu_pro', 12_032],
    ['humaneval', 164],
  ])('the oracle scores 1.0 on %s', { timeout: 120_000 }, async (name, size) => {
    const benchmark = builtinBenchmarks.find((one) => one.name === name) as Benchmark;
    if (missingOf(benchmark) !== '') return;
    expect(existsSync(path.join(DATA_DIR, name))).toBe(true);
    const loaded = await openForScoring(name, {}, DATA_DIR);
    const seeds = await seedsOf(loaded);
    const rewards = await oracleRewards(loaded.environment, seeds);
    expect({ size: rewards.length, wrong: rewards.flatMap((reward, i) => (reward === 1 ? [] : [i])) }).toEqual({ size, wrong: [] });
  });
});
