/** A resolved cluster for tests of Kubernetes. */

import type { ShardJob } from '../../../../src/adapters/clusters/kubernetes/manifest.js';
import { KUBERNETES_DEFAULTS, type KubernetesCluster } from '../../../../src/core/kubernetes.js';

export function cluster(over: Partial<KubernetesCluster> = {}): KubernetesCluster {
  return {
    type: 'kubernetes',
    namespace: 'evals',
    image: 'registry.example/nel:0.1.0',
    image_pull_secrets: [],
    shards: 4,
    max_concurrent_shards: null,
    max_attempts: 3,
    resources: KUBERNETES_DEFAULTS.resources,
    env: {},
    secret_env: [{ name: 'NEMO_API_KEY', secret: 'nemo-api', key: 'api_key' }],
    volume: null,
    service_account: null,
    node_selector: {},
    tolerations: [],
    context: null,
    kubeconfig: null,
    nel: ['nel'],
    unschedulable_after: 1_800,
    ...over,
  };
}

export function shardJob(over: Partial<ShardJob> = {}): ShardJob {
  return {
    key: 'nel-run-0123456789',
    workflowId: 'nel-20260102T030405Z-abcdef',
    cluster: cluster(),
    attempt: 1,
    shards: [0, 1, 2, 3],
    totalShards: 4,
    output: 's3://evals/run',
    resume: false,
    ...over,
  };
}
