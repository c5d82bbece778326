/** The cluster of a run: defaults filled in, variables expanded, and what only the whole config can tell checked. */

import os from 'node:os';
import type { NodePool, SlurmCluster, SshTarget } from '../core/cluster.js';
import { didYouMean } from '../core/nearest.js';
import type { ClusterSpec, ServiceSpec } from '../core/spec.js';
import type { SlurmConfig } from './cluster-schema.js';
import type { ResolveContext } from './flags.js';
import { resolveKubernetes } from './resolve-kubernetes.js';
import { expandField } from './variables.js';

/** Null where the config has none. Problems go to the context. */
export function resolveCluster(context: ResolveContext, services: Services): ClusterSpec | null {
  const config = context.file?.config.cluster;
  if (config === undefined) return null;
  return config.type === 'slurm' ? resolveSlurm(context, config, services) : resolveKubernetes(context, config, services);
}

type Services = Readonly<Record<string, ServiceSpec>>;

function resolveSlurm(context: ResolveContext, config: SlurmConfig, services: Services): SlurmCluster {
  const { problems, file } = context;
  const pools = Object.keys(config.node_pools);
  if (pools.length === 0) {
    problems.add({ kind: 'config', message: 'cluster.node_pools names no pool', at: file?.positionOf(['cluster', 'node_pools']) });
  }
  for (const { served } of Object.values(services)) {
    if (served === undefined || served.node_pool === null || pools.includes(served.node_pool)) continue;
    problems.add({
      kind: 'config',
      message: `services.${served.name}.node_pool: there is no pool "${served.node_pool}"${didYouMean(served.node_pool, pools)}`,
      at: file?.positionOf(['services', served.name, 'node_pool']),
      hint: `cluster.node_pools has ${pools.join(', ') || 'none'}.`,
    });
  }
  return {
    type: 'slurm',
    walltime: config.walltime,
    shards: config.shards ?? 1,
    node_pools: Object.fromEntries(Object.entries(config.node_pools).map(([name, pool]) => [name, nodePool(pool)])),
    ssh: config.ssh === undefined ? null : sshTarget(context, config.ssh),
    workdir: expanded(context, config.workdir, 'workdir'),
    setup: config.setup ?? [],
    container: config.container === undefined ? null : { ...config.container, mounts: config.container.mounts ?? [] },
    max_concurrent_shards: config.max_concurrent_shards ?? null,
    max_attempts: config.max_attempts ?? 3,
    env: config.env ?? {},
    secret_env: [...new Set([...(config.secret_env ?? []), ...keyVariables(services)])],
    nel: config.nel ?? ['nel'],
    submit: config.submit ?? true,
  };
}

/** API keys travel as secrets of the jobs. */
function keyVariables(services: Readonly<Record<string, ServiceSpec>>): string[] {
  return Object.values(services).flatMap(({ api_key_env }) => (api_key_env === null ? [] : [api_key_env]));
}

function nodePool(pool: SlurmConfig['node_pools'][string]): NodePool {
  return {
    partition: pool.partition ?? null,
    nodes: pool.nodes ?? 1,
    ntasks_per_node: pool.ntasks_per_node ?? null,
    cpus_per_task: pool.cpus_per_task ?? null,
    mem: pool.mem ?? null,
    gres: pool.gres ?? null,
    account: pool.account ?? null,
    qos: pool.qos ?? null,
    constraint: pool.constraint ?? null,
    reservation: pool.reservation ?? null,
    exclusive: pool.exclusive ?? false,
  };
}

function sshTarget(context: ResolveContext, ssh: NonNullable<SlurmConfig['ssh']>): SshTarget {
  return {
    host: expanded(context, ssh.host, 'ssh', 'host'),
    port: ssh.port ?? 22,
    user: ssh.user === undefined ? os.userInfo().username : expanded(context, ssh.user, 'ssh', 'user'),
    key_path: ssh.key_path === undefined ? null : expanded(context, ssh.key_path, 'ssh', 'key_path'),
    key_passphrase_env: ssh.key_passphrase_env ?? null,
    agent: ssh.agent ?? ssh.key_path === undefined,
    known_hosts: expanded(context, ssh.known_hosts ?? '~/.ssh/known_hosts', 'ssh', 'known_hosts'),
    fingerprint: ssh.fingerprint ?? null,
  };
}

function expanded(context: ResolveContext, text: string, ...members: string[]): string {
  return expandField(context, text, ['cluster', ...members]) ?? text;
}
