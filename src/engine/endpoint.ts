/**
 * One endpoint as this process knows it: its limiter, and whether it is alive. "Alive" decides whether a failed call is the
 * sample's fault (an error) or the endpoint's (the batch waits): a dead endpoint must never be scored.
 */

import { type Model, ModelCallError, type ProbeResult } from '../core/model.js';
import { AdaptiveLimiter } from './limiter.js';

/** The endpoint does not answer: the batch stops, the workflow waits until it does. Nothing was scored. */
export class EndpointDownError extends Error {
  override readonly name = 'EndpointDownError';
}

const PROBE_KEPT_MS = 1_000;

export class Endpoint {
  readonly limiter: AdaptiveLimiter;
  private lastSuccess = Number.NEGATIVE_INFINITY;
  private probed: { at: number; result: Promise<ProbeResult> } | undefined;

  constructor(
    readonly url: string,
    concurrency: number,
    private readonly now: () => number,
  ) {
    this.limiter = new AdaptiveLimiter(concurrency);
  }

  recordSuccess(): void {
    this.lastSuccess = this.now();
  }

  /**
   * Throws EndpointDownError when nothing was answered since `since` and a probe gets no answer either. Probes by many
   * samples at once are one request.
   */
  async assertAlive(model: Model, since: number, error: ModelCallError, signal: AbortSignal): Promise<void> {
    if (this.lastSuccess >= since) return;
    if (this.probed === undefined || this.now() - this.probed.at > PROBE_KEPT_MS) {
      this.probed = { at: this.now(), result: model.probe(signal) };
    }
    const probe = await this.probed.result;
    if (!probe.up) throw new EndpointDownError(`${this.url} does not answer: ${error.message || probe.detail}`);
  }
}
