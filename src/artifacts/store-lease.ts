/**
 * One process at a time drives a run that is kept in a store: a small file there names who does, and is written again and again by them.
 * One who finds another's file takes over only when it has stood unchanged for longer than a living owner would leave it; no clocks are compared.
 * Every change is a conditional write, so of several who try at once one wins.
 */

import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { NelError } from '../core/errors.js';
import { isJsonObject } from '../core/json.js';
import type { ArtifactStore } from '../core/store.js';

/** Hidden, so that no copy of a run has it (see isSafePath). */
const FILE = '.owner.json';

export interface LeaseTiming {
  /** Milliseconds between two signs of life. */
  readonly renewMs: number;
  /** Silence after which an owner is taken for dead; several times `renewMs`. */
  readonly silentMs: number;
  /** Milliseconds between two looks at another's file. */
  readonly lookMs: number;
}

export const LEASE_TIMING: LeaseTiming = { renewMs: 5_000, silentMs: 20_000, lookMs: 1_000 };

export interface LeaseOptions {
  readonly store: ArtifactStore;
  /** The same for processes of which only one can live, such as those that hold one local lock: one of them takes over at once. */
  readonly holder: string;
  /** For another's message: `process 12 on host-a`. */
  readonly shown: string;
  readonly log: (line: string) => void;
  readonly signal?: AbortSignal | undefined;
  readonly timing?: LeaseTiming;
}

interface OwnerRecord {
  readonly holder: string;
  readonly shown: string;
  /** Of one lease. */
  readonly id: string;
  readonly beat: number;
  readonly released: boolean;
}

export class StoreLease {
  private readonly taken = new AbortController();
  private timer: NodeJS.Timeout | undefined;
  private beating: Promise<void> = Promise.resolve();
  private beat = 0;

  private constructor(
    private readonly options: LeaseOptions,
    private readonly id: string,
    private tag: string,
  ) {
    this.schedule();
  }

  /** @throws NelError of kind `usage` naming the owner while it lives, and what the store throws */
  static async take(options: LeaseOptions): Promise<StoreLease> {
    const { store, holder, signal } = options;
    const id = randomBytes(9).toString('base64url');
    for (;;) {
      signal?.throwIfAborted();
      const found = await store.readText(FILE);
      const owner = found === null ? null : parse(found.text);
      const free = found === null || owner?.released === true || owner?.holder === holder || (await stoodStill(found.tag, owner, options));
      if (!free) continue;
      const tag = await store.writeText(FILE, text(options, id, 0), found === null ? { absent: true } : { tag: found.tag });
      if (tag !== null) return new StoreLease(options, id, tag);
    }
  }

  /** Aborted when another process has taken over: this one was silent for too long. */
  get lost(): AbortSignal {
    return this.taken.signal;
  }

  /** Lets the next one in at once. What goes wrong here costs the next one some seconds. */
  async release(): Promise<void> {
    clearTimeout(this.timer);
    await this.beating;
    clearTimeout(this.timer);
    if (this.lost.aborted) return;
    const { store } = this.options;
    await store.writeText(FILE, text(this.options, this.id, this.beat + 1, true), { tag: this.tag }).catch(() => null);
  }

  private schedule(): void {
    const { renewMs } = this.options.timing ?? LEASE_TIMING;
    this.timer = setTimeout(() => void (this.beating = this.renew()), renewMs);
    this.timer.unref();
  }

  private async renew(): Promise<void> {
    const { store } = this.options;
    try {
      const tag = await store.writeText(FILE, text(this.options, this.id, ++this.beat), { tag: this.tag });
      if (tag === null) await this.lookWhose();
      else this.tag = tag;
    } catch {
      // The store is away: for everybody, so nobody can take over either.
    }
    if (!this.lost.aborted) this.schedule();
  }

  /** A write whose answer was lost is refused when it is repeated, though the file is ours. */
  private async lookWhose(): Promise<void> {
    const found = await this.options.store.readText(FILE);
    if (found !== null && parse(found.text)?.id === this.id) {
      this.tag = found.tag;
      return;
    }
    const owner = found === null ? null : parse(found.text);
    this.taken.abort(
      new NelError('run', `${this.options.store.address}: the run was taken over by ${owner?.shown ?? 'another process'}`, {
        hint: 'This process was silent for too long. The run goes on there; what was answered here is kept in the store.',
      }),
    );
  }
}

/** Looks at another's file until it changes or has stood still long enough. @returns false when it is to be looked at anew */
async function stoodStill(tag: string, owner: OwnerRecord | null, options: LeaseOptions): Promise<boolean> {
  const { store, log, signal, timing = LEASE_TIMING } = options;
  const shown = owner?.shown ?? 'another process';
  log(`${store.address} was driven by ${shown}: waiting up to ${Math.ceil(timing.silentMs / 1000)} s for a sign of life`);
  const start = performance.now();
  while (performance.now() - start < timing.silentMs) {
    await delay(timing.lookMs, undefined, signal === undefined ? {} : { signal });
    const found = await store.readText(FILE);
    if (found?.tag === tag) continue;
    const now = found === null ? null : parse(found.text);
    if (found === null || now?.released === true) return false;
    throw new NelError('usage', `${store.address} is in use by ${now?.shown ?? shown}`, {
      hint: 'Wait for it or end it; it is given up by itself some seconds after its process is gone.',
    });
  }
  return true;
}

function text({ holder, shown }: LeaseOptions, id: string, beat: number, released = false): string {
  return `${JSON.stringify({ holder, shown, id, beat, released } satisfies OwnerRecord)}\n`;
}

/** Others can write into a bucket: what is no record of ours is shown to nobody. */
function parse(json: string): OwnerRecord | null {
  try {
    const value: unknown = JSON.parse(json);
    if (!isJsonObject(value)) return null;
    const { holder, shown, id, beat, released } = value;
    if (typeof holder !== 'string' || typeof shown !== 'string' || typeof id !== 'string') return null;
    const plain = shown.replaceAll(/[^\x20-\x7e]/g, '?').slice(0, 120);
    return { holder, shown: plain, id, beat: typeof beat === 'number' ? beat : 0, released: released === true };
  } catch {
    return null;
  }
}
