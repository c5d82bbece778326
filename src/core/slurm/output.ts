/**
 * Reads what squeue, sacct and sbatch print. The parsable forms and not JSON: `squeue --json` gives every job of the cluster whatever
 * it is asked for (22.05), and its members changed their types in 23.02, 23.11 and 24.05; these columns have been the same since 2014.
 */

import type { TaskReport, TaskState } from '../cluster.js';
import { type SlurmLine, taskState } from './states.js';

/** The columns that parseSqueue reads; the name is last because it may hold anything. */
export const SQUEUE_FORMAT = '%i|%T|%r|%N|%j';
/** The columns that parseSacct reads. */
export const SACCT_FORMAT = 'JobID,State,ExitCode,NodeList,Reason,JobName';

/** Most tasks that one bracket may stand for: more is no array of ours. */
const MOST_TASKS = 1_000_000;

interface NamedLine extends SlurmLine {
  readonly name: string;
}

/** Lines of `squeue --noheader --array --format=SQUEUE_FORMAT`; what is no such line is left out. */
export function parseSqueue(text: string): readonly NamedLine[] {
  return text.split('\n').flatMap((line) => {
    const [id, state, reason, nodes, ...name] = line.split('|');
    if (id === undefined || state === undefined || reason === undefined || nodes === undefined || name.length === 0 || !isJobId(id))
      return [];
    return [{ id, state, reason, exit: null, nodes: nodeList(nodes), name: name.join('|') }];
  });
}

/** Lines of `sacct --noheader --parsable2 --allocations --format=SACCT_FORMAT`; what is no such line is left out. */
export function parseSacct(text: string): readonly NamedLine[] {
  return text.split('\n').flatMap((line) => {
    const [id, state, exit, nodes, reason, ...name] = line.split('|');
    if (id === undefined || state === undefined || exit === undefined || nodes === undefined || reason === undefined || name.length === 0)
      return [];
    if (!isJobId(id)) return [];
    return [{ id, state, reason, exit, nodes: nodeList(nodes), name: name.join('|') }];
  });
}

function isJobId(text: string): boolean {
  return /^\d{1,15}(?:_(?:\d{1,9}|\[[\d,:%-]*\])|\+\d{1,4})?$/.test(text);
}

/** sacct says `None assigned`, squeue nothing. */
function nodeList(text: string): string | null {
  return text === '' || text.startsWith('None') || text === '(null)' ? null : text;
}

/** `12` of `12_3`, `12_[4-6]` and `12+0`. */
export function baseJobId(id: string): string {
  return id.split(/[_+]/, 1)[0] as string;
}

/** Task numbers of a job id: [3] of `12_3`, [4, 5, 6] of `12_[4-6%2]`, [null] of `12` and `12+0`; [] of what is not to be read. */
export function tasksOf(id: string): readonly (number | null)[] {
  const at = id.indexOf('_');
  if (at < 0) return [null];
  const part = id.slice(at + 1);
  if (!part.startsWith('[')) return [Number(part)];
  const list = part.slice(1, -1).split('%', 1)[0] as string;
  return list.split(',').flatMap((range) => {
    const match = /^(\d+)(?:-(\d+)(?::(\d+))?)?$/.exec(range);
    if (match === null) return [];
    const first = Number(match[1]);
    const last = Number(match[2] ?? match[1]);
    const step = Math.max(1, Number(match[3] ?? 1));
    if (last < first || (last - first) / step >= MOST_TASKS) return [];
    return Array.from({ length: Math.floor((last - first) / step) + 1 }, (_, i) => first + i * step);
  });
}

/** Array tasks as sbatch takes them, in the shortest form: [0, 1, 2, 5] → `0-2,5`. */
export function arrayExpression(tasks: readonly number[]): string {
  const sorted = [...new Set(tasks)].sort((a, b) => a - b);
  const parts: string[] = [];
  for (let i = 0; i < sorted.length; ) {
    let end = i;
    while (sorted[end + 1] === (sorted[end] as number) + 1) end++;
    parts.push(end === i ? `${sorted[i]}` : `${sorted[i]}-${sorted[end]}`);
    i = end + 1;
  }
  return parts.join(',');
}

const isOver = ({ state }: TaskState): boolean => state !== 'pending' && state !== 'running' && state !== 'unknown';

/**
 * What squeue and sacct together know of one job. The queue knows what goes on, accounting how it ended (squeue forgets a job within
 * minutes; accounting lags by seconds and may be off): so the queue's word counts while a task is not over, and accounting's when it is.
 * A task that goes on for accounting alone is `unknown`: it has ended, and word of that was late or lost.
 */
export function jobReports(jobId: string, queue: readonly SlurmLine[], accounting: readonly SlurmLine[]): readonly TaskReport[] {
  const reports = new Map<number | null, TaskReport>();
  const queued = new Set(queue.flatMap(({ id }) => (baseJobId(id) === jobId ? tasksOf(id) : [])));
  const add = (line: SlurmLine, source: 'queue' | 'accounting'): void => {
    if (baseJobId(line.id) !== jobId) return;
    // The other parts of a heterogeneous job follow its leader.
    if (/\+[1-9]/.test(line.id)) return;
    const told = taskState(line);
    for (const task of tasksOf(line.id)) {
      const isForgotten = source === 'accounting' && !isOver(told) && !queued.has(task) && !queued.has(null);
      const status: TaskState = isForgotten ? { state: 'unknown' } : told;
      const known = reports.get(task);
      const report = { task, jobId: task === null ? jobId : `${jobId}_${task}`, nodes: line.nodes ?? known?.nodes ?? null, status };
      if (known === undefined || supersedes(status, known.status)) reports.set(task, report);
    }
  };
  for (const line of accounting) add(line, 'accounting');
  for (const line of queue) add(line, 'queue');
  // A job without tasks of its own is told of as `12` until its array is split up.
  if (reports.size > 1) reports.delete(null);
  return [...reports.values()].sort((a, b) => (a.task ?? -1) - (b.task ?? -1));
}

/** Whether the queue's `next` replaces accounting's `known`. */
function supersedes(next: TaskState, known: TaskState): boolean {
  if (next.state === 'unknown') return false;
  if (known.state === 'unknown') return true;
  if (next.state === 'impossible') return true;
  // Both over: accounting has the exit code.
  return !(isOver(next) && isOver(known));
}

/** The job id that `sbatch --parsable` printed (`1234` or `1234;cluster`), or null. */
export function parseSubmission(stdout: string): string | null {
  for (const line of stdout.trim().split('\n').reverse()) {
    const match = /^(\d{1,15})(?:;\S+)?$/.exec(line.trim());
    if (match !== null) return match[1] as string;
  }
  return null;
}

/** What sbatch says when it refuses: its errors, one line, without their prefix. */
export function refusalReason(stderr: string): string {
  const lines = stderr
    .split('\n')
    .map((line) => line.replace(/^sbatch: (?:error: |fatal: )?/, '').trim())
    .filter((line) => line !== '');
  return lines.join('; ').slice(0, 500) || 'sbatch gave no reason';
}

/** The queue has as many jobs of this account, user or QOS as it may: there is room when some have ended. */
export function isSubmitLimit(stderr: string): boolean {
  return /job submit limit|MaxSubmitJob|GrpSubmitJob/i.test(stderr);
}

/** Refusals that pass: the controller is away or changes hands, or the login node has no process left. Anything else is wrong with the job. */
export function isPassingRefusal(stderr: string): boolean {
  return /\bfork: |Resource temporarily unavailable|Cannot allocate memory|in standby mode|Unable to contact slurm controller|Socket timed out|Connection refused|Zero Bytes were transmitted|temporarily unable to accept|Slurm controller not responding|Slurm temporarily|Munge|authentication plugin/i.test(
    stderr,
  );
}
