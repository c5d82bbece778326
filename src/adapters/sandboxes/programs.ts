/** The programs of this machine that sandboxes are made of: where they are, and Python's real interpreter behind shims and links. */

import { execFile } from 'node:child_process';
import { accessSync, constants, realpathSync, statSync } from 'node:fs';
import path from 'node:path';
import { NelError } from '../../core/errors.js';

/** Where programs are looked for without a PATH. */
const SYSTEM_FOLDERS = ['/usr/local/bin', '/usr/bin', '/bin', '/usr/sbin', '/sbin'];

/** Environment variables by name, as process.env has them. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Every executable of that name, in PATH's order. */
export function findPrograms(name: string, env: Environment): string[] {
  const folders = (env.PATH?.split(path.delimiter) ?? SYSTEM_FOLDERS).filter((folder) => path.isAbsolute(folder));
  return [...new Set(folders.map((folder) => path.join(folder, name)))].filter(isExecutable);
}

export function findProgram(name: string, env: Environment): string | undefined {
  return findPrograms(name, env)[0];
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

export interface ToolEnd {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs one of these programs to its end; never rejects, a program that does not start has no code. */
export function runProgram(file: string, args: readonly string[], env: Environment, timeoutMs: number): Promise<ToolEnd> {
  return new Promise((resolve) => {
    const options = { env: { ...env }, cwd: '/', timeout: timeoutMs, killSignal: 'SIGKILL', maxBuffer: 1_048_576 } as const;
    execFile(file, args, options, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : null;
      resolve({ code, stdout, stderr: stderr || (error?.message ?? '') });
    });
  });
}

export interface Python {
  /** The interpreter itself, no shim, no virtual environment. */
  readonly executable: string;
  /** The folder that holds its standard library: what a sandbox must be able to read. */
  readonly prefix: string;
}

/** Asks the interpreter about itself: a shim or a virtual environment only leads to the real one. */
const WHERE = 'import sys\nprint(getattr(sys, "_base_executable", None) or sys.executable)\nprint(sys.base_prefix)\n';

/** Python 3 interpreters, in PATH's order, each once. */
export async function findPythons(env: Environment): Promise<Python[]> {
  const found: Python[] = [];
  for (const candidate of findPrograms('python3', env)) {
    const { code, stdout } = await runProgram(candidate, ['-I', '-S', '-c', WHERE], { PATH: env.PATH, HOME: env.HOME }, 10_000);
    const python = code === 0 ? describedPython(stdout, env) : undefined;
    if (python && !found.some(({ executable }) => executable === python.executable)) found.push(python);
  }
  return found;
}

function describedPython(description: string, env: Environment): Python | undefined {
  try {
    const [executable = '', prefix = ''] = description.split('\n');
    const python = { executable: realpathSync(executable), prefix: realpathSync(prefix) };
    // Readable in a sandbox as a whole: it must not be the home directory, nor anything that holds it.
    const home = env.HOME === undefined ? undefined : realpathSync(env.HOME);
    return python.prefix === '/' || (home !== undefined && isInside(home, python.prefix)) ? undefined : python;
  } catch {
    return undefined;
  }
}

/** True when `file` is `folder` or under it. */
export function isInside(file: string, folder: string): boolean {
  return file === folder || file.startsWith(folder.endsWith('/') ? folder : `${folder}/`);
}

/** What a job that needs Python throws where the sandbox has none. */
export function missingPython(): NelError {
  return new NelError('run', 'no python3 can be started in the sandbox', {
    hint: 'Install Python 3 (Debian, Ubuntu: apt-get install python3) where every user can read it.',
  });
}
