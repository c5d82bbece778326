/**
 * The objects of a run on Kubernetes: the plan as a ConfigMap, an attempt at shards as an Indexed Job, the merge as a Job. Names and labels
 * follow from the run and the attempt, so that whoever submits again finds what is there.
 */

import { createHash } from 'node:crypto';
import type { V1ConfigMap, V1Container, V1EnvVar, V1Job, V1JobSpec, V1PodSpec, V1Volume, V1VolumeMount } from '@kubernetes/client-node';
import { NelError } from '../../../core/errors.js';
import { type KubernetesCluster, MOST_INDEXES } from '../../../core/kubernetes.js';

/** Label that all objects of a run carry; its value is the job's key. */
export const RUN_LABEL = 'nel/run';
export const ATTEMPT_LABEL = 'nel/attempt';
const WORKFLOW_ANNOTATION = 'nel/workflow-id';
/** Set by Kubernetes on the Pods of an Indexed Job. */
export const INDEX_ANNOTATION = 'batch.kubernetes.io/job-completion-index';
export const CONTAINER = 'nel';
const PLAN_MOUNT = '/plan';
export const PLAN_FILE = `${PLAN_MOUNT}/run.json`;
/** An object's data is stored as one value in etcd. */
const MOST_PLAN_BYTES = 1_000_000;
/** A week: a poll after a long weekend still finds how shards ended. */
const KEPT_SECONDS = 604_800;
/** `nel`: usage, config or data (3) and a run that failed for good (4). Starting the same Pod again changes nothing. */
const FINAL_EXIT_CODES = [3, 4];

/** What all objects of a run need to know. */
export interface JobContext {
  /** See jobKey. */
  readonly key: string;
  readonly workflowId: string;
  readonly cluster: KubernetesCluster;
}

export interface ShardJob extends JobContext {
  readonly attempt: number;
  /** Indexes of shards, ascending. */
  readonly shards: readonly number[];
  readonly totalShards: number;
  /** Where shards write: `s3://…`, or a folder below the volume's mount path. */
  readonly output: string;
  /** Try errors of finished shards again. */
  readonly resume: boolean;
}

export interface MergeJob extends JobContext {
  readonly output: string;
}

/** A name for objects of one start of a workflow: lower case, at most 40 characters. `execution` differs each time it is started anew. */
export function jobKey(workflowId: string, execution: string): string {
  const readable = workflowId
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replace(/^(nel-)?-*/, '')
    .slice(0, 24)
    .replace(/-+$/, '');
  const hash = createHash('sha256').update(`${workflowId}\0${execution}`).digest('hex').slice(0, 10);
  return `nel-${readable === '' ? '' : `${readable}-`}${hash}`;
}

export function shardJobName({ key }: JobContext, attempt: number): string {
  return `${key}-a${attempt}`;
}

export function planName({ key }: JobContext): string {
  return `${key}-plan`;
}

/**
 * The planned run for the shards to read.
 * @param files further files beside it (benchmarks of the user's own), by name
 * @throws NelError of kind `config` when it is larger than a ConfigMap can be
 */
export function planConfigMap(job: JobContext, runJson: string, files: Readonly<Record<string, string>> = {}): V1ConfigMap {
  const data = { ...files, 'run.json': runJson };
  const bytes = Object.entries(data).reduce((sum, [name, text]) => sum + name.length + Buffer.byteLength(text), 0);
  if (bytes > MOST_PLAN_BYTES) {
    throw new NelError('config', `the plan of the run has ${bytes} bytes, more than a ConfigMap can hold`, {
      hint: 'Put benchmark files into the image, or onto the volume.',
    });
  }
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: metadata(job, planName(job), 'plan'), immutable: true, data };
}

/** @throws NelError of kind `config` for more shards than an Indexed Job can have */
export function shardJobManifest(job: ShardJob): V1Job {
  const { cluster, shards, totalShards, attempt, output, resume } = job;
  if (shards.length > MOST_INDEXES) throw new NelError('config', `cluster.shards: a Job has at most ${MOST_INDEXES} indexes`);
  const command = [...cluster.nel, 'eval', 'shard', PLAN_FILE, '-o', output, ...(resume ? ['--resume'] : [])];
  const all = shards.length === totalShards && shards.every((shard, index) => shard === index);
  const spec: V1JobSpec = {
    completionMode: 'Indexed',
    completions: shards.length,
    parallelism: Math.min(shards.length, cluster.max_concurrent_shards ?? shards.length),
    // A Pod that died is started once more at once; whoever drives the run submits what failed for good again, and nothing else.
    backoffLimitPerIndex: 1,
    // Two Pods of one shard would write to one folder.
    podReplacementPolicy: 'Failed',
    podFailurePolicy: {
      rules: [
        { action: 'FailIndex', onExitCodes: { containerName: CONTAINER, operator: 'In', values: FINAL_EXIT_CODES } },
        // Preempted, evicted, node drained or lost: not the shard's fault, and never counted.
        { action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] },
      ],
    },
    ttlSecondsAfterFinished: KEPT_SECONDS,
    template: {
      metadata: { labels: labels(job, 'eval-shard') },
      spec: podSpec(job, container(job, all ? direct(command) : mapped(command, shards), totalShards)),
    },
  };
  const meta = metadata(job, shardJobName(job, attempt), 'eval-shard');
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { ...meta, labels: { ...meta.labels, [ATTEMPT_LABEL]: String(attempt) } },
    spec,
  };
}

/** Merges what the shards left, where they left it. */
export function mergeJobManifest(job: MergeJob): V1Job {
  const { cluster, output } = job;
  const run = container(job, { command: [...cluster.nel, 'eval', 'merge', output], env: [] }, null);
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: metadata(job, `${job.key}-merge`, 'eval-merge'),
    spec: {
      backoffLimit: 2,
      ttlSecondsAfterFinished: KEPT_SECONDS,
      template: { metadata: { labels: labels(job, 'eval-merge') }, spec: podSpec(job, run) },
    },
  };
}

interface Call {
  readonly command: readonly string[];
  readonly env: readonly V1EnvVar[];
}

/** All shards: a Pod's index is its shard. */
function direct(command: readonly string[]): Call {
  const fieldPath = `metadata.annotations['${INDEX_ANNOTATION}']`;
  return { command, env: [{ name: 'NEL_SHARD_IDX', valueFrom: { fieldRef: { fieldPath } } }] };
}

/** Some shards: a Pod's index is looked up in a list of `index:shard`. Without `$(`, which means something to Kubernetes. JOB_COMPLETION_INDEX is set by Kubernetes. */
function mapped(command: readonly string[], shards: readonly number[]): Call {
  const script = [
    'for pair in $NEL_SHARDS; do',
    '  if [ "${pair%%:*}" = "$JOB_COMPLETION_INDEX" ]; then export NEL_SHARD_IDX="${pair#*:}"; exec "$@"; fi',
    'done',
    'echo "no shard for index $JOB_COMPLETION_INDEX" >&2',
    'exit 3',
  ].join('\n');
  const value = shards.map((shard, index) => `${index}:${shard}`).join(' ');
  return { command: ['/bin/sh', '-c', script, 'nel-shard', ...command], env: [{ name: 'NEL_SHARDS', value }] };
}

function container({ cluster }: JobContext, { command, env }: Call, totalShards: number | null): V1Container {
  const total = totalShards === null ? [] : [{ name: 'NEL_TOTAL_SHARDS', value: String(totalShards) }];
  return {
    name: CONTAINER,
    image: cluster.image,
    command: command.map(literal),
    env: [
      ...env,
      ...total,
      ...Object.entries(cluster.env).map(([name, value]): V1EnvVar => ({ name, value: literal(value) })),
      ...cluster.secret_env.map(({ name, secret, key }): V1EnvVar => ({ name, valueFrom: { secretKeyRef: { name: secret, key } } })),
    ],
    resources: { requests: { ...cluster.resources.requests }, limits: { ...cluster.resources.limits } },
    securityContext: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } },
    volumeMounts: [...mounts(cluster)],
    terminationMessagePolicy: 'FallbackToLogsOnError',
  };
}

/** `$(NAME)` would be replaced by Kubernetes. */
function literal(value: string): string {
  return value.replaceAll('$(', () => '$$(');
}

function mounts({ volume }: KubernetesCluster): V1VolumeMount[] {
  const data = volume === null ? [] : [{ name: 'data', mountPath: volume.mount_path }];
  return [
    { name: 'plan', mountPath: PLAN_MOUNT, readOnly: true },
    { name: 'home', mountPath: '/home/nel' },
    { name: 'tmp', mountPath: '/tmp' },
    ...data,
  ];
}

function podSpec(job: JobContext, run: V1Container): V1PodSpec {
  const { cluster } = job;
  const data: V1Volume[] = cluster.volume === null ? [] : [{ name: 'data', persistentVolumeClaim: { claimName: cluster.volume.claim } }];
  return {
    restartPolicy: 'Never',
    // A shard that is told to stop lets its calls finish (half a minute) and leaves a journal to go on from.
    terminationGracePeriodSeconds: 60,
    automountServiceAccountToken: false,
    ...(cluster.service_account === null ? {} : { serviceAccountName: cluster.service_account }),
    ...(cluster.image_pull_secrets.length === 0 ? {} : { imagePullSecrets: cluster.image_pull_secrets.map((name) => ({ name })) }),
    securityContext: {
      runAsNonRoot: true,
      runAsUser: 1000,
      runAsGroup: 1000,
      fsGroup: 1000,
      fsGroupChangePolicy: 'OnRootMismatch',
      seccompProfile: { type: 'RuntimeDefault' },
    },
    ...(Object.keys(cluster.node_selector).length === 0 ? {} : { nodeSelector: { ...cluster.node_selector } }),
    ...(cluster.tolerations.length === 0
      ? {}
      : {
          tolerations: cluster.tolerations.map(({ key, operator, value, effect }) => ({
            operator,
            ...(key === null ? {} : { key }),
            ...(value === null ? {} : { value }),
            ...(effect === null ? {} : { effect }),
          })),
        }),
    containers: [run],
    volumes: [
      { name: 'plan', configMap: { name: planName(job) } },
      { name: 'home', emptyDir: { sizeLimit: '2Gi' } },
      { name: 'tmp', emptyDir: { sizeLimit: '1Gi' } },
      ...data,
    ],
  };
}

function labels({ key }: JobContext, component: string): Record<string, string> {
  return { 'app.kubernetes.io/name': 'nel', 'app.kubernetes.io/component': component, [RUN_LABEL]: key };
}

function metadata(job: JobContext, name: string, component: string) {
  return {
    name,
    namespace: job.cluster.namespace,
    labels: labels(job, component),
    annotations: { [WORKFLOW_ANNOTATION]: job.workflowId },
  };
}
