/** Starts a run's workflow, or attaches to the one that is still open after its owner died. */

import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { type Client, type WorkflowExecutionDescription, type WorkflowHandle, WorkflowNotFoundError } from '@temporalio/client';
import { ApplicationFailure, defineSearchAttributeKey, SearchAttributeType, TypedSearchAttributes } from '@temporalio/common';
import { NelError } from '../core/errors.js';
import type { RunFile } from '../core/spec.js';
import {
  benchmarkWorkflowId,
  FAILURES,
  type SearchAttributeName,
  type SuiteInput,
  shardWorkflowId,
  WORKFLOWS,
} from '../workflows/contract.js';

export interface StartOptions {
  readonly client: Client;
  readonly run: RunFile;
  readonly runDir: string;
  readonly taskQueue: string;
  /** Hash of the workflow code that our worker would run. */
  readonly bundleHash: string;
  /** True when this process is the run's only worker: whatever else held its tasks is dead. */
  readonly ownWorker: boolean;
  readonly searchAttributes: readonly SearchAttributeName[];
}

/** What the memo says of an execution, so that another client can tell whether it is the same run by the same code. */
interface RunMemo {
  readonly spec_hash?: unknown;
  readonly bundle_hash?: unknown;
  readonly nel_version?: unknown;
}

export type StartedRun = { readonly handle: WorkflowHandle; readonly how: 'started' | 'attached' | 'restarted' };

/** SHA-256 of the shipped workflow bundle. */
export async function hashFile(file: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(file))
    .digest('hex');
}

/**
 * @throws NelError when an open execution is another run's
 */
export async function startRun(options: StartOptions): Promise<StartedRun> {
  const { client, run } = options;
  const open = await describeOpen(client, run.workflow_id);
  if (open === undefined) return { handle: await start(options, 'FAIL'), how: 'started' };
  const memo = (open.memo ?? {}) as RunMemo;
  if (memo.spec_hash !== run.spec_hash) {
    throw new NelError('run', `workflow ${run.workflow_id} is open with another config`, {
      hint: 'cancel it with `nel runs cancel`, or use a new output directory',
    });
  }
  if (!options.ownWorker || memo.bundle_hash === options.bundleHash) {
    const handle = client.workflow.getHandle(run.workflow_id);
    if (options.ownWorker) await takeOver(client, run);
    return { handle, how: 'attached' };
  }
  // Other workflow code than ours, and its owner is dead: the journal has the work, so a new execution loses nothing.
  return { handle: await start(options, 'TERMINATE_EXISTING'), how: 'restarted' };
}

/** The open execution of a workflow id, if there is one. */
export async function describeOpen(client: Client, workflowId: string): Promise<WorkflowExecutionDescription | undefined> {
  try {
    const description = await client.workflow.getHandle(workflowId).describe();
    return description.status.name === 'RUNNING' ? description : undefined;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  }
}

function start(options: StartOptions, conflict: 'FAIL' | 'TERMINATE_EXISTING'): Promise<WorkflowHandle> {
  const { client, run, runDir } = options;
  const { run_id, spec_hash, generation, spec } = run;
  const benchmarks = run.benchmarks.map(({ name, n_problems, spec: { repeats, solver } }) => {
    const service = spec.services[solver.service];
    return { name, model: service?.model ?? solver.service, samples: n_problems * repeats, concurrency: service?.concurrency ?? 1 };
  });
  const input: SuiteInput = {
    run_dir: runDir,
    run_id,
    spec_hash,
    generation,
    benchmarks,
    batch_size: run.batch_size,
    max_error_rate: spec.max_error_rate,
    search_attributes: options.searchAttributes,
  };
  const attributes = options.searchAttributes.includes('NelRun')
    ? new TypedSearchAttributes([{ key: defineSearchAttributeKey('NelRun', SearchAttributeType.KEYWORD), value: run_id }])
    : new TypedSearchAttributes([]);
  return client.workflow.start(WORKFLOWS.runSuite, {
    workflowId: run.workflow_id,
    taskQueue: options.taskQueue,
    args: [input],
    workflowIdReusePolicy: 'ALLOW_DUPLICATE',
    workflowIdConflictPolicy: conflict,
    typedSearchAttributes: attributes,
    memo: {
      summary: `${benchmarks.map(({ name }) => name).join(', ')} · ${[...new Set(benchmarks.map(({ model }) => model))].join(', ')}`,
      run_dir: runDir,
      spec_hash,
      bundle_hash: options.bundleHash,
      nel_version: run.nel_version,
    },
  });
}

/**
 * Frees what a dead worker still holds: its activities (else they wait for their heartbeat to time out) and its sticky task
 * queue (else each workflow waits ten seconds for it).
 */
async function takeOver(client: Client, run: RunFile): Promise<void> {
  const ids = [
    run.workflow_id,
    ...run.benchmarks.flatMap(({ name }) => [benchmarkWorkflowId(run.workflow_id, name), shardWorkflowId(run.workflow_id, name, 0)]),
  ];
  await Promise.all(
    ids.map(async (workflowId) => {
      const open = await describeOpen(client, workflowId);
      if (open === undefined) return;
      const execution = { workflowId, runId: open.runId };
      const { namespace } = client.options;
      await client.workflowService.resetStickyTaskQueue({ namespace, execution }).catch(() => undefined);
      const dead = ApplicationFailure.retryable('the worker died', FAILURES.workerShutdown);
      const pending = (open.raw.pendingActivities ?? []).filter(({ lastWorkerIdentity }) => lastWorkerIdentity);
      // One that ended by itself meanwhile is gone: nothing to free.
      await Promise.all(
        pending.map(({ activityId }) =>
          client.activity.fail({ workflowId, runId: open.runId, activityId: activityId ?? '' }, dead).catch(() => undefined),
        ),
      );
    }),
  );
}
