/** What the main thread and the engine's thread say to each other: one job has one id from request to end. */

import {
  type ArtifactsRef,
  type BenchmarkRef,
  type HarnessSummary,
  NotOwnedError,
  type WrittenSummary,
} from '../activities/engine-port.js';
import { errorMessage, NelError, type NelErrorKind } from '../core/errors.js';
import { ModelCallError, type ProbeResult } from '../core/model.js';
import { EndpointDownError } from '../engine/endpoint.js';
import type { BatchHeartbeat, BatchRef, GateRef, GateResult, NightSteps, Totals } from '../workflows/contract.js';

export type Job =
  | { readonly op: 'runBatch'; readonly ref: BatchRef }
  | { readonly op: 'probe'; readonly ref: BenchmarkRef }
  | { readonly op: 'runHarness'; readonly ref: BenchmarkRef }
  | { readonly op: 'writeArtifacts'; readonly ref: ArtifactsRef }
  | { readonly op: 'gateRuns'; readonly ref: GateRef }
  | NightJob;

type NightJob = {
  [S in keyof NightSteps]: { readonly op: 'night'; readonly step: S; readonly ref: NightSteps[S]['ref'] };
}[keyof NightSteps];

/** Main thread → engine. `owned` and `lost` answer a `check`. */
export type ToEngine =
  | { readonly id: number; readonly kind: 'job'; readonly job: Job }
  | { readonly id: number; readonly kind: 'stop' | 'abort' | 'owned' }
  | { readonly id: number; readonly kind: 'lost'; readonly reason: string };

type JobResult = Totals | ProbeResult | HarnessSummary | WrittenSummary | GateResult | NightSteps[keyof NightSteps]['result'];

/** Engine → main thread. */
export type FromEngine =
  | { readonly id: number; readonly kind: 'progress'; readonly beat: BatchHeartbeat }
  | { readonly id: number; readonly kind: 'line'; readonly line: string }
  | { readonly id: number; readonly kind: 'check' }
  | { readonly id: number; readonly kind: 'done'; readonly result: JobResult }
  | { readonly id: number; readonly kind: 'failed'; readonly error: WireError };

/** Errors lose their class on the way between threads; the ones that mean something are named. */
export type WireError =
  | { readonly name: 'NelError'; readonly kind: NelErrorKind; readonly message: string; readonly hint: string | undefined }
  | { readonly name: 'EndpointDownError' | 'ModelCallError' | 'NotOwnedError' | 'other'; readonly message: string };

export function toWire(error: unknown, redact: (text: string) => string): WireError {
  const message = redact(errorMessage(error));
  if (error instanceof NelError)
    return { name: 'NelError', kind: error.kind, message, hint: error.hint === undefined ? undefined : redact(error.hint) };
  if (error instanceof EndpointDownError) return { name: 'EndpointDownError', message };
  if (error instanceof ModelCallError) return { name: 'ModelCallError', message };
  if (error instanceof NotOwnedError) return { name: 'NotOwnedError', message };
  return { name: 'other', message };
}

export function fromWire(error: WireError): Error {
  switch (error.name) {
    case 'NelError':
      return new NelError(error.kind, error.message, error.hint === undefined ? {} : { hint: error.hint });
    case 'EndpointDownError':
      return new EndpointDownError(error.message);
    case 'ModelCallError':
      return new ModelCallError(error.message, { category: 'bad_response', disposition: 'stop_run' });
    case 'NotOwnedError':
      return new NotOwnedError(error.message);
    case 'other':
      return new Error(error.message);
  }
}
