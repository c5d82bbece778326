/**
 * The `process` sandbox: limits, an empty environment and a scratch directory, nothing else. The network and every file that the
 * user can read are open to the program, so that it is only taken when it is asked for by name. As root each program runs as a
 * user of its own.
 */

import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { chmod, chown, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import path from 'node:path';
import {
  checkSandboxJob,
  type Sandbox,
  type SandboxJob,
  type SandboxLimits,
  type SandboxOutcome,
  sandboxLimits,
} from '../../core/sandbox.js';
import {
  findLimitTools,
  freshUserId,
  isExclusive,
  type LimitTools,
  limitWrappers,
  NOBODY,
  sandboxEnvironment,
  threadsOfUser,
} from './limits.js';
import { Places } from './places.js';
import { type Environment, findPythons, missingPython, type Python } from './programs.js';
import { supervise } from './supervise.js';

/** Carried by every process of a program, so that what it leaves behind is found. */
const MARK = 'NEL_SANDBOX';
/** Rounds of killing what is left: between two looks it may have made new processes. */
const MOST_ROUNDS = 50;

export interface ProcessSandboxOptions {
  /** Programs at once. Default: the number of CPUs. */
  readonly concurrency?: number;
  /** In place of what a job asks for. */
  readonly limits?: Partial<SandboxLimits>;
  readonly env: Environment;
}

/** @throws NelError of kind `run` when the machine has no prlimit or setpriv */
export async function openProcessSandbox(options: ProcessSandboxOptions): Promise<Sandbox> {
  const tools = findLimitTools(options.env);
  for (const python of await findPythons(options.env)) {
    const sandbox = new ProcessSandbox(tools, python, options);
    if (await sandbox.starts(['python3', '-S', '-c', 'pass'])) return sandbox;
  }
  return new ProcessSandbox(tools, undefined, options);
}

class ProcessSandbox implements Sandbox {
  readonly type = 'process';
  readonly nonce = randomUUID();
  private readonly places: Places;
  constructor(
    private readonly tools: LimitTools,
    private readonly python: Python | undefined,
    private readonly options: ProcessSandboxOptions,
  ) {
    this.places = new Places(options.concurrency ?? availableParallelism());
  }

  async run(job: SandboxJob, signal: AbortSignal): Promise<SandboxOutcome> {
    checkSandboxJob(job);
    const limits = sandboxLimits(job.limits, this.options.limits);
    if (job.command[0] === 'python3' && this.python === undefined) throw missingPython();
    return this.places.use(signal, async () => {
      const uid = process.getuid?.() === 0 ? freshUserId() : undefined;
      const scratch = await mkdtemp(path.join(tmpdir(), 'nel-sandbox-'));
      const mark = randomUUID();
      try {
        await writeFiles(scratch, job.files, uid);
        return await this.start(job, limits, { scratch, mark, uid, signal });
      } finally {
        await removeFolder(scratch);
      }
    });
  }

  async close(): Promise<void> {
    await this.places.empty();
  }

  async starts(command: readonly string[]): Promise<boolean> {
    const outcome = await this.run({ files: {}, command }, new AbortController().signal);
    return outcome.exit_code === 0;
  }

  private async start(
    job: SandboxJob,
    limits: SandboxLimits,
    place: { scratch: string; mark: string; uid: number | undefined; signal: AbortSignal },
  ): Promise<SandboxOutcome> {
    const { scratch, mark, uid, signal } = place;
    const python = this.python?.executable;
    // The kernel counts all processes of the user, a number of its own has none.
    const others = uid === undefined ? threadsOfUser(process.getuid?.() ?? 0) : uid === NOBODY ? threadsOfUser(NOBODY) : 0;
    const wrappers = limitWrappers(this.tools, limits, {
      ...(uid === undefined ? {} : { uid }),
      processes: limits.processes + others,
      dieWithParent: true,
    });
    const [file = '', ...args] = [...wrappers, job.command[0] === 'python3' ? (python ?? 'python3') : job.command[0]];
    const { report, ...outcome } = await supervise({
      file,
      args: [...args, ...job.command.slice(1)] as string[],
      env: { ...sandboxEnvironment(scratch, python && path.dirname(python)), [MARK]: mark },
      cwd: scratch,
      inputs: [job.stdin ?? ''],
      limits,
      signal,
      onExit: () => killLeftovers(mark, uid !== undefined && isExclusive(uid) ? uid : undefined),
    });
    return outcome;
  }
}

async function writeFiles(scratch: string, files: Readonly<Record<string, string>>, uid: number | undefined): Promise<void> {
  const own = async (name: string): Promise<void> => {
    if (uid !== undefined) await chown(path.join(scratch, name), uid, uid);
  };
  await own('');
  for (const [name, text] of Object.entries(files)) {
    const folders = name.split('/').slice(0, -1);
    for (let depth = 1; depth <= folders.length; depth++) {
      await mkdir(path.join(scratch, ...folders.slice(0, depth)), { recursive: true });
      await own(folders.slice(0, depth).join('/'));
    }
    await writeFile(path.join(scratch, name), text);
    await own(name);
  }
}

/** Also what the program has locked: as an ordinary user its files are ours, whatever their mode. */
async function removeFolder(folder: string): Promise<void> {
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true, maxRetries: 3 });
  await remove().catch(async () => {
    await unlock(folder);
    await remove();
  });
}

async function unlock(folder: string): Promise<void> {
  await chmod(folder, 0o700);
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) await unlock(path.join(folder, entry.name));
  }
}

/** Ends the processes that left the program's group: all of the user that only it has, else those that carry its mark. */
function killLeftovers(mark: string, uid: number | undefined): void {
  const killed = new Set<string>();
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const pids = readdirSync('/proc').filter((pid) => /^\d+$/.test(pid) && !killed.has(pid));
    const left = pids.filter((pid) => (uid === undefined ? carries(pid, mark) : belongsTo(pid, uid)));
    if (left.length === 0) return;
    for (const pid of left) {
      killed.add(pid);
      try {
        process.kill(Number(pid), 'SIGKILL');
      } catch {
        // Ended meanwhile.
      }
    }
  }
}

function carries(pid: string, mark: string): boolean {
  return readProc(pid, 'environ').includes(`${MARK}=${mark}`);
}

/** A zombie cannot be killed once more. */
function belongsTo(pid: string, uid: number): boolean {
  const status = readProc(pid, 'status');
  return status.includes(`\nUid:\t${uid}\t`) && !status.includes('\nState:\tZ');
}

function readProc(pid: string, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'latin1');
  } catch {
    return '';
  }
}
