/** Limits as wrappers in front of a program: util-linux' setpriv, prlimit and choom. Shared by `bubblewrap` and `process`. */

import { randomInt } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { release } from 'node:os';
import { NelError } from '../../core/errors.js';
import type { SandboxLimits } from '../../core/sandbox.js';
import { type Environment, findProgram } from './programs.js';

/** Where the tools of util-linux are. */
export interface LimitTools {
  readonly prlimit: string;
  readonly setpriv: string;
  /** Makes the kernel end the program first when memory runs out; some machines lack it. */
  readonly choom: string | undefined;
}

/** @throws NelError of kind `run` that names what to install */
export function findLimitTools(env: Environment): LimitTools {
  const prlimit = findProgram('prlimit', env);
  const setpriv = findProgram('setpriv', env);
  if (prlimit !== undefined && setpriv !== undefined) return { prlimit, setpriv, choom: findProgram('choom', env) };
  throw new NelError('run', `the sandbox needs ${prlimit === undefined ? 'prlimit' : 'setpriv'}, which is not there`, {
    hint: 'Install util-linux (Linux only), or set sandbox: {type: docker}.',
  });
}

/** Everything that code may see of an environment; all else is left out, so that no key can be read. */
export function sandboxEnvironment(scratch: string, pythonFolder?: string): Record<string, string> {
  return {
    PATH: [...(pythonFolder === undefined ? [] : [pythonFolder]), '/usr/local/bin', '/usr/bin', '/bin'].join(':'),
    HOME: scratch,
    TMPDIR: scratch,
    LANG: 'C.UTF-8',
    // The same answer gets the same score: sets of strings are walked in the same order every time.
    PYTHONHASHSEED: '0',
    PYTHONDONTWRITEBYTECODE: '1',
  };
}

export interface WrapOptions {
  /** Becomes this user and group; only root can. Undefined: stays who it is. */
  readonly uid?: number;
  /** Value of the process limit: the kernel counts all processes of the user. */
  readonly processes: number;
  /** Ends the program when its parent ends. */
  readonly dieWithParent?: boolean;
}

/** The wrappers, outermost first: the program's own words follow. */
export function limitWrappers(tools: LimitTools, limits: SandboxLimits, options: WrapOptions): string[] {
  const { uid, processes, dieWithParent } = options;
  const user = uid === undefined ? [] : [`--reuid=${uid}`, `--regid=${uid}`, '--clear-groups'];
  return [
    tools.setpriv,
    ...user,
    '--inh-caps=-all',
    '--no-new-privs',
    ...(dieWithParent ? ['--pdeathsig=KILL'] : []),
    tools.prlimit,
    // At the soft limit SIGXCPU, which can be caught; a second later SIGKILL.
    `--cpu=${limits.cpu_seconds}:${limits.cpu_seconds + 1}`,
    `--as=${limits.memory_mb * 1_048_576}`,
    `--fsize=${limits.file_mb * 1_048_576}`,
    `--nproc=${processes}`,
    '--nofile=256',
    '--core=0',
    '--',
    ...(tools.choom === undefined ? [] : [tools.choom, '-n', '1000', '--']),
  ];
}

/** Nobody: the user where there is no room for others. */
export const NOBODY = 65_534;

/** From here on user ids are given to nobody, by any system's custom. */
const FIRST_UNUSED = 2 ** 30;

/** True when all user ids of the machine can be used: not so in a container that maps a few thousand. */
export function hasAllUserIds(): boolean {
  const [, , length = 0] = readFileSync('/proc/self/uid_map', 'utf8').trim().split(/\s+/).map(Number);
  return length > 2 ** 31;
}

/**
 * A user id for one run, at random: its process limit counts nobody else's processes (also not those of an earlier run that are still
 * ending), and no program can reach another's. Only root can become it.
 */
export function freshUserId(): number {
  if (hasAllUserIds()) return FIRST_UNUSED + randomInt(FIRST_UNUSED);
  return readFileSync('/proc/self/uid_map', 'utf8').includes(' 65536') ? 60_000 + randomInt(5_000) : NOBODY;
}

/** True when no other process can have this user id. */
export function isExclusive(uid: number): boolean {
  return uid >= FIRST_UNUSED;
}

/** Since Linux 5.14 processes are counted in their user namespace; before, with all others of the user. */
export function countsByUserNamespace(kernel: string = release()): boolean {
  const [major = 0, minor = 0] = kernel.split('.').map((part) => Number.parseInt(part, 10));
  return major > 5 || (major === 5 && minor >= 14);
}

/** Threads that a user has now, which the process limit counts in. */
export function threadsOfUser(uid: number): number {
  let threads = 0;
  for (const pid of readdirSync('/proc')) {
    if (!/^\d+$/.test(pid)) continue;
    try {
      if (statSync(`/proc/${pid}`).uid === uid) threads += readdirSync(`/proc/${pid}/task`).length;
    } catch {
      // Ended meanwhile.
    }
  }
  return threads;
}
