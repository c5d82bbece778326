/** Starts a run's workflow, or attaches to the one that is still open after its owner died. */

import { existsSync } from 'node:fs';
import path from 'node:path';
import { type Client, type WorkflowExecutionDescription, type WorkflowHandle, WorkflowNotFoundError } from '@temporalio/client';
import { ApplicationFailure, defineSearchAttributeKey, SearchAttributeType, TypedSearchAttributes } from '@temporalio/common';
import { NelError } from '../core/errors.js';
import { LOCAL_CONCURRENCY } from '../core/lanes.js';
import type { RunFile } from '../core/spec.js';
import {
  type BenchmarkPlan,
  benchmarkWorkflowId,
  clusterWorkflowId,
  FAILURES,
  type SearchAttributeName,
  type SuiteInput,
  shardWorkflowId,
  WORKFLOWS,
} from '../workflows/contract.js';
import { NEL_VERSION } from './version.js';

/** A workflow to be started, whatever it does: what it is called, what it is about, and what a takeover must free. */
export interface Startable {
  readonly workflowId: string;
  readonly type: (typeof WORKFLOWS)[keyof typeof WORKFLOWS];
  /** Built once it is known which search attributes the server has. */
  readonly input: (searchAttributes: readonly SearchAttributeName[]) => unknown;
  /** Two executions with the same one do the same work. */
  readonly specHash: string;
  readonly runId: string;
  /** One line for Temporal's lists. */
  readonly summary: string;
  readonly directory: string;
  /** The workflow and all that it may have started. */
  readonly family: readonly string[];
}

export interface StartOptions {
  readonly client: Client;
  readonly taskQueue: string;
  /** Hash of the workflow code that our worker would run. */
  readonly bundleHash: string;
  /** True when this process is the workflow's only worker: whatever else held its tasks is dead. */
  readonly ownWorker: boolean;
  readonly searchAttributes: readonly SearchAttributeName[];
}

/** What the memo says of an execution, so that another client can tell whether it is the same run by the same code. */
interface RunMemo {
  readonly spec_hash?: unknown;
  readonly bundle_hash?: unknown;
  readonly nel_version?: unknown;
  readonly run_dir?: unknown;
}

export interface StartedRun {
  readonly handle: WorkflowHandle;
  readonly how: 'started' | 'attached' | 'restarted';
  /** The execution that was attached to had been asked to stop before its owner died. */
  readonly wasCancelling: boolean;
}

/** @throws NelError when an open execution of that id does other work */
export async function startRun(startable: Startable, options: StartOptions): Promise<StartedRun> {
  const { client } = options;
  const { workflowId } = startable;
  const open = await describeOpen(client, workflowId);
  if (open === undefined) return { handle: await start(startable, options, 'FAIL'), how: 'started', wasCancelling: false };
  const memo = (open.memo ?? {}) as RunMemo;
  if (memo.spec_hash !== startable.specHash) {
    throw new NelError('run', `workflow ${workflowId} is open with another config`, {
      hint: 'cancel it with `nel runs cancel`, or use a new output directory',
    });
  }
  const elsewhere = typeof memo.run_dir === 'string' && memo.run_dir !== startable.directory ? memo.run_dir : undefined;
  if (elsewhere !== undefined && existsSync(path.join(elsewhere, 'run.json'))) {
    throw new NelError('usage', `run ${startable.runId} is open in ${elsewhere}: ${startable.directory} is a copy of it`, {
      hint: 'go on there, or start a run of its own in a new output directory',
    });
  }
  // A directory that was moved: the open execution would look for it in the old place.
  if (elsewhere === undefined && (!options.ownWorker || memo.bundle_hash === options.bundleHash)) {
    const handle = client.workflow.getHandle(workflowId);
    if (options.ownWorker) await takeOver(client, startable.family);
    return { handle, how: 'attached', wasCancelling: open.raw.workflowExtendedInfo?.cancelRequested === true };
  }
  // Other workflow code than ours, and its owner is dead: the journal has the work, so a new execution loses nothing.
  return { handle: await start(startable, options, 'TERMINATE_EXISTING'), how: 'restarted', wasCancelling: false };
}

/** The open execution of a startable, freed of the worker that died; null: none is open. It may be by other code, whose history replays on ours. */
export async function takeUpRun(
  { workflowId, family }: Pick<Startable, 'workflowId' | 'family'>,
  client: Client,
): Promise<StartedRun | null> {
  const open = await describeOpen(client, workflowId);
  if (open === undefined) return null;
  await takeOver(client, family);
  const wasCancelling = open.raw.workflowExtendedInfo?.cancelRequested === true;
  return { handle: client.workflow.getHandle(workflowId), how: 'attached', wasCancelling };
}

/** The open execution of a workflow id, if there is one. */
export async function describeOpen(client: Client, workflowId: string): Promise<WorkflowExecutionDescription | undefined> {
  try {
    const description = await client.workflow.getHandle(workflowId).describe();
    return description.status.name === 'RUNNING' ? description : undefined;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    if (error instanceof Error && error.message.includes('Unknown encoding')) {
      throw new NelError('config', `workflow ${workflowId} was written with a payload key that is not set here`, {
        hint: 'set NEL_PAYLOAD_KEY to the key that the run was started with',
      });
    }
    throw error;
  }
}

function start(startable: Startable, options: StartOptions, conflict: 'FAIL' | 'TERMINATE_EXISTING'): Promise<WorkflowHandle> {
  const { searchAttributes, bundleHash, taskQueue } = options;
  const run = defineSearchAttributeKey('NelRun', SearchAttributeType.KEYWORD);
  return options.client.workflow.start(startable.type, {
    workflowId: startable.workflowId,
    taskQueue,
    args: [startable.input(searchAttributes)],
    workflowIdReusePolicy: 'ALLOW_DUPLICATE',
    workflowIdConflictPolicy: conflict,
    typedSearchAttributes: new TypedSearchAttributes(searchAttributes.includes('NelRun') ? [{ key: run, value: startable.runId }] : []),
    memo: {
      summary: startable.summary,
      run_dir: startable.directory,
      spec_hash: startable.specHash,
      bundle_hash: bundleHash,
      nel_version: NEL_VERSION,
    },
  });
}

/**
 * Frees what a dead worker still holds: its activities (else they wait for their heartbeat to time out) and its sticky task
 * queue (else each workflow waits ten seconds for it).
 */
async function takeOver(client: Client, family: readonly string[]): Promise<void> {
  await Promise.all(
    family.map(async (workflowId) => {
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

/** What workers are told: the run's directory, or its address in a store, which each of them finds from its own machine. */
export function runPlace({ spec: { output } }: RunFile): string {
  return output.remote ?? output.dir;
}

/** A run by itself. */
export function suiteStartable(run: RunFile): Startable {
  const models = [...new Set(benchmarkPlans(run).map(({ model }) => model))];
  return {
    workflowId: run.workflow_id,
    type: WORKFLOWS.runSuite,
    input: (searchAttributes) => suiteInput(run, searchAttributes),
    specHash: run.spec_hash,
    runId: run.run_id,
    summary: `${run.benchmarks.map(({ name }) => name).join(', ')} · ${models.join(', ')}`,
    directory: runPlace(run),
    family: suiteFamily(run),
  };
}

/** Ids of a run's workflows. */
export function suiteFamily({ workflow_id, benchmarks }: RunFile): string[] {
  return [
    workflow_id,
    clusterWorkflowId(workflow_id),
    ...benchmarks.flatMap(({ name }) => [benchmarkWorkflowId(workflow_id, name), shardWorkflowId(workflow_id, name, 0)]),
  ];
}

export function suiteInput(run: RunFile, searchAttributes: readonly SearchAttributeName[]): SuiteInput {
  return {
    run_dir: runPlace(run),
    run_id: run.run_id,
    spec_hash: run.spec_hash,
    generation: run.generation,
    benchmarks: benchmarkPlans(run),
    batch_size: run.batch_size,
    max_error_rate: run.spec.max_error_rate,
    ...(run.spec.cluster === undefined
      ? {}
      : { cluster: { shards: run.spec.cluster.shards, max_attempts: run.spec.cluster.max_attempts } }),
    search_attributes: searchAttributes,
  };
}

function benchmarkPlans({ benchmarks, spec }: RunFile): BenchmarkPlan[] {
  return benchmarks.map(({ name, n_problems, spec: { repeats, solver } }) => {
    const service = spec.services[solver.service ?? ''];
    const concurrency = service?.concurrency ?? LOCAL_CONCURRENCY;
    return { name, model: service?.model ?? solver.type, samples: n_problems * repeats, concurrency };
  });
}
