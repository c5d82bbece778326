/** The activities of a run on a cluster: each one question or order over a shell, repeated until it is answered. */

import { ApplicationFailure, Context } from '@temporalio/activity';
import { ApplicationFailureCategory } from '@temporalio/common';
import {
  type BenchmarkResult,
  type ClusterGlimpse,
  type ClusterHeartbeat,
  type ClusterPollRef,
  type ClusterRef,
  type ClusterShardReport,
  type ClusterSubmitRef,
  type ClusterWatchRef,
  FAILURES,
  type SubmittedAttempt,
  shownState,
} from '../workflows/contract.js';
import { underHeartbeat } from './attempt.js';
import type { ActivityDeps } from './engine-port.js';

/** What workers do for these activities. All throw ClusterUnreachable (tried again for ever) or NelError. */
export interface ClusterPort {
  /** Brings the run's files to the cluster and ends jobs of earlier starts of this run. */
  prepare(ref: ClusterRef, signal: AbortSignal): Promise<void>;
  /** Submits once, however often it is called. */
  submit(ref: ClusterSubmitRef, signal: AbortSignal): Promise<SubmittedAttempt>;
  poll(ref: ClusterPollRef, signal: AbortSignal): Promise<readonly ClusterShardReport[]>;
  /** Ends all jobs of this start of the run, also one that is just being submitted. */
  cancel(ref: ClusterRef, signal: AbortSignal): Promise<void>;
  /** Copies the shards' files into the run's directory. */
  fetch(ref: ClusterRef, signal: AbortSignal): Promise<void>;
  merge(ref: ClusterRef, signal: AbortSignal): Promise<readonly BenchmarkResult[]>;
}

/** When a cluster is looked at; milliseconds. */
export interface LookTimes {
  readonly first: number;
  readonly longest: number;
  /** A job of which the cluster has known nothing for this long is lost. */
  readonly lostAfter: number;
}

/** A change is seen after a third of the time since the last one, at most: jobs of minutes soon, jobs of days without a thought. */
const LOOKS: LookTimes = { first: 2_000, longest: 300_000, lostAfter: 600_000 };
const GROWTH = 1.5;

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
    submitClusterJobs: call('submitting', (ref: ClusterSubmitRef, signal) => cluster.submit(ref, signal)),
    watchClusterJobs: (ref: ClusterWatchRef) => watch(cluster, looks, ref),
    cancelClusterJobs: call('cancelling', (ref: ClusterRef, signal) => cluster.cancel(ref, signal)),
    fetchShards: call('fetching', (ref: ClusterRef, signal) => cluster.fetch(ref, signal)),
    mergeShards: call('merging', (ref: ClusterRef, signal) => cluster.merge(ref, signal)),
  };
}

/**
 * One look: all shards' reports once one has changed; until then a failure that the server tries again after a while: a timer as durable as a
 * workflow's, that leaves nothing in its history. What was seen besides goes with the heartbeat, which lasts from one attempt to the next.
 */
async function watch(cluster: ClusterPort, looks: LookTimes, ref: ClusterWatchRef): Promise<readonly ClusterShardReport[]> {
  const context = Context.current();
  const { attempt, heartbeatDetails } = context.info;
  let beat = (heartbeatDetails as ClusterHeartbeat | undefined) ?? { shards: {} };
  const changed = await underHeartbeat(
    () => beat,
    async ({ stop }) => {
      // The one before this ended with a change a moment ago.
      if (attempt === 1) await context.sleep(looks.first);
      const now = Date.now();
      const reports = (await cluster.poll(ref, stop)).map((report) => orLost(report, beat, { now, lostAfter: looks.lostAfter }));
      beat = { shards: Object.fromEntries(reports.map((report) => [report.shard, glimpse(report, beat, now)])) };
      context.heartbeat(beat);
      return reports.some((report) => report.state !== 'unknown' && shownState(report) !== ref.known[report.shard]) ? reports : null;
    },
  );
  if (changed !== null) return changed;
  const wait = Math.min(looks.longest, looks.first * GROWTH ** Math.min(50, attempt - 1));
  throw ApplicationFailure.create({
    message: `nothing new at look ${attempt}; the next one is in ${Math.round(wait / 1000)} s`,
    type: FAILURES.nothingNew,
    nextRetryDelay: Math.round(wait),
    category: ApplicationFailureCategory.BENIGN,
  });
}

function glimpse({ shard, done, samples, reason, state }: ClusterShardReport, before: ClusterHeartbeat, now: number): ClusterGlimpse {
  const known = before.shards[shard];
  const seen = { done: Math.max(done, known?.done ?? 0), samples: samples || (known?.samples ?? 0), reason };
  return state === 'unknown' ? { ...seen, unknown_since: known?.unknown_since ?? now } : seen;
}

/** The cluster forgets a job some time after its end; one that left no exit code behind then either will tell no more. */
function orLost(
  report: ClusterShardReport,
  { shards }: ClusterHeartbeat,
  { now, lostAfter }: { readonly now: number; readonly lostAfter: number },
): ClusterShardReport {
  const since = shards[report.shard]?.unknown_since;
  if (report.state !== 'unknown' || since === undefined || now - since < lostAfter) return report;
  return { ...report, state: 'failed', reason: 'lost: the cluster knows nothing of its job' };
}
