/** Waiting for a service that is down: asked rarely, then more rarely, for as long as it takes. Its probes are paid by nobody. */

import type { ProbeResult } from '../core/model.js';
import { sleep } from './clock.js';

const FIRST_WAIT_MS = 500;
/** A wait that a person may watch ends soon after the service is back. */
const LONGEST_WAIT_MS = 5_000;

/**
 * Ends when a probe says that the service is up.
 * @param onDown told what each other probe says
 * @throws AbortError when the signal is aborted; what the probe throws
 */
export async function untilUp(
  probe: () => Promise<ProbeResult>,
  signal: AbortSignal,
  onDown: (detail: string) => void = () => undefined,
): Promise<void> {
  for (let wait = FIRST_WAIT_MS; ; wait = Math.min(LONGEST_WAIT_MS, wait * 1.5)) {
    await sleep(wait, signal);
    const seen = await probe();
    if (seen.up) return;
    onDown(seen.detail);
  }
}

/** One wait that all who need a service share, so that it is probed once, however many calls have failed. */
export class Outage {
  private wait: Promise<void> | undefined;

  /**
   * @param name as lines of the log call the service: `the endpoint`
   * @param probe asks the service whether it is up
   */
  constructor(
    private readonly name: string,
    private readonly probe: () => Promise<ProbeResult>,
    private readonly signal: AbortSignal,
    private readonly log: (line: string) => void,
  ) {}

  /** Ends at once where nobody waits. @throws as untilUp */
  get over(): Promise<void> {
    return this.wait ?? Promise.resolve();
  }

  /** Begins a wait, or joins the one that is on. @param reason free of credentials @throws as untilUp */
  begin(reason: string): Promise<void> {
    if (this.wait !== undefined) return this.wait;
    this.log(`waiting for ${this.name}: ${reason}`);
    this.wait = untilUp(this.probe, this.signal)
      .then(() => this.log(`${this.name} answers again`))
      .finally(() => void (this.wait = undefined));
    // Each who waits sees a failure; a wait that nobody is in yet is no unhandled one.
    this.wait.catch(() => undefined);
    return this.wait;
  }
}
