/**
 * Whose turn it is under `max_concurrent_shards`: `%` limits the tasks of one array only, so the jobs of later attempts wait for those
 * that are still open.
 */

import type { ClusterShell } from '../../../core/cluster.js';
import { baseJobId, parseSqueue, SQUEUE_FORMAT, tasksOf } from '../../../core/slurm/output.js';
import { slurmError } from './client.js';

/** A task that has not ended; `task` is null for a job that is no array. */
export interface OpenTask {
  readonly jobId: string;
  readonly task: number | null;
}

/** More tasks of one array are not named one by one: the whole array is waited for, which is later and no less safe. */
const MOST_NAMED = 100;

/** Prints what squeue knows of this user's open jobs. Argument: the format. */
const OPEN_SCRIPT = 'squeue --noheader --all --array --user="$(id -un)" --format="$1"';

/**
 * The open tasks of a run's attempts before `attempt`, in the order in which they were submitted.
 * @throws ClusterUnreachable when Slurm cannot be asked now; NelError of kind `config` when it is not installed
 */
export async function openTasks(
  shell: ClusterShell,
  { key, attempt }: { readonly key: string; readonly attempt: number },
  { signal }: { readonly signal?: AbortSignal | undefined },
): Promise<readonly OpenTask[]> {
  const command = ['bash', '-c', OPEN_SCRIPT, 'nel-open', SQUEUE_FORMAT];
  const result = await shell.run(command, signal === undefined ? {} : { signal });
  if (result.code !== 0) throw slurmError(shell, 'squeue', result);
  const prefix = `${key}-a`;
  const isEarlier = (name: string): boolean => {
    const number = name.startsWith(prefix) ? /^(\d{1,6})(?:-s\d{1,7})?$/.exec(name.slice(prefix.length))?.[1] : undefined;
    return number !== undefined && Number(number) < attempt;
  };
  return (
    parseSqueue(result.stdout)
      // The other parts of a heterogeneous job follow its leader.
      .filter(({ id, name }) => isEarlier(name) && !/\+[1-9]/.test(id))
      .flatMap(({ id }) => tasksOf(id).map((task): OpenTask => ({ jobId: baseJobId(id), task })))
      .sort((a, b) => Number(a.jobId) - Number(b.jobId) || (a.task ?? 0) - (b.task ?? 0))
  );
}

/**
 * sbatch's --dependency for a job that may run beside `left` of the open tasks: all others have ended then, in whatever way. Undefined:
 * nothing to wait for. When each new job leaves room for itself in this way, no more than the limit ever run at once.
 */
export function afterAllBut(left: number, open: readonly OpenTask[]): string | undefined {
  const waited = open.slice(0, Math.max(0, open.length - left));
  const beside = new Set(open.slice(waited.length).map(({ jobId }) => jobId));
  const tasks = new Map<string, (number | null)[]>();
  for (const { jobId, task } of waited) {
    const its = tasks.get(jobId);
    if (its === undefined) tasks.set(jobId, [task]);
    else its.push(task);
  }
  const jobs = [...tasks].flatMap(([jobId, its]) =>
    beside.has(jobId) && its.length <= MOST_NAMED ? its.map((task) => `${jobId}_${task}`) : [jobId],
  );
  return jobs.length === 0 ? undefined : `afterany:${jobs.join(':')}`;
}
