/**
 * A lock that survives kill -9, made of files NAME.1, NAME.2 … of which the newest names the owner.
 * Whoever finds the newest owner dead links its own record to the next number: link() is atomic and refuses an existing name, so exactly one
 * wins, and since no file is ever removed a slow process that judged an old owner can only collide, never win.
 */
import { randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, linkSync, mkdirSync, openSync, readdirSync, readFileSync, unlinkSync, writeSync } from 'node:fs';
import path from 'node:path';
import { NelError } from '../../core/errors.js';

export interface Generation {
  /** From 1. */
  readonly number: number;
  /** What the owner wrote; undefined when the file cannot be read as JSON. */
  readonly record: unknown;
}

/** The newest generation, undefined when there is none (or no folder). */
export function newestGeneration(folder: string, name: string): Generation | undefined {
  const number = newestNumber(folder, name);
  if (number === 0) return undefined;
  return { number, record: readRecord(path.join(folder, `${name}.${number}`)) };
}

/** The highest number in use, 0 when there is none. */
export function newestNumber(folder: string, name: string): number {
  let files: string[];
  try {
    files = readdirSync(folder);
  } catch {
    return 0;
  }
  let newest = 0;
  for (const file of files) {
    const digits = file.startsWith(`${name}.`) ? file.slice(name.length + 1) : '';
    if (/^[1-9]\d{0,14}$/.test(digits)) newest = Math.max(newest, Number(digits));
  }
  return newest;
}

/**
 * Tries to become the owner of one generation.
 * @param number the newest generation seen, whose owner is dead, plus one
 * @returns whether this call won; when it did not, somebody else did, and the newest generation is to be read again
 * @throws NelError where the file system has no hard links
 */
export function claimGeneration(folder: string, name: string, number: number, record: unknown): boolean {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const draft = path.join(folder, `.${name}-${process.pid}-${randomBytes(4).toString('hex')}`);
  writeDurably(draft, JSON.stringify(record));
  try {
    linkSync(draft, path.join(folder, `${name}.${number}`));
    return true;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'EEXIST') return false;
    if (code === 'EPERM' || code === 'ENOTSUP' || code === 'EOPNOTSUPP' || code === 'ENOSYS') {
      throw new NelError('config', `the file system of ${folder} has no hard links (${code})`, {
        hint: 'Set NEL_STATE_DIR to a folder on a local disk.',
        cause: error,
      });
    }
    throw error;
  } finally {
    unlinkSync(draft);
  }
}

/** A record must be whole once its name exists, even after a power cut. */
function writeDurably(file: string, text: string): void {
  const handle = openSync(file, 'wx', 0o600);
  try {
    writeSync(handle, text);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

function readRecord(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}
