/** The last step of a benchmark: from its samples to the bundle, results, trajectories, runtime stats and failure analysis. */

import { readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { type Aggregate, Aggregator } from '../core/aggregate.js';
import type { ScoreSummary } from '../core/benchmark.js';
import type { Bundle } from '../core/bundle.js';
import { NelError } from '../core/errors.js';
import type { JsonObject } from '../core/json.js';
import { allowedErrors, type SampleRecord, toResultLine, toTrajectoryLine } from '../core/sample.js';
import { type ProblemRange, shardRange } from '../core/shards.js';
import type { PlannedBenchmark, RunFile } from '../core/spec.js';
import { batchRanges, readBatchJournal } from './journal.js';
import { LineWriter } from './line-writer.js';
import { writeFileAtomic } from './write-atomic.js';

/** What became of a benchmark; `bundle` is null when too many samples ended as errors for a score to mean anything. */
export interface WrittenArtifacts {
  readonly aggregate: Aggregate;
  readonly bundle: string | null;
}

export interface WriteOptions {
  readonly run: RunFile;
  readonly benchmark: PlannedBenchmark;
  /** OUT/<benchmark> */
  readonly benchmarkDir: string;
  /** Every sample, ordered by (problem_idx, repeat); see journalRecords. */
  readonly records: AsyncIterable<readonly SampleRecord[]>;
  /** Write no bundle: the run gave up early. */
  readonly partial?: boolean;
  /** Most errors with which a bundle is still written. Default: what the run's max_error_rate allows of its samples. */
  readonly maxErrors?: number;
  /** Shards that a merge had to do without. */
  readonly missing?: Bundle['coverage']['missing'];
  /** Makes scores that are no means (see ScoreSummary); absent: the benchmark has none. */
  readonly createSummary?: (() => ScoreSummary) | undefined;
  /** Called now and then, for heartbeats. */
  readonly onProgress?: () => void;
}

/** Path of the bundle that a run writes for a benchmark. */
export function bundlePath(benchmarkDir: string, run: RunFile): string {
  return path.join(benchmarkDir, `eval-${run.run_id}.json`);
}

/** Problems of a benchmark that a run directory holds: all of them, or its shard's. */
export function problemRange(run: RunFile, benchmark: PlannedBenchmark): ProblemRange {
  return run.shard === undefined ? { start: 0, end: benchmark.n_problems } : shardRange(benchmark.n_problems, run.shard);
}

/**
 * The samples of a journal, batch by batch, in order: memory holds one batch.
 * @param partial leave out samples that are not journaled; else they are an error of kind `data`
 */
export async function* journalRecords(
  { run, benchmark, benchmarkDir }: Pick<WriteOptions, 'run' | 'benchmark' | 'benchmarkDir'>,
  partial: boolean,
): AsyncGenerator<readonly SampleRecord[]> {
  const { repeats } = benchmark.spec;
  const { start, end } = problemRange(run, benchmark);
  for (const range of batchRanges(start * repeats, end * repeats, run.batch_size)) {
    const records = await readBatchJournal(benchmarkDir, range, repeats);
    const ordered: SampleRecord[] = [];
    for (let ordinal = range.start; ordinal < range.end; ordinal++) {
      const record = records.get(ordinal);
      if (record !== undefined) ordered.push(record);
      else if (!partial) throw missingSample(benchmark, ordinal, repeats);
    }
    yield ordered;
  }
}

/**
 * Writes all files of a benchmark as a stream. Files appear whole, the bundle last, so that a bundle is always backed by its results.
 *
 * Too many errors: results and analysis are written for the inspection, the bundle is not.
 * @throws NelError of kind `data` when samples are missing
 */
export async function writeArtifacts(options: WriteOptions): Promise<WrittenArtifacts> {
  const { run, benchmark, benchmarkDir, records, partial = false, missing, createSummary, onProgress } = options;
  const { repeats } = benchmark.spec;
  const { start, end } = problemRange(run, benchmark);
  const samples = (end - start) * repeats;
  const aggregator = new Aggregator(samples, repeats, createSummary?.());
  const results = await LineWriter.open(path.join(benchmarkDir, 'results.jsonl'));
  const trajectories = await LineWriter.open(path.join(benchmarkDir, 'trajectories.jsonl'));
  try {
    for await (const batch of records) {
      for (const record of batch) {
        aggregator.add(record);
        await results.write(toResultLine(record));
        await trajectories.write(toTrajectoryLine(record));
      }
      onProgress?.();
    }
    await results.commit();
    await trajectories.commit();
  } catch (error) {
    await Promise.all([results.discard(), trajectories.discard()]);
    throw error;
  }
  const aggregate = aggregator.finish();
  await writeJson(path.join(benchmarkDir, 'runtime_stats.json'), aggregate.runtime);
  await writeJson(path.join(benchmarkDir, 'failure_analysis.json'), aggregate.failureAnalysis);
  await removeOldBundles(benchmarkDir);
  const { maxErrors = allowedErrors(run.spec.max_error_rate, samples) } = options;
  if (partial || aggregate.coverage.errors > maxErrors) return { aggregate, bundle: null };
  const file = bundlePath(benchmarkDir, run);
  await writeJson(file, makeBundle(run, benchmark, aggregate, missing));
  return { aggregate, bundle: file };
}

function makeBundle(run: RunFile, benchmark: PlannedBenchmark, aggregate: Aggregate, missing: WriteOptions['missing']): Bundle {
  const { source, fingerprint, size, revision } = benchmark.dataset;
  const range = problemRange(run, benchmark);
  const samples = (range.end - range.start) * benchmark.spec.repeats;
  return {
    schema_version: 1,
    run_id: run.run_id,
    config_hash: benchmark.config_hash,
    nel_version: run.nel_version,
    timestamp: new Date().toISOString(),
    config: { ...benchmark.identity, service: serviceConfig(run, benchmark) },
    benchmark: {
      name: benchmark.name,
      samples,
      repeats: benchmark.spec.repeats,
      scores: aggregate.scores,
      categories: aggregate.categories,
    },
    dataset: { source, fingerprint, size, revision },
    coverage: { ...aggregate.coverage, ...(missing === undefined ? {} : { missing }) },
    ...(run.shard === undefined ? {} : { shard: { ...run.shard, ...range } }),
    runtime: aggregate.runtime,
    failures: aggregate.failures,
    n_results: aggregate.coverage.scored + aggregate.coverage.errors,
  };
}

/** The endpoint as the bundle names it: how it was called, beside what the identity says of the model. */
function serviceConfig(run: RunFile, benchmark: PlannedBenchmark): JsonObject {
  const service = run.spec.services[benchmark.spec.solver.service ?? ''];
  return service === undefined ? {} : (JSON.parse(JSON.stringify(service)) as JsonObject);
}

function missingSample(benchmark: PlannedBenchmark, ordinal: number, repeats: number): NelError {
  const at = `problem_idx ${Math.floor(ordinal / repeats)}, repeat ${ordinal % repeats}`;
  return new NelError('data', `${benchmark.name}: the journal holds no sample for ${at}`, { hint: 'run the same command with --resume' });
}

/** A folder holds one bundle: that of its run. One of an earlier finish must not stand beside errors that came later. */
async function removeOldBundles(benchmarkDir: string): Promise<void> {
  for (const name of await readdir(benchmarkDir)) {
    if (name.startsWith('eval-') && name.endsWith('.json')) await rm(path.join(benchmarkDir, name));
  }
}

async function writeJson(file: string, value: unknown): Promise<void> {
  await writeFileAtomic(file, `${JSON.stringify(value, null, 2)}\n`);
}
