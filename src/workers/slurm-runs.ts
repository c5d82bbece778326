/** The cluster port over Slurm: one shell a run, kept while it is used; files, jobs and shards of a run by its run.json. */

import path from 'node:path';
import type { ClusterPort, EndedShard } from '../activities/cluster.js';
import { absoluteWorkdir, downloadFolder, openClusterShell } from '../adapters/clusters/open.js';
import { closeJobs } from '../adapters/clusters/slurm/client.js';
import { lockFolder, pollShards, removeSecrets, submitShards } from '../adapters/clusters/slurm/jobs.js';
import { runOnFiles } from '../adapters/clusters/slurm/run-on-files.js';
import { logFile } from '../adapters/clusters/slurm/script.js';
import {
  type ClusterShell,
  ClusterUnreachable,
  type ShardReport,
  type SlurmCluster,
  type SubmittedShards,
  type TaskState,
} from '../core/cluster.js';
import type { ClusterShardReport, ShardLog } from '../core/cluster-shards.js';
import { NelError } from '../core/errors.js';
import { shardFolder, shardOfFolder } from '../core/shards.js';
import type { RunFile } from '../core/spec.js';
import type { BenchmarkResult, ClusterPollRef, ClusterRef, ClusterSubmitRef } from '../workflows/contract.js';
import { bringFiles } from './cluster-files.js';
import { mergeRun, runOf } from './merge-run.js';
import type { Env } from './open-benchmark.js';
import { parseProgress } from './progress-file.js';
import { Redactor } from './redactor.js';
import { lastLines, readEnd } from './shard-log.js';
import { reportedState } from './shard-state.js';
import { generationKey, SHARDS_FOLDER, shardJob } from './slurm-jobs.js';

/** An SSH connection that nobody used for this long is closed. */
const IDLE_MS = 120_000;
/** One operation bears a lost connection for this long; then its activity is tried again. */
const PATIENCE_MS = 20_000;
/** Earlier starts whose jobs are looked for: older ones have long ended. */
const EARLIER_STARTS = 20;

interface OpenCluster {
  readonly run: RunFile;
  readonly cluster: SlurmCluster;
  readonly shell: ClusterShell;
  /** The run's folder on the cluster, absolute. */
  readonly workdir: string;
}

export class SlurmRuns implements ClusterPort {
  private readonly shells = new Map<string, { readonly shell: ClusterShell; readonly workdir: Promise<string>; idle: NodeJS.Timeout }>();

  constructor(private readonly env: Env) {}

  async prepare(ref: ClusterRef, signal: AbortSignal): Promise<void> {
    const { run, shell, workdir } = await this.open(ref);
    // An earlier start of this run may have left jobs: two would write one shard.
    const first = Math.max(0, ref.generation - EARLIER_STARTS);
    const keys = Array.from({ length: ref.generation - first }, (_, i) => generationKey(run, first + i));
    await closeJobs(shell, { keys, lockFolder: lockFolder({ workdir }) }, { signal });
    await bringFiles(shell, run, workdir, signal);
  }

  async submit(ref: ClusterSubmitRef, signal: AbortSignal): Promise<SubmittedShards> {
    const { run, cluster, shell, workdir } = await this.open(ref);
    const job = shardJob({ run, cluster, workdir }, { ...ref, totalShards: ref.total });
    return submitShards(shell, job, { secrets: this.secrets(cluster), signal });
  }

  async poll({ submitted, ...ref }: ClusterPollRef, signal: AbortSignal): Promise<readonly ClusterShardReport[]> {
    const { shell, workdir } = await this.open(ref);
    const polled = await Promise.all(submitted.map((attempt) => pollShards(shell, attempt, { workdir, signal })));
    for (const [i, reports] of polled.entries()) {
      if (reports.every(({ status }) => hasEnded(status))) {
        await removeSecrets(shell, { attempt: submitted[i]?.attempt ?? 0 }, { workdir, signal });
      }
    }
    const reports = polled.flat();
    const progress = await readProgress(shell, workdir, reports, signal);
    return reports.map((report): ClusterShardReport => {
      const { done, samples } = progress.get(report.shard) ?? { done: 0, samples: 0 };
      return { shard: report.shard, job_id: report.jobId, node: report.nodes, done, samples, ...reportedState(report.status) };
    });
  }

  async cancel(ref: ClusterRef, signal: AbortSignal): Promise<void> {
    const { run, shell, workdir } = await this.open(ref);
    await closeJobs(shell, { keys: [generationKey(run, ref.generation)], lockFolder: lockFolder({ workdir }) }, { signal });
    await shell.run(['bash', '-c', REMOVE_SECRETS_SCRIPT, 'nel-secrets', workdir], { signal });
  }

  async log(ref: ClusterRef, { shard, attempt }: EndedShard, signal: AbortSignal): Promise<ShardLog | null> {
    const { cluster, shell, workdir } = await this.open(ref);
    const name = logFile(attempt, shard);
    const file = path.join(ref.run_dir, name);
    if (!(await shell.exists(`${workdir}/${name}`))) return null;
    await shell.download(`${workdir}/${name}`, file, { signal });
    return { file, tail: lastLines(this.redactor(cluster).redact(await readEnd(file))) };
  }

  async fetch(ref: ClusterRef, signal: AbortSignal): Promise<void> {
    const { shell, workdir, cluster } = await this.open(ref);
    await downloadFolder(shell, {
      remoteFolder: `${workdir}/${SHARDS_FOLDER}`,
      localFolder: ref.run_dir,
      include: (file) => isShardFile(file, cluster.shards),
      signal,
    });
    await downloadFolder(shell, { remoteFolder: `${workdir}/logs`, localFolder: path.join(ref.run_dir, 'logs'), signal });
  }

  async merge(ref: ClusterRef, signal: AbortSignal): Promise<readonly BenchmarkResult[]> {
    return mergeRun(await runOf(ref), ref.run_dir, signal);
  }

  async close(): Promise<void> {
    await Promise.all([...this.shells.keys()].map((key) => this.closeShell(key)));
  }

  private async open(ref: ClusterRef): Promise<OpenCluster> {
    const run = await runOf(ref);
    const { cluster } = run.spec;
    if (cluster?.type !== 'slurm') throw new NelError('data', `${ref.run_dir}/run.json names no Slurm cluster`);
    const key = `${ref.run_dir}\0${ref.generation}`;
    let known = this.shells.get(key);
    if (known === undefined) {
      const shell = openClusterShell(cluster, { env: this.env, patienceMs: PATIENCE_MS });
      known = { shell, workdir: absoluteWorkdir(shell, cluster.workdir), idle: setTimeout(() => undefined, 0) };
      known.workdir.catch(() => this.closeShell(key));
      this.shells.set(key, known);
    }
    clearTimeout(known.idle);
    known.idle = setTimeout(() => void this.closeShell(key), IDLE_MS);
    known.idle.unref();
    // The workflow's generation is the one that its jobs carry: whoever attached to it since has written the next one.
    const { generation } = ref;
    return { run: { ...run, generation }, cluster, shell: known.shell, workdir: `${await known.workdir}/${run.run_id}` };
  }

  private async closeShell(key: string): Promise<void> {
    const known = this.shells.get(key);
    if (known === undefined) return;
    this.shells.delete(key);
    clearTimeout(known.idle);
    await known.shell.close().catch(() => undefined);
  }

  private redactor(cluster: SlurmCluster): Redactor {
    const redactor = new Redactor();
    for (const secret of Object.values(this.secrets(cluster))) redactor.learn(secret);
    return redactor;
  }

  private secrets({ secret_env }: SlurmCluster): Record<string, string> {
    return Object.fromEntries(secret_env.flatMap((name) => (this.env[name] ? [[name, this.env[name] as string]] : [])));
  }
}

/** The journal stays where a resubmitted shard would read it; a lock is nobody else's. */
function isShardFile(file: string, shards: number): boolean {
  const [folder = '', ...rest] = file.split('/');
  const index = shardOfFolder(folder);
  return index !== null && index < shards && !rest.includes('journal') && !rest.some((part) => part.startsWith('.'));
}

function hasEnded({ state }: TaskState): boolean {
  return state === 'completed' || state === 'failed' || state === 'cancelled';
}

/** Argument: the run's folder. */
const REMOVE_SECRETS_SCRIPT = 'rm -rf -- "$1"/attempt-*/secrets';

/** On standard input: shard folders; prints each with its progress file, one line each. */
const PROGRESS_SCRIPT = `while IFS= read -r dir && [ -n "$dir" ]; do
  if [ -s "$dir/progress.json" ]; then
    line=
    read -r -n 300 line <"$dir/progress.json" || true
    printf '%s %s\\n' "\${dir##*_}" "$line"
  fi
done`;

async function readProgress(
  shell: ClusterShell,
  workdir: string,
  reports: readonly ShardReport[],
  signal: AbortSignal,
): Promise<Map<number, { readonly done: number; readonly samples: number }>> {
  const folders = reports.map(({ shard }) => `${workdir}/${SHARDS_FOLDER}/${shardFolder(shard)}`);
  const { code, stdout, stderr } = await runOnFiles(shell, { script: PROGRESS_SCRIPT, name: 'nel-progress', files: folders }, { signal });
  // Taken for no progress, a walltime would count as a failure.
  if (code !== 0) throw new ClusterUnreachable(`the shards' progress could not be read on ${shell.name}: ${stderr.trim().slice(0, 200)}`);
  const progress = new Map<number, { done: number; samples: number }>();
  for (const line of stdout.split('\n')) {
    const match = /^(\d{1,7}) (\{.*\})/.exec(line);
    if (match !== null) progress.set(Number(match[1]), parseProgress(match[2] as string));
  }
  return progress;
}
