/** One model call with retries: the slot is held only while the request is out, never while waiting to try again. */

import { type Model, ModelCallError, type ModelRequest, type ModelResponse } from '../core/model.js';
import type { Endpoint } from './endpoint.js';
import type { Slot } from './limiter.js';

export interface RetryPolicy {
  /** Attempts beyond the first; replies with 429 are not counted. */
  readonly maxRetries: number;
  /** First back-off, milliseconds; doubles each time, with full jitter. */
  readonly baseDelayMs: number;
  readonly maxDelayMs: number;
}

export const DEFAULT_DELAYS = { baseDelayMs: 500, maxDelayMs: 30_000 } as const;

/** 429 is the endpoint doing its job; only one that never ends is a failure. */
const MAX_RATE_LIMITED = 200;
/** An endpoint that asks for a longer break is asked again after this one; a day's wait would look like a hang. */
const LONGEST_RETRY_AFTER_MS = 600_000;
/** Failed attempts without a sign of life before the endpoint is probed. */
const SUSPICIOUS_ATTEMPTS = 2;

/** The outside world of a call: time, chance and the right to go on, so that tests need no clock. */
export interface CallRuntime {
  now(): number;
  random(): number;
  sleep(ms: number, signal: AbortSignal): Promise<void>;
  /** Called before every attempt; throws when this attempt at the batch is no longer ours. */
  beforeCall(): Promise<void> | undefined;
  /** Told of each call that goes out (1) and comes back (-1). */
  onCall(change: 1 | -1): void;
}

/** `stop`: start nothing new, what is out may finish. `abort`: end what is out as well. */
export interface CallSignals {
  readonly stop: AbortSignal;
  readonly abort: AbortSignal;
}

export interface CallTally {
  /** Attempts made. */
  attempts: number;
  /** Time of the attempt that answered, milliseconds. */
  latencyMs: number;
}

/**
 * @throws ModelCallError when the call failed for good (`tally.attempts` tells how often it was tried)
 * @throws EndpointDownError when nothing answers at the endpoint
 * @throws the reason of `stop` or `abort`
 */
export async function callWithRetries(
  options: {
    readonly model: Model;
    readonly endpoint: Endpoint;
    readonly policy: RetryPolicy;
    readonly runtime: CallRuntime;
    readonly signals: CallSignals;
  },
  request: ModelRequest,
  tally: CallTally,
): Promise<ModelResponse> {
  const { model, endpoint, policy, runtime, signals } = options;
  /** When this call failed for the first time: a sign of life is an answer that came later, not one while it stood in the queue. */
  let since: number | undefined;
  let failed = 0;
  let rateLimited = 0;
  for (;;) {
    const acquired = endpoint.limiter.acquire(signals.stop);
    const slot: Slot = acquired instanceof Promise ? await acquired : acquired;
    let error: ModelCallError;
    try {
      endpoint.assertNotRefused(model);
      await runtime.beforeCall();
    } catch (reason) {
      endpoint.limiter.release(slot, 'failure');
      throw reason;
    }
    const sent = runtime.now();
    tally.attempts++;
    runtime.onCall(1);
    try {
      const response = await model.call(request, signals.abort);
      endpoint.limiter.release(slot, 'success');
      endpoint.recordSuccess();
      tally.latencyMs = runtime.now() - sent;
      return response;
    } catch (thrown) {
      const isCallError = thrown instanceof ModelCallError;
      endpoint.limiter.release(slot, isCallError && thrown.category === 'rate_limit' ? 'rate_limited' : 'failure');
      if (!isCallError) throw thrown;
      error = thrown;
      since ??= runtime.now();
    } finally {
      runtime.onCall(-1);
    }
    if (error.disposition === 'stop_run') endpoint.recordRefusal(model, error);
    if (error.disposition !== 'retry') throw error;
    const throttled = error.category === 'rate_limit';
    if (throttled) rateLimited++;
    else failed++;
    const exhausted = failed > policy.maxRetries || rateLimited > MAX_RATE_LIMITED;
    if (exhausted || (!throttled && error.category !== 'timeout' && failed >= SUSPICIOUS_ATTEMPTS)) {
      await endpoint.assertAlive(model, since, error);
    }
    if (exhausted) throw error;
    await runtime.sleep(delayMs(policy, throttled ? rateLimited : failed, error.retryAfterMs, runtime.random()), signals.stop);
  }
}

/**
 * Milliseconds before try `n` + 1: what the endpoint asked for plus up to a tenth (so that callers do not come back all at
 * once), else exponential back-off with full jitter (M. Brooker, "Exponential Backoff And Jitter", AWS, 2015).
 */
export function delayMs(policy: RetryPolicy, n: number, retryAfterMs: number | null, random: number): number {
  if (retryAfterMs !== null) return Math.min(LONGEST_RETRY_AFTER_MS, retryAfterMs) * (1 + random / 10);
  return random * Math.min(policy.maxDelayMs, policy.baseDelayMs * 2 ** Math.min(n, 20));
}
