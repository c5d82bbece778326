/**
 * A run on a cluster: shards are jobs, looked at by durable timers, resubmitted when they fail, fetched and merged in the end. Losing
 * the connection, the worker or the laptop for a day changes nothing: the jobs go on, and so does this.
 */

import {
  ApplicationFailure,
  CancellationScope,
  continueAsNew,
  isCancellation,
  setHandler,
  sleep,
  workflowInfo,
} from '@temporalio/workflow';
import { cancelClusterJobs, fetchShards, mergeShards, pollClusterJobs, prepareCluster, submitClusterJobs } from './activities.js';
import {
  type BenchmarkResult,
  type ClusterRef,
  type ClusterRunInput,
  type ClusterShard,
  type ClusterShardReport,
  type ClusterState,
  clusterQuery,
  FAILURES,
  type SubmittedAttempt,
} from './contract.js';
import { setScore } from './visibility.js';

const FIRST_LOOK_MS = 2_000;
/** A job of hours is not looked at more often; its state is shown as of the last look. */
const LONGEST_LOOK_MS = 60_000;
/** Each look costs about eight events: the history stays far below Temporal's limit, and below what anyone would read. */
const LOOKS_PER_EXECUTION = 150;

export async function slurmRun(input: ClusterRunInput): Promise<readonly BenchmarkResult[]> {
  const run = new ClusterRun(input);
  return CancellationScope.cancellable(() => run.execute());
}

class ClusterRun {
  private readonly ref: ClusterRef;
  private attempt: number;
  private submitted: SubmittedAttempt | null;
  private shards: ClusterShard[];
  /** Shards of the attempt that is being submitted: known before its jobs' ids are. */
  private submitting: readonly number[] = [];

  constructor(private readonly input: ClusterRunInput) {
    const { run_dir, run_id, spec_hash, generation, carried } = input;
    this.ref = { run_dir, run_id, spec_hash, generation, key: `${run_id}/${generation}` };
    this.attempt = carried?.attempt ?? 0;
    this.submitted = carried?.submitted ?? null;
    this.shards = [...(carried?.shards ?? Array.from({ length: input.shards }, (_, shard) => newShard(shard)))];
    setHandler(clusterQuery, () => this.shards);
  }

  async execute(): Promise<readonly BenchmarkResult[]> {
    try {
      if (this.input.carried === undefined) await prepareCluster(this.ref);
      for (let open = this.open(); open.length > 0; open = this.open()) {
        if (this.submitted === null) await this.submit(open);
        await this.watch();
        this.submitted = null;
      }
    } catch (error) {
      await this.cancelJobs();
      throw error;
    }
    await fetchShards(this.ref);
    const results = await mergeShards(this.ref);
    const failed = results.filter(({ status }) => status === 'failed');
    if (failed.length > 0) {
      throw ApplicationFailure.nonRetryable(
        failed.map(({ benchmark, reason }) => `${benchmark}: ${reason ?? ''}`).join('\n'),
        FAILURES.tooManyErrors,
      );
    }
    if (results.length === 1) setScore(this.input.search_attributes, results[0]?.mean_reward ?? null);
    return results;
  }

  /** Shards that still have to run. */
  private open(): number[] {
    return this.shards.filter(({ state }) => state !== 'completed').map(({ shard }) => shard);
  }

  private async submit(shards: readonly number[]): Promise<void> {
    this.attempt++;
    this.submitting = shards;
    this.update(shards, (one) => ({
      ...one,
      state: 'waiting',
      reason: null,
      job_id: null,
      node: null,
      attempt: this.attempt,
      done_before: one.done,
    }));
    this.submitted = await submitClusterJobs({ ...this.ref, attempt: this.attempt, shards, total: this.input.shards });
  }

  /** Until every job of this attempt has ended. */
  private async watch(): Promise<void> {
    const submitted = this.submitted as SubmittedAttempt;
    let wait = FIRST_LOOK_MS;
    for (let looks = 1; ; looks++) {
      await sleep(wait);
      wait = Math.min(LONGEST_LOOK_MS, wait * 1.5);
      const reports = await pollClusterJobs({ ...this.ref, submitted });
      for (const report of reports) this.update([report.shard], (shard) => seen(shard, report));
      const impossible = reports.find(({ state }) => state === 'impossible');
      if (impossible) throw this.giveUp(`job ${impossible.job_id} can never start: ${impossible.reason ?? 'no reason given'}`);
      if (reports.every(({ state }) => isOver(state))) break;
      if (looks >= LOOKS_PER_EXECUTION || workflowInfo().continueAsNewSuggested) await this.renew();
    }
    await this.judge();
  }

  /** What ended without success is tried again, while it is worth it. */
  private async judge(): Promise<void> {
    const cancelled = this.shards.find(({ state }) => state === 'cancelled');
    if (cancelled) throw this.giveUp(`job ${cancelled.job_id ?? ''} (shard ${cancelled.shard}) was cancelled on the cluster`);
    this.update(
      this.shards.filter(({ state }) => state === 'failed').map(({ shard }) => shard),
      (shard) => ({ ...shard, failures: shard.done > shard.done_before && isWalltime(shard.reason) ? 0 : shard.failures + 1 }),
    );
    const lost = this.shards.find(({ failures }) => failures >= this.input.max_attempts);
    if (lost)
      throw this.giveUp(
        `shard ${lost.shard} failed ${lost.failures} times, last: ${lost.reason ?? 'no reason given'} (job ${lost.job_id ?? ''})`,
      );
    // A cluster that has just lost a node is given a moment.
    if (this.open().length > 0) await sleep(FIRST_LOOK_MS);
  }

  private giveUp(message: string): ApplicationFailure {
    return ApplicationFailure.nonRetryable(message, FAILURES.badInput);
  }

  private async renew(): Promise<never> {
    const carried: ClusterState = { attempt: this.attempt, submitted: this.submitted, shards: this.shards };
    return continueAsNew<(input: ClusterRunInput) => Promise<readonly BenchmarkResult[]>>({ ...this.input, carried });
  }

  /** Whatever ends the run ends its jobs: also those whose submission was cut off. */
  private async cancelJobs(): Promise<void> {
    if (this.attempt === 0) return;
    const shards = this.submitting.length > 0 ? this.submitting : this.open();
    await CancellationScope.nonCancellable(() =>
      cancelClusterJobs({ ...this.ref, attempt: this.attempt, shards, total: this.input.shards }),
    ).catch((error: unknown) => {
      if (isCancellation(error)) throw error;
    });
    this.update(this.open(), (shard) => ({ ...shard, state: 'cancelled' }));
  }

  private update(shards: readonly number[], change: (shard: ClusterShard) => ClusterShard): void {
    this.shards = this.shards.map((one) => (shards.includes(one.shard) ? change(one) : one));
  }
}

function newShard(shard: number): ClusterShard {
  return { shard, state: 'waiting', reason: null, job_id: null, node: null, attempt: 0, failures: 0, done: 0, samples: 0, done_before: 0 };
}

function seen(shard: ClusterShard, { state, reason, job_id, node, done, samples }: ClusterShardReport): ClusterShard {
  const known = state === 'unknown' ? shard.state : state === 'impossible' ? 'failed' : state;
  return { ...shard, state: known, reason, job_id, node, done: Math.max(done, shard.done), samples: samples || shard.samples };
}

function isOver(state: ClusterShardReport['state']): boolean {
  return state === 'completed' || state === 'failed' || state === 'cancelled';
}

/** A shard that ran out of its walltime goes on in the next job. */
function isWalltime(reason: string | null): boolean {
  return reason !== null && /^(?:timeout|drained|preempted)/.test(reason);
}
