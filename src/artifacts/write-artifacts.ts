/** The last step of a benchmark: from the journal to the bundle, results, trajectories, runtime stats and failure analysis. */

import { readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { type Aggregate, Aggregator } from '../core/aggregate.js';
import type { Bundle } from '../core/bundle.js';
import { NelError } from '../core/errors.js';
import type { JsonObject } from '../core/json.js';
import { allowedErrors, toResultLine, toTrajectoryLine } from '../core/sample.js';
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
  /** Leave out samples that are not journaled, and write no bundle: the run gave up early. Default: they are an error. */
  readonly partial?: boolean;
  /** Called between batches, for heartbeats. */
  readonly onProgress?: () => void;
}

/** Path of the bundle that a run writes for a benchmark. */
export function bundlePath(benchmarkDir: string, run: RunFile): string {
  return path.join(benchmarkDir, `eval-${run.run_id}.json`);
}

/**
 * Streams the journal, batch by batch, in (problem_idx, repeat) order: memory holds one batch. Files appear whole, the
 * bundle last, so that a bundle is always backed by its results.
 *
 * Errors above `max_error_rate`: results and analysis are written for the inspection, the bundle is not.
 * @throws NelError of kind `data` when samples are missing from the journal
 */
export async function writeArtifacts({
  run,
  benchmark,
  benchmarkDir,
  partial = false,
  onProgress,
}: WriteOptions): Promise<WrittenArtifacts> {
  const { repeats } = benchmark.spec;
  const samples = benchmark.n_problems * repeats;
  const aggregator = new Aggregator(samples, repeats);
  const results = await LineWriter.open(path.join(benchmarkDir, 'results.jsonl'));
  const trajectories = await LineWriter.open(path.join(benchmarkDir, 'trajectories.jsonl'));
  try {
    for (const range of batchRanges(0, samples, run.batch_size)) {
      const records = await readBatchJournal(benchmarkDir, range, repeats);
      for (let ordinal = range.start; ordinal < range.end; ordinal++) {
        const record = records.get(ordinal);
        if (record === undefined && partial) continue;
        if (record === undefined) throw missingSample(benchmark, ordinal, repeats);
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
  if (partial || aggregate.coverage.errors > allowedErrors(run.spec.max_error_rate, samples)) return { aggregate, bundle: null };
  const file = bundlePath(benchmarkDir, run);
  await writeJson(file, makeBundle(run, benchmark, aggregate));
  return { aggregate, bundle: file };
}

function makeBundle(run: RunFile, benchmark: PlannedBenchmark, aggregate: Aggregate): Bundle {
  const { source, fingerprint, size, revision } = benchmark.dataset;
  const samples = benchmark.n_problems * benchmark.spec.repeats;
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
    coverage: aggregate.coverage,
    runtime: aggregate.runtime,
    failures: aggregate.failures,
    n_results: samples,
  };
}

/** The endpoint as the bundle names it: how it was called, beside what the identity says of the model. */
function serviceConfig(run: RunFile, benchmark: PlannedBenchmark): JsonObject {
  const service = run.spec.services[benchmark.spec.solver.service];
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
