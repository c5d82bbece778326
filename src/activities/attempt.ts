/** One activity attempt: its heartbeat, how it ends early, and how what it throws travels. */

import { ApplicationFailure, CancelledFailure, Context } from '@temporalio/activity';
import { errorMessage, NelError } from '../core/errors.js';
import { ModelCallError } from '../core/model.js';
import { EndpointDownError } from '../engine/endpoint.js';
import { FAILURES } from '../workflows/contract.js';

const HEARTBEAT_MS = 1_000;
/** A pause of the event loop longer than this may have cost us the attempt: the server is asked before the next call. */
const GAP_MS = 2_500;
/** How long calls in flight may finish after a cancellation. */
const DRAIN_MS = 30_000;

export interface Attempt {
  /** Start nothing new. */
  readonly stop: AbortController;
  /** End what is under way. */
  readonly abort: AbortController;
  /** To be awaited before each call when it is a promise: see GAP_MS. Rejects when the attempt is no longer ours. */
  beforeCall(): Promise<void> | undefined;
}

/**
 * Runs `work` under a heartbeat. A cancellation first stops, then (after a time to drain) aborts.
 * @throws ApplicationFailure or CancelledFailure only, with messages that `redact` has cleaned
 */
export async function underHeartbeat<T>(
  options: {
    readonly details: () => unknown;
    readonly redact: (text: string) => string;
    readonly assertOwned: (taskToken: Uint8Array, details: unknown) => Promise<void>;
  },
  work: (attempt: Attempt) => Promise<T>,
): Promise<T> {
  const context = Context.current();
  const stop = new AbortController();
  const abort = new AbortController();
  let lastTick = Date.now();
  let owned: Promise<void> | undefined;
  const checkOwned = (): Promise<void> => {
    owned ??= options.assertOwned(context.info.taskToken, options.details()).then(
      () => void (owned = undefined),
      (error: unknown) => {
        stop.abort(error);
        throw error;
      },
    );
    return owned;
  };
  const gap = (): boolean => Date.now() - lastTick > GAP_MS;
  const timer = setInterval(() => {
    if (gap()) checkOwned().catch(() => undefined);
    lastTick = Date.now();
    context.heartbeat(options.details());
  }, HEARTBEAT_MS);
  let drain: NodeJS.Timeout | undefined;
  const onCancel = (): void => {
    stop.abort(context.cancellationSignal.reason);
    drain = setTimeout(() => abort.abort(context.cancellationSignal.reason), DRAIN_MS);
  };
  if (context.cancellationSignal.aborted) onCancel();
  else context.cancellationSignal.addEventListener('abort', onCancel, { once: true });
  try {
    return await work({ stop, abort, beforeCall: () => (gap() ? checkOwned() : owned) });
  } catch (error) {
    throw asFailure(error, context, options.redact);
  } finally {
    clearInterval(timer);
    clearTimeout(drain);
    context.cancellationSignal.removeEventListener('abort', onCancel);
  }
}

function asFailure(error: unknown, context: Context, redact: (text: string) => string): Error {
  if (context.cancellationSignal.aborted) {
    const { reason } = context.cancellationSignal;
    const shutdown = reason instanceof CancelledFailure && reason.message === 'WORKER_SHUTDOWN';
    if (shutdown) return ApplicationFailure.retryable('the worker was shut down', FAILURES.workerShutdown);
    return reason instanceof CancelledFailure ? reason : new CancelledFailure('cancelled');
  }
  if (error instanceof EndpointDownError) return ApplicationFailure.nonRetryable(redact(error.message), FAILURES.endpointDown);
  if (error instanceof ModelCallError) return ApplicationFailure.nonRetryable(redact(error.message), FAILURES.endpointRefused);
  if (error instanceof NelError) {
    const text = error.hint === undefined ? error.message : `${error.message}\n${error.hint}`;
    return ApplicationFailure.nonRetryable(redact(text), FAILURES.badInput);
  }
  if (error instanceof NotOwnedError) return ApplicationFailure.retryable(error.message, FAILURES.workerShutdown);
  // A bug: trying again would repeat it for ever.
  return ApplicationFailure.nonRetryable(redact(`unexpected: ${errorMessage(error)}`), FAILURES.badInput);
}

/** This attempt timed out or was handed to another worker while this one was frozen. */
export class NotOwnedError extends Error {
  override readonly name = 'NotOwnedError';
}
