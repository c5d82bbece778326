/**
 * A run's Jobs on Kubernetes, as its activities use them: shards submitted, looked at and cancelled by attempt. Every call may be repeated;
 * none starts a shard twice. Beside slurm/jobs.ts: the same names for the same things.
 */

import type { V1Job, V1Pod } from '@kubernetes/client-node';
import type { ShardReport, SubmittedShards, TaskFailure, TaskState } from '../../../core/cluster.js';
import { NelError } from '../../../core/errors.js';
import { parseIndexes } from '../../../core/kubernetes.js';
import type { CallOptions, KubernetesApi } from './client.js';
import {
  ATTEMPT_LABEL,
  CONTAINER,
  INDEX_ANNOTATION,
  type JobContext,
  type MergeJob,
  mergeJobManifest,
  planConfigMap,
  planName,
  RUN_LABEL,
  type ShardJob,
  shardJobManifest,
  shardJobName,
} from './manifest.js';
import { podState } from './pod-state.js';

export interface PollOptions extends CallOptions {
  /** Seconds; see KubernetesCluster.unschedulable_after. */
  readonly unschedulableAfter: number;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
}

/** Brings the planned run to the cluster. What is there from an earlier call is kept: a plan never changes. */
export async function putPlan(
  api: KubernetesApi,
  job: JobContext,
  { runJson, files, ...options }: CallOptions & { readonly runJson: string; readonly files?: Readonly<Record<string, string>> },
): Promise<void> {
  await api.createConfigMap(planConfigMap(job, runJson, files), options);
}

/**
 * Submits the shards of an attempt once, however often it is called: the Job is found by its name.
 * @throws NelError with the cluster's reason; ClusterUnreachable: call again
 */
export async function submitShards(api: KubernetesApi, job: ShardJob, options: CallOptions = {}): Promise<SubmittedShards> {
  const jobId = shardJobName(job, job.attempt);
  const isNew = await api.createJob(shardJobManifest(job), options);
  if (!isNew) await assertOurs(api, job, jobId, options);
  return { attempt: job.attempt, jobs: [{ jobId, shards: job.shards }] };
}

/** Submits the merge, in the same way. @returns the Job's name */
export async function submitMerge(api: KubernetesApi, job: MergeJob, options: CallOptions = {}): Promise<string> {
  const manifest = mergeJobManifest(job);
  const name = manifest.metadata?.name as string;
  if (!(await api.createJob(manifest, options))) await assertOurs(api, job, name, options);
  return name;
}

async function assertOurs(api: KubernetesApi, { key }: JobContext, name: string, options: CallOptions): Promise<void> {
  const found = await api.readJob(name, options);
  if (found === null || found.metadata?.labels?.[RUN_LABEL] === key) return;
  throw new NelError('run', `the Job ${name} in namespace ${api.namespace} is not of this run`, { hint: 'Delete or rename it.' });
}

/**
 * The state of each shard of an attempt.
 * @throws ClusterUnreachable: ask again
 */
export async function pollShards(api: KubernetesApi, submitted: SubmittedShards, options: PollOptions): Promise<readonly ShardReport[]> {
  const reports: ShardReport[] = [];
  for (const { jobId, shards } of submitted.jobs) {
    const job = await api.readJob(jobId, options);
    const pods = job === null ? [] : await api.listPods(`batch.kubernetes.io/job-name=${jobId}`, options);
    const newest = newestPods(pods);
    shards.forEach((shard, index) => {
      const pod = newest.get(index);
      reports.push({
        shard,
        attempt: submitted.attempt,
        jobId: pod?.metadata?.name ?? `${jobId}-${index}`,
        nodes: pod?.spec?.nodeName ?? null,
        status: job === null ? { state: 'unknown' } : stateOf(job, index, pod, options),
      });
    });
  }
  return reports;
}

/** Deletes an attempt's Jobs with their Pods; those that are gone are left so. */
export async function cancelShards(api: KubernetesApi, submitted: SubmittedShards, options: CallOptions = {}): Promise<void> {
  for (const { jobId } of submitted.jobs) await api.deleteJob(jobId, options);
}

/** Deletes all Jobs of a start of a workflow, whether or not their submission was heard of, and the plan. */
export async function cancelRun(api: KubernetesApi, job: JobContext, options: CallOptions = {}): Promise<void> {
  for (const { metadata } of await api.listJobs(`${RUN_LABEL}=${job.key}`, options)) {
    if (metadata?.name !== undefined) await api.deleteJob(metadata.name, options);
  }
  await api.deleteConfigMap(planName(job), options);
}

/** The attempts of a start of a workflow whose Jobs are there, by number. */
export async function knownAttempts(api: KubernetesApi, { key }: JobContext, options: CallOptions = {}): Promise<readonly number[]> {
  const jobs = await api.listJobs(`${RUN_LABEL}=${key},${ATTEMPT_LABEL}`, options);
  return jobs.map(({ metadata }) => Number(metadata?.labels?.[ATTEMPT_LABEL])).sort((a, b) => a - b);
}

/** The last lines of a shard's Pod, as it was reported; null while there are none. */
export function shardLog(
  api: KubernetesApi,
  { jobId }: Pick<ShardReport, 'jobId'>,
  lines: number,
  options?: CallOptions,
): Promise<string | null> {
  return api.podLog(jobId, CONTAINER, lines, options);
}

/** By index. A Pod that is being deleted counts only where there is no other. */
function newestPods(pods: readonly V1Pod[]): Map<number, V1Pod> {
  const newest = new Map<number, V1Pod>();
  const rank = ({ metadata }: V1Pod): number =>
    (metadata?.deletionTimestamp === undefined ? 1e15 : 0) + (metadata?.creationTimestamp?.getTime() ?? 0);
  for (const pod of pods) {
    const index = Number(pod.metadata?.annotations?.[INDEX_ANNOTATION] ?? Number.NaN);
    const known = newest.get(index);
    if (Number.isInteger(index) && (known === undefined || rank(pod) >= rank(known))) newest.set(index, pod);
  }
  return newest;
}

/** What the Job says of an index is final; until then its Pod is asked. */
function stateOf(job: V1Job, index: number, pod: V1Pod | undefined, options: PollOptions): TaskState {
  const { status } = job;
  if (parseIndexes(status?.completedIndexes ?? '')?.has(index) === true) return { state: 'completed' };
  const seen =
    pod === undefined ? null : podState(pod, { unschedulableAfter: options.unschedulableAfter, now: (options.now ?? Date.now)() });
  const ended = status?.conditions?.find(({ type, status: holds }) => (type === 'Failed' || type === 'FailureTarget') && holds === 'True');
  if (parseIndexes(status?.failedIndexes ?? '')?.has(index) === true || ended !== undefined) {
    if (seen?.state === 'failed' || seen?.state === 'impossible') return seen;
    const reason: TaskFailure = ended?.reason === 'DeadlineExceeded' ? 'timeout' : 'exit';
    return { state: 'failed', reason, exitCode: null, signal: null };
  }
  if (job.spec?.suspend === true) return { state: 'pending', reason: 'the Job is suspended', limit: true };
  // Kubernetes starts a failed Pod once more: not before the Job says so has the index failed.
  if (seen === null) return { state: 'pending', reason: 'waits for its turn', limit: true };
  if (seen.state === 'failed') return { state: 'pending', reason: 'is started again', limit: false };
  // The Job lists an index a moment after its Pod has ended.
  return seen.state === 'completed' ? { state: 'running' } : seen;
}
