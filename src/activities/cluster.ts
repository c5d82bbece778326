/** The activities of a run on a cluster: each one question or order over a shell, repeated until it is answered. */

import type {
  BenchmarkResult,
  ClusterPollRef,
  ClusterRef,
  ClusterShardReport,
  ClusterSubmitRef,
  SubmittedAttempt,
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
  cancel(ref: ClusterSubmitRef, signal: AbortSignal): Promise<void>;
  /** Copies the shards' files into the run's directory. */
  fetch(ref: ClusterRef, signal: AbortSignal): Promise<void>;
  merge(ref: ClusterRef, signal: AbortSignal): Promise<readonly BenchmarkResult[]>;
}

export function createClusterActivities({ cluster }: ActivityDeps) {
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
    pollClusterJobs: call('looking', (ref: ClusterPollRef, signal) => cluster.poll(ref, signal)),
    cancelClusterJobs: call('cancelling', (ref: ClusterSubmitRef, signal) => cluster.cancel(ref, signal)),
    fetchShards: call('fetching', (ref: ClusterRef, signal) => cluster.fetch(ref, signal)),
    mergeShards: call('merging', (ref: ClusterRef, signal) => cluster.merge(ref, signal)),
  };
}
