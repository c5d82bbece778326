/** Lets so many through at once, the rest in the order in which they came: servers allow 10 channels a connection (OpenSSH's MaxSessions). */

export class Channels {
  private readonly waiting: (() => void)[] = [];
  private inUse = 0;

  constructor(private readonly limit: number) {}

  /** Runs `use` once there is a channel for it. */
  async with<T>(use: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    await this.take(signal);
    try {
      return await use();
    } finally {
      this.give();
    }
  }

  private take(signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted();
    if (this.inUse < this.limit) {
      this.inUse++;
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => {
      const granted = (): void => {
        signal?.removeEventListener('abort', aborted);
        resolve();
      };
      const aborted = (): void => {
        this.waiting.splice(this.waiting.indexOf(granted), 1);
        reject(signal?.reason);
      };
      this.waiting.push(granted);
      signal?.addEventListener('abort', aborted, { once: true });
    });
  }

  /** The channel goes to the next in line, or back. */
  private give(): void {
    const next = this.waiting.shift();
    if (next === undefined) this.inUse--;
    else next();
  }
}
