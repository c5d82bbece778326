/** The jobs of a run as Slurm gets them, and the same written to a folder, for people who hand them in themselves. */

import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { quoteWord } from '../adapters/clusters/quote.js';
import { jobKey } from '../adapters/clusters/slurm/jobs.js';
import { renderMergeScript, renderShardScript, type ShardJob } from '../adapters/clusters/slurm/script.js';
import { renderSubmitScript } from '../adapters/clusters/slurm/submit-script.js';
import type { SlurmCluster } from '../core/cluster.js';
import type { RunFile } from '../core/spec.js';
import { clusterFiles, runText } from './cluster-files.js';

/** Where shard_<i> go, below the run's folder on the cluster. */
export const SHARDS_FOLDER = 'out';

interface RunOnCluster {
  readonly run: RunFile;
  readonly cluster: SlurmCluster;
  /** The run's folder on the cluster, absolute. */
  readonly workdir: string;
}

/** What the names of the jobs of one start of a run begin with. */
export function generationKey(run: Pick<RunFile, 'run_id' | 'workflow_id'>, generation: number): string {
  return `${jobKey(run.workflow_id, run.run_id)}-g${generation}`;
}

export function shardJob(
  { run, cluster, workdir }: RunOnCluster,
  { attempt, shards, totalShards }: Pick<ShardJob, 'attempt' | 'shards' | 'totalShards'>,
): ShardJob {
  const models = Object.values(run.spec.services).flatMap(({ served }) => (served === undefined ? [] : [served]));
  return {
    key: generationKey(run, run.generation),
    cluster,
    pool: null,
    workdir,
    attempt,
    shards,
    totalShards,
    models,
    command: [...cluster.nel, 'eval', 'shard', 'run.json', '-o', SHARDS_FOLDER, ...(run.generation > 0 ? ['--resume'] : [])],
  };
}

export interface WrittenScripts {
  /** Holds all that the run's folder on the cluster is to hold. */
  readonly folder: string;
  readonly files: readonly string[];
  /** Shell commands that bring it there and hand the jobs in. */
  readonly commands: readonly string[];
  /** What the last of them comes down to, in the run's folder. */
  readonly sbatch: readonly string[];
}

/** Writes OUT/slurm: scripts, run.json and what it names. Nothing is submitted, and no host is asked. */
export async function writeSlurmScripts(run: RunFile, cluster: SlurmCluster): Promise<WrittenScripts> {
  const workdir = `${assumedPath(cluster)}/${run.run_id}`;
  const folder = path.join(run.spec.output.dir, 'slurm');
  const shards = Array.from({ length: cluster.shards }, (_, i) => i);
  const job = shardJob({ run, cluster, workdir }, { attempt: 1, shards, totalShards: cluster.shards });
  const merge = { ...job, command: [...cluster.nel, 'eval', 'merge', SHARDS_FOLDER], walltime: null };
  const submit = renderSubmitScript(job, renderMergeScript(merge));
  const scripts = [renderShardScript(job), renderMergeScript(merge), submit];
  const there = await clusterFiles(run, workdir);
  const written: string[] = [];
  const target = async (relative: string): Promise<string> => {
    const file = path.join(folder, relative);
    await mkdir(path.dirname(file), { recursive: true });
    written.push(file);
    return file;
  };
  for (const script of scripts) await writeFile(await target(script.path), script.text, { mode: 0o755 });
  await writeFile(await target('run.json'), runText(there.run));
  for (const { from, to } of there.files) await copyFile(from, await target(to));
  const sbatch = submit.text.split('\n').filter((line) => line.includes('sbatch'));
  return { folder, files: written, commands: handInCommands(folder, workdir, cluster), sbatch };
}

/** `~` as it most likely is: the scripts need absolute paths, and nobody is asked. */
export function assumedPath({ workdir, ssh }: Pick<SlurmCluster, 'workdir' | 'ssh'>): string {
  if (!workdir.startsWith('~/')) return workdir;
  return path.posix.join(ssh === null ? os.homedir() : `/home/${ssh.user}`, workdir.slice(2));
}

function handInCommands(folder: string, workdir: string, { ssh, secret_env }: SlurmCluster): string[] {
  const submit = `bash ${workdir}/submit.sh`;
  if (ssh === null) return [`mkdir -p ${workdir}`, `cp -R ${quoteWord(`${folder}/.`)} ${workdir}/`, submit];
  const host = `${ssh.user}@${ssh.host}`;
  const port = ssh.port === 22 ? '' : `-p ${ssh.port} `;
  const values = secret_env.length === 0 ? '' : `  # there, with ${secret_env.join(', ')} set`;
  return [
    `tar -C ${quoteWord(folder)} -cf - . | ssh ${port}${host} 'mkdir -p ${workdir} && tar -C ${workdir} -xf -'`,
    secret_env.length === 0 ? `ssh ${port}${host} ${submit}` : `${submit}${values}`,
  ];
}
