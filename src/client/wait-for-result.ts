/** Waits for a run's workflow to end, through restarts of the Temporal server. */

import { setTimeout as delay } from 'node:timers/promises';
import { type Client, WorkflowFailedError, type WorkflowHandle, WorkflowNotFoundError } from '@temporalio/client';
import { CancelledFailure, TerminatedFailure } from '@temporalio/common';
import { NelError } from '../core/errors.js';

const RETRY_MS = 500;

export type RunOutcome<T> =
  | { readonly kind: 'completed'; readonly result: T }
  | { readonly kind: 'failed'; readonly message: string }
  | { readonly kind: 'cancelled' }
  /** Nobody waits any more; the run goes on. */
  | { readonly kind: 'left' };

const LEFT = { kind: 'left' } as const;

/**
 * @param onLost called when the server does not answer, before each new try; may start it again
 * @param left ends the wait at once, whatever is under way; not the run
 * @throws NelError when the server has forgotten the workflow (its database was deleted)
 */
export async function waitForResult<T>(
  client: Client,
  handle: WorkflowHandle,
  onLost: () => Promise<void>,
  left?: AbortSignal,
): Promise<RunOutcome<T>> {
  const end = lastOutcome<T>(client, handle, onLost, left);
  if (left === undefined) return end;
  // Not the SDK's own: it hears no signal that came before a call or between two, and leaves a listener behind for each call.
  let onLeft: () => void = () => undefined;
  const leaving = new Promise<RunOutcome<T>>((resolve) => (onLeft = () => resolve(LEFT)));
  left.addEventListener('abort', onLeft, { once: true });
  try {
    return await Promise.race([end, leaving]);
  } finally {
    left.removeEventListener('abort', onLeft);
  }
}

async function lastOutcome<T>(
  client: Client,
  handle: WorkflowHandle,
  onLost: () => Promise<void>,
  left: AbortSignal | undefined,
): Promise<RunOutcome<T>> {
  const running = client.workflow.getHandle(handle.workflowId);
  const isLeft = (): boolean => left?.aborted === true;
  while (!isLeft()) {
    try {
      return { kind: 'completed', result: (await running.result()) as T };
    } catch (error) {
      if (isLeft()) break;
      if (error instanceof WorkflowNotFoundError) {
        throw new NelError('run', `the Temporal server no longer knows ${handle.workflowId}`, {
          hint: 'its answers are in the output directory: run the same command with --resume',
        });
      }
      if (error instanceof WorkflowFailedError) return outcomeOf(error);
      await onLost();
      await delay(RETRY_MS);
    }
  }
  return LEFT;
}

function outcomeOf(error: WorkflowFailedError): RunOutcome<never> {
  const { cause } = error;
  if (cause instanceof CancelledFailure || cause instanceof TerminatedFailure) return { kind: 'cancelled' };
  return { kind: 'failed', message: rootMessage(cause ?? error) };
}

/** The innermost message: the outer ones say which workflow and activity it passed through. */
function rootMessage(error: Error): string {
  return error.cause instanceof Error ? rootMessage(error.cause) : error.message;
}
