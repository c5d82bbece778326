/** The environment server as a Slurm job: its script, what it needs there, and its address once it listens. */

import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { absoluteWorkdir, openClusterShell } from '../adapters/clusters/open.js';
import { closeJobs, pollJobs } from '../adapters/clusters/slurm/client.js';
import { jobKey, lockFolder, submitServe } from '../adapters/clusters/slurm/jobs.js';
import { PLAIN_SECRETS, type PlainJob, renderServeScript } from '../adapters/clusters/slurm/script.js';
import { benchmarkFiles } from '../benchmarks/file.js';
import { isBenchmarkFile } from '../benchmarks/registry.js';
import type { ClusterShell, SlurmCluster } from '../core/cluster.js';
import { errorMessage, NelError } from '../core/errors.js';
import { commonFolder } from './cluster-files.js';
import type { Env } from './open-benchmark.js';
import { assumedPath } from './slurm-jobs.js';

const LOOK_MS = 1_000;

export interface SlurmServe {
  readonly cluster: SlurmCluster;
  /** A built-in name, or an absolute path. */
  readonly bench: string;
  /** The config that `nel serve` reads there, absolute. */
  readonly configFile: string;
  /** Further flags of `nel serve`. */
  readonly flags: readonly string[];
  /** NAMES of variables that the job needs as secrets. */
  readonly secrets: readonly string[];
}

export interface ServingJob {
  readonly jobId: string;
  readonly url: string;
}

/** Writes the script that would be submitted. @returns its path */
export async function writeServeScript(serve: SlurmServe, folder: string): Promise<string> {
  const { job, endpointFile } = await serveJob(serve, `${assumedPath(serve.cluster)}/serve`, 'nel-serve');
  const file = path.join(folder, 'slurm/serve.sh');
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, renderServeScript(job, { endpointFile }).text, { mode: 0o755 });
  return file;
}

/**
 * Submits the server and waits until it listens, however long the queue is. `stop` ends the wait and the job; `log` tells what became of it.
 * @throws NelError of kind `run` with the end of the job's log when it ends before that; the reason of `stop`
 */
export async function serveInJob(
  serve: SlurmServe,
  { env, stop, log }: { readonly env: Env; readonly stop: AbortSignal; readonly log: (line: string) => void },
): Promise<ServingJob> {
  const shell = openClusterShell(serve.cluster, { env });
  try {
    const id = `serve-${new Date().toISOString().replace(/[-:]|\..*/g, '')}-${randomBytes(3).toString('hex')}`;
    const workdir = `${await absoluteWorkdir(shell, serve.cluster.workdir)}/${id}`;
    const { job, endpointFile, files } = await serveJob(serve, workdir, jobKey(id, ''));
    for (const { from, to } of files) await shell.upload(from, to, { signal: stop });
    const secrets = Object.fromEntries(serve.secrets.map((name) => [name, env[name] ?? '']));
    let jobId: string | null = null;
    try {
      jobId = await submitServe(shell, job, { endpointFile, secrets, signal: stop });
      log(`job ${jobId} in ${workdir}; end it with: scancel --batch --signal=TERM ${jobId}`);
      return { jobId, url: await address(shell, { jobId, workdir, endpointFile, stop, log }) };
    } catch (error) {
      await endJob(shell, job, { jobId, log });
      throw error;
    }
  } catch (error) {
    // What an abort makes of a command or a wait says nothing of why.
    throw stop.aborted ? stop.reason : error;
  } finally {
    await shell.close();
  }
}

/** Also one whose submission was cut off and that goes on all the same. A failure here is told: what led here is what is thrown. */
async function endJob(
  shell: ClusterShell,
  job: PlainJob,
  { jobId, log }: { readonly jobId: string | null; readonly log: (line: string) => void },
): Promise<void> {
  try {
    await closeJobs(shell, { keys: [job.key], lockFolder: lockFolder(job) });
    await shell.run(['rm', '-f', '--', `${job.workdir}/${PLAIN_SECRETS}`]);
    if (jobId !== null) log(`job ${jobId} is cancelled`);
  } catch (error) {
    log(`the job may still be there: scancel ${jobId ?? `--name=${job.key}-serve`} (${errorMessage(error)})`);
  }
}

interface WaitedJob {
  readonly jobId: string;
  readonly workdir: string;
  readonly endpointFile: string;
  readonly stop: AbortSignal;
  readonly log: (line: string) => void;
}

async function address(shell: ClusterShell, { jobId, workdir, endpointFile, stop, log }: WaitedJob): Promise<string> {
  let said = '';
  for (let wait = LOOK_MS; ; wait = Math.min(30_000, wait * 1.3)) {
    await sleep(wait, undefined, { signal: stop });
    const { stdout } = await shell.run(['cat', '--', endpointFile], { signal: stop });
    if (/^https?:\/\/\S+\n$/.test(stdout)) return stdout.trim();
    const status = (await pollJobs(shell, [jobId], { signal: stop })).get(jobId)?.[0]?.status ?? { state: 'unknown' };
    if (status.state === 'impossible') throw new NelError('run', `job ${jobId} can never start: ${status.reason}`);
    if (status.state === 'completed' || status.state === 'failed' || status.state === 'cancelled') {
      const tail = await shell.run(['tail', '-n', '5', '--', `${workdir}/logs/serve.log`], { signal: stop });
      throw new NelError('run', `job ${jobId} ended (${status.state}) before it served; the end of its log:\n${tail.stdout.trimEnd()}`);
    }
    const now = status.state === 'pending' ? `pending (${status.reason})` : status.state;
    if (now !== said) log(`job ${jobId} is ${now}`);
    said = now;
  }
}

interface PreparedServe {
  readonly job: PlainJob;
  readonly endpointFile: string;
  readonly files: readonly { readonly from: string; readonly to: string }[];
}

async function serveJob(serve: SlurmServe, workdir: string, key: string): Promise<PreparedServe> {
  const { cluster, configFile, flags, secrets } = serve;
  const isFile = isBenchmarkFile(serve.bench) && !serve.bench.includes('://');
  const needed = isFile ? await benchmarkFiles(serve.bench) : [];
  const root = commonFolder(needed);
  const place = (file: string): string => `${workdir}/files/${path.relative(root, file).split(path.sep).join('/')}`;
  const config = `${workdir}/config.yaml`;
  const bench = isFile ? place(serve.bench) : serve.bench;
  const command = [...cluster.nel, 'serve', '-b', bench, '--config', config, '--host', '0.0.0.0', '--port', '0', '-o', workdir, ...flags];
  return {
    job: { key, cluster, pool: null, workdir, command, walltime: null, secrets },
    endpointFile: `${workdir}/endpoint.txt`,
    files: [{ from: configFile, to: config }, ...needed.map((from) => ({ from, to: place(from) }))],
  };
}
