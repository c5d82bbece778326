/** A run: its benchmarks side by side. The only workflow that a client starts, pauses, cancels and waits for. */

import {
  ApplicationFailure,
  CancelledFailure,
  ChildWorkflowCancellationType,
  ChildWorkflowFailure,
  executeChild,
  getExternalWorkflowHandle,
  isCancellation,
  ParentClosePolicy,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import {
  type BenchmarkPlan,
  type BenchmarkResult,
  benchmarkWorkflowId,
  clusterWorkflowId,
  concurrencySignal,
  FAILURES,
  pauseSignal,
  resumeSignal,
  type SuiteInput,
  type SuiteResult,
  setConcurrencyUpdate,
} from './contract.js';
import { runBenchmark } from './run-benchmark.js';
import { slurmRun } from './slurm-run.js';
import { benchmarkAttributes, setSummary } from './visibility.js';

const MAX_CONCURRENCY = 100_000;

export async function runSuite(input: SuiteInput): Promise<SuiteResult> {
  const { workflowId } = workflowInfo();
  const children = input.benchmarks.map((plan) => getExternalWorkflowHandle(benchmarkWorkflowId(workflowId, plan.name)));
  const toAll = (send: (child: (typeof children)[number]) => Promise<void>): Promise<void> =>
    Promise.all(children.map((child) => send(child).catch(() => undefined))).then(() => undefined);
  setHandler(pauseSignal, () => toAll((child) => child.signal(pauseSignal)));
  setHandler(resumeSignal, () => toAll((child) => child.signal(resumeSignal)));
  setHandler(
    setConcurrencyUpdate,
    async (max) => {
      await toAll((child) => child.signal(concurrencySignal, max));
      return max;
    },
    {
      validator: (max) => {
        if (!Number.isInteger(max) || max < 1 || max > MAX_CONCURRENCY)
          throw new Error(`concurrency must be a whole number from 1 to ${MAX_CONCURRENCY}`);
      },
    },
  );

  const benchmarks = input.cluster
    ? await clusterResults(input, input.cluster)
    : await Promise.all(input.benchmarks.map((plan) => benchmarkResult(input, plan)));
  const result: SuiteResult = { run_id: input.run_id, benchmarks };
  setSummary(benchmarks);
  if (benchmarks.some(({ status }) => status === 'cancelled')) throw new CancelledFailure('the run was cancelled');
  const failed = benchmarks.filter(({ status }) => status === 'failed');
  if (failed.length > 0) {
    const message = [
      ...new Set(failed.map(({ benchmark, reason }) => `${input.cluster ? '' : `${benchmark}: `}${reason ?? 'failed'}`)),
    ].join('\n');
    throw ApplicationFailure.create({ message, type: FAILURES.runFailed, nonRetryable: true, details: [result] });
  }
  return result;
}

async function benchmarkResult(input: SuiteInput, plan: BenchmarkPlan): Promise<BenchmarkResult> {
  const { benchmarks: _, ...shared } = input;
  try {
    return await executeChild(runBenchmark, {
      workflowId: benchmarkWorkflowId(workflowInfo().workflowId, plan.name),
      parentClosePolicy: ParentClosePolicy.TERMINATE,
      cancellationType: ChildWorkflowCancellationType.WAIT_CANCELLATION_COMPLETED,
      args: [{ ...shared, benchmark: plan }],
      ...benchmarkAttributes(input, plan),
    });
  } catch (error) {
    const status = isCancellation(error) ? 'cancelled' : 'failed';
    return { benchmark: plan.name, status, reason: rootMessage(error), mean_reward: null, bundle: null };
  }
}

/** All benchmarks of a run whose shards are jobs: they share the jobs, and their fate. */
async function clusterResults(input: SuiteInput, cluster: NonNullable<SuiteInput['cluster']>): Promise<readonly BenchmarkResult[]> {
  const { run_dir, run_id, spec_hash, generation, benchmarks, max_error_rate, search_attributes } = input;
  try {
    return await executeChild(slurmRun, {
      workflowId: clusterWorkflowId(workflowInfo().workflowId),
      parentClosePolicy: ParentClosePolicy.TERMINATE,
      cancellationType: ChildWorkflowCancellationType.WAIT_CANCELLATION_COMPLETED,
      args: [{ run_dir, run_id, spec_hash, generation, benchmarks, max_error_rate, search_attributes, ...cluster }],
    });
  } catch (error) {
    const status = isCancellation(error) ? 'cancelled' : 'failed';
    return benchmarks.map(({ name }) => ({ benchmark: name, status, reason: rootMessage(error), mean_reward: null, bundle: null }));
  }
}

/** The innermost message of a chain of Temporal failures: the only one written for people. */
export function rootMessage(error: unknown): string {
  let at = error;
  while (at instanceof Error && at.cause instanceof Error) at = at.cause;
  if (at instanceof ChildWorkflowFailure) return 'the workflow was ended';
  return at instanceof Error ? at.message : String(at);
}
