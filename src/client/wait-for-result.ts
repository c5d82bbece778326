/** Waits for a run's workflow to end, through restarts of the Temporal server. */

import { setTimeout as delay } from 'node:timers/promises';
import { type Client, WorkflowFailedError, type WorkflowHandle, WorkflowNotFoundError } from '@temporalio/client';
import { ApplicationFailure, CancelledFailure, TerminatedFailure } from '@temporalio/common';
import { FAILURES, type SuiteResult } from '../workflows/contract.js';

const RETRY_MS = 500;

export type RunOutcome =
  | { readonly kind: 'completed'; readonly result: SuiteResult }
  /** `result` is null when the workflow failed before its benchmarks could. */
  | { readonly kind: 'failed'; readonly message: string; readonly result: SuiteResult | null }
  | { readonly kind: 'cancelled' };

/**
 * @param onLost called when the server does not answer, before each new try; may start it again
 * @throws WorkflowNotFoundError when the server has forgotten the workflow (its database was deleted)
 */
export async function waitForResult(client: Client, handle: WorkflowHandle, onLost: () => Promise<void>): Promise<RunOutcome> {
  const running = client.workflow.getHandle(handle.workflowId);
  for (;;) {
    try {
      return { kind: 'completed', result: (await running.result()) as SuiteResult };
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) throw error;
      if (error instanceof WorkflowFailedError) return outcomeOf(error);
      await onLost();
      await delay(RETRY_MS);
    }
  }
}

function outcomeOf(error: WorkflowFailedError): RunOutcome {
  const { cause } = error;
  if (cause instanceof CancelledFailure || cause instanceof TerminatedFailure) return { kind: 'cancelled' };
  if (cause instanceof ApplicationFailure && cause.type === FAILURES.runFailed) {
    return { kind: 'failed', message: cause.message, result: (cause.details?.[0] as SuiteResult | undefined) ?? null };
  }
  return { kind: 'failed', message: cause?.message ?? error.message, result: null };
}
