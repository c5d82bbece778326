/** How a shard of a run on a cluster goes from one state to the next: the workflow's table, and the same told again from its history. */

export interface ClusterShard {
  readonly shard: number;
  readonly state: 'waiting' | 'pending' | 'running' | 'completed' | 'failed' | 'cancelled';
  /** Why it waits or failed, in the cluster's words; null: nothing to say. */
  readonly reason: string | null;
  readonly job_id: string | null;
  readonly node: string | null;
  readonly attempt: number;
  /** Attempts that ended without a new answer: these are limited. */
  readonly failures: number;
  /** Samples journaled, as of the last end of any shard's job. */
  readonly done: number;
  readonly samples: number;
  /** Samples journaled when this attempt began. */
  readonly done_before: number;
}

/** One look at a shard of an attempt. */
export interface ClusterShardReport {
  readonly shard: number;
  readonly state: 'pending' | 'running' | 'completed' | 'failed' | 'cancelled' | 'impossible' | 'unknown';
  readonly reason: string | null;
  readonly job_id: string;
  readonly node: string | null;
  readonly done: number;
  readonly samples: number;
  /** Of a shard that failed, where there is one. */
  readonly log?: ShardLog;
}

/** The log of a shard's job, as it was brought here. */
export interface ShardLog {
  /** In the run's directory, absolute. */
  readonly file: string;
  /** Its last lines, without credentials. */
  readonly tail: string;
}

export function newShard(shard: number): ClusterShard {
  return { shard, state: 'waiting', reason: null, job_id: null, node: null, attempt: 0, failures: 0, done: 0, samples: 0, done_before: 0 };
}

export function submittingShard(shard: ClusterShard, attempt: number): ClusterShard {
  return { ...shard, job_id: null, node: null, attempt, done_before: shard.done };
}

export function submittedShard(shard: ClusterShard, job_id: string): ClusterShard {
  return { ...shard, state: 'pending', reason: null, job_id };
}

export function seenShard(shard: ClusterShard, { state, reason, job_id, node, done, samples }: ClusterShardReport): ClusterShard {
  const known = state === 'unknown' ? shard.state : state === 'impossible' ? 'failed' : state;
  return { ...shard, state: known, reason, job_id, node, done: Math.max(done, shard.done), samples: samples || shard.samples };
}

/** What the end of a run makes of a shard whose job has not ended by itself. */
export function cancelledShard(shard: ClusterShard): ClusterShard {
  return hasEnded(shard) ? shard : { ...shard, state: 'cancelled' };
}

export function hasEnded({ state }: ClusterShard): boolean {
  return state === 'completed' || state === 'failed' || state === 'cancelled';
}
