/** The form of a config's `cluster:` section, and of services that a job serves for itself. */

import { z } from 'zod';
import { field } from './field.js';
import { kubernetesSchema } from './kubernetes-schema.js';

const text = z.string().min(1);
const variable = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'must be the name of an environment variable');
const identifier = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.-]*$/);

export const containerSchema = z.strictObject({
  type: z.enum(['pyxis', 'apptainer']).meta({ description: 'How containers are started: `srun --container-image`, or `apptainer exec`.' }),
  image: text.meta({ description: 'Image, as that tool names it.' }),
  mounts: field(z.array(text), 'Folders to be seen inside: `source:target[:options]`, absolute.', []),
});

export const nodePoolSchema = z.strictObject({
  partition: field(text, 'Partition. Left out: the default one.'),
  nodes: field(z.int().min(1), 'Nodes a shard.', 1),
  ntasks_per_node: field(z.int().min(1), 'Tasks a node.'),
  cpus_per_task: field(z.int().min(1), 'CPUs a task.'),
  mem: field(text, 'Memory a node, as Slurm writes it: `64G`.'),
  gres: field(text, 'Generic resources a node: `gpu:4`.'),
  account: field(text, 'Account that is charged.'),
  qos: field(text, 'Quality of service.'),
  constraint: field(text, 'Features that nodes need.'),
  reservation: field(text, 'Reservation to run in.'),
  exclusive: field(z.boolean(), 'Share no node.', false),
});

export const sshSchema = z.strictObject({
  host: text.meta({ description: 'Login node.' }),
  port: field(z.int().min(1).max(65_535), 'Port of its sshd.', 22),
  user: field(text, 'User there. Left out: the one here.'),
  key_path: field(text, 'Private key file; `~/` is expanded.'),
  key_passphrase_env: field(variable, "Name of the environment variable with the key's passphrase."),
  agent: field(z.union([z.boolean(), text]), 'Ask the agent of SSH_AUTH_SOCK, or of this socket. Left out: when there is no key_path.'),
  known_hosts: field(text, "File with the host's key, as OpenSSH keeps it. An unknown or changed key is refused.", '~/.ssh/known_hosts'),
  fingerprint: field(
    z.string().regex(/^SHA256:[A-Za-z0-9+/]{43}=?$/, 'must be SHA256: and 43 characters, as `ssh-keygen -lf` prints it'),
    'Pinned fingerprint of the host key, in place of known_hosts.',
  ),
});

const slurmSchema = z.strictObject({
  type: z.literal('slurm').meta({ description: 'Jobs of a Slurm cluster.' }),
  walltime: z
    .string()
    .regex(
      /^(?:\d+|\d+:\d{2}(?::\d{2})?|\d+-\d{1,2}(?::\d{2}(?::\d{2})?)?)$/,
      'must be minutes ("240"), hours:minutes:seconds ("04:00:00") or days-hours ("1-12"), as Slurm writes times',
    )
    .meta({
      description:
        'Time limit of a job: `minutes`, `hours:minutes:seconds` or `days-hours:minutes:seconds`. A shard that needs longer goes on in the next job.',
    }),
  shards: field(z.int().min(1).max(10_000), 'Parts that the problems are cut into, a task each.', 1),
  node_pools: z
    .record(identifier, nodePoolSchema)
    .meta({ description: 'Kinds of nodes, by a name of your choice; shards run on the first one.' }),
  ssh: field(sshSchema, 'How to reach the login node. Left out: sbatch is called on this machine.'),
  workdir: text.meta({ description: 'Folder that login node and compute nodes share; absolute or `~/…`.' }),
  setup: field(z.array(z.string()), 'Lines of bash that run first in every job: `module load …`.', []),
  container: field(containerSchema, 'Container that shards and models run in.'),
  max_concurrent_shards: field(
    z.int().min(1),
    'Most shards at once, those that are submitted again included. Left out: as many as the cluster takes.',
  ),
  max_attempts: field(
    z.int().min(1).max(100),
    'Attempts at a shard that fails (node failure, non-zero exit, out of memory). Reaching the walltime does not count as long as answers were added.',
    3,
  ),
  env: field(z.record(variable, z.string()), 'Values for the environment of the jobs. They stand in the scripts: no secrets.', {}),
  secret_env: field(z.array(variable), 'Names of variables whose values go to the jobs as secrets, besides the API keys of services.', []),
  nel: field(z.array(text).min(1), 'How `nel` is called there.', ['nel']),
  submit: field(z.boolean(), 'false: write the scripts to the output directory and submit nothing.', true),
});

export const clusterSchema = z.discriminatedUnion('type', [slurmSchema, kubernetesSchema]);

/** Members of a service of type `vllm` or `command`: a model that each job serves for itself. */
export const servedFields = {
  command: field(z.array(text).min(1), 'Argument vector that serves the model, for type `command`; `{port}` and `{model}` are filled in.'),
  args: field(z.array(z.string()), 'Further arguments of the server.', []),
  port: field(z.int().min(1).max(65_535), 'First port to try.', 8000),
  tensor_parallel_size: field(z.int().min(1), 'GPUs that share the model (vllm).'),
  node_pool: field(identifier, 'Pool whose nodes serve the model. Left out: where the shard runs.'),
  health_path: field(z.string().regex(/^\//, 'must begin with "/"'), 'Path that answers 200 once the model is loaded.', '/health'),
  health_timeout: field(z.int().min(1).max(86_400), 'Seconds until a model that does not answer fails the job.', 1800),
  base_path: field(
    z.string().regex(/^(?:\/[A-Za-z0-9_./-]*)?$/, 'must begin with "/", as in /v1, or be empty'),
    'Path of the API behind host and port.',
    '/v1',
  ),
} as const;

export type SlurmConfig = z.output<typeof slurmSchema>;
