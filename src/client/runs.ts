/** Runs and gates as a Temporal server knows them: found, watched and steered by id, whoever started them. */

import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import type { ClusterShard } from '../core/cluster-shards.js';
import { NelError } from '../core/errors.js';
import { isJsonObject } from '../core/json.js';
import { clusterWorkflowId, pauseSignal, resumeSignal, setConcurrencyUpdate, WORKFLOWS } from '../workflows/contract.js';
import { readCluster } from './cluster-shards.js';
import { connectClient, type Environment, findTemporal } from './connection.js';

/** One line of a list. */
export interface ListedRun {
  readonly runId: string;
  readonly status: string;
  readonly started: Date;
  readonly summary: string;
  /** Output directory, null where the memo does not say. */
  readonly directory: string | null;
  readonly taskQueue: string;
}

const PREFIX = 'nel-';

export class Runs {
  constructor(
    readonly client: Client,
    /** On the embedded server: each run's own process is its only worker. */
    readonly embedded = false,
  ) {}

  /** The latest first. */
  async *list(): AsyncGenerator<ListedRun> {
    const query = `WorkflowType = '${WORKFLOWS.runSuite}' OR WorkflowType = '${WORKFLOWS.gate}'`;
    for await (const execution of this.client.workflow.list({ query })) yield listed(execution);
  }

  describe(workflowId: string): Promise<ListedRun> {
    return found(workflowId, async () => listed(await this.client.workflow.getHandle(workflowId).describe()));
  }

  /** The shards of a run on a cluster; none where it cannot tell just now. */
  clusterShards(workflowId: string): Promise<readonly ClusterShard[]> {
    return readCluster(this.client, clusterWorkflowId(workflowId)).then(
      ({ shards }) => shards,
      () => [],
    );
  }

  pause(workflowId: string): Promise<void> {
    return found(workflowId, () => this.client.workflow.getHandle(workflowId).signal(pauseSignal));
  }

  resume(workflowId: string): Promise<void> {
    return found(workflowId, () => this.client.workflow.getHandle(workflowId).signal(resumeSignal));
  }

  cancel(workflowId: string): Promise<void> {
    return found(workflowId, async () => void (await this.client.workflow.getHandle(workflowId).cancel()));
  }

  /** @param max most calls in flight at each endpoint from the next batch on, at least 1 */
  setConcurrency(workflowId: string, max: number): Promise<number> {
    return found(workflowId, () => this.client.workflow.getHandle(workflowId).executeUpdate(setConcurrencyUpdate, { args: [max] }));
  }
}

/** Ids of workflows carry a prefix that people need not type. */
export function workflowIdOf(runId: string): string {
  return runId.startsWith(PREFIX) ? runId : `${PREFIX}${runId}`;
}

/** Connects, works, and lets go of the server again. */
export async function withRuns<T>(env: Environment, log: (line: string) => void, work: (runs: Runs) => Promise<T>): Promise<T> {
  const target = await findTemporal(env, log);
  try {
    const client = await connectClient(target, env);
    try {
      return await work(new Runs(client, target.embedded));
    } finally {
      await client.connection.close();
    }
  } finally {
    await target.release();
  }
}

function listed(execution: {
  workflowId: string;
  status: { name: string };
  startTime: Date;
  taskQueue: string;
  memo?: Record<string, unknown>;
}): ListedRun {
  const memo = isJsonObject(execution.memo) ? execution.memo : {};
  const text = (name: string): string | null => (typeof memo[name] === 'string' ? memo[name] : null);
  return {
    runId: execution.workflowId.slice(PREFIX.length),
    status: execution.status.name.toLowerCase(),
    started: execution.startTime,
    summary: text('summary') ?? '',
    directory: text('run_dir'),
    taskQueue: execution.taskQueue,
  };
}

async function found<T>(workflowId: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError)) throw error;
    throw new NelError('usage', `no open run "${workflowId.slice(PREFIX.length)}" on this Temporal server`, {
      hint: '`nel runs list` shows the runs it knows; a finished one is in its output directory',
    });
  }
}
