/** A Temporal worker with this project's workflows and activities: inside `nel eval run`, or on its own as `nel worker`. */

import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { fileURLToPath } from 'node:url';
import { ActivityCancelledError, ActivityNotFoundError, type Client } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import type { ClusterPort } from '../activities/cluster.js';
import { type ActivityDeps, type EnginePort, NotOwnedError } from '../activities/engine-port.js';
import { createActivities } from '../activities/index.js';
import { dataConverter, type Environment, type TemporalTarget } from '../client/connection.js';
import { ClusterRuns } from './cluster-runs.js';

/** Built by `npm run build`, shipped with the package. */
export const WORKFLOW_BUNDLE = fileURLToPath(new URL('../workflow-bundle.js', import.meta.url));

const OWNERSHIP_RETRY_MS = 250;

/** SHA-256 of the workflow code that this installation runs. */
export async function workflowBundleHash(): Promise<string> {
  return createHash('sha256')
    .update(await readFile(WORKFLOW_BUNDLE))
    .digest('hex');
}

export interface WorkerOptions {
  readonly target: TemporalTarget;
  readonly client: Client;
  readonly env: Environment;
  readonly taskQueue: string;
  readonly engine: EnginePort;
  /** Receives warnings of the SDK, one line each. */
  readonly log: (line: string) => void;
}

/** A worker, not yet running: `run()` polls until `shutdown()`. */
export async function createWorker(options: WorkerOptions): Promise<{ worker: Worker; close: () => Promise<void> }> {
  installRuntime(options.log);
  const connection = await NativeConnection.connect(options.target.connection);
  try {
    const cluster = new ClusterRuns(options.env);
    const close = async (): Promise<void> => {
      await cluster.close();
      await connection.close();
    };
    return { worker: await pollingWorker(options, connection, cluster), close };
  } catch (error) {
    await connection.close();
    throw error;
  }
}

function pollingWorker(options: WorkerOptions, connection: NativeConnection, cluster: ClusterPort): Promise<Worker> {
  const deps: ActivityDeps = {
    engine: options.engine,
    cluster,
    assertOwned: (taskToken, details) => assertOwned(options.client, taskToken, details),
  };
  return Worker.create({
    connection,
    namespace: options.target.namespace,
    taskQueue: options.taskQueue,
    identity: `${process.pid}@${hostname()}`,
    workflowBundle: { codePath: WORKFLOW_BUNDLE },
    activities: createActivities(deps),
    dataConverter: dataConverter(options.env),
    // The default throttles heartbeats to 80% of their time-out, and a cancellation arrives with one.
    maxHeartbeatThrottleInterval: '500ms',
    defaultHeartbeatThrottleInterval: '500ms',
    maxConcurrentActivityTaskExecutions: 256,
    maxConcurrentWorkflowTaskExecutions: 16,
    shutdownGraceTime: '35s',
    shutdownForceTime: '60s',
  });
}

/** A heartbeat with the attempt's token: the server refuses it when the attempt timed out or went to another worker. */
async function assertOwned(client: Client, taskToken: Uint8Array, details: unknown): Promise<void> {
  for (;;) {
    try {
      await client.activity.heartbeat(taskToken, details);
      return;
    } catch (error) {
      if (error instanceof ActivityNotFoundError) throw new NotOwnedError('this attempt was handed to another worker');
      // A cancellation reaches the attempt by its own way.
      if (error instanceof ActivityCancelledError) return;
      // No answer from the server: not ours until it says so.
      await new Promise((resolve) => setTimeout(resolve, OWNERSHIP_RETRY_MS));
    }
  }
}

let installed = false;

function installRuntime(log: (line: string) => void): void {
  if (installed) return;
  installed = true;
  const logger = new DefaultLogger('WARN', ({ level, message, meta }) => {
    const error: unknown = meta?.['error'];
    log(`${level.toLowerCase()}: ${message}${error instanceof Error ? `: ${error.message}` : ''}`);
  });
  Runtime.install({ logger, shutdownSignals: [], telemetryOptions: { logging: { forward: {}, filter: 'warn' } } });
}
