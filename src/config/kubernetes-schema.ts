/** The form of a config's `cluster:` section for Kubernetes. */

import { z } from 'zod';
import { KUBERNETES_DEFAULTS } from '../core/kubernetes.js';
import { field } from './field.js';

const text = z.string().min(1);
const variable = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/);
const dnsName = z.string().regex(/^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/);
const quantities = z.record(z.string().regex(/^[a-z0-9./-]+$/i), z.string().regex(/^\d+(?:\.\d+)?[A-Za-z]{0,2}$/));

export const kubernetesSchema = z.strictObject({
  type: z.literal('kubernetes').meta({ description: 'Indexed Jobs of a Kubernetes cluster.' }),
  namespace: field(dnsName, 'Namespace of all objects.', KUBERNETES_DEFAULTS.namespace),
  image: text.meta({ description: 'Image with `nel` in it.' }),
  image_pull_secrets: field(z.array(dnsName), 'Names of Secrets to pull the image with.', []),
  shards: field(z.int().min(1).max(100_000), 'Parts that the problems are cut into, an index each.', KUBERNETES_DEFAULTS.shards),
  max_concurrent_shards: field(z.int().min(1), 'Most Pods at once. Left out: all.'),
  max_attempts: field(z.int().min(1).max(100), 'Attempts at a shard that fails, the first included.', KUBERNETES_DEFAULTS.max_attempts),
  resources: field(
    z.strictObject({
      requests: field(quantities, 'What is reserved for a Pod: `{cpu: 500m, memory: 512Mi}`.'),
      limits: field(quantities, 'What a Pod may use.'),
    }),
    'Resources of a Pod.',
  ),
  env: field(z.record(variable, z.string()), 'Values for the environment of the Pods. They stand in the Job: no secrets.', {}),
  secret_env: field(
    z.array(
      z.strictObject({
        name: variable.meta({ description: 'Variable in the Pod.' }),
        secret: dnsName.meta({ description: 'Secret of the namespace.' }),
        key: text.meta({ description: 'Key in that Secret.' }),
      }),
    ),
    'Variables that Pods take from Secrets; the API keys of services belong here.',
    [],
  ),
  volume: field(
    z.strictObject({
      claim: dnsName.meta({ description: 'PersistentVolumeClaim; ReadWriteMany unless all Pods run on one node.' }),
      mount_path: z
        .string()
        .regex(/^\//)
        .meta({ description: 'Where the Pods see it. The output directory has to lie below it, here too.' }),
    }),
    'Shared volume that shards write to. Left out: the output directory is an `s3://` address.',
  ),
  service_account: field(dnsName, 'Service account of the Pods.'),
  node_selector: field(z.record(z.string(), z.string()), 'Labels of nodes to run on.', {}),
  tolerations: field(
    z.array(
      z.strictObject({
        key: field(text, 'Taint.'),
        operator: field(z.enum(['Exists', 'Equal']), 'How the taint is compared.', 'Exists'),
        value: field(text, 'Value of the taint, for `Equal`.'),
        effect: field(z.enum(['NoSchedule', 'PreferNoSchedule', 'NoExecute']), 'Effect that is tolerated. Left out: all.'),
      }),
    ),
    'Taints that the Pods tolerate.',
    [],
  ),
  context: field(text, 'Context of the kubeconfig. Left out: its current one.'),
  kubeconfig: field(
    text,
    'Path of a kubeconfig. Left out: KUBECONFIG, ~/.kube/config, or the service account of the Pod that this runs in.',
  ),
  nel: field(z.array(text).min(1), 'How `nel` is called in the image.', [...KUBERNETES_DEFAULTS.nel]),
  unschedulable_after: field(
    z.int().min(1),
    'Seconds that a Pod may find no node before the run ends; autoscaled node pools take minutes.',
    KUBERNETES_DEFAULTS.unschedulable_after,
  ),
});

export type KubernetesConfig = z.output<typeof kubernetesSchema>;
