/** The folder of a schedule, DIR/<name>: its definition, its baseline and its history, and where runs of a given id are. */

import { appendFile, mkdir, readdir, readFile, rm, rmdir, stat, truncate } from 'node:fs/promises';
import path from 'node:path';
import { errorMessage, NelError } from '../core/errors.js';
import { isJsonObject } from '../core/json.js';
import { type LastGo, type NightRecord, type ScheduleFile, type ScheduleServer, sameServer } from '../core/night.js';
import { discoverBundles } from './discover.js';
import { readRunFile } from './run-file.js';
import { writeFileAtomic } from './write-atomic.js';

const SCHEDULE_FILE = 'schedule.json';
const LAST_GO_FILE = 'last-go.json';
const HISTORY_FILE = 'history.jsonl';
const NEWLINE = 0x0a;

/** @throws NelError of kind `data` when the folder holds no schedule that this version can read */
export async function readSchedule(dir: string): Promise<ScheduleFile> {
  const schedule = await findSchedule(dir);
  if (schedule !== undefined) return schedule;
  throw new NelError('data', 'there is no such file here', {
    at: { file: path.join(dir, SCHEDULE_FILE) },
    hint: 'the folder of a schedule must be on a file system that workers and commands share, under the same path',
  });
}

/** Undefined when the folder holds none. @throws NelError of kind `data` for one that this version cannot read */
export async function findSchedule(dir: string): Promise<ScheduleFile | undefined> {
  const file = path.join(dir, SCHEDULE_FILE);
  const schedule = await readObject(file);
  if (schedule === undefined) return undefined;
  if (schedule['schema_version'] !== 1) throw new NelError('data', 'written by another version of nel', { at: { file } });
  return schedule as unknown as ScheduleFile;
}

/** @returns what makes the folder as it was, for a schedule that could not be made. What nights left in it stays. */
export async function writeSchedule(dir: string, schedule: ScheduleFile): Promise<() => Promise<void>> {
  const file = path.join(dir, SCHEDULE_FILE);
  const before = await readText(file);
  await writeFileAtomic(file, scheduleText(schedule));
  return async () => {
    if (before !== undefined) {
      await writeFileAtomic(file, before);
      return;
    }
    await rm(file, { force: true });
    // Only an empty folder goes: one that was made for this.
    await rmdir(dir).catch(() => undefined);
  };
}

/** Of a schedule that was deleted: from now on one of any server may have the folder. */
export async function disownSchedule(dir: string, server: ScheduleServer): Promise<void> {
  const schedule = await findSchedule(dir);
  if (schedule?.server && sameServer(schedule.server, server)) {
    await writeFileAtomic(path.join(dir, SCHEDULE_FILE), scheduleText({ ...schedule, server: null }));
  }
}

function scheduleText(schedule: ScheduleFile): string {
  return `${JSON.stringify(schedule, null, 2)}\n`;
}

/** The run that counts as good, with its absolute directory; undefined before the first. */
export async function readLastGo(dir: string): Promise<LastGo | undefined> {
  const file = path.join(dir, LAST_GO_FILE);
  const found = await readObject(file);
  if (found === undefined) return undefined;
  const { schema_version, run_id, dir: runDir } = found;
  if (schema_version !== 1 || typeof run_id !== 'string' || typeof runDir !== 'string') {
    throw new NelError('data', 'not a last-go.json of this version of nel', {
      at: { file },
      hint: 'choose a baseline anew: nel schedule accept NAME RUN',
    });
  }
  return { ...(found as unknown as LastGo), dir: path.resolve(dir, runDir) };
}

/** Atomic: a reader finds the old one or the new one. @param lastGo its `dir` is absolute */
export async function writeLastGo(dir: string, lastGo: LastGo): Promise<void> {
  const relative = path.relative(dir, lastGo.dir);
  const below = !relative.startsWith('..') && !path.isAbsolute(relative);
  const text = JSON.stringify({ ...lastGo, dir: below ? relative : lastGo.dir }, null, 2);
  await writeFileAtomic(path.join(dir, LAST_GO_FILE), `${text}\n`);
}

/** All nights, the oldest first, each once. A line that a crash tore is left out. */
export async function readHistory(dir: string): Promise<NightRecord[]> {
  const text = await readText(path.join(dir, HISTORY_FILE));
  const byRun = new Map<string, NightRecord>();
  for (const line of (text ?? '').split('\n')) {
    const record = parsed(line);
    if (record?.['schema_version'] !== 1 || typeof record['run_id'] !== 'string' || byRun.has(record['run_id'])) continue;
    byRun.set(record['run_id'], record as unknown as NightRecord);
  }
  return [...byRun.values()];
}

/** Adds a night unless it is there; what a crash left of a line is cut off first. */
export async function appendHistory(dir: string, record: NightRecord): Promise<void> {
  if ((await readHistory(dir)).some(({ run_id }) => run_id === record.run_id)) return;
  await mkdir(dir, { recursive: true });
  const file = path.join(dir, HISTORY_FILE);
  const bytes = await readFile(file).catch(() => Buffer.alloc(0));
  const whole = bytes.lastIndexOf(NEWLINE) + 1;
  if (whole < bytes.length) await truncate(file, whole);
  await appendFile(file, `${JSON.stringify(record)}\n`, { flush: true });
}

/** A finished run that can be held against: its directory, and its id when it has one. */
export interface FinishedRun {
  readonly dir: string;
  readonly run_id: string | null;
}

/** @throws NelError of kind `data` when there is no directory, or no bundle in it */
export async function finishedRun(dir: string): Promise<FinishedRun> {
  const { exists, benchmarks } = await discoverBundles(dir);
  if (!exists) throw new NelError('data', 'no such directory', { at: { file: dir } });
  if (benchmarks.size === 0) {
    throw new NelError('data', 'holds no bundle (eval-*.json): nothing to hold a run against', { at: { file: dir } });
  }
  const ids = new Set([...benchmarks.values()].map(({ bundle }) => bundle.run_id));
  const [only = null] = ids;
  return { dir, run_id: ids.size === 1 ? only : null };
}

/**
 * The finished run of an id in `root` or up to two folders below it: where nights of any schedule of one DIR are.
 * @throws NelError of kind `data` when there is none
 */
export async function findRun(root: string, runId: string): Promise<FinishedRun> {
  const nearby = await foldersOf(root);
  const below = (await Promise.all(nearby.map(foldersOf))).flat();
  for (const dir of [root, ...nearby, ...below]) {
    const run = await readRunFile(dir).catch(() => undefined);
    if (run?.run_id === runId) return finishedRun(dir);
  }
  throw new NelError('data', `no run ${JSON.stringify(runId)} in ${root}`, { hint: 'give its output directory' });
}

async function foldersOf(dir: string): Promise<string[]> {
  const entries = await readdir(dir, { withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isDirectory() && !entry.name.startsWith('.')).map(({ name }) => path.join(dir, name));
}

export async function directoryExists(dir: string): Promise<boolean> {
  return stat(dir).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

async function readText(file: string): Promise<string | undefined> {
  return readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
    throw new NelError('data', `cannot be read: ${errorMessage(error)}`, { at: { file } });
  });
}

async function readObject(file: string): Promise<Record<string, unknown> | undefined> {
  const text = await readText(file);
  if (text === undefined) return undefined;
  const found = parsed(text);
  if (found === undefined) throw new NelError('data', 'not a JSON object', { at: { file } });
  return found;
}

function parsed(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
