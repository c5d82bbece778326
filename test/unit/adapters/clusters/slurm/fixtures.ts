/** Cluster, pools, models and jobs that the tests of scripts and jobs change a little of. */

import type { ShardJob } from '../../../../../src/adapters/clusters/slurm/script.js';
import type { NodePool, ServedModel, SlurmCluster } from '../../../../../src/core/cluster.js';

export const POOL: NodePool = {
  partition: 'batch',
  nodes: 1,
  ntasks_per_node: 1,
  cpus_per_task: null,
  mem: null,
  gres: 'gpu:4',
  account: null,
  qos: null,
  constraint: null,
  reservation: null,
  exclusive: false,
};

/** The cluster of the documents' example: 16 shards, two hours, nodes with four GPUs. */
export const CLUSTER: SlurmCluster = {
  type: 'slurm',
  walltime: '02:00:00',
  shards: 16,
  node_pools: { compute: POOL },
  ssh: null,
  workdir: '/lustre/nel/gsm8k',
  setup: [],
  container: null,
  max_concurrent_shards: null,
  max_attempts: 3,
  env: {},
  secret_env: [],
  nel: ['nel'],
  submit: true,
};

/** The service of the documents' example. */
export const VLLM: ServedModel = {
  name: 'model',
  type: 'vllm',
  model: 'nvidia/Llama-3.1-70B-Instruct',
  command: [],
  args: [],
  port: 8000,
  tensor_parallel_size: 4,
  node_pool: 'compute',
  health_path: '/health',
  health_timeout: 1800,
  base_path: '/v1',
  container: null,
};

export const JOB: ShardJob = {
  key: 'nel-gsm8k-0a1b2c3d4e',
  attempt: 1,
  shards: Array.from({ length: 16 }, (_, i) => i),
  totalShards: 16,
  cluster: CLUSTER,
  pool: 'compute',
  workdir: '/lustre/nel/gsm8k',
  models: [VLLM],
  command: ['nel', 'eval', 'run', 'config.yaml', '-o', 'results'],
};
