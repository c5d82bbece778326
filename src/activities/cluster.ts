/** The activities of a run on a cluster: each one question or order over a shell, repeated until it is answered. */

import { ApplicationFailure, Context } from '@temporalio/activity';
import { ApplicationFailureCategory } from '@temporalio/common';
import { ClusterUnreachable, type SubmittedShards } from '../core/cluster.js';
import type { ClusterShardReport, ShardLog } from '../core/cluster-shards.js';
import { NelError, type NelErrorKind } from '../core/errors.js';
import {
  type BenchmarkResult,
  type ClusterGlimpse,
  type ClusterHeartbeat,
  type ClusterPollRef,
  type ClusterRef,
  type ClusterSubmitRef,
  FAILURES,
} from '../workflows/contract.js';
import { underHeartbeat } from './attempt.js';
import type { ActivityDeps } from './engine-port.js';

/** A shard whose job has ended. */
export interface EndedShard extends Pick<ClusterShardReport, 'shard' | 'job_id'> {
  readonly attempt: number;
}

/** What workers do for these activities. All throw ClusterUnreachable (tried again for ever) or NelError. */
export interface ClusterPort {
  /** Brings the run's files to the cluster and ends jobs of earlier starts of this run. */
  prepare(ref: ClusterRef, signal: AbortSignal): Promise<void>;
  /** Submits once, however often it is called. */
  submit(ref: ClusterSubmitRef, signal: AbortSignal): Promise<SubmittedShards>;
  poll(ref: ClusterPollRef, signal: AbortSignal): Promise<readonly ClusterShardReport[]>;
  /** Ends all jobs of this start of the run, also one that is just being submitted. */
  cancel(ref: ClusterRef, signal: AbortSignal): Promise<void>;
  /** Brings the log of a shard's job into the run's directory; null where there is none. */
  log(ref: ClusterRef, shard: EndedShard, signal: AbortSignal): Promise<ShardLog | null>;
  /** Copies the shards' files into the run's directory. */
  fetch(ref: ClusterRef, signal: AbortSignal): Promise<void>;
  merge(ref: ClusterRef, signal: AbortSignal): Promise<readonly BenchmarkResult[]>;
}

/** When a cluster is looked at; milliseconds. */
export interface LookTimes {
  readonly first: number;
  readonly longest: number;
  /** Waits from here on are left to the server: they need no worker, and outlast it. */
  readonly durableFrom: number;
  /** A job of which the cluster has known nothing for this long is lost. */
  readonly lostAfter: number;
  /** Milliseconds since the epoch. */
  now(): number;
  /** Waits within an attempt; rejects when it is cancelled. */
  sleep(ms: number): Promise<void>;
}

const LOOKS: LookTimes = {
  first: 2_000,
  longest: 300_000,
  durableFrom: 30_000,
  lostAfter: 600_000,
  now: () => Date.now(),
  sleep: (ms) => Context.current().sleep(ms),
};
/** A change is seen after a third of the time since the last one, at most: jobs of minutes soon, jobs of days without a thought. */
const SHARE_OF_QUIET = 1 / 3;
/** Logs of shards that failed at one look: they mostly failed alike. */
const MOST_LOGS = 5;

export function createClusterActivities({ cluster, looks = LOOKS }: Pick<ActivityDeps, 'cluster'> & { readonly looks?: LookTimes }) {
  const call =
    <R, T>(what: string, work: (ref: R, signal: AbortSignal) => Promise<T>) =>
    (ref: R): Promise<T> =>
      underHeartbeat(
        () => what,
        ({ stop }) => work(ref, stop),
      );
  return {
    prepareCluster: call('preparing', (ref: ClusterRef, signal) => cluster.prepare(ref, signal)),
    submitClusterJobs: call('submitting', (ref: ClusterSubmitRef, signal) => {
      // A try before this one may have submitted some.
      const isFirst = ref.attempt === 1 && Context.current().info.attempt === 1;
      return isFirst ? cluster.submit(ref, signal) : waitedOut(['config'], () => cluster.submit(ref, signal));
    }),
    watchClusterJobs: (ref: ClusterPollRef) => watch(cluster, looks, ref),
    cancelClusterJobs: call('cancelling', (ref: ClusterRef, signal) => cluster.cancel(ref, signal)),
    fetchShards: call('fetching', (ref: ClusterRef, signal) => waitedOut(['config'], () => cluster.fetch(ref, signal))),
    mergeShards: call('merging', (ref: ClusterRef, signal) => cluster.merge(ref, signal)),
  };
}

/**
 * Looks until a shard has ended, then gives all shards' reports. What is seen before that goes with the heartbeat, which lasts from one
 * attempt to the next. Longer waits between two looks are a failure that the server tries again after that time: a timer as durable as a
 * workflow's, which leaves nothing in its history.
 */
async function watch(cluster: ClusterPort, looks: LookTimes, ref: ClusterPollRef): Promise<readonly ClusterShardReport[]> {
  const context = Context.current();
  const { attempt } = context.info;
  const heartbeatDetails: unknown = context.info.heartbeatDetails;
  let beat = (heartbeatDetails as ClusterHeartbeat | undefined) ?? { shards: {}, changed_at: looks.now() };
  const outcome = await underHeartbeat(
    () => beat,
    async ({ stop }) => {
      // The jobs were submitted, or the watch before this ended with a change, a moment ago.
      if (attempt === 1) await looks.sleep(looks.first);
      for (;;) {
        const polled = await waitedOut(['config', 'run'], () => cluster.poll(ref, stop));
        const reports = polled.map((report) => orLost(report, beat, looks));
        beat = look(reports, beat, looks.now());
        context.heartbeat(beat);
        if (reports.some(({ state }) => hasEnded(state))) return { reports: await withLogs(cluster, ref, reports, stop) };
        const wait = Math.min(looks.longest, Math.max(looks.first, (looks.now() - beat.changed_at) * SHARE_OF_QUIET));
        if (wait >= looks.durableFrom) return { wait: Math.round(wait) };
        await looks.sleep(wait);
        stop.throwIfAborted();
      }
    },
  );
  if (outcome.reports !== undefined) return outcome.reports;
  throw ApplicationFailure.create({
    message: `nothing has ended; the next look is in ${Math.round(outcome.wait / 1000)} s`,
    type: FAILURES.nothingNew,
    nextRetryDelay: outcome.wait,
    category: ApplicationFailureCategory.BENIGN,
  });
}

/**
 * Once jobs were taken, what keeps us from asking about them ends nothing: they go on, and somebody mends the key, the host or the login node.
 * @param kinds of errors that are waited out; what is wrong with the run itself is not among them
 */
async function waitedOut<T>(kinds: readonly NelErrorKind[], work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof NelError && kinds.includes(error.kind)) throw new ClusterUnreachable(error.message, { cause: error });
    throw error;
  }
}

/** A log that cannot be had costs only the view of it. */
function withLogs(
  cluster: ClusterPort,
  { submitted, ...ref }: ClusterPollRef,
  reports: readonly ClusterShardReport[],
  stop: AbortSignal,
): Promise<readonly ClusterShardReport[]> {
  const failed = reports.filter(({ state }) => state === 'failed').slice(0, MOST_LOGS);
  return Promise.all(
    reports.map(async (report) => {
      if (!failed.includes(report)) return report;
      const attempt = submitted.find(({ jobs }) => jobs.some(({ shards }) => shards.includes(report.shard)))?.attempt ?? 0;
      const log = await cluster.log(ref, { shard: report.shard, job_id: report.job_id, attempt }, stop).catch(() => null);
      return log === null ? report : { ...report, log };
    }),
  );
}

function hasEnded(state: ClusterShardReport['state']): boolean {
  return state !== 'pending' && state !== 'running' && state !== 'unknown';
}

function look(reports: readonly ClusterShardReport[], before: ClusterHeartbeat, now: number): ClusterHeartbeat {
  const shards = Object.fromEntries(reports.map((report) => [report.shard, glimpse(report, before.shards[report.shard], now)]));
  const isSame = reports.every(({ shard }) => shards[shard]?.state === before.shards[shard]?.state);
  return { shards, looked_at: now, changed_at: isSame ? before.changed_at : now };
}

function glimpse({ shard: _, ...seen }: ClusterShardReport, known: ClusterGlimpse | undefined, now: number): ClusterGlimpse {
  const progress = { done: Math.max(seen.done, known?.done ?? 0), samples: seen.samples || (known?.samples ?? 0) };
  return { ...seen, ...progress, ...(seen.state === 'unknown' ? { unknown_since: known?.unknown_since ?? now } : {}) };
}

/** The cluster forgets a job some time after its end; one that left no exit code behind then either will tell no more. */
function orLost(report: ClusterShardReport, { shards }: ClusterHeartbeat, { now, lostAfter }: LookTimes): ClusterShardReport {
  const since = shards[report.shard]?.unknown_since;
  if (report.state !== 'unknown' || since === undefined || now() - since < lostAfter) return report;
  return { ...report, state: 'failed', reason: 'lost: the cluster knows nothing of its job' };
}
