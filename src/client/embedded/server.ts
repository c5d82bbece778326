/**
 * The embedded Temporal server as the rest of nel sees it: one server for each user and host, started on demand by a detached supervisor,
 * shared through leases, stopped when asked or idle.
 */
import path from 'node:path';
import { NelError } from '../../core/errors.js';
import { ask, type StopAnswer, type SupervisorStatus } from './control.js';
import { type ServerLease, SharedLease } from './lease.js';
import { newestOwner, ownerLives } from './owner.js';
import { makePrivateFolder, serverFolder, stateDirectory } from './paths.js';
import { isAlive } from './process-identity.js';
import { readServerRecord } from './server-process.js';

export type { ServerLease } from './lease.js';

/** Stopping asks the server what is open, then waits for its end. */
const STOP_ANSWER_MS = 30_000;
/** Time for the supervisor's end once it has closed its socket. */
const END_MS = 5000;

export interface EmbeddedOptions {
  /** Default: `$NEL_STATE_DIR`, else `$XDG_STATE_HOME/nel`, else `~/.local/state/nel`. */
  readonly stateDir?: string;
  /** Progress for a person, one line a call. Default: nothing. */
  readonly log?: (line: string) => void;
}

export interface EnsureOptions extends EmbeddedOptions {
  /**
   * Seconds without a lease after which the server stops, unless workflows are open or schedules unpaused. Default:
   * `$NEL_TEMPORAL_IDLE_SECONDS`; where neither is given a running server keeps its time and a new one has 600.
   */
  readonly idleSeconds?: number;
}

export type ServerStatus =
  | { readonly running: false; readonly stateDir: string }
  | ({ readonly running: true; readonly stateDir: string } & SupervisorStatus);

/**
 * Finds this user's server or starts one; returns when it serves.
 * @throws NelError `config` when there is no Temporal CLI to be had, `run` when the server does not start
 */
export async function ensureServer(options: EnsureOptions = {}): Promise<ServerLease> {
  assertSupported();
  const { stateDir, folder } = places(options);
  makePrivateFolder(folder);
  const idleSeconds = idleSecondsOf(options.idleSeconds ?? process.env['NEL_TEMPORAL_IDLE_SECONDS']);
  const lease = new SharedLease({ stateDir, folder, idleSeconds, log: options.log ?? (() => undefined) });
  await lease.acquire();
  return lease;
}

/**
 * Stops the server. Workflows on it go on when it is started again.
 * @throws NelError `usage` when other processes hold leases or workflows are open, unless `force`
 */
export async function stopServer(options: EmbeddedOptions & { readonly force?: boolean } = {}): Promise<'stopped' | 'not running'> {
  const { folder } = places(options);
  const socket = (await livingSocket(folder)) ?? (await superviseOrphan(folder, options));
  if (socket === undefined) return 'not running';
  const body = { force: options.force === true, pid: process.pid };
  let answer: StopAnswer;
  try {
    answer = (await ask(socket, { method: 'POST', path: '/stop', body, timeoutMs: STOP_ANSWER_MS })) as StopAnswer;
  } catch (error) {
    if (!(await hasGone(folder, socket))) throw silent(folder, error);
    // It died while we asked, and may have left the server.
    await stopServer(options);
    return 'stopped';
  }
  if (!answer.stopped) throw inUse(answer.leases, answer.workflows);
  await hasGone(folder, socket);
  return 'stopped';
}

/** What runs, who holds it and what is open on it. Starts nothing. */
export async function serverStatus(options: Pick<EmbeddedOptions, 'stateDir'> = {}): Promise<ServerStatus> {
  const { stateDir, folder } = places(options);
  const socket = await livingSocket(folder);
  if (socket === undefined) return { running: false, stateDir };
  try {
    const status = (await ask(socket, { method: 'GET', path: '/status', timeoutMs: 10_000 })) as SupervisorStatus;
    return { running: true, stateDir, ...status };
  } catch (error) {
    if (!(await hasGone(folder, socket))) throw silent(folder, error);
    return serverStatus({ stateDir });
  }
}

/**
 * Seconds from an option or an environment variable; undefined where neither is given.
 * @throws NelError when it is no number of seconds
 */
export function idleSecondsOf(value: number | string | undefined): number | undefined {
  if (value === undefined || value === '') return undefined;
  const seconds = Number(value);
  if (Number.isFinite(seconds) && seconds >= 0) return seconds;
  throw new NelError('config', `the embedded server's idle time is no number of seconds: ${JSON.stringify(value)}`, {
    hint: 'Set NEL_TEMPORAL_IDLE_SECONDS to a number such as 600.',
  });
}

function places({ stateDir }: Pick<EmbeddedOptions, 'stateDir'>): { stateDir: string; folder: string } {
  const root = stateDir === undefined ? stateDirectory() : path.resolve(stateDir);
  return { stateDir: root, folder: serverFolder(root) };
}

async function livingSocket(folder: string): Promise<string | undefined> {
  const { record } = newestOwner(folder);
  return record && (await ownerLives(record)) ? record.socket : undefined;
}

/** A server whose supervisor was killed gets a new one, which adopts it and can then stop it in order. */
async function superviseOrphan(folder: string, options: EmbeddedOptions): Promise<string | undefined> {
  const record = readServerRecord(folder);
  if (!record || !isAlive(record.process)) return undefined;
  const lease = await ensureServer(options);
  await lease.release();
  return livingSocket(folder);
}

/** Waits for the owner's end, which follows its last answer by a moment. */
async function hasGone(folder: string, socket: string): Promise<boolean> {
  const giveUpAt = Date.now() + END_MS;
  while ((await livingSocket(folder)) === socket) {
    if (Date.now() > giveUpAt) return false;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return true;
}

function inUse(leases: readonly number[], workflows: number): NelError {
  const reasons: string[] = [];
  if (leases.length > 0) reasons.push(leases.length === 1 ? `process ${leases[0]} uses it` : `processes ${leases.join(', ')} use it`);
  if (workflows > 0) reasons.push(`${workflows} ${workflows === 1 ? 'workflow is' : 'workflows are'} open`);
  return new NelError('usage', `the embedded server is in use: ${reasons.join(' and ')}`, {
    hint: 'Wait for them, or pass --force; open workflows go on when the server is started again.',
  });
}

function silent(folder: string, cause: unknown): NelError {
  const pid = newestOwner(folder).record?.process.pid;
  const hint = `See ${path.join(folder, 'supervisor.log')}${pid === undefined ? '' : `, or end process ${pid}`}.`;
  return new NelError('run', "the embedded server's supervisor does not answer", { hint, cause });
}

function assertSupported(): void {
  if (process.platform !== 'win32') return;
  throw new NelError('config', 'the embedded Temporal server runs on Linux and macOS', {
    hint: 'Set TEMPORAL_ADDRESS to a running server, or run nel in WSL.',
  });
}
