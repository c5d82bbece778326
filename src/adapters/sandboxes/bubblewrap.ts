/**
 * The `bubblewrap` sandbox: namespaces without network and without foreign processes, read-only system folders, a scratch
 * directory in memory, limits by prlimit. Needs no daemon and no image.
 */

import { randomUUID } from 'node:crypto';
import { lstatSync, readlinkSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { NelError } from '../../core/errors.js';
import {
  checkSandboxJob,
  type Sandbox,
  type SandboxJob,
  type SandboxLimits,
  type SandboxOutcome,
  sandboxLimits,
} from '../../core/sandbox.js';
import {
  countsByUserNamespace,
  findLimitTools,
  freshUserId,
  hasAllUserIds,
  type LimitTools,
  limitWrappers,
  NOBODY,
  sandboxEnvironment,
  threadsOfUser,
} from './limits.js';
import { Places } from './places.js';
import { type Environment, findProgram, findPythons, isInside, missingPython, type Python, runProgram } from './programs.js';
import { supervise } from './supervise.js';

/** The working directory and the only place that can be written to. */
const SCRATCH = '/scratch';
/** MiB of shared memory, for semaphores and the like. */
const SHARED_MEMORY_MB = 16;
/** Read-only beside /usr, where the machine has them: the loader's cache, what /usr's links lead over, the time zone. */
const SYSTEM_FILES = ['/etc/ld.so.cache', '/etc/alternatives', '/etc/localtime'];
const LINKED_FOLDERS = ['/bin', '/sbin', '/lib', '/lib32', '/lib64', '/libx32'];

const INSTALL =
  'Install bubblewrap 0.7 or later (Debian, Ubuntu: apt-get install bubblewrap) and allow user namespaces, or name another sandbox.';

/**
 * How the program becomes a user without rights: root changes its id inside (the process limit does not hold for root), others
 * get a user namespace.
 */
export type UserMode = 'setuid' | 'namespace';

export interface BubblewrapLayout {
  readonly mode: UserMode;
  readonly tools: LimitTools;
  /** Mounts of this machine, as bubblewrap's arguments. */
  readonly systemMounts: readonly string[];
  readonly python: Python | undefined;
}

export interface BubblewrapOptions {
  /** Programs at once. Default: the number of CPUs. */
  readonly concurrency?: number;
  /** In place of what a job asks for. */
  readonly limits?: Partial<SandboxLimits>;
  readonly env: Environment;
}

/** @throws NelError of kind `run` when bubblewrap is not there or cannot make namespaces here */
export async function openBubblewrap(options: BubblewrapOptions): Promise<Sandbox> {
  const { env } = options;
  const file = findProgram('bwrap', env);
  if (file === undefined) throw new NelError('run', 'bubblewrap (bwrap) is not installed', { hint: INSTALL });
  const help = await runProgram(file, ['--help'], {}, 10_000);
  if (!`${help.stdout}${help.stderr}`.includes('--size')) throw new NelError('run', `${file} is too old`, { hint: INSTALL });
  const tools = findLimitTools(env);
  const systemMounts = systemFolders();
  const reasons: unknown[] = [];
  for (const mode of userModes()) {
    const open = (python?: Python): Bubblewrap => new Bubblewrap(file, { mode, tools, systemMounts, python }, options);
    const bare = open();
    try {
      await bare.probe(['true']);
    } catch (error) {
      reasons.push(error);
      continue;
    }
    for (const python of await findPythons(env)) {
      const sandbox = open(python);
      if (
        await sandbox.probe(['python3', '-S', '-c', 'pass']).then(
          () => true,
          () => false,
        )
      )
        return sandbox;
    }
    return bare;
  }
  throw reasons[0];
}

/**
 * What to try, best first. In a container root may be an ordinary user of the machine: there a namespace is as good. For the
 * machine's own root the process limit would not hold in a namespace.
 */
function userModes(): UserMode[] {
  if (process.getuid?.() !== 0) return ['namespace'];
  return hasAllUserIds() ? ['setuid'] : ['setuid', 'namespace'];
}

class Bubblewrap implements Sandbox {
  readonly type = 'bubblewrap';
  readonly nonce = randomUUID();
  private readonly places: Places;

  constructor(
    private readonly file: string,
    private readonly layout: BubblewrapLayout,
    private readonly options: BubblewrapOptions,
  ) {
    this.places = new Places(options.concurrency ?? availableParallelism());
  }

  async run(job: SandboxJob, signal: AbortSignal): Promise<SandboxOutcome> {
    checkSandboxJob(job);
    const limits = sandboxLimits(job.limits, this.options.limits);
    if (job.command[0] === 'python3' && this.layout.python === undefined) throw missingPython();
    return this.places.use(signal, async () => {
      const others = this.layout.mode === 'namespace' && !countsByUserNamespace() ? threadsOfUser(process.getuid?.() ?? 0) : 0;
      const { report, ...outcome } = await supervise({
        file: this.file,
        args: bubblewrapArguments(this.layout, job, limits, { uid: freshUserId(), otherThreads: others }),
        env: sandboxEnvironment(SCRATCH, this.layout.python && path.dirname(this.layout.python.executable)),
        cwd: '/',
        inputs: [job.stdin ?? '', ...Object.values(job.files)],
        report: true,
        limits,
        signal,
      });
      // bubblewrap reports an exit code only of a program that it has started.
      const ended = outcome.timed_out || outcome.output_truncated;
      if (!ended && !report.includes('"exit-code"') && outcome.signal === null) throw notStarted(outcome.stderr);
      return outcome;
    });
  }

  async close(): Promise<void> {
    await this.places.empty();
  }

  /** @throws NelError when the command does not end with 0 */
  async probe(command: readonly string[]): Promise<void> {
    const outcome = await this.run({ files: { probe: '' }, command }, new AbortController().signal);
    if (outcome.exit_code !== 0) throw notStarted(outcome.stderr);
  }
}

function notStarted(stderr: string): NelError {
  const said = stderr.trim().split('\n').at(-1)?.slice(0, 300) || 'it said nothing';
  return new NelError('run', `bubblewrap could not start the program: ${said}`, { hint: INSTALL });
}

/** The folders of a Linux system that every program needs, as they are here: links stay links. */
function systemFolders(): string[] {
  const mounts = ['--ro-bind', '/usr', '/usr'];
  for (const folder of LINKED_FOLDERS) {
    const status = lstatSync(folder, { throwIfNoEntry: false });
    if (status?.isSymbolicLink()) mounts.push('--symlink', readlinkSync(folder), folder);
    else if (status?.isDirectory()) mounts.push('--ro-bind', folder, folder);
  }
  return [...mounts, '--perms', '0755', '--dir', '/etc', ...SYSTEM_FILES.flatMap((file) => ['--ro-bind-try', file, file])];
}

/** bubblewrap's arguments for a job. The job's files are read from descriptors 3, 4, …, the report goes to the one after them. */
export function bubblewrapArguments(
  layout: BubblewrapLayout,
  job: SandboxJob,
  limits: SandboxLimits,
  { uid, otherThreads }: { readonly uid: number; readonly otherThreads: number },
): string[] {
  const { mode, tools, systemMounts, python } = layout;
  const user =
    mode === 'setuid'
      ? ['--cap-drop', 'ALL', '--cap-add', 'CAP_SETUID', '--cap-add', 'CAP_SETGID']
      : ['--unshare-user', '--uid', String(NOBODY), '--gid', String(NOBODY)];
  const wrappers = limitWrappers(tools, limits, {
    ...(mode === 'setuid' ? { uid } : {}),
    processes: limits.processes + otherThreads,
  });
  const names = Object.keys(job.files);
  const [program = '', ...words] = job.command;
  return [
    ...user,
    ...['--unshare-net', '--unshare-pid', '--unshare-ipc', '--unshare-uts', '--unshare-cgroup-try', '--hostname', 'sandbox'],
    // The session is its own already: pid 1 stays in the process group that a kill reaches.
    '--die-with-parent',
    ...systemMounts,
    ...(python === undefined || isInside(python.prefix, '/usr')
      ? []
      : [...parents(python.prefix), '--ro-bind', python.prefix, python.prefix]),
    ...['--proc', '/proc', '--dev', '/dev'],
    ...['--perms', '1777', '--size', String(SHARED_MEMORY_MB * 1_048_576), '--tmpfs', '/dev/shm'],
    ...['--perms', '1777', '--size', String(limits.file_mb * 1_048_576), '--tmpfs', SCRATCH],
    ...(python !== undefined && isInside(python.prefix, '/tmp') ? [] : ['--symlink', SCRATCH, '/tmp']),
    ...folders(names).flatMap((folder) => ['--perms', '1777', '--dir', `${SCRATCH}/${folder}`]),
    ...names.flatMap((name, i) => ['--perms', '0644', '--file', String(3 + i), `${SCRATCH}/${name}`]),
    ...['--remount-ro', '/dev', '--remount-ro', '/', '--chdir', SCRATCH],
    ...['--json-status-fd', String(3 + names.length), '--'],
    ...wrappers,
    program === 'python3' && python !== undefined ? python.executable : program,
    ...words,
  ];
}

/** The folders above a mount, made passable: bubblewrap would make them for its own user only. */
function parents(folder: string): string[] {
  const names = folder.split('/').slice(1, -1);
  return names.flatMap((_, i) => ['--perms', '0755', '--dir', `/${names.slice(0, i + 1).join('/')}`]);
}

/** The folders of the job's files, each once, outer ones first. */
function folders(names: readonly string[]): string[] {
  const all = names.flatMap((name) =>
    name
      .split('/')
      .slice(0, -1)
      .map((_, i, parts) => parts.slice(0, i + 1).join('/')),
  );
  return [...new Set(all)].sort();
}
