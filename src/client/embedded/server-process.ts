/** The Temporal server as a process: its arguments, its record on disk, finding and ending what a dead supervisor left behind. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { closeSync, fsyncSync, openSync, readdirSync, readFileSync, renameSync, statSync, writeSync } from 'node:fs';
import path from 'node:path';
import { serverEnvironment } from './environment.js';
import type { Ports } from './ports.js';
import { identityOf, isAlive, type ProcessIdentity } from './process-identity.js';

/** Of every embedded server, so that runs can be found and sorted in Temporal's UI. */
export const SEARCH_ATTRIBUTES = {
  NelBenchmark: 'Keyword',
  NelModel: 'Keyword',
  NelVerdict: 'Keyword',
  NelScore: 'Double',
  NelRun: 'Keyword',
} as const;

/** A log of the server above this is moved aside before the next start. */
const MAX_LOG_BYTES = 5_000_000;

/** server.json: the server that was started last, which may be dead. */
export interface ServerRecord {
  readonly process: ProcessIdentity;
  readonly ports: Ports;
  readonly databasePath: string;
  readonly binary: string;
  /** ISO 8601. */
  readonly startedAt: string;
}

export function databasePath(folder: string): string {
  return path.join(folder, 'temporal.db');
}

export function serverLogFile(folder: string): string {
  return path.join(folder, 'server.log');
}

/**
 * Arguments of `temporal`. The pragmas: a write-ahead log synced at checkpoints survives kill -9 of the server; the exclusive lock keeps a
 * second server off the file, without it both report that they serve.
 */
export function serverArguments(ports: Ports, database: string): string[] {
  const pragmas = ['journal_mode=wal', 'synchronous=normal', 'locking_mode=exclusive'];
  return [
    ...['server', 'start-dev', '--ip', '127.0.0.1', '--port', String(ports.grpc), '--ui-port', String(ports.ui)],
    ...['--db-filename', database],
    ...pragmas.flatMap((pragma) => ['--sqlite-pragma', pragma]),
    ...Object.entries(SEARCH_ATTRIBUTES).flatMap(([name, type]) => ['--search-attribute', `${name}=${type}`]),
    ...['--log-level', 'warn', '--log-format', 'text'],
    // Looks for newer versions over the network.
    ...['--dynamic-config-value', 'frontend.enableServerVersionCheck=false'],
  ];
}

/** Starts the server in the folder, records it, and returns without waiting for it. */
export async function startServer(folder: string, binary: string, ports: Ports): Promise<{ child: ChildProcess; record: ServerRecord }> {
  const database = databasePath(folder);
  const log = openLog(serverLogFile(folder));
  const child = spawn(binary, serverArguments(ports, database), {
    cwd: folder,
    env: serverEnvironment(),
    stdio: ['ignore', log, log],
  });
  try {
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', reject);
    });
  } finally {
    closeSync(log);
  }
  // Without a listener a late error, such as a signal that cannot be sent, would end the supervisor.
  child.on('error', () => undefined);
  const process = identityOf(child.pid ?? 0);
  if (!process) throw new Error('the server ended at once');
  const record: ServerRecord = { process, ports, databasePath: database, binary, startedAt: new Date().toISOString() };
  writeRecord(folder, record);
  return { child, record };
}

/** The record of the last server; undefined when there is none or it is broken. */
export function readServerRecord(folder: string): ServerRecord | undefined {
  try {
    const record = JSON.parse(readFileSync(path.join(folder, 'server.json'), 'utf8')) as Partial<ServerRecord>;
    const whole = record.process?.pid && record.ports?.grpc && record.ports.ui && record.databasePath && record.binary && record.startedAt;
    return whole ? (record as ServerRecord) : undefined;
  } catch {
    return undefined;
  }
}

function writeRecord(folder: string, record: ServerRecord): void {
  const draft = path.join(folder, `.server-${process.pid}.json`);
  const handle = openSync(draft, 'w', 0o600);
  writeSync(handle, JSON.stringify(record, null, 2));
  fsyncSync(handle);
  closeSync(handle);
  renameSync(draft, path.join(folder, 'server.json'));
}

/** Ends exactly this process: asks, and after `graceMs` kills. Resolves when it is gone. */
export async function endProcess(identity: ProcessIdentity, graceMs: number): Promise<void> {
  signal(identity, 'SIGTERM');
  const killAt = Date.now() + graceMs;
  let killed = false;
  while (isAlive(identity)) {
    if (!killed && Date.now() >= killAt) {
      signal(identity, 'SIGKILL');
      killed = true;
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function signal(identity: ProcessIdentity, name: NodeJS.Signals): void {
  if (!isAlive(identity)) return;
  try {
    process.kill(identity.pid, name);
  } catch {
    // It ended in between.
  }
}

/**
 * Processes that were started as servers of this database file. Finds those whose supervisor died before it could record them: while one
 * holds the file, no other server starts on it.
 */
export function serversOf(database: string): ProcessIdentity[] {
  const found: ProcessIdentity[] = [];
  for (const { pid, command } of runningCommands()) {
    if (!isServerCommand(command, database)) continue;
    const identity = identityOf(pid);
    if (identity) found.push(identity);
  }
  return found;
}

/** Whether the arguments are those of a server of the database. Given as a list (Linux) or as one line (ps). */
export function isServerCommand(command: readonly string[] | string, database: string): boolean {
  if (typeof command === 'string') return command.includes('server start-dev') && `${command} `.includes(` --db-filename ${database} `);
  const at = command.indexOf('--db-filename');
  return command[1] === 'server' && command[2] === 'start-dev' && at > 0 && command[at + 1] === database;
}

function runningCommands(): { pid: number; command: readonly string[] | string }[] {
  if (process.platform === 'linux') {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map((name) => ({ pid: Number(name), command: commandOf(name) }));
  }
  const lines = execFileSync('ps', ['-axww', '-o', 'pid=,command='], { encoding: 'utf8', maxBuffer: 1 << 26 }).split('\n');
  return lines.map((line) => {
    const [, pid = '0', command = ''] = /^\s*(\d+)\s+(.*)$/.exec(line) ?? [];
    return { pid: Number(pid), command };
  });
}

function commandOf(pid: string): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  } catch {
    return [];
  }
}

function openLog(file: string): number {
  try {
    if (statSync(file).size > MAX_LOG_BYTES) renameSync(file, `${file}.1`);
  } catch {
    // The first start.
  }
  return openSync(file, 'a', 0o600);
}

/** The last lines of a log, for an error message; empty when there is none. */
export function lastLines(file: string, count: number): string {
  try {
    return readFileSync(file, 'utf8').trimEnd().split('\n').slice(-count).join('\n');
  } catch {
    return '';
  }
}
