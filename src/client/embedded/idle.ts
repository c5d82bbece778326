/** When the embedded server may stop by itself: after a time without leases, and only if nothing is open. Pure; the supervisor passes the time. */
import type { OpenWork } from './control.js';

/** With open work and no lease, the server is asked again this often at most. */
const RECHECK_MS = 60_000;

export class IdleClock {
  private since: number;

  /** @param idleMs the time without a lease after which the server may stop */
  constructor(
    public idleMs: number,
    now: number,
  ) {
    this.since = now;
  }

  /** A lease was opened or closed. */
  touch(now: number): void {
    this.since = now;
  }

  /** Whether it is time to ask the server for open work. */
  isDue(leases: number, now: number): boolean {
    return leases === 0 && now - this.since >= this.idleMs;
  }

  /** Whether to stop, given what is open (undefined: it could not be found out). If not, the next question is put off. */
  mayStop(open: OpenWork | undefined, leases: number, now: number): boolean {
    if (!this.isDue(leases, now)) return false;
    if (open && open.workflows === 0 && open.unpausedSchedules === 0) return true;
    this.since = now - Math.max(0, this.idleMs - RECHECK_MS);
    return false;
  }
}
