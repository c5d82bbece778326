/** Runs a harness to its end under the guard: output into a bounded log, the whole process group ended on a stop. */

import { spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { StringDecoder } from 'node:string_decoder';
import { errorMessage, NelError } from '../../core/errors.js';
import type { HarnessCommand } from '../../core/harness.js';
import { GUARD } from './guard.js';
import { LastLines, LineSplitter, type OutputLine } from './output.js';

/** How long a program may take to end by itself after a TERM. */
const GRACE_MS = 8_000;
/** The log is for people: past this only the end is kept. */
const LOG_BYTES = 16 * 1024 * 1024;
/** A progress bar is painted ten times a second. */
const PASSING_MS = 5_000;
const SHOWN_LINES = 8;

export interface HarnessProcess extends HarnessCommand {
  /** What `command` is called in messages. */
  readonly tool: string;
  /** The whole environment. Credentials reach the program by this way only. */
  readonly environment: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** Appended to. */
  readonly logFile: string;
  readonly redact: (text: string) => string;
  readonly onLine: (line: string) => void;
  /** See Harness. */
  readonly advice: (said: string) => string | null;
  /** Ends the program. */
  readonly stop: AbortSignal;
}

/**
 * Resolves when the program has ended with code 0.
 * @throws NelError of kind `run` with its last lines when it failed; the signal's reason, after its end, when it was stopped
 */
export async function runHarnessProcess(program: HarnessProcess): Promise<void> {
  const { tool, file, args, redact, stop, logFile } = program;
  stop.throwIfAborted();
  const lines = new LastLines();
  const log = new BoundedLog(logFile);
  log.write(`== ${new Date().toISOString()} ${redact([file, ...args].map((arg) => JSON.stringify(arg)).join(' '))}`);
  let code: number | null;
  try {
    code = await untilEnd(program, (line) => {
      lines.add(line);
      log.add(line);
      program.onLine(lines.last);
    });
    log.write(`== ended with ${code ?? 'a signal'}`);
  } finally {
    await log.close();
  }
  stop.throwIfAborted();
  if (code === 0) return;
  const said = quoted(lines);
  const hint = [program.advice(said), `All that it printed is in ${logFile}.`].filter((part) => part !== null).join('\n');
  throw new NelError('run', `${tool} ${ending(code)}\n${said}`, { hint });
}

/** What a program said at its end, as an error quotes it. */
function quoted(lines: LastLines): string {
  const said = lines.reasons(SHOWN_LINES);
  return said.length === 0 ? '  (it printed nothing)' : said.map((line) => `  ${line}`).join('\n');
}

function ending(code: number | null): string {
  if (code === null) return 'was ended by a signal';
  if (code === 127) return 'could not be started';
  return code > 128 && code < 160 ? `was ended by signal ${code - 128}; it said:` : `ended with code ${code}; it said:`;
}

function untilEnd(program: HarnessProcess, onLine: (line: OutputLine) => void): Promise<number | null> {
  const { tool, file, args, environment, env, cwd, redact, stop } = program;
  return new Promise((resolve, reject) => {
    const guard = spawn(process.execPath, ['-e', GUARD, '--', String(GRACE_MS), file, ...args], {
      cwd,
      env: { ...environment, ...env },
      // A session of its own: a Ctrl-C in the terminal is for us, and we end the program in order.
      detached: true,
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    let last: NodeJS.Timeout | undefined;
    const end = (): void => {
      guard.stdin.end();
      last ??= setTimeout(() => guard.kill('SIGKILL'), GRACE_MS * 2);
    };
    const streams = [guard.stdout, guard.stderr].map((stream) => {
      const splitter = new LineSplitter(redact, onLine);
      const decoder = new StringDecoder('utf8');
      stream.on('data', (chunk: Buffer) => splitter.push(decoder.write(chunk)));
      stream.on('error', () => undefined);
      return splitter;
    });
    guard.stdin.on('error', () => undefined);
    guard.once('error', (error) => {
      if (guard.pid === undefined) reject(new NelError('run', `${tool} cannot be started: ${errorMessage(error)}`, { cause: error }));
    });
    guard.once('close', (code) => {
      clearTimeout(last);
      stop.removeEventListener('abort', end);
      for (const splitter of streams) splitter.end();
      resolve(code);
    });
    if (stop.aborted) end();
    else stop.addEventListener('abort', end, { once: true });
  });
}

/** A log that stops growing, and says so. */
class BoundedLog {
  private readonly stream;
  private left = LOG_BYTES;
  private passed = 0;

  constructor(file: string) {
    this.stream = createWriteStream(file, { flags: 'a' });
    // A log that cannot be written must not end an evaluation.
    this.stream.on('error', () => undefined);
  }

  add({ text, passing }: OutputLine): void {
    if (passing) {
      const now = performance.now();
      if (now - this.passed < PASSING_MS) return;
      this.passed = now;
    }
    if (this.left <= 0) return;
    this.left -= text.length + 1;
    this.write(this.left > 0 ? text : '== the log ends here: the program prints more than is kept');
  }

  write(text: string): void {
    this.stream.write(`${text}\n`);
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      if (this.stream.destroyed) resolve();
      else this.stream.end(() => resolve());
      this.stream.once('error', () => resolve());
    });
  }
}
