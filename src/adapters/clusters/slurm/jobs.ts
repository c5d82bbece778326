/** A run's jobs on Slurm, as its activities use them: shards submitted, looked at and cancelled by attempt, secrets brought along, the merge and the server. */

import { createHash } from 'node:crypto';
import { type ClusterShell, ClusterUnreachable, type ShardReport, type SubmittedShards, type TaskState } from '../../../core/cluster.js';
import { NelError } from '../../../core/errors.js';
import { stateOfExitCode } from '../../../core/slurm/states.js';
import { quoteWord } from '../quote.js';
import { cancelJobs, findJob, JobRefused, pollJobs, submitJob } from './client.js';
import { runOnFiles } from './run-on-files.js';
import {
  attemptFolder,
  type JobContext,
  type JobScript,
  PLAIN_SECRETS,
  type PlainJob,
  renderMergeScript,
  renderServeScript,
  renderShardScript,
  type ShardJob,
  type ShardScript,
  secretsFile,
  statusFile,
  variableName,
} from './script.js';
import { afterAllBut, openTasks } from './turns.js';

export interface JobOptions {
  readonly signal?: AbortSignal | undefined;
}

/** Names of jobs are short, and of few characters; a hash keeps apart what that makes alike. `execution` should differ each time a workflow is started anew. */
export function jobKey(workflowId: string, execution: string): string {
  const readable = workflowId.replaceAll(/[^A-Za-z0-9._-]+/g, '-').slice(0, 40);
  const hash = createHash('sha256').update(`${workflowId}\0${execution}`).digest('hex').slice(0, 10);
  return `nel-${readable}-${hash}`;
}

export const lockFolder = ({ workdir }: Pick<JobContext, 'workdir'>): string => `${workdir}/jobs`;
const comment = ({ key }: JobContext, attempt: number | string): string => `nel:${key}:${attempt}`;

/**
 * Puts script and secrets on the cluster and submits the shards of an attempt, once, however often it is called. Once jobs of the run were
 * taken, whatever keeps the next one from being submitted is waited out, as a limit of submitted jobs or a key that is refused: an error
 * would end them.
 * @param secrets values of cluster.secret_env by name; they go through standard input into files of mode 0600
 * @throws NelError with Slurm's reason; ClusterUnreachable: call again
 */
export async function submitShards(
  shell: ClusterShell,
  job: ShardJob,
  options: JobOptions & { readonly secrets: Readonly<Record<string, string>> },
): Promise<SubmittedShards> {
  const script = renderShardScript(job);
  const jobs: SubmittedJob[] = [];
  try {
    await submitEach(shell, { job, script, jobs }, options);
  } catch (error) {
    const isTaken = job.attempt > 1 || jobs.length > 0;
    throw isTaken && error instanceof NelError && !(error instanceof JobRefused)
      ? new ClusterUnreachable(error.message, { cause: error })
      : error;
  }
  return { attempt: job.attempt, jobs };
}

type SubmittedJob = SubmittedShards['jobs'][number];

/** Adds to `jobs`, one by one. */
async function submitEach(
  shell: ClusterShell,
  { job, script, jobs }: { readonly job: ShardJob; readonly script: ShardScript; readonly jobs: SubmittedJob[] },
  { secrets, signal }: JobOptions & { readonly secrets: Readonly<Record<string, string>> },
): Promise<void> {
  const path = `${job.workdir}/${script.path}`;
  await shell.write(script.text, path, { mode: 0o755, ...(signal === undefined ? {} : { signal }) });
  await makeLogFolder(shell, job);
  const turns = await turnsOf(shell, job, script, signal);
  for (const { jobName, shards, scriptArguments } of submissionsOf(job, script)) {
    const known = await findJob(shell, { jobName, lockFolder: lockFolder(job) }, { signal });
    // A job that is there has taken its secrets: another copy would lie about for good.
    if (known === null) {
      const files = shards.map((shard) => `${job.workdir}/${secretsFile(job.attempt, shard)}`);
      await writeSecrets(shell, { names: job.cluster.secret_env, files }, secrets, signal);
    }
    const jobId =
      known ??
      (await submitJob(
        shell,
        {
          key: job.key,
          jobName,
          script: path,
          scriptArguments,
          lockFolder: lockFolder(job),
          comment: comment(job, job.attempt),
          dependency: turns(jobs),
        },
        { signal },
      ));
    jobs.push({ jobId, shards });
  }
}

/** What the next of an attempt's jobs waits for when `submitted` are there, so that max_concurrent_shards holds over all attempts. */
type Turns = (submitted: SubmittedShards['jobs']) => string | undefined;

async function turnsOf(shell: ClusterShell, job: ShardJob, { submission }: ShardScript, signal: AbortSignal | undefined): Promise<Turns> {
  const { cluster, attempt, shards } = job;
  const most = cluster.max_concurrent_shards;
  if (most === null) return () => undefined;
  const open = attempt === 1 ? [] : await openTasks(shell, job, { signal });
  // The array's own limit sees to its tasks.
  if (submission === 'array') return () => afterAllBut(most - Math.min(most, shards.length), open);
  return (submitted) => {
    // What % does for an array: the next one starts when one before it has ended, in whatever way.
    const before = submitted[submitted.length - most];
    return before === undefined ? afterAllBut(most - 1 - submitted.length, open) : `afterany:${before.jobId}`;
  };
}

/** Slurm opens a job's log before its script runs, and fails the job without a word where the folder is missing. */
async function makeLogFolder(shell: ClusterShell, { workdir }: JobContext): Promise<void> {
  const { code, stderr } = await shell.run(['mkdir', '-p', '--', `${workdir}/logs`]);
  if (code !== 0) throw new ClusterUnreachable(`${shell.name}: ${workdir}/logs cannot be made: ${stderr.trim().slice(0, 300)}`);
}

interface Wanted {
  readonly jobName: string;
  readonly shards: readonly number[];
  readonly scriptArguments: readonly string[];
}

function submissionsOf({ shards }: ShardJob, { submission, jobName }: ShardScript): readonly Wanted[] {
  if (submission === 'array') return [{ jobName, shards, scriptArguments: [] }];
  return shards.map((shard) => ({ jobName: `${jobName}-s${shard}`, shards: [shard], scriptArguments: [String(shard)] }));
}

/**
 * Argument: size of what follows the list; an input that was cut off is not taken. Files appear whole, and bash writes them itself: a
 * process for each of some thousand would take minutes.
 */
const SECRETS_SCRIPT = `set -eu
umask 077
LC_ALL=C
files=()
while IFS= read -r file && [ -n "$file" ]; do files+=("$file"); done
IFS= read -r -d '' text || true
if [ "\${#text}" -ne "$1" ]; then exit 1; fi
folder=\${files[0]%/*}
new=$folder/.new-$$
trap 'rm -rf -- "$new"' EXIT
mkdir -p -- "$new"
for file in "\${files[@]}"; do printf %s "$text" >"$new/\${file##*/}"; done
cd -- "$new"
printf '%s\\0' * | xargs -0 mv -f -t "$folder" --`;

async function writeSecrets(
  shell: ClusterShell,
  { names, files }: { readonly names: readonly string[]; readonly files: readonly string[] },
  secrets: Readonly<Record<string, string>>,
  signal: AbortSignal | undefined,
): Promise<void> {
  if (names.length === 0) return;
  const lines = names.map((name) => {
    const value = Object.hasOwn(secrets, name) ? secrets[name] : undefined;
    if (value === undefined)
      throw new NelError('config', `${name} is not set, and the jobs need it`, { hint: `Set ${name}, or take it out of the config.` });
    return `export ${variableName(name)}=${quoteSecret(name, value)}\n`;
  });
  const text = lines.join('');
  const command = { script: SECRETS_SCRIPT, name: 'nel-secrets', args: [String(Buffer.byteLength(text))], files, rest: text };
  const { code } = await runOnFiles(shell, command, { signal });
  if (code !== 0) throw new ClusterUnreachable(`${shell.name}: the secrets of the jobs cannot be written to ${files[0] ?? ''}`);
}

/** Quoting errors show the word: not this one. */
function quoteSecret(name: string, value: string): string {
  try {
    return quoteWord(value);
  } catch {
    throw new NelError('config', `the value of ${name} holds a character that no environment variable can`);
  }
}

/** Prints the last part of the name of each file that is there, and what is in it. */
const STATUS_SCRIPT = `while IFS= read -r file && [ -n "$file" ]; do
  code=
  if [ -s "$file" ]; then read -r -n 8 code <"$file" || true; printf '%s %s\\n' "\${file##*-}" "$code"; fi
done`;

/**
 * The state of each shard of an attempt. What Slurm has forgotten, or cannot tell yet, is looked up in the exit codes that the scripts leave behind.
 * @throws ClusterUnreachable: ask again
 */
export async function pollShards(
  shell: ClusterShell,
  { attempt, jobs }: SubmittedShards,
  { workdir, signal }: JobOptions & { readonly workdir: string },
): Promise<readonly ShardReport[]> {
  const polled = await pollJobs(
    shell,
    jobs.map(({ jobId }) => jobId),
    { signal },
  );
  const reports = jobs.flatMap(({ jobId, shards }) => {
    const tasks = polled.get(jobId) ?? [];
    // Before an array is split up, and when it is cancelled whole, one line stands for all its tasks.
    const whole = tasks.find(({ task }) => task === null);
    return shards.map((shard): ShardReport => {
      const report = tasks.find(({ task }) => task === shard) ?? whole;
      const status: TaskState = report?.status ?? { state: 'unknown' };
      return { shard, attempt, jobId: report?.jobId ?? jobId, nodes: report?.nodes ?? null, status };
    });
  });
  return withLeftExitCodes(shell, reports, { workdir, signal });
}

/** The queue tells of an end some seconds before accounting knows its exit code: drained or failed, until then nobody can say. */
const lacksExitCode = (status: TaskState): boolean =>
  status.state === 'unknown' || (status.state === 'failed' && status.reason === 'exit' && status.exitCode === null);

async function withLeftExitCodes(
  shell: ClusterShell,
  reports: readonly ShardReport[],
  { workdir, signal }: JobOptions & { readonly workdir: string },
): Promise<readonly ShardReport[]> {
  const open = reports.filter(({ status }) => lacksExitCode(status));
  if (open.length === 0) return reports;
  const files = open.map(({ attempt, shard }) => `${workdir}/${statusFile(attempt, shard)}`);
  const { stdout } = await runOnFiles(shell, { script: STATUS_SCRIPT, name: 'nel-status', files }, { signal });
  const codes = new Map(
    stdout.split('\n').flatMap((line) => (/^\d+ \d+$/.test(line) ? [line.split(' ').map(Number) as [number, number]] : [])),
  );
  return reports.map((report) => {
    const code = lacksExitCode(report.status) ? codes.get(report.shard) : undefined;
    return code === undefined ? report : { ...report, status: stateOfExitCode(code) };
  });
}

/** Cancels an attempt's jobs and removes what secrets are still waiting. */
export async function cancelShards(
  shell: ClusterShell,
  submitted: SubmittedShards,
  { workdir, signal }: JobOptions & { readonly workdir: string },
): Promise<void> {
  await cancelJobs(
    shell,
    submitted.jobs.map(({ jobId }) => jobId),
    { signal },
  );
  await removeSecrets(shell, submitted, { workdir, signal });
}

/** To be called when an attempt is over: tasks that never started have not removed theirs. */
export async function removeSecrets(
  shell: ClusterShell,
  { attempt }: Pick<SubmittedShards, 'attempt'>,
  { workdir, signal }: JobOptions & { readonly workdir: string },
): Promise<void> {
  await shell.run(['rm', '-rf', '--', `${workdir}/${attemptFolder(attempt)}/secrets`], signal === undefined ? {} : { signal });
}

/** Submits the merge to run when all jobs of `after` have succeeded; it vanishes when one fails. */
export async function submitMerge(
  shell: ClusterShell,
  job: PlainJob,
  { after, signal }: JobOptions & { readonly after: SubmittedShards | null },
): Promise<string> {
  return submitPlain(shell, job, renderMergeScript(job), {
    signal,
    dependency: after === null ? undefined : `afterok:${after.jobs.map(({ jobId }) => jobId).join(':')}`,
  });
}

/** Submits the environment server. */
export async function submitServe(
  shell: ClusterShell,
  job: PlainJob,
  {
    endpointFile,
    secrets = {},
    signal,
  }: JobOptions & { readonly endpointFile: string; readonly secrets?: Readonly<Record<string, string>> },
): Promise<string> {
  await writeSecrets(shell, { names: job.secrets ?? [], files: [`${job.workdir}/${PLAIN_SECRETS}`] }, secrets, signal);
  return submitPlain(shell, job, renderServeScript(job, { endpointFile }), { signal, dependency: undefined });
}

async function submitPlain(
  shell: ClusterShell,
  job: PlainJob,
  script: JobScript,
  { signal, dependency }: { readonly signal: AbortSignal | undefined; readonly dependency: string | undefined },
): Promise<string> {
  const path = `${job.workdir}/${script.path}`;
  await shell.write(script.text, path, { mode: 0o755, ...(signal === undefined ? {} : { signal }) });
  await makeLogFolder(shell, job);
  return submitJob(
    shell,
    { key: job.key, jobName: script.jobName, script: path, lockFolder: lockFolder(job), comment: comment(job, script.path), dependency },
    { signal },
  );
}
