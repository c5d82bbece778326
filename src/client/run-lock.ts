/** One process at a time drives the run of a directory. Survives kill -9: a lock whose owner is dead is free. */

import { mkdirSync } from 'node:fs';
import { hostname } from 'node:os';
import path from 'node:path';
import { errorMessage, NelError } from '../core/errors.js';
import { isJsonObject } from '../core/json.js';
import { claimGeneration, newestGeneration } from './embedded/generation-lock.js';
import { isAlive, ownIdentity, type ProcessIdentity } from './embedded/process-identity.js';

const NAME = 'owner';

type LockRecord = { readonly released: true } | ({ readonly released: false; readonly host: string } & ProcessIdentity);

export interface RunLock {
  release(): void;
}

export interface LockOptions {
  /**
   * Whoever started this process knows that the others of its kind have ended: a process of another machine, which cannot be asked, is taken for
   * dead. For the jobs of a cluster, where a node that failed leaves its lock behind. Should it live after all, journals bear two writers.
   */
  readonly othersHaveEnded?: boolean;
}

/** @throws NelError of kind `usage` naming the process that holds the directory */
export function lockRun(runDir: string, options: LockOptions = {}): RunLock {
  try {
    return lock(runDir, options);
  } catch (error) {
    if (error instanceof NelError) throw error;
    throw new NelError('usage', `the output directory ${runDir} cannot be used: ${errorMessage(error)}`, {
      hint: 'choose a directory that can be written (-o)',
    });
  }
}

function lock(runDir: string, { othersHaveEnded = false }: LockOptions): RunLock {
  // With the usual permissions: others may read results. Only the lock itself is private.
  mkdirSync(runDir, { recursive: true });
  const folder = path.join(runDir, '.lock');
  for (;;) {
    const newest = newestGeneration(folder, NAME);
    const owner = newest === undefined ? undefined : liveOwner(newest.record);
    if (owner !== undefined && !(othersHaveEnded && owner.host !== hostname())) {
      throw new NelError('usage', `${runDir} is in use by process ${owner.pid} on ${owner.host}`, {
        hint:
          owner.host === hostname()
            ? 'wait for it, end it, or watch it with `nel runs show`'
            : `if that machine is gone for good, delete ${folder} and try again`,
      });
    }
    const number = (newest?.number ?? 0) + 1;
    const record: LockRecord = { released: false, host: hostname(), ...ownIdentity() };
    if (claimGeneration(folder, NAME, number, record)) {
      return { release: () => release(folder, number) };
    }
  }
}

/** A lock that cannot be marked free (a full disk) is free all the same once this process has ended. */
function release(folder: string, number: number): void {
  try {
    claimGeneration(folder, NAME, number + 1, { released: true } satisfies LockRecord);
  } catch {
    // What led here is what the user must hear of.
  }
}

/** The owner if it may still run; processes of other machines cannot be asked, so they count as alive. */
function liveOwner(record: unknown): { readonly pid: number; readonly host: string } | undefined {
  if (!isJsonObject(record) || record['released'] === true) return undefined;
  const { host, pid, startTime, bootId } = record;
  if (typeof host !== 'string' || typeof pid !== 'number' || typeof startTime !== 'string' || typeof bootId !== 'string') return undefined;
  if (host === hostname() && !isAlive({ pid, startTime, bootId })) return undefined;
  return { host, pid };
}
