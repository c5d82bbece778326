/** How many programs run at once in a sandbox: a thousand samples may be in flight, a machine has a few CPUs. */

interface Waiter {
  readonly admit: () => void;
}

export class Places {
  private free: number;
  private readonly waiters = new Set<Waiter>();
  private readonly idle = new Set<() => void>();

  constructor(private readonly count: number) {
    this.free = count;
  }

  /**
   * Runs `work` as soon as there is a place, first come first served.
   * @throws the signal's reason when it is aborted while waiting
   */
  async use<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    await this.acquire(signal);
    try {
      return await work();
    } finally {
      this.release();
    }
  }

  /** Resolves once nothing runs and nothing waits. */
  async empty(): Promise<void> {
    if (this.free < this.count || this.waiters.size > 0) await new Promise<void>((resolve) => this.idle.add(resolve));
  }

  private acquire(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.reject(signal.reason);
    if (this.free > 0) {
      this.free--;
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        this.waiters.delete(waiter);
        reject(signal.reason);
      };
      const waiter: Waiter = {
        admit: () => {
          signal.removeEventListener('abort', onAbort);
          resolve();
        },
      };
      signal.addEventListener('abort', onAbort, { once: true });
      this.waiters.add(waiter);
    });
  }

  private release(): void {
    const [next] = this.waiters;
    if (next !== undefined) {
      this.waiters.delete(next);
      next.admit();
      return;
    }
    this.free++;
    if (this.free < this.count) return;
    for (const resolve of this.idle) resolve();
    this.idle.clear();
  }
}
