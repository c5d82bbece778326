/** A laboratory for whole runs: the built `nel` as child processes with a state directory of their own, so with a Temporal server of their own. */

import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { serverStatus, stopServer } from '../../../src/client/embedded/server.js';
import { DATA_DIR } from '../../data-dir.js';

const NEL = path.resolve(import.meta.dirname, '../../../dist/cli/main.js');

export interface Finished {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly child: ChildProcess;
  readonly done: Promise<Finished>;
  /** What was written to stderr so far. */
  stderr(): string;
}

export class Lab {
  readonly dir = mkdtempSync(path.join(tmpdir(), 'nel-lab-'));
  readonly stateDir = path.join(this.dir, 'state');
  private readonly children: ChildProcess[] = [];

  /** Absolute path below the lab's folder. */
  path(...parts: string[]): string {
    return path.join(this.dir, ...parts);
  }

  start(args: readonly string[], env: Record<string, string> = {}): Running {
    const inherited = { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '' };
    const child = spawn(process.execPath, [NEL, ...args], {
      cwd: this.dir,
      env: { ...inherited, NEL_DATA_DIR: DATA_DIR, NEL_STATE_DIR: this.stateDir, NEL_TEMPORAL_IDLE_SECONDS: '60', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.children.push(child);
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk: Buffer) => void (stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => void (stderr += chunk.toString()));
    const done = new Promise<Finished>((resolve) => child.once('close', (code, signal) => resolve({ code, signal, stdout, stderr })));
    return { child, done, stderr: () => stderr };
  }

  nel(args: readonly string[], env: Record<string, string> = {}): Promise<Finished> {
    return this.start(args, env).done;
  }

  /** Kills the lab's Temporal server as a crash would. */
  async killServer(options: { readonly supervisor: boolean }): Promise<void> {
    const status = await serverStatus({ stateDir: this.stateDir });
    if (!status.running || !status.server) throw new Error('the lab has no server to kill');
    if (options.supervisor) process.kill(status.supervisorPid, 'SIGKILL');
    process.kill(status.server.pid, 'SIGKILL');
  }

  async serverAddress(): Promise<string> {
    const status = await serverStatus({ stateDir: this.stateDir });
    if (!status.running || !status.server) throw new Error('the lab has no server');
    return status.server.address;
  }

  async close(): Promise<void> {
    for (const child of this.children) if (child.exitCode === null) child.kill('SIGKILL');
    await stopServer({ stateDir: this.stateDir, force: true }).catch(() => undefined);
    if (!process.env['NEL_KEEP_LAB']) rmSync(this.dir, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Polls until `condition` holds. @throws after `seconds` with what was waited for */
export async function until(what: string, condition: () => boolean | Promise<boolean>, seconds = 30): Promise<void> {
  const end = Date.now() + seconds * 1000;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`waited ${seconds} s for ${what}`);
    await delay(25);
  }
}

export interface ResultRow {
  readonly problem_idx: number;
  readonly repeat: number;
  readonly reward: number;
  readonly status: string;
  readonly failure_category: string | null;
  readonly [key: string]: unknown;
}

export function readLines(file: string): ResultRow[] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as ResultRow);
}

/** A result without what differs from run to run by nature: how long it took, and how often the endpoint had to be asked. */
export function timeless(row: ResultRow): Record<string, unknown> {
  const { latency_ms: _latency, attempts: _attempts, ...rest } = row;
  return rest;
}

export interface BundleFile {
  readonly benchmark: {
    readonly name: string;
    readonly samples: number;
    readonly scores: Record<
      string,
      { readonly value: number; readonly ci_lower: number; readonly ci_upper: number; readonly method: string; readonly n: number }
    >;
    readonly categories: Record<string, { readonly mean_reward: number; readonly n: number }>;
  };
  readonly coverage: { readonly expected: number; readonly scored: number; readonly errors: number };
  readonly failures: Record<string, number>;
}

/** The one bundle of a benchmark's folder, undefined when there is none. */
export function readBundle(benchmarkDir: string): BundleFile | undefined {
  if (!existsSync(benchmarkDir)) return undefined;
  const names = readdirSync(benchmarkDir).filter((name) => /^eval-.*\.json$/.test(name));
  if (names.length > 1) throw new Error(`several bundles in ${benchmarkDir}: ${names.join(', ')}`);
  return names[0] === undefined ? undefined : (JSON.parse(readFileSync(path.join(benchmarkDir, names[0]), 'utf8')) as BundleFile);
}

/** Lines in all journal files below a benchmark's folder: answers that are safe. */
export function journalLines(benchmarkDir: string): number {
  const folder = path.join(benchmarkDir, 'journal');
  if (!existsSync(folder)) return 0;
  let lines = 0;
  for (const batch of readdirSync(folder)) {
    for (const file of readdirSync(path.join(folder, batch))) {
      lines += readFileSync(path.join(folder, batch, file), 'utf8').split('\n').length - 1;
    }
  }
  return lines;
}
