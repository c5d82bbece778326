/** One benchmark of a run: its shards, or another program's run, then its artifacts. */

import {
  ApplicationFailure,
  ChildWorkflowCancellationType,
  executeChild,
  getExternalWorkflowHandle,
  ParentClosePolicy,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import { allowedErrors } from '../core/sample.js';
import { runHarness, writeArtifacts } from './activities.js';
import {
  type BenchmarkInput,
  type BenchmarkResult,
  concurrencySignal,
  FAILURES,
  pauseSignal,
  resumeSignal,
  shardWorkflowId,
} from './contract.js';
import { runShard } from './run-shard.js';
import { setScore } from './visibility.js';

export async function runBenchmark(input: BenchmarkInput): Promise<BenchmarkResult> {
  return input.benchmark.samples === 0 ? runByHarness(input) : runByShards(input);
}

/** Another program asks the endpoint: there is nothing to pause, and its concurrency is fixed when it starts. */
async function runByHarness(input: BenchmarkInput): Promise<BenchmarkResult> {
  const { benchmark, run_dir, run_id, spec_hash, generation } = input;
  for (const signal of [pauseSignal, resumeSignal, concurrencySignal]) setHandler(signal, () => undefined);
  const ref = { run_dir, run_id, spec_hash, generation, benchmark: benchmark.name };
  await runHarness(ref);
  const written = await writeArtifacts({ ...ref, partial: false });
  setScore(input.search_attributes, written.mean_reward);
  return { benchmark: benchmark.name, status: 'completed', reason: null, mean_reward: written.mean_reward, bundle: written.bundle };
}

async function runByShards(input: BenchmarkInput): Promise<BenchmarkResult> {
  const { benchmark, run_dir, run_id, spec_hash, generation } = input;
  const ref = { run_dir, run_id, spec_hash, generation };
  const shardId = shardWorkflowId(parentId(), benchmark.name, 0);
  const shard = getExternalWorkflowHandle(shardId);
  // A shard that is just closing cannot be signalled, and need not be.
  setHandler(pauseSignal, () => shard.signal(pauseSignal).catch(() => undefined));
  setHandler(resumeSignal, () => shard.signal(resumeSignal).catch(() => undefined));
  setHandler(concurrencySignal, (max) => shard.signal(concurrencySignal, max).catch(() => undefined));

  const totals = await executeChild(runShard, {
    workflowId: shardId,
    parentClosePolicy: ParentClosePolicy.TERMINATE,
    cancellationType: ChildWorkflowCancellationType.WAIT_CANCELLATION_COMPLETED,
    args: [
      {
        ...ref,
        benchmark: benchmark.name,
        start: 0,
        end: benchmark.samples,
        batch_size: input.batch_size,
        concurrency: benchmark.concurrency,
        max_errors: allowedErrors(input.max_error_rate, benchmark.samples),
      },
    ],
  });
  // A shard that has more errors than the run may have ends early: what is left could not change the outcome.
  const partial = totals.scored + totals.errors < benchmark.samples;
  const written = await writeArtifacts({ ...ref, benchmark: benchmark.name, partial });
  if (written.bundle === null) {
    const share = `${written.errors} of ${written.expected} samples ended as errors, more than max_error_rate ${input.max_error_rate} allows`;
    throw ApplicationFailure.nonRetryable(`${share}; no score is given`, FAILURES.tooManyErrors);
  }
  setScore(input.search_attributes, written.mean_reward);
  return { benchmark: benchmark.name, status: 'completed', reason: null, mean_reward: written.mean_reward, bundle: written.bundle };
}

/** Ids of a run's workflows are derived from the suite's. */
function parentId(): string {
  const { parent, workflowId } = workflowInfo();
  return parent?.workflowId ?? workflowId;
}
