/**
 * Posts a JSON message to a webhook: signed when there is a key, tried again while that can help. The address may itself be a secret, so no
 * outcome repeats it, nor what the other side says.
 */

import { createHmac } from 'node:crypto';

/** Waits before the second, third and fourth attempt, milliseconds. */
export const RETRY_DELAYS_MS: readonly number[] = [500, 2_000, 8_000];
/** A receiver's Retry-After is followed up to this. */
const LONGEST_WAIT_MS = 60_000;
const ATTEMPT_LIMIT_MS = 10_000;

export interface WebhookCall {
  readonly url: string;
  /** JSON text. */
  readonly body: string;
  /** Key of the signature; null: unsigned. */
  readonly secret: string | null;
  /** The same for every attempt at one message, so that a receiver can drop repetitions. */
  readonly delivery: string;
  /** Ends waiting and sending. */
  readonly signal: AbortSignal;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
}

export type Delivery =
  | { readonly delivered: true; readonly attempts: number }
  | { readonly delivered: false; readonly attempts: number; readonly reason: string };

type Attempt = { readonly ok: true } | { readonly ok: false; readonly reason: string; readonly again: boolean; readonly waitMs: number };

/** @throws only what `signal` was aborted with */
export async function postWebhook(call: WebhookCall): Promise<Delivery> {
  for (let attempts = 1; ; attempts++) {
    call.signal.throwIfAborted();
    const attempt = await post(call);
    if (attempt.ok) return { delivered: true, attempts };
    const delay = RETRY_DELAYS_MS[attempts - 1];
    if (!attempt.again || delay === undefined) return { delivered: false, attempts, reason: attempt.reason };
    await call.sleep(Math.max(delay, attempt.waitMs), call.signal);
  }
}

/**
 * Value of X-Nel-Signature: `t=<seconds since 1970>,v1=<hex HMAC-SHA256 of "t.body">`, the form that Stripe made known. The time is part of
 * what is signed, so that a receiver can refuse old messages that somebody recorded.
 */
export function signature(secret: string, body: string, seconds: number): string {
  return `t=${seconds},v1=${createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex')}`;
}

async function post({ url, body, secret, delivery, signal, now }: WebhookCall): Promise<Attempt> {
  const signed = secret === null ? {} : { 'x-nel-signature': signature(secret, body, Math.floor(now() / 1000)) };
  let response: Response;
  try {
    response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'user-agent': 'nel', 'x-nel-delivery': delivery, ...signed },
      body,
      // Followed, it would hand the message to a host that nobody named.
      redirect: 'manual',
      signal: AbortSignal.any([signal, AbortSignal.timeout(ATTEMPT_LIMIT_MS)]),
    });
  } catch (error) {
    signal.throwIfAborted();
    return { ok: false, reason: connectionProblem(error), again: true, waitMs: 0 };
  }
  await response.body?.cancel().catch(() => undefined);
  if (response.ok) return { ok: true };
  const { status, headers } = response;
  const again = status === 408 || status === 429 || status >= 500;
  return { ok: false, reason: `the receiver answered ${status}`, again, waitMs: retryAfterMs(headers.get('retry-after')) };
}

/** By code only: messages of fetch may hold the address. */
function connectionProblem(error: unknown): string {
  if (error instanceof Error && error.name === 'TimeoutError') return `no answer within ${ATTEMPT_LIMIT_MS / 1000} s`;
  const cause = error instanceof Error ? (error.cause as NodeJS.ErrnoException | undefined) : undefined;
  return typeof cause?.code === 'string' ? `no connection (${cause.code})` : 'no connection';
}

function retryAfterMs(header: string | null): number {
  const seconds = header === null || header.trim() === '' ? Number.NaN : Number(header);
  return Number.isFinite(seconds) && seconds > 0 ? Math.min(LONGEST_WAIT_MS, seconds * 1000) : 0;
}
