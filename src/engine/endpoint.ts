/**
 * One endpoint as this process knows it: its limiter, and whether it is alive. "Alive" decides whether a failed call is the
 * sample's fault (an error) or the endpoint's (the batch waits): a dead endpoint must never be scored.
 */

import type { Model, ModelCallError, ProbeResult } from '../core/model.js';
import { AdaptiveLimiter } from './limiter.js';

/** The endpoint does not answer: the batch stops, the workflow waits until it does. Nothing was scored. */
export class EndpointDownError extends Error {
  override readonly name = 'EndpointDownError';
}

const PROBE_KEPT_MS = 1_000;
/** A probe is shared by samples of several batches, so it ends by its own time, not with one of them. */
const PROBE_LIMIT_MS = 10_000;
/** A refusal is remembered for as long as the cancellation of the other batches may take; a later resume asks again. */
const REFUSAL_KEPT_MS = 10_000;

export class Endpoint {
  readonly limiter: AdaptiveLimiter;
  private readonly shares = new Map<string, number>();
  private lastSuccess = Number.NEGATIVE_INFINITY;
  private readonly refusals = new WeakMap<Model, { readonly at: number; readonly error: ModelCallError }>();
  private probed: { at: number; result: Promise<ProbeResult> } | undefined;

  constructor(
    readonly url: string,
    concurrency: number,
    private readonly now: () => number,
  ) {
    this.limiter = new AdaptiveLimiter(concurrency);
  }

  /** Sets the most calls that `service` may have in flight here; services that share an endpoint share the largest. */
  setConcurrency(service: string, max: number): void {
    this.shares.set(service, max);
    this.limiter.setMax(Math.max(...this.shares.values()));
  }

  recordSuccess(): void {
    this.lastSuccess = this.now();
  }

  /** Notes that no call of this model can succeed, so that its other batches do not find out one by one. */
  recordRefusal(model: Model, error: ModelCallError): void {
    this.refusals.set(model, { at: this.now(), error });
  }

  /** @throws the recent refusal of this model, if there is one */
  assertNotRefused(model: Model): void {
    const refusal = this.refusals.get(model);
    if (refusal !== undefined && this.now() - refusal.at < REFUSAL_KEPT_MS) throw refusal.error;
  }

  /**
   * Throws EndpointDownError when nothing was answered since `since` and a probe gets no answer either. Probes by many
   * samples at once are one request.
   */
  async assertAlive(model: Model, since: number, error: ModelCallError): Promise<void> {
    if (this.lastSuccess >= since) return;
    if (this.probed === undefined || this.now() - this.probed.at > PROBE_KEPT_MS) {
      this.probed = { at: this.now(), result: model.probe(AbortSignal.timeout(PROBE_LIMIT_MS)) };
    }
    const probe = await this.probed.result;
    if (!probe.up) throw new EndpointDownError(`${this.url} does not answer: ${error.message || probe.detail}`);
  }
}
