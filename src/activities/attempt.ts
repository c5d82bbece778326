/** One activity attempt: its heartbeat, how it ends early, and how what it throws travels. */

import { ApplicationFailure, CancelledFailure, Context } from '@temporalio/activity';
import { ClusterUnreachable } from '../core/cluster.js';
import { errorMessage, NelError } from '../core/errors.js';
import { ModelCallError } from '../core/model.js';
import { EndpointDownError } from '../engine/endpoint.js';
import { FAILURES } from '../workflows/contract.js';
import { NotOwnedError } from './engine-port.js';

const HEARTBEAT_MS = 1_000;
/** How long calls in flight may finish after a cancellation. */
const DRAIN_MS = 30_000;

export interface AttemptSignals {
  /** Start nothing new. */
  readonly stop: AbortSignal;
  /** End what is under way. */
  readonly abort: AbortSignal;
}

const underWay = new Map<string, Promise<unknown>>();

/**
 * Attempts at the same work within this process: `work` is given the end of the one before it, and awaits it under its own heartbeat.
 */
export async function oneByOne<T>(key: string, work: (earlier: Promise<unknown> | undefined) => Promise<T>): Promise<T> {
  const mine = work(underWay.get(key));
  const settled = mine.catch(() => undefined);
  underWay.set(key, settled);
  try {
    return await mine;
  } finally {
    if (underWay.get(key) === settled) underWay.delete(key);
  }
}

/**
 * Runs `work` under a heartbeat with `details`. A cancellation first stops, then (after a time to drain) aborts.
 * @throws ApplicationFailure or CancelledFailure only; what `work` throws must be free of credentials
 */
export async function underHeartbeat<T>(details: () => unknown, work: (signals: AttemptSignals) => Promise<T>): Promise<T> {
  const context = Context.current();
  const { cancellationSignal } = context;
  const abort = new AbortController();
  const timer = setInterval(() => context.heartbeat(details()), HEARTBEAT_MS);
  let drain: NodeJS.Timeout | undefined;
  const onCancel = (): void => {
    drain = setTimeout(() => abort.abort(cancellationSignal.reason), DRAIN_MS);
  };
  if (cancellationSignal.aborted) onCancel();
  else cancellationSignal.addEventListener('abort', onCancel, { once: true });
  try {
    return await work({ stop: cancellationSignal, abort: abort.signal });
  } catch (error) {
    throw asFailure(error, cancellationSignal);
  } finally {
    clearInterval(timer);
    clearTimeout(drain);
    cancellationSignal.removeEventListener('abort', onCancel);
  }
}

function asFailure(error: unknown, { aborted, reason }: AbortSignal): Error {
  if (aborted) {
    const shutdown = reason instanceof CancelledFailure && reason.message === 'WORKER_SHUTDOWN';
    if (shutdown) return ApplicationFailure.retryable('the worker was shut down', FAILURES.workerShutdown);
    return reason instanceof CancelledFailure ? reason : new CancelledFailure('cancelled');
  }
  if (error instanceof EndpointDownError) return ApplicationFailure.nonRetryable(error.message, FAILURES.endpointDown);
  if (error instanceof ModelCallError) return ApplicationFailure.nonRetryable(error.message, FAILURES.endpointRefused);
  if (error instanceof NelError) {
    return ApplicationFailure.nonRetryable(error.hint === undefined ? error.message : `${error.message}\n${error.hint}`, FAILURES.badInput);
  }
  if (error instanceof ClusterUnreachable) return ApplicationFailure.retryable(error.message, FAILURES.clusterUnreachable);
  if (error instanceof NotOwnedError) return ApplicationFailure.retryable(error.message, FAILURES.workerShutdown);
  // A bug: trying again would repeat it for ever.
  return ApplicationFailure.nonRetryable(`unexpected: ${errorMessage(error)}`, FAILURES.badInput);
}
