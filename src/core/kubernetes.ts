/** A Kubernetes cluster as a run uses it, resolved from the `cluster:` section, and the rules by which a Job's indexes become shards. */

/** A toleration, as a Pod has it. */
export interface PodToleration {
  readonly key: string | null;
  readonly operator: 'Exists' | 'Equal';
  readonly value: string | null;
  readonly effect: 'NoSchedule' | 'PreferNoSchedule' | 'NoExecute' | null;
}

/** A variable whose value a Pod takes from a Secret of its namespace: the value never passes through nel. */
export interface SecretVariable {
  readonly name: string;
  readonly secret: string;
  readonly key: string;
}

/** A claim that every Pod mounts; several nodes must be able to write to it (ReadWriteMany) unless all run on one. */
export interface SharedVolume {
  readonly claim: string;
  /** Absolute path in the Pods. */
  readonly mount_path: string;
}

export interface KubernetesCluster {
  readonly type: 'kubernetes';
  readonly namespace: string;
  readonly image: string;
  /** Names of Secrets to pull it with. */
  readonly image_pull_secrets: readonly string[];
  readonly shards: number;
  /** Pods at once; null: all. */
  readonly max_concurrent_shards: number | null;
  /** Attempts at each shard, the first included. Within an attempt Kubernetes itself starts a failed Pod once more. */
  readonly max_attempts: number;
  /** As Kubernetes writes quantities: `{cpu: 500m, memory: 512Mi}`. */
  readonly resources: { readonly requests: Readonly<Record<string, string>>; readonly limits: Readonly<Record<string, string>> };
  readonly env: Readonly<Record<string, string>>;
  readonly secret_env: readonly SecretVariable[];
  /** null: shards write to a store (`output.dir: s3://…`). */
  readonly volume: SharedVolume | null;
  readonly service_account: string | null;
  readonly node_selector: Readonly<Record<string, string>>;
  readonly tolerations: readonly PodToleration[];
  /** Context of the kubeconfig; null: its current one. */
  readonly context: string | null;
  /** Path of a kubeconfig; null: KUBECONFIG, ~/.kube/config, or the service account of the Pod that this runs in. */
  readonly kubeconfig: string | null;
  /** How `nel` is called in the image. */
  readonly nel: readonly string[];
  /** Seconds that a Pod may find no node before its shard counts as impossible; autoscaled node pools take minutes. */
  readonly unschedulable_after: number;
}

/** Defaults of a config's `cluster:` section of type kubernetes. Units: `unschedulable_after` in seconds. */
export const KUBERNETES_DEFAULTS = Object.freeze({
  namespace: 'default',
  shards: 1,
  max_attempts: 3,
  nel: ['nel'],
  unschedulable_after: 1_800,
  resources: { requests: { cpu: '500m', memory: '512Mi' }, limits: { cpu: '2', memory: '2Gi' } },
} as const);

/** Most indexes that a Job's status can list one by one, as Kubernetes limits them with a backoff limit per index. */
export const MOST_INDEXES = 100_000;

/**
 * `1,3-5,7` of a Job's status as numbers.
 * @returns null for a text that is none, or one that names more than `MOST_INDEXES`
 */
export function parseIndexes(text: string): ReadonlySet<number> | null {
  const indexes = new Set<number>();
  if (text.trim() === '') return indexes;
  for (const part of text.split(',')) {
    const match = /^\s*(\d{1,6})(?:-(\d{1,6}))?\s*$/.exec(part);
    if (match === null) return null;
    const first = Number(match[1]);
    const last = match[2] === undefined ? first : Number(match[2]);
    if (last < first || indexes.size + last - first >= MOST_INDEXES) return null;
    for (let index = first; index <= last; index++) indexes.add(index);
  }
  return indexes;
}
