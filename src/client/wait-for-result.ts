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

/**
 * @param onLost called when the server does not answer, before each new try; may start it again
 * @param left ends the wait, not the run
 * @throws NelError when the server has forgotten the workflow (its database was deleted)
 */
export async function waitForResult<T>(
  client: Client,
  handle: WorkflowHandle,
  onLost: () => Promise<void>,
  left: AbortSignal = new AbortController().signal,
): Promise<RunOutcome<T>> {
  const running = client.workflow.getHandle(handle.workflowId);
  for (;;) {
    try {
      return { kind: 'completed', result: (await client.withAbortSignal(left, () => running.result())) as T };
    } catch (error) {
      if (left.aborted) return { kind: 'left' };
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
