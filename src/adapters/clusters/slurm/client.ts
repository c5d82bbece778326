/** Slurm's commands over a cluster's shell: submit once, look, cancel. Every call may be repeated; none starts a job twice. */

import { type ClusterShell, ClusterUnreachable, type CommandResult, type TaskReport } from '../../../core/cluster.js';
import { NelError } from '../../../core/errors.js';
import {
  isPassingRefusal,
  isSubmitLimit,
  jobReports,
  parseSacct,
  parseSqueue,
  parseSubmission,
  refusalReason,
  SACCT_FORMAT,
  SQUEUE_FORMAT,
} from '../../../core/slurm/output.js';

/** What SUBMIT_SCRIPT ends with when the key was closed. */
const CLOSED_EXIT_CODE = 33;
/** And when squeue could not be asked: nothing was submitted, nor refused. */
const UNASKED_EXIT_CODE = 34;
/** The lock is waited for, and a busy controller takes its time. */
const SUBMIT_TIMEOUT_MS = 180_000;

interface CallOptions {
  readonly signal?: AbortSignal | undefined;
}

/**
 * Submits unless a job of that name is there, all under a lock on the login node: a second caller waits for the first one's answer, and
 * an answer that was lost on the way is found by its name, in hidden partitions too. Arguments: folder of locks, key, name of the job, then
 * sbatch's own.
 */
const SUBMIT_SCRIPT = `set -euo pipefail
folder=$1
key=$2
name=$3
shift 3
mkdir -p -- "$folder"
exec 9>>"$folder/$key.lock"
# Some shared file systems have no locks: then the search alone must do.
flock -w 50 9 2>/dev/null || true
if [ -e "$folder/$key.closed" ]; then exit ${CLOSED_EXIT_CODE}; fi
if [ -s "$folder/$name.job" ]; then
  cat -- "$folder/$name.job"
  exit 0
fi
queued=$(squeue --noheader --all --user="$(id -un)" --states=all --name="$name" --format=%F) || exit ${UNASKED_EXIT_CODE}
ended=$(sacct --noheader --parsable2 --allocations --starttime=now-30days --name="$name" --format=JobID 2>/dev/null || true)
id=$(printf '%s\\n%s\\n' "$queued" "$ended" | sed 's/[_+].*//' | grep -E '^[0-9]+$' | sort -n | sed -n 1p || true)
if [ -z "$id" ]; then id=$(sbatch --parsable "$@"); fi
printf '%s\\n' "$id" >"$folder/$name.job.part"
mv -f -- "$folder/$name.job.part" "$folder/$name.job"
printf '%s\\n' "$id"`;

const FIND_SCRIPT = `folder=$1
name=$2
if [ -s "$folder/$name.job" ]; then
  cat -- "$folder/$name.job"
  exit 0
fi
queued=$(squeue --noheader --all --user="$(id -un)" --states=all --name="$name" --format=%F) || exit 1
ended=$(sacct --noheader --parsable2 --allocations --starttime=now-30days --name="$name" --format=JobID 2>/dev/null || true)
printf '%s\\n%s\\n' "$queued" "$ended" | sed 's/[_+].*//' | grep -E '^[0-9]+$' | sort -n | sed -n 1p || true`;

/** Arguments: folder of locks, then keys. Under the same lock, so that a submission under way is either seen here or sees this. */
const CLOSE_SCRIPT = `set -uo pipefail
folder=$1
shift
mkdir -p -- "$folder"
for key; do
  (
    exec 9>>"$folder/$key.lock"
    flock -w 50 9 2>/dev/null || true
    : >"$folder/$key.closed"
  )
done
queued=$(squeue --noheader --all --user="$(id -un)" --format='%F %j') || exit 1
ids=$(for key; do printf '%s\\n' "$queued" | awk -v key="$key-" 'index($2, key) == 1 { print $1 }'; done | sort -u)
if [ -n "$ids" ]; then scancel $ids; fi`;

export interface Submission {
  /** What the names of all jobs begin with that end together; see closeJobs(). */
  readonly key: string;
  /** Unique among this user's jobs: the key, `-` and more. */
  readonly jobName: string;
  /** Absolute path of the script on the cluster. */
  readonly script: string;
  readonly scriptArguments?: readonly string[];
  /** Folder for the locks that keep a submission single, absolute. */
  readonly lockFolder: string;
  /** What it waits for, as sbatch's --dependency: `afterok:12:13`. */
  readonly dependency?: string | undefined;
  /** For people who look at the queue. */
  readonly comment: string;
}

/** Slurm says no to this job, or the run has ended: asking again changes nothing. */
export class JobRefused extends NelError {}

/**
 * Submits a script once and gives the id of its job, also when it is asked again or asked by two at once.
 * @throws JobRefused with Slurm's own reason; NelError when as many jobs as the account, user or QOS may have are submitted, or Slurm is not
 *   installed; ClusterUnreachable when it cannot be asked now
 */
export async function submitJob(shell: ClusterShell, submission: Submission, { signal }: CallOptions = {}): Promise<string> {
  const { key, jobName, script, scriptArguments = [], lockFolder, dependency, comment } = submission;
  const words = [
    // A script that several jobs share has only the general name.
    `--job-name=${jobName}`,
    `--comment=${comment}`,
    ...(dependency === undefined ? [] : [`--dependency=${dependency}`]),
    script,
    ...scriptArguments,
  ];
  const result = await shell.run(['bash', '-c', SUBMIT_SCRIPT, 'nel-submit', lockFolder, key, jobName, ...words], {
    ...withSignal(signal),
    timeoutMs: SUBMIT_TIMEOUT_MS,
  });
  const id = parseSubmission(result.stdout);
  if (result.code === 0 && id !== null) return id;
  if (result.code === CLOSED_EXIT_CODE) throw new JobRefused('run', 'the run was ended while its jobs were being submitted');
  throw slurmError(shell, result.code === UNASKED_EXIT_CODE ? 'squeue' : 'sbatch', result);
}

/** The job of that name, whatever became of it, or null. */
export async function findJob(
  shell: ClusterShell,
  { jobName, lockFolder }: Pick<Submission, 'jobName' | 'lockFolder'>,
  { signal }: CallOptions = {},
): Promise<string | null> {
  const result = await shell.run(['bash', '-c', FIND_SCRIPT, 'nel-find', lockFolder, jobName], withSignal(signal));
  if (result.code !== 0) throw slurmError(shell, 'squeue', result);
  return parseSubmission(result.stdout);
}

/**
 * What is known of each job's tasks; an empty list for a job that Slurm has forgotten or not heard of.
 * @throws ClusterUnreachable when Slurm cannot be asked now
 */
export async function pollJobs(
  shell: ClusterShell,
  jobIds: readonly string[],
  { signal }: CallOptions = {},
): Promise<ReadonlyMap<string, readonly TaskReport[]>> {
  const jobs = `--jobs=${jobIds.join(',')}`;
  const options = withSignal(signal);
  const [queue, accounting] = await Promise.all([
    // Also of hidden partitions: what the queue does not know has ended.
    shell.run(['squeue', '--noheader', '--all', '--array', '--states=all', `--format=${SQUEUE_FORMAT}`, jobs], options),
    shell.run(['sacct', '--noheader', '--parsable2', '--allocations', `--format=${SACCT_FORMAT}`, jobs], options),
  ]);
  // A job that is no longer in the queue is an error to squeue; accounting may not exist.
  const isForgotten = /Invalid job id/i.test(queue.stderr);
  if (queue.code !== 0 && !isForgotten) throw slurmError(shell, 'squeue', queue);
  const queued = parseSqueue(queue.stdout);
  const ended = accounting.code === 0 ? parseSacct(accounting.stdout) : [];
  return new Map(jobIds.map((id) => [id, jobReports(id, queued, ended)]));
}

/** Cancels jobs; those that are over are left as they are. @throws ClusterUnreachable when Slurm cannot be asked now */
export async function cancelJobs(shell: ClusterShell, jobIds: readonly string[], { signal }: CallOptions = {}): Promise<void> {
  if (jobIds.length === 0) return;
  const result = await shell.run(['scancel', ...jobIds], withSignal(signal));
  if (result.code !== 0 && !isOver(result.stderr)) throw slurmError(shell, 'scancel', result);
}

/**
 * Cancels all jobs whose names begin with one of the keys and `-`, and refuses any that is submitted with one of them later: also one whose
 * submission was cut off and goes on all the same.
 * @throws ClusterUnreachable when Slurm cannot be asked now
 */
export async function closeJobs(
  shell: ClusterShell,
  { keys, lockFolder }: { readonly keys: readonly string[]; readonly lockFolder: string },
  { signal }: CallOptions = {},
): Promise<void> {
  if (keys.length === 0) return;
  const command = ['bash', '-c', CLOSE_SCRIPT, 'nel-close', lockFolder, ...keys];
  const result = await shell.run(command, { ...withSignal(signal), timeoutMs: SUBMIT_TIMEOUT_MS });
  if (result.code !== 0 && !isOver(result.stderr)) throw slurmError(shell, 'scancel', result);
}

/** scancel's words for jobs that have ended meanwhile. */
function isOver(stderr: string): boolean {
  return /Invalid job id|already complet|Job\/step already/i.test(stderr);
}

/** What a failed command means: Slurm is away for now, is not installed, or says no. */
export function slurmError(shell: ClusterShell, program: string, { code, stderr }: CommandResult): Error {
  if (isPassingRefusal(stderr)) return new ClusterUnreachable(`Slurm does not answer on ${shell.name}: ${refusalReason(stderr)}`);
  if (code === 127 || /command not found|: not found/.test(stderr)) {
    return new NelError('config', `${program} is not found on ${shell.name}`, {
      hint: 'Is this the login node? Its login shell (bash -l) must have Slurm on its PATH.',
    });
  }
  if (program === 'sbatch') {
    // There is room when some have ended.
    const Refusal = isSubmitLimit(stderr) ? NelError : JobRefused;
    return new Refusal('run', `Slurm refuses the job: ${refusalReason(stderr)}`, {
      hint: "Check cluster.walltime and cluster.node_pools against the cluster's partitions (`sinfo`) and your accounts (`sacctmgr show assoc`).",
    });
  }
  // Questions are refused by nobody: a login node that is overloaded, or a controller that changes hands, answers later.
  return new ClusterUnreachable(`${program} failed on ${shell.name} with ${code}: ${refusalReason(stderr)}`);
}

const withSignal = (signal: AbortSignal | undefined): { readonly signal?: AbortSignal } => (signal === undefined ? {} : { signal });
