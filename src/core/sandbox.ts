/** The port to a sandbox: a place where a program that a model wrote may run. Scorers use it, src/adapters/sandboxes implements it. */

import { NelError } from './errors.js';

/**
 * Strongest first:
 * - `bubblewrap`: namespaces of its own (no network, no foreign process or file) and limits, without a daemon
 * - `docker`: a container without network; needs a daemon
 * - `process`: limits and an empty environment only: the program can read what the user can read. Never chosen unless named.
 */
export const SANDBOX_TYPES = ['bubblewrap', 'docker', 'process'] as const;
export type SandboxType = (typeof SANDBOX_TYPES)[number];

export interface SandboxLimits {
  /** Seconds from start to end; waiting for a free place does not count. */
  readonly wall_seconds: number;
  /** Seconds of CPU of each process, whole. */
  readonly cpu_seconds: number;
  /** MiB: address space of each process (docker: memory of the container). */
  readonly memory_mb: number;
  /** Processes and threads at once. */
  readonly processes: number;
  /** MiB: the largest file, and but for `process` all of the scratch directory. */
  readonly file_mb: number;
  /** Bytes kept of stdout and of stderr each; a program that writes more is ended. */
  readonly output_bytes: number;
}

export const DEFAULT_SANDBOX_LIMITS: SandboxLimits = {
  wall_seconds: 20,
  cpu_seconds: 10,
  memory_mb: 1024,
  processes: 32,
  file_mb: 64,
  output_bytes: 1_048_576,
};

export interface SandboxJob {
  /** Texts by name: `main.py`, `data/input.txt`. Written into the scratch directory, which is the working directory. */
  readonly files: Readonly<Record<string, string>>;
  /** The program and its arguments, no shell. `python3` is the interpreter that the sandbox found, with its standard library only. */
  readonly command: readonly string[];
  /** Default: empty. */
  readonly stdin?: string;
  readonly limits?: Partial<SandboxLimits>;
}

export interface SandboxOutcome {
  /** Null when a signal ended the program. */
  readonly exit_code: number | null;
  /** `SIGKILL`, … An exit code of 128 + n counts as signal n, as shells have it: a wrapper cannot tell them apart. */
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
  /** The wall time was up. */
  readonly timed_out: boolean;
  /** More than `output_bytes` were written: the rest was dropped and the program ended. */
  readonly output_truncated: boolean;
  readonly duration_ms: number;
}

export interface Sandbox {
  readonly type: SandboxType;
  /** A random text that no program sees: scorers mark what a program must not forge with it. */
  readonly nonce?: string;
  /**
   * Runs one program to its end and leaves nothing of it behind. Any number may be asked for at once, a few run.
   * @throws NelError of kind `run` when the program could not be started for a reason that is not its own: the sample is an
   *   error, not a wrong answer. The signal's reason when it is aborted.
   */
  run(job: SandboxJob, signal: AbortSignal): Promise<SandboxOutcome>;
  /** Waits for what runs. */
  close(): Promise<void>;
}

/** The smallest values that make sense: an interpreter must be able to start. */
const SMALLEST: SandboxLimits = { wall_seconds: 0.1, cpu_seconds: 1, memory_mb: 32, processes: 1, file_mb: 1, output_bytes: 1 };

/**
 * The defaults with `limits` over them, later ones winning; all but the wall time rounded up to whole numbers.
 * @throws NelError of kind `config` when one is too small to start anything, or too large for a system call
 */
export function sandboxLimits(...limits: readonly (Partial<SandboxLimits> | undefined)[]): SandboxLimits {
  const merged: Record<keyof SandboxLimits, number> = { ...DEFAULT_SANDBOX_LIMITS };
  for (const name of Object.keys(merged) as (keyof SandboxLimits)[]) {
    for (const given of limits) merged[name] = given?.[name] ?? merged[name];
    if (name !== 'wall_seconds') merged[name] = Math.ceil(merged[name]);
    if (!(merged[name] >= SMALLEST[name] && merged[name] < 2 ** 31)) {
      throw new NelError('config', `sandbox: ${name} is ${String(merged[name])}`, { hint: `Give ${SMALLEST[name]} or more.` });
    }
  }
  // A timer of Node holds no more than 24 days.
  return { ...merged, wall_seconds: Math.min(merged.wall_seconds, 2_000_000) };
}

/** A name inside the scratch directory: no `..`, nothing hidden, nothing absolute. */
const FILE_NAME = /^[A-Za-z0-9_][\w.-]{0,99}(?:\/[A-Za-z0-9_][\w.-]{0,99}){0,5}$/;

/** @throws NelError of kind `config` when a job has no command, or a file's name leaves the scratch directory */
export function checkSandboxJob({ files, command }: SandboxJob): void {
  if (command.length === 0 || command.some((word) => word.includes('\0'))) {
    throw new NelError('config', 'sandbox: a job needs a command, without NUL characters');
  }
  const bad = Object.keys(files).find((name) => !FILE_NAME.test(name));
  if (bad !== undefined) {
    throw new NelError('config', `sandbox: ${JSON.stringify(bad.slice(0, 100))} is no file name inside the scratch directory`, {
      hint: 'Use letters, digits, "_", "-" and ".", and "/" between folders.',
    });
  }
}
