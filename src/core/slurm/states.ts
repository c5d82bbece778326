/**
 * Slurm's job states and reasons, in our words. Names: squeue(1), sections JOB STATE CODES and JOB REASON CODES, of Slurm 20.11 to 24.11.
 */

import type { TaskState } from '../cluster.js';

/** What a job script exits with (EX_TEMPFAIL of sysexits) when it stopped before its walltime with work left. */
export const DRAINED_EXIT_CODE = 75;

/** One line of squeue or sacct. */
export interface SlurmLine {
  /** `12`, `12_3`, `12_[4-6]` or `12+0`. */
  readonly id: string;
  /** `RUNNING`, `CANCELLED by 1000`, … */
  readonly state: string;
  /** `PartitionTimeLimit`, …; `None` or empty without one. */
  readonly reason: string;
  /** `3:0`: exit code and signal; null where the tool does not say. */
  readonly exit: string | null;
  readonly nodes: string | null;
}

/**
 * Reasons that no waiting ends: the job asks for what its partition, account or QOS never grants. Budgets (…Minutes) are among
 * them: what was used up comes back in weeks, if ever, and a person should know now.
 */
const NEVER = [
  'PartitionTimeLimit',
  'PartitionNodeLimit',
  'PartitionConfig',
  'BadConstraints',
  'InvalidAccount',
  'InvalidQOS',
  'AccountNotAllowed',
  'QOSNotAllowed',
  'DependencyNeverSatisfied',
  'JobHoldMaxRequeue',
];
const NEVER_PATTERN =
  /^(?:Assoc|QOS)(?:Max\w*PerJob|Max\w*PerNode|MaxWallDurationPerJob|Min\w*)(?:Limit)?$|^(?:Assoc|QOS)Grp(?!\w*Run)\w*Minutes(?:Limit)?$|^(?:Assoc|QOS)GrpWall(?:Limit)?$|^QOS(?:TimeLimit|ResourceLimit)$/i;
/** Limits shared with other jobs: they may end. */
const LIMIT_PATTERN = /^(?:Assoc|QOS|Association|MaxSubmit|Licenses)|^JobHeld|^Partition(?:Down|Inactive)$|^Reservation/i;

export function isImpossible(reason: string): boolean {
  return NEVER.includes(reason) || NEVER_PATTERN.test(reason);
}

/** `3:9` → 3 and 9; null for both where there is nothing to read. */
function readExit(exit: string | null): { readonly code: number | null; readonly signal: number | null } {
  const match = /^(\d{1,4}):(\d{1,3})$/.exec(exit ?? '');
  if (match === null) return { code: null, signal: null };
  const signal = Number(match[2]);
  return { code: Number(match[1]), signal: signal === 0 ? null : signal };
}

/** The state of a line. A state that this version does not know is `unknown`: the next poll may tell more, and nothing is resubmitted for it. */
export function taskState({ state, reason, exit }: SlurmLine): TaskState {
  const { code, signal } = readExit(exit);
  const failed = (why: Extract<TaskState, { state: 'failed' }>['reason']): TaskState => ({
    state: 'failed',
    reason: why,
    exitCode: code,
    signal,
  });
  // sacct: `CANCELLED by 1000`; squeue with flags: `RUNNING+`.
  const word = state.trim().split(/[\s+]/, 1)[0];
  switch (word) {
    case 'PENDING':
    case 'CONFIGURING':
    case 'REQUEUED':
    case 'REQUEUE_FED':
    case 'REQUEUE_HOLD':
    case 'SPECIAL_EXIT':
    case 'RESV_DEL_HOLD':
      return isImpossible(reason)
        ? { state: 'impossible', reason }
        : { state: 'pending', reason: reason === '' ? 'None' : reason, limit: LIMIT_PATTERN.test(reason) };
    case 'RUNNING':
    case 'COMPLETING':
    case 'SUSPENDED':
    case 'STOPPED':
    case 'SIGNALING':
    case 'STAGE_OUT':
    case 'RESIZING':
      return { state: 'running' };
    case 'COMPLETED':
      return { state: 'completed' };
    case 'FAILED':
      // sbatch's own refusals leave such a job behind.
      if (isImpossible(reason)) return { state: 'impossible', reason };
      return failed(code === DRAINED_EXIT_CODE ? 'drained' : 'exit');
    case 'TIMEOUT':
    case 'DEADLINE':
      return failed('timeout');
    case 'NODE_FAIL':
    case 'BOOT_FAIL':
      return failed('node_fail');
    case 'PREEMPTED':
      return failed('preempted');
    case 'OUT_OF_MEMORY':
      return failed('oom');
    case 'CANCELLED':
    case 'REVOKED':
      // --kill-on-invalid-dep cancels in this way.
      return reason === 'DependencyNeverSatisfied' ? { state: 'impossible', reason } : { state: 'cancelled' };
    default:
      return { state: 'unknown' };
  }
}

/** The state of a task of which only its script's exit code is known. */
export function stateOfExitCode(code: number): TaskState {
  if (code === 0) return { state: 'completed' };
  return { state: 'failed', reason: code === DRAINED_EXIT_CODE ? 'drained' : 'exit', exitCode: code, signal: null };
}
