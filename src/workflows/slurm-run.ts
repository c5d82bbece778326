/**
 * A run on a cluster: shards are jobs, looked at now and then, resubmitted as they fail, fetched and merged in the end. Losing the
 * connection, the worker or the laptop for a day changes nothing: the jobs go on, and so does this.
 */

import {
  ApplicationFailure,
  CancellationScope,
  ContinueAsNew,
  continueAsNew,
  isCancellation,
  patched,
  setHandler,
  sleep,
  workflowInfo,
} from '@temporalio/workflow';
import type { SubmittedShards } from '../core/cluster.js';
import {
  type ClusterShard,
  cancelledShard,
  hasEnded,
  newShard,
  type ShardLog,
  seenShard,
  submittedShard,
  submittingShard,
} from '../core/cluster-shards.js';
import { cancelClusterJobs, fetchShards, mergeShards, prepareCluster, submitClusterJobs, watchClusterJobs } from './activities.js';
import { type BenchmarkResult, type ClusterRef, type ClusterRunInput, type ClusterState, clusterQuery, FAILURES } from './contract.js';
import { setScore } from './visibility.js';

/** A node that fails every job at once should not use up all attempts before anyone can look; milliseconds. */
const FIRST_PAUSE_MS = 2_000;
const LONGEST_PAUSE_MS = 300_000;
/** Far below Temporal's limit, and below what anyone would read. */
const EVENTS_PER_EXECUTION = 1_500;
const JOBS_OUTLIVE_RENEWAL = 'jobs-outlive-renewal';

export async function slurmRun(input: ClusterRunInput): Promise<readonly BenchmarkResult[]> {
  return new ClusterRun(input).execute();
}

class ClusterRun {
  private readonly ref: ClusterRef;
  private attempt: number;
  private submitted: readonly SubmittedShards[];
  private shards: readonly ClusterShard[];

  constructor(private readonly input: ClusterRunInput) {
    const { run_dir, run_id, spec_hash, generation, carried } = input;
    this.ref = { run_dir, run_id, spec_hash, generation };
    this.attempt = carried?.attempt ?? 0;
    this.submitted = carried?.submitted ?? [];
    this.shards = carried?.shards ?? Array.from({ length: input.shards }, (_, shard) => newShard(shard));
    setHandler(clusterQuery, () => this.shards);
  }

  async execute(): Promise<readonly BenchmarkResult[]> {
    try {
      if (this.input.carried === undefined) await prepareCluster(this.ref);
      while (this.shards.some(({ state }) => state !== 'completed')) {
        const waiting = this.shards.filter(({ state }) => state === 'waiting').map(({ shard }) => shard);
        if (waiting.length > 0) await this.submit(waiting);
        await this.watch();
        const { historyLength, continueAsNewSuggested } = workflowInfo();
        if (historyLength >= EVENTS_PER_EXECUTION || continueAsNewSuggested) await this.renew();
      }
    } catch (error) {
      // The next execution goes on with the jobs. Without the mark: histories of when they were cancelled here.
      if (!(error instanceof ContinueAsNew && patched(JOBS_OUTLIVE_RENEWAL))) await this.cancelJobs(error);
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

  private async submit(shards: readonly number[]): Promise<void> {
    const failures = Math.max(...shards.map((shard) => this.shards[shard]?.failures ?? 0));
    if (failures > 0) await sleep(Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 4 ** Math.min(10, failures - 1)));
    this.attempt++;
    this.update(shards, (one) => submittingShard(one, this.attempt));
    const submitted = await submitClusterJobs({ ...this.ref, attempt: this.attempt, shards, total: this.input.shards });
    this.submitted = [...this.submitted, submitted];
    for (const { jobId, shards } of submitted.jobs) this.update(shards, (one) => submittedShard(one, jobId));
  }

  /** Until a job has ended; shards that failed are then to be submitted again, while that is worth it. */
  private async watch(): Promise<void> {
    const { submitted } = this;
    const reports = await watchClusterJobs({ ...this.ref, submitted });
    for (const report of reports) this.update([report.shard], (shard) => seenShard(shard, report));
    const impossible = reports.find(({ state }) => state === 'impossible');
    if (impossible) throw this.giveUp(`job ${impossible.job_id} can never start: ${impossible.reason ?? 'no reason given'}`);
    const cancelled = reports.find(({ state }) => state === 'cancelled');
    if (cancelled) throw this.giveUp(`job ${cancelled.job_id} (shard ${cancelled.shard}) was cancelled on the cluster`);
    const failed = reports.filter(({ state }) => state === 'failed').map(({ shard }) => shard);
    this.update(failed, (shard) => ({ ...shard, failures: wentOn(shard) ? 0 : shard.failures + 1 }));
    const lost = this.shards.find(({ failures }) => failures >= this.input.max_attempts);
    if (lost) {
      const times = lost.failures === 1 ? 'once' : `${lost.failures} times`;
      const log = reports.find(({ shard }) => shard === lost.shard)?.log;
      throw this.giveUp(
        `shard ${lost.shard} failed ${times}, last: ${lost.reason ?? 'no reason given'} (job ${lost.job_id ?? ''})${logText(log)}`,
      );
    }
    this.submitted = submitted.map((attempt) => this.withoutEnded(attempt)).filter(({ jobs }) => jobs.length > 0);
    this.update(failed, (shard) => ({ ...shard, state: 'waiting' }));
  }

  /** A shard that has ended is not asked about any more: its next job is another, and the cluster will forget the last one. */
  private withoutEnded({ attempt, jobs }: SubmittedShards): SubmittedShards {
    const open = jobs.map((job) => ({ ...job, shards: job.shards.filter((shard) => !hasEnded(this.shards[shard] as ClusterShard)) }));
    return { attempt, jobs: open.filter(({ shards }) => shards.length > 0) };
  }

  private giveUp(message: string): ApplicationFailure {
    return ApplicationFailure.nonRetryable(message, FAILURES.badInput);
  }

  private async renew(): Promise<never> {
    const carried: ClusterState = { attempt: this.attempt, submitted: this.submitted, shards: this.shards };
    return continueAsNew<(input: ClusterRunInput) => Promise<readonly BenchmarkResult[]>>({ ...this.input, carried });
  }

  /** Whatever ends the run ends its jobs: also those whose submission was cut off. */
  private async cancelJobs(cause: unknown): Promise<void> {
    if (this.attempt === 0) return;
    this.shards = this.shards.map(cancelledShard);
    await CancellationScope.nonCancellable(() => cancelClusterJobs(this.ref)).catch((error: unknown) => {
      // What ended the run is what people should read.
      if (isCancellation(cause)) throw error;
    });
  }

  private update(shards: readonly number[], change: (shard: ClusterShard) => ClusterShard): void {
    if (shards.length === 0) return;
    const chosen = new Set(shards);
    this.shards = this.shards.map((one) => (chosen.has(one.shard) ? change(one) : one));
  }
}

function logText(log: ShardLog | undefined): string {
  if (log === undefined) return '';
  const lines = log.tail.split('\n').map((line) => `\n    ${line}`);
  return `\n  its log, ${log.file}, ends with:${lines.join('')}`;
}

/** A shard that was stopped by its walltime, or made way for another job, and had added answers goes on in the next job as if nothing had been. */
function wentOn({ reason, done, done_before }: ClusterShard): boolean {
  return done > done_before && reason !== null && /^(?:timeout|drained|preempted)/.test(reason);
}
