/** What stands on disk when a benchmark is done: the documented files, with exactly the documented keys. */

import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { batchFolder, batchRanges, JournalWriter } from '../../../src/artifacts/journal.js';
import { bundlePath, journalRecords, writeArtifacts } from '../../../src/artifacts/write-artifacts.js';
import { type SampleRecord, sampleOrdinal, toResultLine, toTrajectoryLine } from '../../../src/core/sample.js';
import { errorRecord, plannedBenchmark, runFile, runSpec, sampleRecord } from '../records.js';

let dir: string;
beforeEach(() => void (dir = mkdtempSync(path.join(tmpdir(), 'nel-artifacts-'))));
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const { spec } = plannedBenchmark();
const benchmark = plannedBenchmark({ spec: { ...spec, repeats: 2 }, n_problems: 3 });
const benchmarkDir = (): string => path.join(dir, 'sums');

function samples(change: (ordinal: number) => Partial<SampleRecord> = () => ({})): SampleRecord[] {
  return Array.from({ length: 6 }, (_, i) => sampleRecord({ problem_idx: Math.floor(i / 2), repeat: i % 2, ...change(i) }));
}

/** Journals records, in the order given, into batches of four. */
async function journal(records: readonly SampleRecord[], attempt = 'a'): Promise<void> {
  for (const range of batchRanges(0, 6, 4)) {
    const writer = await JournalWriter.open(batchFolder(benchmarkDir(), range), attempt, (line) => line);
    const own = records.filter((record) => sampleOrdinal(record, 2) >= range.start && sampleOrdinal(record, 2) < range.end);
    await Promise.all(own.map((record) => writer.append(record)));
    await writer.close();
  }
}

function write(max_error_rate = 0.01) {
  const run = runFile(dir, { spec: runSpec(dir, { max_error_rate }), benchmarks: [benchmark], batch_size: 4 });
  const where = { run, benchmark, benchmarkDir: benchmarkDir() };
  return writeArtifacts({ ...where, records: journalRecords(where, false) });
}

const lines = (name: string): unknown[] =>
  readFileSync(path.join(benchmarkDir(), name), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown);
const json = (name: string) => JSON.parse(readFileSync(path.join(benchmarkDir(), name), 'utf8')) as Record<string, Record<string, unknown>>;
const files = (): string[] =>
  readdirSync(benchmarkDir())
    .filter((name) => name !== 'journal')
    .sort();

it('writes results and trajectories ordered by problem and repeat, whatever order the answers came in', async () => {
  const records = samples((i) => ({ reward: i % 2 }));
  await journal([...records].reverse());
  await write();
  expect(lines('results.jsonl')).toEqual(records.map(toResultLine));
  expect(lines('trajectories.jsonl')).toEqual(records.map(toTrajectoryLine));
});

it('writes the bundle with exactly the documented keys', async () => {
  await journal(samples((i) => ({ category: i < 2 ? 'easy' : null })));
  const { bundle } = await write();
  expect(files()).toEqual([
    'eval-20260301T120000Z-abc123.json',
    'failure_analysis.json',
    'results.jsonl',
    'runtime_stats.json',
    'trajectories.jsonl',
  ]);
  expect(bundle).toBe(path.join(benchmarkDir(), 'eval-20260301T120000Z-abc123.json'));
  const written = json(path.basename(bundle ?? ''));
  const score = (n: number) => ({ value: 1, ci_lower: expect.any(Number), ci_upper: 1, method: 'wilson', n });
  expect(written).toEqual({
    schema_version: 1,
    run_id: '20260301T120000Z-abc123',
    config_hash: 'sha256:config',
    nel_version: '0.1.0',
    timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
    config: { benchmark: 'sums', model: 'm', n_problems: 3, service: runSpec(dir).services['m'] },
    benchmark: {
      name: 'sums',
      samples: 6,
      repeats: 2,
      scores: { mean_reward: score(3), 'pass@1': score(3), 'pass@2': score(3) },
      categories: { easy: { mean_reward: 1, n: 1, ci_lower: expect.any(Number), ci_upper: 1 } },
    },
    dataset: { source: 'inline', fingerprint: 'sha256:rows', size: 3, revision: null },
    coverage: { expected: 6, scored: 6, errors: 0 },
    runtime: json('runtime_stats.json'),
    failures: {},
    n_results: 6,
  });
});

it('writes runtime_stats.json and failure_analysis.json with exactly the documented keys', async () => {
  await journal(samples((i) => (i === 5 ? { reward: 0, failure_category: 'refusal' } : {})));
  await write();
  const percentiles = { p50: expect.any(Number), p90: expect.any(Number), p99: expect.any(Number) };
  expect(json('runtime_stats.json')).toEqual({
    total_steps: 6,
    total_tokens: 72,
    total_prompt_tokens: 42,
    total_completion_tokens: 30,
    total_reasoning_tokens: 0,
    elapsed_seconds: 0.13,
    latency_percentiles_ms: percentiles,
    tokens_per_second: expect.closeTo(72 / 0.13, 6),
    steps_per_second: expect.closeTo(6 / 0.13, 6),
    model_errors: 0,
    total_retries: 0,
    finish_reason_counts: { stop: 6 },
    phase_percentiles_ms: { seed: percentiles, model: percentiles, verify: percentiles },
  });
  expect(json('failure_analysis.json')).toEqual({
    total_steps: 6,
    total_failures: 1,
    failure_rate: 1 / 6,
    categories: { refusal: { count: 1, percentage: 100 / 6, exemplars: [{ problem_idx: 2, repeat: 1, text: 'It is 4.' }] } },
  });
});

it('keeps an answer with a line separator in one line', async () => {
  const [first, ...rest] = samples() as [SampleRecord, ...SampleRecord[]];
  await journal([{ ...first, extracted_answer: 'a\u2028b\u2029c\nd' }, ...rest]);
  await write();
  expect(lines('results.jsonl')).toHaveLength(6);
  expect(lines('results.jsonl')[0]).toMatchObject({ extracted_answer: 'a\u2028b\u2029c\nd' });
});

describe('errors', () => {
  const withErrors = (n: number): SampleRecord[] =>
    samples().map((record, i) => (i < n ? errorRecord({ problem_idx: record.problem_idx, repeat: record.repeat }) : record));

  it('up to max_error_rate are in the coverage of a bundle', async () => {
    await journal(withErrors(3));
    const { bundle } = await write(0.5);
    expect(json(path.basename(bundle ?? ''))).toMatchObject({
      coverage: { expected: 6, scored: 3, errors: 3 },
      failures: { timeout: 3 },
      n_results: 6,
    });
  });

  it('above it leave results and analysis, and no bundle, not even one of an earlier finish', async () => {
    await journal(withErrors(4));
    writeFileSync(path.join(benchmarkDir(), 'eval-earlier.json'), '{}');
    const { bundle, aggregate } = await write(0.5);
    expect(bundle).toBeNull();
    expect(aggregate.coverage).toEqual({ expected: 6, scored: 2, errors: 4 });
    expect(files()).toEqual(['failure_analysis.json', 'results.jsonl', 'runtime_stats.json', 'trajectories.jsonl']);
  });

  it('of an earlier generation are replaced by what a resume scored', async () => {
    await journal(withErrors(6), 'a');
    await journal(
      samples((_) => ({ generation: 1 })),
      'b',
    );
    await write();
    expect(existsSync(bundlePath(benchmarkDir(), runFile(dir)))).toBe(true);
    expect(lines('results.jsonl')).toEqual(samples().map(toResultLine));
  });
});

it('names the first missing sample, and leaves no file with a name and no half-written one', async () => {
  await journal(samples().filter((_, i) => i !== 3));
  await expect(write()).rejects.toMatchObject({ kind: 'data', message: 'sums: the journal holds no sample for problem_idx 1, repeat 1' });
  expect(files()).toEqual([]);
});
