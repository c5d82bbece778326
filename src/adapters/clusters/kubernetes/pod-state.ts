/** What a Pod's status says of its shard: waiting, running, ended and how, or unable to start ever. */

import type { V1ContainerState, V1Pod } from '@kubernetes/client-node';
import type { TaskFailure, TaskState } from '../../../core/cluster.js';

export interface PodLimits {
  /** Seconds without a node after which a Pod counts as impossible. */
  readonly unschedulableAfter: number;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** Nothing but another config helps. */
const NEVER_STARTS = new Set([
  'InvalidImageName',
  'ErrImageNeverPull',
  'CreateContainerConfigError',
  'CreateContainerError',
  'RunContainerError',
]);
/** May be the registry's bad moment: Kubernetes goes on trying. */
const NO_IMAGE = new Set(['ErrImagePull', 'ImagePullBackOff', 'RegistryUnavailable', 'ImageInspectError']);
/** Seconds for which an image that cannot be pulled is waited for. */
const IMAGE_PATIENCE = 300;
/** Seconds for which a container that cannot be made is waited for: a Secret may be created after the Job. */
const START_PATIENCE = 60;
/** `nel` was asked to stop, and left a journal to go on from. */
const INTERRUPTED = 130;
const LONGEST_REASON = 300;

/** Reasons of the condition DisruptionTarget, as the API's documentation lists them, and of a Pod's status. */
const DISRUPTIONS: Readonly<Record<string, TaskFailure>> = {
  PreemptionByScheduler: 'preempted',
  EvictionByEvictionAPI: 'preempted',
  Preempting: 'preempted',
  DeletionByTaintManager: 'node_fail',
  DeletionByPodGC: 'node_fail',
  TerminationByKubelet: 'node_fail',
  NodeLost: 'node_fail',
  NodeShutdown: 'node_fail',
  Shutdown: 'node_fail',
  Terminated: 'node_fail',
  Evicted: 'node_fail',
  DeadlineExceeded: 'timeout',
};

/** @returns one of pending, running, completed, failed and impossible */
export function podState(pod: V1Pod, limits: PodLimits): TaskState {
  switch (pod.status?.phase) {
    case 'Succeeded':
      return { state: 'completed' };
    case 'Failed':
      return failureOf(pod);
    case 'Running':
      return { state: 'running' };
    default:
      return pendingState(pod, limits);
  }
}

function failureOf(pod: V1Pod): TaskState {
  const state = terminated(pod);
  const exitCode = state?.exitCode ?? null;
  const interrupted = exitCode === INTERRUPTED;
  const signal = state?.signal || (!interrupted && exitCode !== null && exitCode > 128 && exitCode < 160 ? exitCode - 128 : null);
  const disruption = pod.status?.conditions?.find(({ type, status }) => type === 'DisruptionTarget' && status === 'True')?.reason;
  const known = [disruption, pod.status?.reason].map((one) => (one === undefined ? undefined : DISRUPTIONS[one])).find(Boolean);
  const reason: TaskFailure = state?.reason === 'OOMKilled' ? 'oom' : (known ?? (interrupted ? 'drained' : 'exit'));
  return { state: 'failed', reason, exitCode: signal === null ? exitCode : null, signal };
}

function pendingState(pod: V1Pod, { unschedulableAfter, now }: PodLimits): TaskState {
  const age = (now - (pod.metadata?.creationTimestamp?.getTime() ?? now)) / 1000;
  const waiting = containerState(pod)?.waiting;
  const words = waiting === undefined ? '' : plain(`${waiting.reason ?? ''}${waiting.message ? `: ${waiting.message}` : ''}`);
  if (waiting?.reason !== undefined) {
    const patience = NEVER_STARTS.has(waiting.reason) ? START_PATIENCE : NO_IMAGE.has(waiting.reason) ? IMAGE_PATIENCE : null;
    if (waiting.reason === 'InvalidImageName' || (patience !== null && age >= patience)) return { state: 'impossible', reason: words };
    return { state: 'pending', reason: words, limit: false };
  }
  const unscheduled = pod.status?.conditions?.find(({ type, status }) => type === 'PodScheduled' && status === 'False');
  if (unscheduled?.reason === 'Unschedulable') {
    const why = plain(`Unschedulable${unscheduled.message ? `: ${unscheduled.message}` : ''}`);
    return age >= unschedulableAfter ? { state: 'impossible', reason: why } : { state: 'pending', reason: why, limit: true };
  }
  if (unscheduled?.reason === 'SchedulingGated') return { state: 'pending', reason: 'held by a scheduling gate', limit: true };
  return { state: 'pending', reason: pod.spec?.nodeName === undefined ? 'waits for a node' : 'starting', limit: false };
}

function containerState(pod: V1Pod): V1ContainerState | undefined {
  return pod.status?.containerStatuses?.[0]?.state;
}

function terminated(pod: V1Pod): NonNullable<V1ContainerState['terminated']> | undefined {
  const [status] = pod.status?.containerStatuses ?? [];
  return status?.state?.terminated ?? status?.lastState?.terminated;
}

/** The kubelet's words can hold what a registry wrote. */
function plain(text: string): string {
  return text.replaceAll(/[^\x20-\x7e]+/g, ' ').slice(0, LONGEST_REASON);
}
