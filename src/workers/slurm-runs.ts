/** The cluster port over Slurm: one shell a run, kept while it is used; files, jobs and shards of a run by its run.json. */

import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { ClusterPort } from '../activities/cluster.js';
import { absoluteWorkdir, downloadFolder, openClusterShell } from '../adapters/clusters/open.js';
import { cancelJobs, findJob } from '../adapters/clusters/slurm/client.js';
import { jobKey, pollShards, removeSecrets, type ShardReport, submitShards } from '../adapters/clusters/slurm/jobs.js';
import { renderMergeScript, renderShardScript, type ShardJob } from '../adapters/clusters/slurm/script.js';
import { mergeShards } from '../artifacts/merge-shards.js';
import { readRunFile } from '../artifacts/run-file.js';
import { isBenchmarkFile } from '../benchmarks/registry.js';
import type { ClusterShell, SlurmCluster, TaskState } from '../core/cluster.js';
import { NelError } from '../core/errors.js';
import { shardFolder } from '../core/shards.js';
import type { RunFile } from '../core/spec.js';
import type {
  BenchmarkResult,
  ClusterPollRef,
  ClusterRef,
  ClusterShardReport,
  ClusterSubmitRef,
  SubmittedAttempt,
} from '../workflows/contract.js';
import { type Env, summaryOf } from './open-benchmark.js';

/** An SSH connection that nobody used for this long is closed. */
const IDLE_MS = 120_000;
/** One operation bears a lost connection for this long; then its activity is tried again. */
const PATIENCE_MS = 20_000;
const OUT = 'out';

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
    const open = await this.open(ref);
    const { shell, workdir, run } = open;
    // An earlier start of this run may have left jobs: two would write one shard.
    for (let generation = Math.max(0, ref.generation - 5); generation < ref.generation; generation++) {
      await this.cancelByName(
        open,
        { ...ref, generation, key: `${ref.run_id}/${generation}`, attempt: 20, shards: allShards(open), total: open.cluster.shards },
        signal,
      );
    }
    const benchmarks: RunFile['benchmarks'][number][] = [];
    for (const planned of run.benchmarks) {
      const { ref: file } = planned.spec;
      if (!isBenchmarkFile(file) || file.includes('://')) {
        benchmarks.push(planned);
        continue;
      }
      const target = `${workdir}/benchmarks/${path.basename(file)}`;
      await shell.upload(file, target, { signal });
      benchmarks.push({ ...planned, spec: { ...planned.spec, ref: target } });
    }
    await shell.write(`${JSON.stringify({ ...run, benchmarks }, null, 2)}\n`, `${workdir}/run.json`, { signal });
  }

  async submit(ref: ClusterSubmitRef, signal: AbortSignal): Promise<SubmittedAttempt> {
    const open = await this.open(ref);
    return submitShards(open.shell, shardJob(open, ref), { secrets: this.secrets(open.cluster), signal });
  }

  async poll({ submitted, ...ref }: ClusterPollRef, signal: AbortSignal): Promise<readonly ClusterShardReport[]> {
    const { shell, workdir } = await this.open(ref);
    const reports = await pollShards(shell, submitted, { workdir, signal });
    const progress = await readProgress(shell, workdir, reports, signal);
    const looked = reports.map((report): ClusterShardReport => {
      const { done, samples } = progress.get(report.shard) ?? { done: 0, samples: 0 };
      return { shard: report.shard, job_id: report.jobId, node: report.nodes, done, samples, ...stateOf(report.status) };
    });
    if (looked.every(({ state }) => state === 'completed' || state === 'failed' || state === 'cancelled')) {
      await removeSecrets(shell, submitted, { workdir, signal });
    }
    return looked;
  }

  async cancel(ref: ClusterSubmitRef, signal: AbortSignal): Promise<void> {
    const open = await this.open(ref);
    await this.cancelByName(open, ref, signal);
    await removeSecrets(open.shell, ref, { workdir: open.workdir, signal });
  }

  async fetch(ref: ClusterRef, signal: AbortSignal): Promise<void> {
    const open = await this.open(ref);
    const { shell, workdir, cluster } = open;
    for (let shard = 0; shard < cluster.shards; shard++) {
      await downloadFolder(shell, {
        remoteFolder: `${workdir}/${OUT}/${shardFolder(shard)}`,
        localFolder: path.join(ref.run_dir, shardFolder(shard)),
        // The journal stays where a resubmitted shard would read it.
        include: (file) => !file.includes('/journal/') && !file.startsWith('.') && !file.includes('/.'),
        signal,
      });
    }
    await downloadFolder(shell, { remoteFolder: `${workdir}/logs`, localFolder: path.join(ref.run_dir, 'logs'), signal });
  }

  async merge(ref: ClusterRef, signal: AbortSignal): Promise<readonly BenchmarkResult[]> {
    const run = await runOf(ref);
    const { benchmarks } = await mergeShards({
      dir: ref.run_dir,
      run,
      allowPartial: false,
      summaryOf: ({ spec: { ref: name, params } }) => summaryOf({ ref: name, params, cwd: process.cwd() }),
      onProgress: () => signal.throwIfAborted(),
    });
    return benchmarks.map(({ name, written: { aggregate, bundle } }): BenchmarkResult => {
      const { errors, expected } = aggregate.coverage;
      const mean_reward = aggregate.scores['mean_reward']?.value ?? null;
      if (bundle !== null) return { benchmark: name, status: 'completed', reason: null, mean_reward, bundle };
      const reason = `${errors} of ${expected} samples ended as errors, more than max_error_rate ${run.spec.max_error_rate} allows; no score is given`;
      return { benchmark: name, status: 'failed', reason, mean_reward: null, bundle: null };
    });
  }

  async close(): Promise<void> {
    await Promise.all([...this.shells.keys()].map((key) => this.closeShell(key)));
  }

  /** By the names that the jobs of an attempt have, whether or not its submission was heard of. */
  private async cancelByName(open: OpenCluster, ref: ClusterSubmitRef, signal: AbortSignal): Promise<void> {
    const { shell, workdir } = open;
    for (let attempt = ref.attempt; attempt >= 1; attempt--) {
      const job = shardJob(open, { ...ref, attempt });
      const { jobName, submission } = renderShardScript(job);
      const names = submission === 'array' ? [jobName] : job.shards.map((shard) => `${jobName}-s${shard}`);
      for (const name of names) {
        const id = await findJob(shell, { jobName: name, lockFolder: `${workdir}/jobs` }, { signal });
        if (id !== null) await cancelJobs(shell, [id], { signal });
      }
    }
  }

  private async open(ref: ClusterRef): Promise<OpenCluster> {
    const run = await runOf(ref);
    const { cluster } = run.spec;
    if (cluster === undefined) throw new NelError('data', `${ref.run_dir}/run.json names no cluster`);
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
    return { run, cluster, shell: known.shell, workdir: `${await known.workdir}/${run.run_id}` };
  }

  private async closeShell(key: string): Promise<void> {
    const known = this.shells.get(key);
    if (known === undefined) return;
    this.shells.delete(key);
    clearTimeout(known.idle);
    await known.shell.close().catch(() => undefined);
  }

  private secrets({ secret_env }: SlurmCluster): Record<string, string> {
    return Object.fromEntries(secret_env.flatMap((name) => (this.env[name] ? [[name, this.env[name] as string]] : [])));
  }
}

async function runOf(ref: ClusterRef): Promise<RunFile> {
  const run = await readRunFile(ref.run_dir);
  if (run === undefined || run.run_id !== ref.run_id || run.spec_hash !== ref.spec_hash) {
    throw new NelError('data', `${ref.run_dir} does not hold run ${ref.run_id} on this worker's machine`);
  }
  return run;
}

function allShards({ cluster }: OpenCluster): number[] {
  return Array.from({ length: cluster.shards }, (_, i) => i);
}

function shardJob({ run, cluster, workdir }: Omit<OpenCluster, 'shell'>, ref: ClusterSubmitRef): ShardJob {
  const models = Object.values(run.spec.services).flatMap(({ served }) => (served === undefined ? [] : [served]));
  return {
    key: jobKey(run.workflow_id, String(ref.generation)),
    cluster,
    pool: null,
    workdir,
    attempt: ref.attempt,
    shards: ref.shards,
    totalShards: ref.total,
    models,
    command: [...cluster.nel, 'eval', 'shard', 'run.json', '-o', OUT, ...(ref.generation > 0 ? ['--resume'] : [])],
  };
}

/** Writes the scripts of a run, without submitting anything. @returns their paths */
export async function writeSlurmScripts(run: RunFile, cluster: SlurmCluster): Promise<string[]> {
  const workdir = `${cluster.workdir}/${run.run_id}`;
  const where = workdir.startsWith('~/') ? workdir.replace('~', '/home/USER') : workdir;
  const folder = path.join(run.spec.output.dir, 'slurm');
  const shards = Array.from({ length: cluster.shards }, (_, i) => i);
  const ref = {
    run_dir: '',
    run_id: run.run_id,
    spec_hash: run.spec_hash,
    generation: run.generation,
    key: '',
    attempt: 1,
    shards,
    total: cluster.shards,
  };
  const job = shardJob({ run, cluster, workdir: where }, ref);
  const scripts = [
    { name: 'shards.sh', text: renderShardScript(job).text },
    { name: 'merge.sh', text: renderMergeScript({ ...job, command: [...cluster.nel, 'eval', 'merge', OUT], walltime: null }).text },
    { name: 'run.json', text: `${JSON.stringify(run, null, 2)}\n` },
  ];
  await mkdir(folder, { recursive: true });
  for (const { name, text } of scripts) await writeFile(path.join(folder, name), text);
  return scripts.map(({ name }) => path.join(folder, name));
}

function stateOf(status: TaskState): Pick<ClusterShardReport, 'state' | 'reason'> {
  switch (status.state) {
    case 'pending':
      return { state: 'pending', reason: status.reason };
    case 'impossible':
      return { state: 'impossible', reason: status.reason };
    case 'failed': {
      const how = status.exitCode !== null ? ` (exit code ${status.exitCode})` : status.signal !== null ? ` (signal ${status.signal})` : '';
      return { state: 'failed', reason: `${status.reason}${how}` };
    }
    default:
      return { state: status.state, reason: null };
  }
}

/** Arguments: shard folders; prints each with its progress file, one line each. */
const PROGRESS_SCRIPT = `for dir; do if [ -s "$dir/progress.json" ]; then printf '%s ' "\${dir##*_}"; head -c 300 -- "$dir/progress.json"; echo; fi; done`;

async function readProgress(
  shell: ClusterShell,
  workdir: string,
  reports: readonly ShardReport[],
  signal: AbortSignal,
): Promise<Map<number, { readonly done: number; readonly samples: number }>> {
  const folders = reports.map(({ shard }) => `${workdir}/${OUT}/${shardFolder(shard)}`);
  const { stdout } = await shell.run(['bash', '-c', PROGRESS_SCRIPT, 'nel-progress', ...folders], { signal });
  const progress = new Map<number, { done: number; samples: number }>();
  for (const line of stdout.split('\n')) {
    const match = /^(\d{1,7}) (\{.*\})/.exec(line);
    if (match === null) continue;
    try {
      const { done, samples } = JSON.parse(match[2] as string) as { done?: unknown; samples?: unknown };
      if (Number.isSafeInteger(done) && Number.isSafeInteger(samples))
        progress.set(Number(match[1]), { done: done as number, samples: samples as number });
    } catch {
      // Half a file: the next look sees the whole one.
    }
  }
  return progress;
}
