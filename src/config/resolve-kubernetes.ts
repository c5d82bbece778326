/** A Kubernetes cluster of a run: defaults filled in, and what only the whole config can tell checked. */

import { KUBERNETES_DEFAULTS, type KubernetesCluster } from '../core/kubernetes.js';
import type { ServiceSpec } from '../core/spec.js';
import type { ResolveContext } from './flags.js';
import type { KubernetesConfig } from './kubernetes-schema.js';

/** Problems go to the context. */
export function resolveKubernetes(
  { problems, file }: ResolveContext,
  config: KubernetesConfig,
  services: Readonly<Record<string, ServiceSpec>>,
): KubernetesCluster {
  const secrets = config.secret_env ?? [];
  for (const [name, { api_key_env, served }] of Object.entries(services)) {
    if (served !== undefined) {
      problems.add({
        kind: 'config',
        message: `services.${name}: jobs on Kubernetes do not serve models; run the server as a Deployment of its own and give its url`,
        at: file?.positionOf(['services', name, 'type']),
      });
    }
    if (api_key_env === null || secrets.some((secret) => secret.name === api_key_env)) continue;
    problems.add({
      kind: 'config',
      message: `services.${name}: the Pods need the API key ${api_key_env}, and cluster.secret_env does not give it`,
      at: file?.positionOf(['cluster']),
      hint: `Add secret_env: [{name: ${api_key_env}, secret: NAME, key: KEY}] to the cluster.`,
    });
  }
  return {
    type: 'kubernetes',
    namespace: config.namespace ?? KUBERNETES_DEFAULTS.namespace,
    image: config.image,
    image_pull_secrets: config.image_pull_secrets ?? [],
    shards: config.shards ?? KUBERNETES_DEFAULTS.shards,
    max_concurrent_shards: config.max_concurrent_shards ?? null,
    max_attempts: config.max_attempts ?? KUBERNETES_DEFAULTS.max_attempts,
    resources: {
      requests: config.resources?.requests ?? KUBERNETES_DEFAULTS.resources.requests,
      limits: config.resources?.limits ?? KUBERNETES_DEFAULTS.resources.limits,
    },
    env: config.env ?? {},
    secret_env: secrets,
    volume: config.volume ?? null,
    service_account: config.service_account ?? null,
    node_selector: config.node_selector ?? {},
    tolerations: (config.tolerations ?? []).map(({ key, operator, value, effect }) => ({
      key: key ?? null,
      operator: operator ?? 'Exists',
      value: value ?? null,
      effect: effect ?? null,
    })),
    context: config.context ?? null,
    kubeconfig: config.kubeconfig ?? null,
    nel: config.nel ?? KUBERNETES_DEFAULTS.nel,
    unschedulable_after: config.unschedulable_after ?? KUBERNETES_DEFAULTS.unschedulable_after,
  };
}
