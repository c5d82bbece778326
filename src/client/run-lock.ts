/**
 * One process at a time drives the run of a directory. Survives kill -9: a lock whose owner is dead is free. Of an owner in the same place (host,
 * boot and pid namespace) the system says whether it lives; one elsewhere is known by its sign of life, the time of its file, which it renews.
 */

import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { open, utimes } from 'node:fs/promises';
import { hostname } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { errorMessage, NelError } from '../core/errors.js';
import { isJsonObject } from '../core/json.js';
import { claimGeneration, newestGeneration, newestNumber } from './embedded/generation-lock.js';
import { isAlive, ownIdentity, type ProcessIdentity } from './embedded/process-identity.js';

const NAME = 'owner';

interface Owner extends ProcessIdentity {
  readonly host: string;
  /** Of one lock. Absent: written by a version whose locks give no sign of life. */
  readonly id?: string;
}

type LockRecord = { readonly released: true } | ({ readonly released: false } & Owner);

interface SignTiming {
  /** Milliseconds between two signs of life. */
  readonly renewMs: number;
  /** Silence after which an owner elsewhere is taken for dead. */
  readonly silentMs: number;
  /** Milliseconds between two looks at another's sign. */
  readonly lookMs: number;
}

/** An NFS client may show a file's time up to 60 s late (its attribute cache); on top of that, three signs may be missed. */
const SIGN_TIMING: SignTiming = { renewMs: 5_000, silentMs: 75_000, lookMs: 1_000 };

export interface RunLock {
  /** Aborted when another process has taken the directory over: this one was silent for too long. */
  readonly lost: AbortSignal;
  release(): void;
}

export interface LockOptions {
  /**
   * Whoever started this process knows that the others of its kind have ended: a process elsewhere, which cannot be asked, is taken for dead
   * at once. For the jobs of a cluster, where a node that failed leaves its lock behind. Should it live after all, journals bear two writers.
   */
  readonly othersHaveEnded?: boolean;
  /** Told what is waited for. */
  readonly log?: (line: string) => void;
  readonly timing?: SignTiming;
}

/** Another process holds the directory. Of kind `usage`. */
export class RunInUse extends NelError {}

/**
 * Takes the directory, after waiting for a sign of life of an owner elsewhere.
 * @throws RunInUse naming the process that holds the directory; NelError of kind `usage` for one that cannot be used
 */
export async function lockRun(runDir: string, options: LockOptions = {}): Promise<RunLock> {
  try {
    return await take(runDir, options);
  } catch (error) {
    if (error instanceof NelError) throw error;
    throw new NelError('usage', `the output directory ${runDir} cannot be used: ${errorMessage(error)}`, {
      hint: 'choose a directory that can be written (-o)',
    });
  }
}

async function take(runDir: string, options: LockOptions): Promise<RunLock> {
  // With the usual permissions: others may read results. Only the lock itself is private.
  mkdirSync(runDir, { recursive: true });
  const folder = path.join(runDir, '.lock');
  for (;;) {
    const newest = newestGeneration(folder, NAME);
    const owner = newest === undefined ? undefined : ownerOf(newest.record);
    if (newest !== undefined && owner !== undefined) {
      const found = await judge(owner, { runDir, folder, number: newest.number }, options);
      if (found === 'changed') continue;
      if (found === 'alive') throw inUse(runDir, folder, owner);
    }
    const number = (newest?.number ?? 0) + 1;
    const id = randomBytes(9).toString('base64url');
    const record: LockRecord = { released: false, host: hostname(), ...ownIdentity(), id };
    if (claimGeneration(folder, NAME, number, record)) return new HeldLock({ runDir, folder, number }, id, options.timing);
  }
}

/** One generation of a directory's lock. */
interface Place {
  readonly runDir: string;
  readonly folder: string;
  readonly number: number;
}

class HeldLock implements RunLock {
  private readonly taken = new AbortController();
  private timer: NodeJS.Timeout | undefined;
  private released = false;

  constructor(
    private readonly place: Place,
    private readonly id: string,
    private readonly timing: SignTiming = SIGN_TIMING,
  ) {
    this.schedule();
  }

  get lost(): AbortSignal {
    return this.taken.signal;
  }

  /** A lock that cannot be marked free (a full disk) is free all the same once this process has ended. */
  release(): void {
    clearTimeout(this.timer);
    this.released = true;
    if (this.lost.aborted) return;
    const { folder, number } = this.place;
    try {
      claimGeneration(folder, NAME, number + 1, { released: true } satisfies LockRecord);
    } catch {
      // What led here is what the user must hear of.
    }
  }

  /** In this process's event loop: a frozen process gives no sign. */
  private schedule(): void {
    this.timer = setTimeout(() => void this.renew(), this.timing.renewMs);
    this.timer.unref();
  }

  private async renew(): Promise<void> {
    const { runDir, folder, number } = this.place;
    const time = new Date();
    // A file system that is away is away for whoever looks, too; and a file that is gone is looked at below.
    await utimes(fileOf(this.place), time, time).catch(() => undefined);
    if (this.released) return;
    const newest = newestGeneration(folder, NAME);
    const owner = newest === undefined ? undefined : ownerOf(newest.record);
    const another = newest !== undefined && (newest.number > number || (owner !== undefined && owner.id !== this.id));
    if (!another) {
      this.schedule();
      return;
    }
    const by = owner === undefined ? 'another process' : shown(owner);
    this.taken.abort(
      new NelError('run', `${runDir}: the run was taken over by ${by}`, {
        hint: 'This process was silent for too long. The run goes on there; what was answered here is kept.',
      }),
    );
  }
}

type Found = 'alive' | 'dead' | 'changed';

async function judge(owner: Owner, place: Place, { othersHaveEnded = false, log, timing }: LockOptions): Promise<Found> {
  const sameHost = owner.host === hostname();
  // In another pid namespace the same pid is another process, and another boot may be another machine of that name.
  if (sameHost && owner.bootId === ownIdentity().bootId) return isAlive(owner) ? 'alive' : 'dead';
  if (othersHaveEnded) return 'dead';
  if (owner.id === undefined) return sameHost ? 'dead' : 'alive';
  return waitForSign(owner, place, log ?? (() => undefined), timing ?? SIGN_TIMING);
}

/** Looks at another's sign until it changes or has stood still long enough. No clocks are compared. */
async function waitForSign(owner: Owner, place: Place, log: (line: string) => void, timing: SignTiming): Promise<Found> {
  const { silentMs, lookMs } = timing;
  log(`${place.runDir} was driven by ${shown(owner)}: waiting up to ${Math.ceil(silentMs / 1000)} s for a sign of life`);
  const before = await signOf(fileOf(place));
  let silent = 0;
  let last = performance.now();
  while (silent < silentMs) {
    await delay(lookMs);
    if (newestNumber(place.folder, NAME) !== place.number) return 'changed';
    if ((await signOf(fileOf(place))) !== before) return 'alive';
    const now = performance.now();
    // A look that took long shows that this process or the file system stood still, not that the owner did.
    silent += Math.min(now - last, 2 * lookMs);
    last = now;
  }
  return 'dead';
}

/** The time of a file in nanoseconds. Opened for it: an NFS client asks its server then. */
async function signOf(file: string): Promise<bigint> {
  const handle = await open(file, 'r');
  try {
    return (await handle.stat({ bigint: true })).mtimeNs;
  } finally {
    await handle.close();
  }
}

function inUse(runDir: string, folder: string, owner: Owner): RunInUse {
  const elsewhere =
    owner.id === undefined
      ? `if that machine is gone for good, delete ${folder} and try again`
      : 'wait for it or end it; it is given up by itself a minute or so after its process is gone';
  return new RunInUse('usage', `${runDir} is in use by ${shown(owner)}`, {
    hint: owner.host === hostname() ? 'wait for it, end it, or watch it with `nel runs show`' : elsewhere,
  });
}

function shown({ pid, host }: Owner): string {
  return `process ${pid} on ${host}`;
}

function fileOf({ folder, number }: Place): string {
  return path.join(folder, `${NAME}.${number}`);
}

/** Who took the lock and has not released it; undefined for what is no record of ours. */
function ownerOf(record: unknown): Owner | undefined {
  if (!isJsonObject(record) || record['released'] === true) return undefined;
  const { host, pid, startTime, bootId, id } = record;
  if (typeof host !== 'string' || typeof pid !== 'number' || typeof startTime !== 'string' || typeof bootId !== 'string') return undefined;
  return { host, pid, startTime, bootId, ...(typeof id === 'string' ? { id } : {}) };
}
