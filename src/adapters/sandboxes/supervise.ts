/** Runs one wrapped program to its end: inputs written, output bounded, the whole process group killed on time-out and abort. */

import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import type { Readable, Writable } from 'node:stream';
import { errorMessage, NelError } from '../../core/errors.js';
import type { SandboxLimits, SandboxOutcome } from '../../core/sandbox.js';

/** How long output may still come in after the end of the program: what it left running may hold the pipes open. */
const LAST_WORDS_MS = 500;
/** A killed process that does not end hangs in the kernel: it is no longer waited for. */
const UNKILLABLE_MS = 10_000;

export interface SupervisedProgram {
  /** An absolute path. */
  readonly file: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** Written to file descriptors 0, 3, 4, … and closed. */
  readonly inputs: readonly string[];
  /** One more descriptor after the inputs, that the wrapper reports on. */
  readonly report?: boolean;
  readonly limits: Pick<SandboxLimits, 'wall_seconds' | 'output_bytes'>;
  readonly signal: AbortSignal;
  /** Called once when the program has to end early, besides the kill of its process group. */
  readonly onKill?: () => void;
  /** Called when the program has ended, before its last output is waited for: ends what left its process group. */
  readonly onExit?: () => void;
}

export interface SupervisedEnd extends SandboxOutcome {
  /** What the wrapper wrote to the report's descriptor. */
  readonly report: string;
}

/** @throws NelError of kind `run` when it cannot be started; the signal's reason, after the end of the program, when aborted */
export async function supervise(program: SupervisedProgram): Promise<SupervisedEnd> {
  program.signal.throwIfAborted();
  const end = await untilEnd(program);
  program.signal.throwIfAborted();
  return end;
}

function untilEnd({ file, args, env, cwd, inputs, report, limits, signal, onKill, onExit }: SupervisedProgram): Promise<SupervisedEnd> {
  return new Promise((resolve, reject) => {
    const started = performance.now();
    const extra = inputs.slice(1);
    const child = spawn(file, args, {
      cwd,
      env,
      // A process group of its own, so that one signal reaches every wrapper in front of the program.
      detached: true,
      stdio: ['pipe', 'pipe', 'pipe', ...extra.map(() => 'pipe' as const), ...(report ? ['pipe' as const] : [])],
    });
    let timedOut = false;
    let killed = false;
    let unkillable: NodeJS.Timeout | undefined;
    const killGroup = (): void => {
      try {
        if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
      } catch {
        // Gone already.
      }
    };
    const kill = (): void => {
      if (killed) return;
      killed = true;
      killGroup();
      onKill?.();
      unkillable = setTimeout(() => settle(null, 'SIGKILL'), UNKILLABLE_MS);
    };
    const stdout = new BoundedOutput(child.stdout as Readable, limits.output_bytes, kill);
    const stderr = new BoundedOutput(child.stderr as Readable, limits.output_bytes, kill);
    const reported = report ? new BoundedOutput(child.stdio[3 + extra.length] as Readable, 65_536, kill) : undefined;
    const timer = setTimeout(() => {
      timedOut = true;
      kill();
    }, limits.wall_seconds * 1000);
    signal.addEventListener('abort', kill, { once: true });
    const tidy = (): void => {
      clearTimeout(timer);
      clearTimeout(unkillable);
      signal.removeEventListener('abort', kill);
      for (const stream of child.stdio) stream?.destroy();
    };
    const settle = (code: number | null, by: NodeJS.Signals | null): void => {
      tidy();
      resolve({
        ...ending(code, by),
        stdout: stdout.text(),
        stderr: stderr.text(),
        timed_out: timedOut,
        output_truncated: stdout.truncated || stderr.truncated,
        duration_ms: Math.round(performance.now() - started),
        report: reported?.text() ?? '',
      });
    };
    child.once('error', (error) => {
      if (child.pid !== undefined) return;
      tidy();
      reject(new NelError('run', `the sandbox's program ${file} cannot be started: ${errorMessage(error)}`, { cause: error }));
    });
    child.once('exit', (code, by) => {
      clearTimeout(timer);
      // Its group may outlive it.
      killGroup();
      onExit?.();
      const silence = setTimeout(() => settle(code, by), LAST_WORDS_MS);
      child.once('close', () => {
        clearTimeout(silence);
        settle(code, by);
      });
    });
    write(child.stdin as Writable, inputs[0] ?? '');
    extra.forEach((text, i) => write(child.stdio[3 + i] as Writable, text));
  });
}

/** A program need not read what it is given: a closed pipe is no error. */
function write(stream: Writable, text: string): void {
  stream.on('error', () => undefined);
  stream.end(text);
}

/** Wrappers pass a signal on as 128 + its number. */
function ending(code: number | null, by: NodeJS.Signals | null): Pick<SandboxOutcome, 'exit_code' | 'signal'> {
  if (code === null) return { exit_code: null, signal: by ?? 'SIGKILL' };
  const passedOn = Object.entries(constants.signals).find(([, number]) => code === 128 + number)?.[0];
  return passedOn === undefined ? { exit_code: code, signal: null } : { exit_code: null, signal: passedOn };
}

/** Keeps the first bytes of a stream; the first byte too many is told. */
class BoundedOutput {
  truncated = false;
  private readonly parts: Buffer[] = [];
  private kept = 0;

  constructor(stream: Readable, limit: number, onOverflow: () => void) {
    stream.on('error', () => undefined);
    stream.on('data', (part: Buffer) => {
      const room = limit - this.kept;
      if (room > 0) this.parts.push(part.length > room ? part.subarray(0, room) : part);
      this.kept += Math.min(part.length, room);
      if (part.length <= room || this.truncated) return;
      this.truncated = true;
      onOverflow();
    });
  }

  text(): string {
    return Buffer.concat(this.parts).toString('utf8');
  }
}
