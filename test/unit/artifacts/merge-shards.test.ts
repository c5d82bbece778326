/** The merge of shards: equal to an unsharded run whatever the partition, and refused where a shard is not what it should be. */

import { cpSync, existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type MergedRun, mergeShards } from '../../../src/artifacts/merge-shards.js';
import { writeRunFile } from '../../../src/artifacts/run-file.js';
import { bundlePath, writeArtifacts } from '../../../src/artifacts/write-artifacts.js';
import { allowedErrors, type SampleRecord } from '../../../src/core/sample.js';
import { type Shard, shardFolder, shardRange } from '../../../src/core/shards.js';
import type { PlannedBenchmark, RunFile } from '../../../src/core/spec.js';
import { errorRecord, plannedBenchmark, runFile, runSpec, sampleRecord } from '../records.js';

let dir: string;
beforeEach(() => void (dir = mkdtempSync(path.join(tmpdir(), 'nel-merge-'))));
afterEach(() => rmSync(dir, { recursive: true, force: true }));

interface Plan {
  readonly problems: number;
  readonly repeats: number;
  readonly record: (problem: number, repeat: number) => SampleRecord;
  readonly maxErrorRate?: number;
}

const plain = (problem: number, repeat: number): SampleRecord =>
  sampleRecord({
    problem_idx: problem,
    repeat,
    reward: (problem * 7 + repeat) % 3 === 0 ? 1 : 0,
    category: problem % 2 === 0 ? 'even' : 'odd',
    scoring_details: { f1: ((problem + repeat) % 5) / 5 },
  });

function planOf({ problems, repeats }: Plan): PlannedBenchmark {
  const planned = plannedBenchmark();
  return { ...planned, n_problems: problems, dataset: { ...planned.dataset, size: problems }, spec: { ...planned.spec, repeats } };
}

async function* records(plan: Plan, start: number, end: number): AsyncGenerator<readonly SampleRecord[]> {
  const batch: SampleRecord[] = [];
  for (let problem = start; problem < end; problem++) {
    for (let repeat = 0; repeat < plan.repeats; repeat++) batch.push(plan.record(problem, repeat));
  }
  yield batch;
}

/** Writes the artifacts of the whole run, or of one shard into its folder. */
async function evaluate(plan: Plan, into: string, shard?: Shard, changes: Partial<RunFile> = {}): Promise<RunFile> {
  const benchmark = planOf(plan);
  const folder = shard === undefined ? into : path.join(into, shardFolder(shard.index));
  const spec = runSpec(folder, { max_error_rate: plan.maxErrorRate ?? 0.01 });
  const run = runFile(folder, { spec, benchmarks: [benchmark], ...(shard === undefined ? {} : { shard }), ...changes });
  const { start, end } = shard === undefined ? { start: 0, end: plan.problems } : shardRange(plan.problems, shard);
  await writeRunFile(folder, run);
  await writeArtifacts({
    run,
    benchmark,
    benchmarkDir: path.join(folder, benchmark.name),
    records: records(plan, start, end),
    maxErrors: allowedErrors(spec.max_error_rate, plan.problems * plan.repeats),
  });
  return run;
}

async function shards(plan: Plan, total: number, into = dir): Promise<void> {
  for (let index = 0; index < total; index++) await evaluate(plan, into, { index, total });
}

const merge = (allowPartial = false): Promise<MergedRun> => mergeShards({ dir, allowPartial, summaryOf: () => Promise.resolve(undefined) });

/** All files of a benchmark, without what differs between two runs anyway. */
function filesOf(root: string, run: RunFile): Record<string, unknown> {
  const folder = path.join(root, 'sums');
  const text = (name: string): string => readFileSync(path.join(folder, name), 'utf8');
  const bundle = JSON.parse(readFileSync(bundlePath(folder, run), 'utf8')) as Record<string, unknown>;
  return {
    bundle: { ...bundle, timestamp: '' },
    ...Object.fromEntries(
      ['results.jsonl', 'trajectories.jsonl', 'runtime_stats.json', 'failure_analysis.json'].map((name) => [name, text(name)]),
    ),
  };
}

it('gives the files of an unsharded run, whatever the number of shards', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 10 }),
      fc.integer({ min: 1, max: 3 }),
      fc.integer({ min: 1, max: 12 }),
      fc.uniqueArray(fc.nat(9), { maxLength: 3 }),
      async (problems, repeats, total, broken) => {
        const root = mkdtempSync(path.join(dir, 'case-'));
        const record = (problem: number, repeat: number): SampleRecord =>
          broken.includes(problem) ? errorRecord({ problem_idx: problem, repeat }) : plain(problem, repeat);
        const plan: Plan = { problems, repeats, record, maxErrorRate: 1 };
        const whole = await evaluate(plan, path.join(root, 'whole'));
        await shards(plan, total, path.join(root, 'shards'));
        const merged = await mergeShards({
          dir: path.join(root, 'shards'),
          allowPartial: false,
          summaryOf: () => Promise.resolve(undefined),
        });
        expect(filesOf(path.join(root, 'shards'), merged.run)).toEqual(filesOf(path.join(root, 'whole'), whole));
      },
    ),
    { numRuns: 10 },
  );
}, 60_000);

describe('a merge is refused', () => {
  const plan: Plan = { problems: 9, repeats: 2, record: plain };

  it('when a shard is missing, by name', async () => {
    await shards(plan, 3);
    rmSync(path.join(dir, 'shard_1'), { recursive: true });
    await expect(merge()).rejects.toThrow('1 of 3 shards are missing: shard_1');
    expect(existsSync(path.join(dir, 'run.json'))).toBe(false);
  });

  it('when a shard is not finished', async () => {
    await shards(plan, 3);
    const run = JSON.parse(readFileSync(path.join(dir, 'shard_2/run.json'), 'utf8')) as RunFile;
    rmSync(bundlePath(path.join(dir, 'shard_2/sums'), run));
    await expect(merge()).rejects.toThrow('shard_2 is not finished: it has no bundle of sums');
  });

  it('when a shard was copied to another name', async () => {
    await shards(plan, 3);
    cpSync(path.join(dir, 'shard_1'), path.join(dir, 'shard_7'), { recursive: true });
    await expect(merge()).rejects.toThrow('shard_7 holds shard 1');
  });

  it.each([
    ['another number of shards', (run: RunFile) => ({ ...run, shard: { index: 1, total: 4 } }), 'it is one of 4 shards, not of 3'],
    [
      'another config',
      (run: RunFile) => ({ ...run, benchmarks: run.benchmarks.map((one) => ({ ...one, config_hash: 'sha256:other' })) }),
      'the config of sums is another one',
    ],
    [
      'another data set',
      (run: RunFile) => ({
        ...run,
        benchmarks: run.benchmarks.map((one) => ({ ...one, dataset: { ...one.dataset, fingerprint: 'sha256:x' } })),
      }),
      'the data set of sums is another one',
    ],
  ])('when a shard is of %s', async (_, change, message) => {
    await shards(plan, 3);
    const file = path.join(dir, 'shard_1/run.json');
    writeFileSync(file, JSON.stringify(change(JSON.parse(readFileSync(file, 'utf8')) as RunFile)));
    await expect(merge()).rejects.toThrow(message);
  });

  it.each([
    [
      'twice',
      (lines: string[]) => [...lines.slice(0, 2), ...lines.slice(1)],
      /results\.jsonl.*holds problem_idx 3, repeat 1 twice or out of order/,
    ],
    ['not at all', (lines: string[]) => lines.slice(0, -1), /lacks problem_idx 5, repeat 1/],
  ])('when a shard holds a sample %s', async (_, change, message) => {
    await shards(plan, 3);
    for (const name of ['results.jsonl', 'trajectories.jsonl']) {
      const file = path.join(dir, 'shard_1/sums', name);
      writeFileSync(file, `${change(readFileSync(file, 'utf8').trimEnd().split('\n')).join('\n')}\n`);
    }
    await expect(merge()).rejects.toThrow(message);
  });

  it('when a shard holds samples of another one', async () => {
    await shards(plan, 3);
    rmSync(path.join(dir, 'shard_1/sums/results.jsonl'));
    cpSync(path.join(dir, 'shard_2/sums/results.jsonl'), path.join(dir, 'shard_1/sums/results.jsonl'));
    await expect(merge()).rejects.toThrow(/shard_1.*lacks problem_idx 3, repeat 0/);
  });

  it('when the two files of a shard are not of one run', async () => {
    await shards(plan, 3);
    const file = path.join(dir, 'shard_1/sums/trajectories.jsonl');
    writeFileSync(file, `${readFileSync(file, 'utf8').trimEnd().split('\n').slice(1).join('\n')}\n`);
    await expect(merge()).rejects.toThrow('does not hold the sample of line 1 of results.jsonl');
  });

  it.each([
    ['a torn line', 'sums/results.jsonl', /results\.jsonl:\d+: not JSON/, 'Run that shard again'],
    ['a torn run.json', 'run.json', /shard_1\/run\.json: not JSON/, '--allow-partial'],
  ])('when a shard has %s, with what to do', async (_, name, message, hint) => {
    await shards(plan, 3);
    const file = path.join(dir, 'shard_1', name);
    writeFileSync(file, readFileSync(file, 'utf8').slice(0, -20));
    await expect(merge()).rejects.toMatchObject({
      message: expect.stringMatching(message),
      hint: expect.stringContaining(hint),
    });
    // Without it, and it is said why.
    const { run, missing, leftOut } = await merge(true);
    expect({ missing, leftOut }).toEqual({ missing: [1], leftOut: [expect.stringMatching(message)] });
    expect(JSON.parse(readFileSync(bundlePath(path.join(dir, 'sums'), run), 'utf8'))).toMatchObject({
      coverage: { expected: 18, scored: 12, missing: { shards: [1], samples: 6 } },
    });
  });

  it('when a shard lost a file, with what to do', async () => {
    await shards(plan, 3);
    rmSync(path.join(dir, 'shard_2/sums/results.jsonl'));
    await expect(merge()).rejects.toMatchObject({ hint: expect.stringContaining('Run that shard again') });
  });

  it('of a store with what to do there: the command of a complete shard would look at its bundle only', async () => {
    await shards(plan, 3);
    const folder = path.join(dir, 'shard_1');
    const run = JSON.parse(readFileSync(path.join(folder, 'run.json'), 'utf8')) as RunFile;
    const remote = 's3://bucket/run/shard_1';
    await writeRunFile(folder, { ...run, spec: { ...run.spec, output: { dir: folder, remote } } });
    rmSync(path.join(folder, 'sums/results.jsonl'));
    const hint = `Delete ${remote}/sums/${path.basename(bundlePath(folder, run))}, then run that shard again`;
    await expect(merge()).rejects.toMatchObject({ hint: expect.stringContaining(hint) });
  });

  it('when no shard can be read, with the reason of each', async () => {
    await shards(plan, 2);
    rmSync(path.join(dir, 'shard_0/sums/results.jsonl'));
    writeFileSync(path.join(dir, 'shard_1/run.json'), '{');
    await expect(merge(true)).rejects.toThrow(
      /no shard is finished, [^]*:\n {2}\S*shard_1\/run\.json: not JSON[^]*\n {2}\S*shard_0\/sums\/results/,
    );
    writeFileSync(path.join(dir, 'shard_0/run.json'), '{');
    await expect(merge(true)).rejects.toThrow(
      /holds no shards:\n {2}\S*shard_0\/run\.json: not JSON[^]*\n {2}\S*shard_1\/run\.json: not JSON/,
    );
  });

  it('when the directory holds another run', async () => {
    await shards(plan, 3);
    await writeRunFile(dir, runFile(dir, { spec_hash: 'sha256:other' }));
    await expect(merge()).rejects.toThrow('holds another run than its shards');
  });

  it('when there is no shard', async () => {
    await expect(merge()).rejects.toThrow('holds no shards');
  });
});

it('says in the bundle which shards a partial merge had to do without', async () => {
  const plan: Plan = { problems: 9, repeats: 2, record: plain };
  await shards(plan, 4);
  renameSync(path.join(dir, 'shard_1'), path.join(dir, 'elsewhere'));
  const { run, missing } = await merge(true);
  expect(missing).toEqual([1]);
  const bundle = JSON.parse(readFileSync(bundlePath(path.join(dir, 'sums'), run), 'utf8')) as { coverage: object; n_results: number };
  expect(bundle.coverage).toEqual({ expected: 18, scored: 14, errors: 0, missing: { shards: [1], samples: 4 } });
  expect(bundle.n_results).toBe(14);
});

it('gives no bundle when errors of all shards together exceed what the run may have', async () => {
  const record = (problem: number, repeat: number): SampleRecord =>
    problem % 4 === 0 ? errorRecord({ problem_idx: problem, repeat }) : plain(problem, repeat);
  await shards({ problems: 12, repeats: 1, record, maxErrorRate: 0.2 }, 3);
  const { benchmarks } = await merge();
  expect(benchmarks[0]?.written.bundle).toBeNull();
});
