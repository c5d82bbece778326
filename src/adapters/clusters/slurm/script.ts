/**
 * Job scripts for Slurm: the shards of a run (an array, or one heterogeneous job a shard when the model has nodes of its own: Slurm has no
 * arrays of those), the merge and the environment server. Readable, whole in themselves, and without a secret.
 */

import type { NodePool, ServedModel, SlurmCluster } from '../../../core/cluster.js';
import { NelError } from '../../../core/errors.js';
import { didYouMean } from '../../../core/nearest.js';
import { arrayExpression } from '../../../core/slurm/output.js';
import { DRAINED_EXIT_CODE } from '../../../core/slurm/states.js';
import { quoteCommand, quoteWord } from '../quote.js';
import { AWAIT_PROGRAM, AWAIT_PROGRAM_AND_SERVICES, DRAIN, FINISH, PRELUDE, SERVICE_FUNCTIONS } from './bash-parts.js';
import { launchPrefix } from './containers.js';
import { checkedPath, directives, drainSeconds, option, poolOptions } from './directives.js';
import { checkServiceNames, servedModelLines } from './served-model.js';

/** What all scripts of a run share. */
export interface JobContext {
  /** Names the run's jobs, see jobKey(); other runs of the same user must have another. */
  readonly key: string;
  readonly cluster: SlurmCluster;
  /** Name of the node pool, or null for the first one. */
  readonly pool: string | null;
  /** The run's own folder on the cluster, absolute: working directory of every command. */
  readonly workdir: string;
}

export interface ShardJob extends JobContext {
  /** From 1. */
  readonly attempt: number;
  /** Those to run in this attempt. */
  readonly shards: readonly number[];
  /** Those of the whole run. */
  readonly totalShards: number;
  readonly models: readonly ServedModel[];
  /** Argument vector that evaluates a shard: it reads NEL_SHARD_IDX and NEL_TOTAL_SHARDS, and drains on TERM. */
  readonly command: readonly string[];
}

export interface PlainJob extends JobContext {
  readonly command: readonly string[];
  /** NAMES of variables whose values wait for it in PLAIN_SECRETS; absent: it needs none. */
  readonly secrets?: readonly string[];
  /** null: the cluster's. */
  readonly walltime: string | null;
}

export interface JobScript {
  /** Relative to the workdir. */
  readonly path: string;
  readonly text: string;
  /** What squeue shows; carries key and attempt, so that a job is found again. */
  readonly jobName: string;
}

export interface ShardScript extends JobScript {
  /** `array`: one job for all shards; `each`: the script is submitted once a shard, with its index as argument. */
  readonly submission: 'array' | 'each';
}

/** Folder of an attempt, relative to the workdir. */
export const attemptFolder = (attempt: number): string => `attempt-${attempt}`;
/** Where a shard's exit code is left, relative to the workdir. */
export const statusFile = (attempt: number, shard: number | string): string => `${attemptFolder(attempt)}/status/shard-${shard}`;
/** Where a shard's secrets wait for it, relative to the workdir. */
export const secretsFile = (attempt: number, shard: number | string): string => `${attemptFolder(attempt)}/secrets/shard-${shard}.env`;
/** Where the secrets of a job that is no shard wait for it, relative to the workdir. */
export const PLAIN_SECRETS = 'secrets.env';
/** Log of a shard, relative to the workdir; `%a` or the index. */
export const logFile = (attempt: number, shard: number | string): string => `logs/attempt-${attempt}-shard-${shard}.log`;

/** @throws NelError when there is no such pool */
export function poolOf({ node_pools }: SlurmCluster, name: string | null): NodePool {
  const names = Object.keys(node_pools);
  const wanted = name ?? names[0];
  const pool = wanted !== undefined && Object.hasOwn(node_pools, wanted) ? node_pools[wanted] : undefined;
  if (pool === undefined) {
    throw new NelError('config', `there is no node pool "${wanted ?? ''}"${didYouMean(wanted ?? '', names)}`, {
      hint: `cluster.node_pools has: ${names.join(', ') || 'none'}.`,
    });
  }
  return pool;
}

/** Pools that models need besides the shard's own: each is a component of a heterogeneous job, from 1 on. */
function extraPools({ cluster, pool, models }: ShardJob): readonly string[] {
  const own = pool ?? Object.keys(cluster.node_pools)[0];
  return [...new Set(models.flatMap(({ node_pool }) => (node_pool === null || node_pool === own ? [] : [node_pool])))];
}

/** @throws NelError for a value that no script can hold, naming it */
export function renderShardScript(job: ShardJob): ShardScript {
  const workdir = checkedPath('cluster.workdir', job.workdir);
  checkServiceNames(job.models);
  const extra = extraPools(job);
  const isHet = extra.length > 0;
  const jobName = `${job.key}-a${job.attempt}`;
  const shard = isHet ? '%x' : '%a';
  const options = [
    option('job-name', jobName),
    option('output', `${workdir}/${isHet ? `logs/${shard}.log` : logFile(job.attempt, shard)}`),
    '--open-mode=append',
    option('time', job.cluster.walltime),
    // Shards are resubmitted by the run, with fresh secrets and a limit; Slurm would do it for ever.
    '--no-requeue',
    option('signal', `B:TERM@${drainSeconds(job.cluster.walltime)}`),
    ...(isHet ? [] : [option('array', `${arrayExpression(job.shards)}${limit(job)}`)]),
    ...poolOptions(poolOf(job.cluster, job.pool)),
  ];
  const components = extra.flatMap((name) => [
    '#SBATCH hetjob',
    `# Component for node pool ${quoteWord(name)}.`,
    directives([option('time', job.cluster.walltime), ...poolOptions(poolOf(job.cluster, name))]),
  ]);
  return {
    path: `${attemptFolder(job.attempt)}/shards.sh`,
    text: `${[
      '#!/usr/bin/env bash',
      `# Shards of ${job.key}, attempt ${job.attempt}. Written by nel; by hand: sbatch ${workdir}/${attemptFolder(job.attempt)}/shards.sh${isHet ? ' SHARD' : ''}`,
      directives(options),
      ...components,
      '',
      PRELUDE(job.cluster.setup.length > 0),
      '',
      ...shardBody(job, workdir, extra),
    ].join('\n')}\n`,
    jobName,
    submission: isHet ? 'each' : 'array',
  };
}

const limit = ({ cluster: { max_concurrent_shards: most } }: ShardJob): string => (most === null ? '' : `%${most}`);

function shardBody(job: ShardJob, workdir: string, extra: readonly string[]): readonly string[] {
  const { attempt, cluster, models } = job;
  const status = statusFile(attempt, '$NEL_SHARD_IDX');
  return [
    `export NEL_SHARD_IDX=${extra.length > 0 ? '${1:?the index of the shard}' : '$SLURM_ARRAY_TASK_ID'}`,
    `export NEL_TOTAL_SHARDS=${job.totalShards}`,
    `export NEL_ATTEMPT=${attempt}`,
    `cd -- ${quoteWord(workdir)}`,
    `mkdir -p -- ${attemptFolder(attempt)}/status logs`,
    '',
    ...(models.length > 0 ? [SERVICE_FUNCTIONS, ''] : []),
    FINISH(models.length > 0, status),
    '',
    DRAIN(DRAINED_EXIT_CODE),
    '',
    startLog(`shard $NEL_SHARD_IDX of $NEL_TOTAL_SHARDS, attempt $NEL_ATTEMPT`),
    '',
    ...environmentLines(cluster, secretsFile(attempt, '$NEL_SHARD_IDX')),
    ...setupLines(cluster),
    ...models.flatMap((model) =>
      servedModelLines({
        job,
        model,
        workdir,
        pool: poolOf(cluster, model.node_pool ?? job.pool),
        hetGroup: groupOf(model, extra),
        isFirst: model === models[0],
      }),
    ),
    'log "evaluating"',
    `${quoteCommand([...launchPrefix({ container: cluster.container, pool: poolOf(cluster, job.pool), hetGroup: null, workdir }), ...job.command])} &`,
    models.length > 0 ? AWAIT_PROGRAM_AND_SERVICES(DRAINED_EXIT_CODE) : AWAIT_PROGRAM(DRAINED_EXIT_CODE),
  ];
}

function groupOf({ node_pool }: ServedModel, extra: readonly string[]): number | null {
  const at = node_pool === null ? -1 : extra.indexOf(node_pool);
  return at < 0 ? null : at + 1;
}

const startLog = (what: string): string =>
  `log "${what}, job $SLURM_JOB_ID, node \${SLURMD_NODENAME:-$(hostname)}, rank \${SLURM_PROCID:-0}"`;

/** Plain values as they are; secrets from a file that is removed as soon as it is read. */
function environmentLines({ env, secret_env: secrets }: SlurmCluster, file: string): readonly string[] {
  const plain = Object.entries(env).map(([name, value]) => `export ${variableName(name)}=${quoteWord(value)}`);
  const lines = [...plain, ...(plain.length > 0 ? [''] : [])];
  if (secrets.length === 0) return lines;
  return [
    ...lines,
    `# ${secrets.map(variableName).join(', ')}: only this user can read the file, and it goes once it is read.`,
    `secrets=${file}`,
    'if [[ ! -r $secrets ]]; then',
    '  log "$secrets is missing: this job was started a second time, or by hand"',
    '  exit 78',
    'fi',
    '# shellcheck source=/dev/null',
    'source "$secrets"',
    'rm -f -- "$secrets"',
    '',
  ];
}

/** @throws NelError for what no shell takes as the name of a variable */
export function variableName(name: string): string {
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
    throw new NelError('config', `cluster.env: ${JSON.stringify(name.slice(0, 80))} cannot be the name of an environment variable`);
  }
  return name;
}

/** Setup lines are the user's own bash. Many of them (conda, modules) read variables that are not set. */
function setupLines({ setup }: SlurmCluster): readonly string[] {
  return setup.length === 0 ? [] : ['set +u', ...setup, 'set -u', ''];
}

/** A job that runs one command to its end. */
function plainScript(job: PlainJob, what: string, own: readonly string[], command: string): JobScript {
  const workdir = checkedPath('cluster.workdir', job.workdir);
  const jobName = `${job.key}-${what}`;
  const options = [
    option('job-name', jobName),
    option('output', `${workdir}/logs/${what}.log`),
    '--open-mode=append',
    option('time', job.walltime ?? job.cluster.walltime),
    ...own,
    ...poolOptions(poolOf(job.cluster, job.pool)),
  ];
  return {
    path: `${what}.sh`,
    text: `${[
      '#!/usr/bin/env bash',
      `# ${what} of ${job.key}. Written by nel; by hand: sbatch ${workdir}/${what}.sh`,
      directives(options),
      '',
      PRELUDE(job.cluster.setup.length > 0),
      '',
      `cd -- ${quoteWord(workdir)}`,
      startLog(what),
      '',
      ...environmentLines({ ...job.cluster, secret_env: job.secrets ?? [] }, PLAIN_SECRETS),
      ...setupLines(job.cluster),
      command,
    ].join('\n')}\n`,
    jobName,
  };
}

const inContainer = (job: PlainJob): string =>
  quoteCommand([
    ...launchPrefix({ container: job.cluster.container, pool: poolOf(job.cluster, job.pool), hetGroup: null, workdir: job.workdir }),
    ...job.command,
  ]);

/** The merge: submitted with a dependency on the shards, and gone with them (without --kill-on-invalid-dep it would wait for ever). */
export function renderMergeScript(job: PlainJob): JobScript {
  return plainScript(job, 'merge', ['--kill-on-invalid-dep=yes'], `exec ${inContainer(job)}`);
}

/**
 * The environment server: `command` writes `endpoint.txt` into the workdir (`nel serve --port 0 -o DIR`); one that an earlier job left is
 * removed first, and the server's own when it ends, so that a reader never finds a dead address.
 */
export function renderServeScript(job: PlainJob, options: { readonly endpointFile: string }): JobScript {
  const file = quoteWord(checkedPath('endpoint file', options.endpointFile));
  const lines = [`rm -f -- ${file}`, '', DRAIN(0), `trap 'rm -f -- ${file}' EXIT`, `${inContainer(job)} &`, AWAIT_PROGRAM(0)];
  return plainScript(job, 'serve', [option('signal', `B:TERM@${drainSeconds(job.walltime ?? job.cluster.walltime)}`)], lines.join('\n'));
}
