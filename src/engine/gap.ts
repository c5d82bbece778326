/** Notices that this thread stood still (a frozen process, a laptop asleep): whatever it thought it owned may be another's by now. */

const TICK_MS = 1_000;
/** A heartbeat time-out is 5 s; half of it leaves no attempt lost unnoticed. */
const GAP_MS = 2_500;

export class GapWatch {
  private lastTick: number;
  private gaps = 0;
  private readonly timer: NodeJS.Timeout;

  constructor(private readonly now: () => number) {
    this.lastTick = now();
    this.timer = setInterval(() => this.look(), TICK_MS);
    this.timer.unref();
  }

  /** How many gaps there were so far. It has grown by the time any code runs after a gap, timers or not. */
  get count(): number {
    this.look();
    return this.gaps;
  }

  stop(): void {
    clearInterval(this.timer);
  }

  private look(): void {
    const now = this.now();
    if (now - this.lastTick > GAP_MS) this.gaps++;
    this.lastTick = now;
  }
}
