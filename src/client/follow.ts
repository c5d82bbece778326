/** Watches a run from outside: progress from the shards' queries and the heartbeats of their batches, whichever worker runs them. */

import type { Client } from '@temporalio/client';
import type { RunFile } from '../core/spec.js';
import {
  addTotals,
  type BatchHeartbeat,
  clusterWorkflowId,
  NO_TOTALS,
  progressQuery,
  type ShardProgress,
  shardWorkflowId,
  type Totals,
} from '../workflows/contract.js';
import { readCluster } from './cluster-shards.js';

const QUERY_MS = 3_000;

/** Where a benchmark stands, sums over finished and running batches. */
export interface BenchmarkProgress {
  readonly benchmark: string;
  readonly samples: number;
  readonly totals: Totals;
  readonly state: ShardProgress['state'] | 'starting';
  readonly waiting_for: string | null;
  /** How many jobs of a cluster are in which state; absent: it runs here, and its totals hold rewards and tokens. */
  readonly jobs?: string;
}

export interface RunProgress {
  readonly benchmarks: readonly BenchmarkProgress[];
  /** Calls in flight at all endpoints. */
  readonly in_flight: number;
}

/** A benchmark to be watched, by the id of its run's workflow. */
export interface WatchedBenchmark {
  readonly workflowId: string;
  readonly name: string;
  readonly samples: number;
  /** Its shards are jobs of a cluster. */
  readonly cluster?: boolean;
}

/** What there is to be watched of a run; shards on a cluster evaluate all its benchmarks together. */
export function watchedBenchmarks({ workflow_id, benchmarks, spec }: RunFile): WatchedBenchmark[] {
  const all = benchmarks.map(({ name, n_problems, spec: { repeats } }) => ({
    workflowId: workflow_id,
    name,
    samples: n_problems * repeats,
  }));
  if (spec.cluster === undefined) return all;
  const samples = all.reduce((sum, one) => sum + one.samples, 0);
  return [{ workflowId: workflow_id, name: all.map(({ name }) => name).join(', '), samples, cluster: true }];
}

/** One look at runs. What cannot be seen just now (a worker starting, a server coming back) is shown as it was last. */
export class ProgressReader {
  private readonly last = new Map<WatchedBenchmark, BenchmarkProgress>();

  constructor(
    private readonly client: Client,
    private readonly benchmarks: readonly WatchedBenchmark[],
  ) {}

  async read(): Promise<RunProgress> {
    const flights: number[] = [];
    const benchmarks = await Promise.all(
      this.benchmarks.map(async (watched) => {
        const { name, samples } = watched;
        const progress = await this.readBenchmark(watched, flights).catch(() => undefined);
        const shown = progress ??
          this.last.get(watched) ?? { benchmark: name, samples, totals: NO_TOTALS, state: 'starting' as const, waiting_for: null };
        this.last.set(watched, shown);
        return shown;
      }),
    );
    return { benchmarks, in_flight: flights.reduce((sum, calls) => sum + calls, 0) };
  }

  /** Shards of a cluster report by file, now and then: how many are done, of all benchmarks together. */
  private async readCluster({ workflowId, name, samples }: WatchedBenchmark): Promise<BenchmarkProgress> {
    const { shards, trouble } = await readCluster(this.client, clusterWorkflowId(workflowId));
    const done = Math.min(
      samples,
      shards.reduce((sum, shard) => sum + shard.done, 0),
    );
    const states = new Map<string, number>();
    for (const { state } of shards) states.set(state, (states.get(state) ?? 0) + 1);
    const open = shards.filter(({ state }) => state !== 'completed');
    const pending = open.filter(({ state }) => state === 'pending');
    const reason = pending.find((shard) => shard.reason !== null)?.reason;
    const isQueue = pending.length > 0 && open.every(({ state }) => state === 'pending' || state === 'waiting');
    const waiting = trouble ?? (isQueue ? `its jobs are pending${reason ? ` (${reason})` : ''}` : null);
    return {
      benchmark: name,
      samples,
      totals: { ...NO_TOTALS, scored: done },
      state: waiting === null ? 'running' : 'waiting',
      waiting_for: waiting,
      jobs: [...states].map(([state, count]) => `${count} ${state}`).join(', '),
    };
  }

  private async readBenchmark(watched: WatchedBenchmark, flights: number[]): Promise<BenchmarkProgress> {
    if (watched.cluster) return this.readCluster(watched);
    const { workflowId, name, samples } = watched;
    const handle = this.client.workflow.getHandle(shardWorkflowId(workflowId, name, 0));
    return this.client.withDeadline(Date.now() + QUERY_MS, async () => {
      const [progress, description] = await Promise.all([handle.query(progressQuery), handle.describe()]);
      let { totals } = progress;
      const { payloadConverter } = this.client.options.loadedDataConverter;
      for (const { heartbeatDetails } of description.raw.pendingActivities ?? []) {
        const payload = heartbeatDetails?.payloads?.[0];
        if (!payload || this.client.options.loadedDataConverter.payloadCodecs.length > 0) continue;
        const beat = payloadConverter.fromPayload<Partial<BatchHeartbeat>>(payload);
        if (beat.totals === undefined) continue;
        totals = addTotals(totals, beat.totals);
        flights.push(beat.in_flight ?? 0);
      }
      // A batch that ended between the two looks is counted twice for a moment; never show more than there is.
      if (totals.scored + totals.errors > samples) totals = progress.totals;
      return { benchmark: name, samples, totals, state: progress.state, waiting_for: progress.waiting_for };
    });
  }
}
