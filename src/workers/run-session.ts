/** A process's hold on one workflow: server, client and (without a shared cluster) the worker for it. What `nel eval run` and a durable `nel gate` drive. */

import { setTimeout as delay } from 'node:timers/promises';
import { type Client, type WorkflowHandle, WorkflowNotFoundError } from '@temporalio/client';
import { connectClient, type Environment, findTemporal, type TemporalTarget } from '../client/connection.js';
import { ProgressReader, watchedBenchmarks } from '../client/follow.js';
import { registerSearchAttributes } from '../client/search-attributes.js';
import { type Startable, type StartedRun, startRun, takeUpRun } from '../client/start-run.js';
import { sharedTaskQueue } from '../client/task-queue.js';
import { type RunOutcome, waitForResult } from '../client/wait-for-result.js';
import { errorMessage, NelError } from '../core/errors.js';
import type { RunFile } from '../core/spec.js';
import { EngineHost } from './engine-host.js';
import { createWorker, workflowBundleHash } from './worker.js';

/** Warnings of the SDK about what the command itself reports when it ends, or waits for. */
const REPORTED = /^warn: (Activity failed|Workflow failed|gRPC call)/;
const CANCEL_RETRY_MS = 500;
/** A watch sleeps between two looks for up to half a minute. */
const LEAVING_MS = 1_000;

/** The worker of this process; `failed` rejects when it ends by itself, and never resolves. */
interface OwnWorker {
  stop(): Promise<void>;
  readonly failed: Promise<never>;
}

const NO_WORKER: OwnWorker = { stop: async () => undefined, failed: new Promise<never>(() => undefined) };

export interface SessionOptions {
  readonly startable: Startable;
  /** The runs to show progress of. */
  readonly runs: readonly RunFile[];
  readonly env: Environment;
  readonly log: (line: string) => void;
}

export class RunSession {
  private readonly left = new AbortController();

  private constructor(
    private readonly options: SessionOptions,
    private target: TemporalTarget,
    readonly client: Client,
    readonly started: StartedRun,
    private readonly worker: OwnWorker,
  ) {}

  /**
   * Takes an execution up whose owner died, and only to its end: nothing is started. Null: none is open.
   * @param taskQueue of the embedded server, which only this worker polls
   */
  static takeUp(options: SessionOptions & { readonly taskQueue: string }): Promise<RunSession | null> {
    const { startable, taskQueue } = options;
    return connected(options, async (target, client) => {
      const started = await takeUpRun(startable, client);
      return started && new RunSession(options, target, client, started, await startWorker(options, target, client, taskQueue));
    });
  }

  /** Connects, starts the worker, and starts or attaches to the workflow. */
  static open(options: SessionOptions): Promise<RunSession> {
    const { env, startable, log } = options;
    return connected(options, async (target, client) => {
      const searchAttributes = await registerSearchAttributes(client);
      const taskQueue = target.embedded ? startable.workflowId : sharedTaskQueue(env);
      const bundleHash = await workflowBundleHash();
      const started = await startRun(startable, { client, taskQueue, bundleHash, ownWorker: target.embedded, searchAttributes });
      // Only now: a takeover fails every activity that anyone holds, and must not hit our own.
      const worker = target.embedded ? await startWorker(options, target, client, taskQueue) : NO_WORKER;
      if (!target.embedded) await warnWithoutWorkers(client, taskQueue, log);
      return new RunSession(options, target, client, started, worker);
    });
  }

  get uiUrl(): string | null {
    const { uiUrl, namespace } = this.target;
    return uiUrl === null ? null : `${uiUrl}/namespaces/${namespace}/workflows/${encodeURIComponent(this.handle.workflowId)}`;
  }

  get handle(): WorkflowHandle {
    return this.started.handle;
  }

  /** Whether nobody else can work on this execution: its server and its calls are this machine's own. */
  get isLocal(): boolean {
    return this.target.embedded && this.options.runs.every(({ spec }) => spec.cluster === undefined);
  }

  progress(): ProgressReader {
    return new ProgressReader(this.client, this.options.runs.flatMap(watchedBenchmarks));
  }

  /** Waits for the end; an embedded server that died is started again on the same database and port. */
  outcome<T>(): Promise<RunOutcome<T>> {
    let said = false;
    const onLost = async (): Promise<void> => {
      if (!said) this.options.log('the Temporal server does not answer; waiting for it');
      said = true;
      if (!this.target.embedded) return;
      try {
        const found = await findTemporal(this.options.env, this.options.log);
        const previous = this.target;
        if (!this.left.signal.aborted) this.target = found;
        // Of a run that was left, close() lets go of the previous one.
        await (this.left.signal.aborted ? found : previous).release().catch(() => undefined);
      } catch {
        // Tried again with the next look.
      }
    };
    const outcome = waitForResult<T>(this.client, this.handle, onLost, this.left.signal);
    return Promise.race([outcome, this.worker.failed]);
  }

  /** Lets the run go on without this process: outcome() is then `left`. */
  leave(): void {
    this.left.abort();
  }

  /** Asks the workflow to stop, until the server has heard it. */
  async cancel(): Promise<void> {
    for (;;) {
      try {
        await this.handle.cancel();
        return;
      } catch (error) {
        if (error instanceof WorkflowNotFoundError) return;
        await delay(CANCEL_RETRY_MS);
      }
    }
  }

  /** Of a run that was left, calls in flight may finish; what only looks at a cluster is taken up by whoever goes on. */
  async close(): Promise<void> {
    const stopped = this.worker.stop();
    const hasCalls = this.options.runs.some(({ spec }) => spec.cluster === undefined);
    await (this.left.signal.aborted && !hasCalls ? Promise.race([stopped, delay(LEAVING_MS)]) : stopped);
    await this.client.connection.close().catch(() => undefined);
    await this.target.release();
  }
}

/** What `use` makes of server and client. Where it throws or makes null of them, both are let go. */
async function connected<T>({ env, log }: SessionOptions, use: (target: TemporalTarget, client: Client) => Promise<T>): Promise<T> {
  const target = await findTemporal(env, log);
  let client: Client | undefined;
  let made: T | null = null;
  try {
    client = await connectClient(target, env);
    made = await use(target, client);
    return made;
  } finally {
    if (made === null) {
      await client?.connection.close().catch(() => undefined);
      await target.release();
    }
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

async function startWorker({ env, log }: SessionOptions, target: TemporalTarget, client: Client, taskQueue: string): Promise<OwnWorker> {
  const engine = new EngineHost();
  const quiet = (line: string): void => (REPORTED.test(line) ? undefined : log(line));
  const { worker, close } = await createWorker({ target, client, env, taskQueue, engine, log: quiet });
  let fail: (reason: Error) => void = () => undefined;
  const failed = new Promise<never>((_, reject) => (fail = reject));
  failed.catch(() => undefined);
  const running = worker
    .run()
    .catch((error: unknown) =>
      fail(new NelError('run', `the worker ended: ${errorMessage(error)}`, { hint: 'run the same command again' })),
    );
  return {
    failed,
    stop: async () => {
      if (worker.getState() === 'RUNNING') worker.shutdown();
      await running;
      await engine.close();
      await close();
    },
  };
}
