/** The cluster's shell where sbatch is on this machine: child processes and copies. */

import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { chmod, copyFile, mkdir, readdir, rename, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import {
  type ClusterShell,
  ClusterUnreachable,
  type CommandOptions,
  type CommandResult,
  type RemoteFile,
  type TransferOptions,
} from '../../../core/cluster.js';
import { errorMessage, NelError } from '../../../core/errors.js';
import { KeptOutput } from '../kept-output.js';

const DEFAULT_TIMEOUT_MS = 60_000;
/**
 * What commands get of this process's environment. sbatch hands its whole environment on to the job and some sites keep it in
 * their accounting: API keys must not be in it.
 */
const PASSED_ON =
  /^(?:PATH|HOME|USER|LOGNAME|SHELL|LANG|LC_\w+|TZ|TMPDIR|LD_LIBRARY_PATH|MODULE\w*|MODULES\w*|LMOD_\w+|SLURM_CONF|SBATCH_\w+|SQUEUE_\w+|SACCT_\w+|MUNGE_\w+)$/;

export function createLocalShell(options: { readonly env?: Readonly<Record<string, string | undefined>> } = {}): ClusterShell {
  const env = Object.fromEntries(Object.entries(options.env ?? process.env).filter(([name]) => PASSED_ON.test(name)));
  return {
    name: 'this machine',
    run: (command, runOptions = {}) => runLocally(command, runOptions, env),
    upload: (from, to, transfer = {}) => copy(from, expand(to, env), transfer),
    write: (text, to, transfer = {}) => writeWhole(text, expand(to, env), transfer),
    download: (from, to, transfer = {}) => copy(expand(from, env), to, transfer),
    downloadAll: async ({ remoteFolder, files }, localFolder, { signal, onFile } = {}) => {
      for (const file of files) {
        signal?.throwIfAborted();
        await copy(path.join(expand(remoteFolder, env), file.path), path.join(localFolder, file.path), {});
        onFile?.(file.path);
      }
    },
    exists: async (file) => (await sizeOf(expand(file, env))) !== null,
    list: (folder) => listFiles(expand(folder, env)),
    close: async () => {},
  };
}

/** `~/x` → below the home directory. */
function expand(file: string, env: Readonly<Record<string, string | undefined>>): string {
  return file.startsWith('~/') ? path.join(env['HOME'] ?? '/', file.slice(2)) : file;
}

function runLocally(
  command: readonly string[],
  { stdin, signal, timeoutMs = DEFAULT_TIMEOUT_MS }: CommandOptions,
  env: Readonly<Record<string, string | undefined>>,
): Promise<CommandResult> {
  const [program, ...args] = command;
  if (program === undefined) throw new NelError('config', 'a command without a program');
  return new Promise((resolve, reject) => {
    const out = new KeptOutput();
    const err = new KeptOutput();
    const child = spawn(program, args, { env, signal, stdio: ['pipe', 'pipe', 'pipe'] });
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      child.kill('SIGKILL');
    }, timeoutMs);
    child.stdout.on('data', out.add);
    child.stderr.on('data', err.add);
    // A command that ends without reading its input is no failure of ours.
    child.stdin.on('error', () => {});
    child.stdin.end(stdin ?? '');
    child.once('error', (error: NodeJS.ErrnoException) => {
      clearTimeout(timer);
      reject(startError(program, error));
    });
    child.once('close', (code, killedBy) => {
      clearTimeout(timer);
      if (code !== null) resolve({ code, stdout: out.text, stderr: err.text });
      else if (isLate) reject(new ClusterUnreachable(`${program} gave no answer within ${timeoutMs / 1000} s`));
      else reject(new NelError('run', `${program} was ended by ${killedBy}`));
    });
  });
}

function startError(program: string, error: NodeJS.ErrnoException): Error {
  if (error.name === 'AbortError') return error;
  if (error.code !== 'ENOENT') return new NelError('run', `${program} cannot be run: ${error.message}`);
  return new NelError('config', `${program} is not on this machine`, {
    hint: 'Run where Slurm is installed, or give the login node as cluster.ssh.',
  });
}

async function sizeOf(file: string): Promise<number | null> {
  try {
    return (await stat(file)).size;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT' || (error as NodeJS.ErrnoException).code === 'ENOTDIR') return null;
    throw new NelError('run', `${file} cannot be looked at: ${errorMessage(error)}`);
  }
}

/** Two that write the same file at once must not write into each other's. */
const partName = (file: string): string => `${file}.part-${randomBytes(6).toString('hex')}`;

async function copy(from: string, to: string, { mode = 0o644, onProgress }: TransferOptions): Promise<void> {
  const size = await sizeOf(from);
  if (size === null) throw new NelError('data', `${from}: there is no such file`);
  if (path.resolve(from) === path.resolve(to)) return;
  if ((await sizeOf(to)) === size && (await sha256(from)) === (await sha256(to))) return;
  await mkdir(path.dirname(to), { recursive: true });
  const part = partName(to);
  await copyFile(from, part);
  await chmod(part, mode);
  await rename(part, to);
  onProgress?.(size, size);
}

async function writeWhole(text: string, to: string, { mode = 0o644 }: TransferOptions): Promise<void> {
  await mkdir(path.dirname(to), { recursive: true });
  const part = partName(to);
  await writeFile(part, text, { mode });
  await chmod(part, mode);
  await rename(part, to);
}

async function sha256(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const part of createReadStream(file)) hash.update(part as Buffer);
  return hash.digest('hex');
}

async function listFiles(folder: string): Promise<readonly RemoteFile[]> {
  if ((await sizeOf(folder)) === null) return [];
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = await Promise.all(
    entries
      .filter((entry) => entry.isFile())
      .map(async (entry) => {
        const file = path.join(entry.parentPath, entry.name);
        return { path: path.relative(folder, file), size: (await sizeOf(file)) ?? 0 };
      }),
  );
  return files.sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
}
