/** The merge of a run whose shards were jobs: the last step on every kind of cluster. */

import { mergeShards } from '../artifacts/merge-shards.js';
import { readRunFile } from '../artifacts/run-file.js';
import { NelError } from '../core/errors.js';
import type { RunFile } from '../core/spec.js';
import type { BenchmarkResult, ClusterRef } from '../workflows/contract.js';
import { summaryOf } from './open-benchmark.js';

/** The run of a reference. @throws NelError of kind `data` when this machine's directory holds another one, or none */
export async function runOf(ref: Pick<ClusterRef, 'run_dir' | 'run_id' | 'spec_hash'>): Promise<RunFile> {
  const run = await readRunFile(ref.run_dir);
  if (run === undefined || run.run_id !== ref.run_id || run.spec_hash !== ref.spec_hash) {
    throw new NelError('data', `${ref.run_dir} does not hold run ${ref.run_id} on this worker's machine`);
  }
  return run;
}

/** What each benchmark came to; one with too many errors is `failed`. @throws NelError naming a shard that is missing or of another run */
export async function mergeRun(run: RunFile, dir: string, signal: AbortSignal): Promise<readonly BenchmarkResult[]> {
  const { benchmarks } = await mergeShards({
    dir,
    run,
    allowPartial: false,
    summaryOf: ({ spec: { ref, params } }) => summaryOf({ ref, params, cwd: process.cwd() }),
    onProgress: () => signal.throwIfAborted(),
  });
  return benchmarks.map(({ name, written: { aggregate, bundle } }): BenchmarkResult => {
    const { errors, expected } = aggregate.coverage;
    const mean_reward = aggregate.scores['mean_reward']?.value ?? null;
    if (bundle !== null) return { benchmark: name, status: 'completed', reason: null, mean_reward, bundle };
    const reason = `${errors} of ${expected} samples ended as errors, more than max_error_rate ${run.spec.max_error_rate} allows; no score is given`;
    return { benchmark: name, status: 'failed', reason, mean_reward: null, bundle: null };
  });
}
