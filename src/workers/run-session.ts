/** A process's hold on one workflow: server, client and (without a shared cluster) the worker for it. What `nel eval run` and a durable `nel gate` drive. */

import type { Client, WorkflowHandle } from '@temporalio/client';
import { connectClient, type Environment, findTemporal, type TemporalTarget } from '../client/connection.js';
import { ProgressReader } from '../client/follow.js';
import { registerSearchAttributes } from '../client/search-attributes.js';
import { type Startable, type StartedRun, startRun } from '../client/start-run.js';
import { type RunOutcome, waitForResult } from '../client/wait-for-result.js';
import type { RunFile } from '../core/spec.js';
import { EngineHost } from './engine-host.js';
import { createWorker, SHARED_TASK_QUEUE, workflowBundleHash } from './worker.js';

/** Warnings of the SDK about what the command itself reports when it ends, or waits for. */
const REPORTED = /^warn: (Activity|Workflow) failed/;

export interface SessionOptions {
  readonly startable: Startable;
  /** The runs to show progress of. */
  readonly runs: readonly RunFile[];
  readonly env: Environment;
  readonly log: (line: string) => void;
}

export class RunSession {
  private constructor(
    private readonly options: SessionOptions,
    private target: TemporalTarget,
    readonly client: Client,
    readonly started: StartedRun,
    private readonly stopWorker: () => Promise<void>,
  ) {}

  /** Connects, starts the worker, and starts or attaches to the workflow. */
  static async open(options: SessionOptions): Promise<RunSession> {
    const { env, startable, log } = options;
    const target = await findTemporal(env, log);
    try {
      const client = await connectClient(target, env);
      const searchAttributes = await registerSearchAttributes(client);
      const taskQueue = target.embedded ? startable.workflowId : (env['NEL_TASK_QUEUE'] ?? SHARED_TASK_QUEUE);
      const bundleHash = await workflowBundleHash();
      const stopWorker = target.embedded ? await startWorker(options, target, client, taskQueue) : async () => undefined;
      try {
        const started = await startRun(startable, { client, taskQueue, bundleHash, ownWorker: target.embedded, searchAttributes });
        if (!target.embedded) await warnWithoutWorkers(client, taskQueue, log);
        return new RunSession(options, target, client, started, stopWorker);
      } catch (error) {
        await stopWorker();
        throw error;
      }
    } catch (error) {
      await target.release();
      throw error;
    }
  }

  get uiUrl(): string | null {
    const { uiUrl, namespace } = this.target;
    return uiUrl === null ? null : `${uiUrl}/namespaces/${namespace}/workflows/${encodeURIComponent(this.handle.workflowId)}`;
  }

  get handle(): WorkflowHandle {
    return this.started.handle;
  }

  progress(): ProgressReader {
    const benchmarks = this.options.runs.flatMap(({ workflow_id, benchmarks }) =>
      benchmarks.map(({ name, n_problems, spec }) => ({ workflowId: workflow_id, name, samples: n_problems * spec.repeats })),
    );
    return new ProgressReader(this.client, benchmarks);
  }

  /** Waits for the end; an embedded server that died is started again on the same database and port. */
  outcome<T>(): Promise<RunOutcome<T>> {
    return waitForResult<T>(this.client, this.handle, async () => {
      if (!this.target.embedded) return;
      const previous = this.target;
      try {
        this.target = await findTemporal(this.options.env, this.options.log);
        await previous.release().catch(() => undefined);
      } catch {
        // Tried again with the next look.
      }
    });
  }

  async close(): Promise<void> {
    await this.stopWorker();
    await this.client.connection.close().catch(() => undefined);
    await this.target.release();
  }
}

/** A run on a cluster without workers waits for ever, and looks as if it hung. */
async function warnWithoutWorkers(client: Client, taskQueue: string, log: (line: string) => void): Promise<void> {
  const { namespace } = client.options;
  const response = await client.workflowService
    .describeTaskQueue({ namespace, taskQueue: { name: taskQueue }, taskQueueType: 1 })
    .catch(() => undefined);
  if (response !== undefined && (response.pollers ?? []).length === 0)
    log(`no worker polls the task queue ${taskQueue} yet: start one with \`nel worker\``);
}

async function startWorker(
  { env, log }: SessionOptions,
  target: TemporalTarget,
  client: Client,
  taskQueue: string,
): Promise<() => Promise<void>> {
  const engine = new EngineHost();
  const { worker, close } = await createWorker({
    target,
    client,
    env,
    taskQueue,
    engine,
    log: (line) => (REPORTED.test(line) ? undefined : log(line)),
  });
  let failure: unknown;
  const running = worker.run().catch((error: unknown) => {
    failure = error;
    log(`error: the worker ended: ${error instanceof Error ? error.message : String(error)}`);
  });
  return async () => {
    if (failure === undefined && worker.getState() === 'RUNNING') worker.shutdown();
    await running;
    await engine.close();
    await close();
  };
}
