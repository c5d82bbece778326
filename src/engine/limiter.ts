/**
 * How many calls may be in flight at one endpoint: one limiter an endpoint and process, shared by all its batches.
 * Halves when the endpoint says 429 and grows again with success (additive increase would take hours to come back from a
 * halving at slow endpoints, so growth is a tenth a round).
 */

/** A call's right to be in flight; `generation` tells a 429 of before the last halving from one after it. */
export interface Slot {
  readonly generation: number;
}

interface Waiter {
  resolve(slot: Slot): void;
  reject(reason: unknown): void;
  readonly signal: AbortSignal;
  readonly onAbort: () => void;
}

const GROWTH_PER_SUCCESS = 0.1;

export class AdaptiveLimiter {
  private limit: number;
  private inFlight = 0;
  private generation = 0;
  private readonly waiters: Waiter[] = [];
  private head = 0;

  /** @param max most calls in flight, at least 1 */
  constructor(private max: number) {
    this.limit = max;
  }

  /** Calls in flight now, and how many the endpoint is thought to bear. */
  get state(): { readonly inFlight: number; readonly limit: number; readonly max: number } {
    return { inFlight: this.inFlight, limit: Math.floor(this.limit), max: this.max };
  }

  /** Changes the most; takes effect with the next call. */
  setMax(max: number): void {
    if (max === this.max) return;
    this.limit = this.limit === this.max ? max : Math.min(this.limit, max);
    this.max = max;
    this.admit();
  }

  /** Waits for a slot, first come first served. @throws the signal's reason when it is aborted first. */
  acquire(signal: AbortSignal): Slot | Promise<Slot> {
    if (signal.aborted) return Promise.reject(signal.reason);
    if (this.inFlight < Math.floor(this.limit) && this.head === this.waiters.length) {
      this.inFlight++;
      return { generation: this.generation };
    }
    return new Promise<Slot>((resolve, reject) => {
      const onAbort = (): void => {
        const at = this.waiters.indexOf(waiter, this.head);
        if (at !== -1) this.waiters.splice(at, 1);
        reject(signal.reason);
      };
      const waiter: Waiter = { resolve, reject, signal, onAbort };
      signal.addEventListener('abort', onAbort, { once: true });
      this.waiters.push(waiter);
    });
  }

  /** Gives the slot back. `outcome` moves the limit: `success` grows it, `rate_limited` halves it (once for all calls of a round). */
  release(slot: Slot, outcome: 'success' | 'failure' | 'rate_limited'): void {
    this.inFlight--;
    if (outcome === 'success') this.limit = Math.min(this.max, this.limit + GROWTH_PER_SUCCESS);
    else if (outcome === 'rate_limited' && slot.generation === this.generation) {
      this.limit = Math.max(1, this.limit / 2);
      this.generation++;
    }
    this.admit();
  }

  private admit(): void {
    while (this.head < this.waiters.length && this.inFlight < Math.floor(this.limit)) {
      const waiter = this.waiters[this.head++] as Waiter;
      waiter.signal.removeEventListener('abort', waiter.onAbort);
      this.inFlight++;
      waiter.resolve({ generation: this.generation });
    }
    if (this.head === this.waiters.length || this.head > 1024) {
      this.waiters.splice(0, this.head);
      this.head = 0;
    }
  }
}
