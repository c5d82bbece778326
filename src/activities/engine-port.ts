/** The port to the engine: what activities have done for them, wherever it runs (workers/engine-host.ts: a thread of its own). */

import type { ProbeResult } from '../core/model.js';
import type { BatchHeartbeat, BatchRef, GateRef, GateResult, NightSteps, RunRef, Totals } from '../workflows/contract.js';
import type { ClusterPort } from './cluster.js';

export type BenchmarkRef = RunRef & { readonly benchmark: string };

/** `partial`: the run gave up early; what is there is written for inspection, without a bundle. */
export type ArtifactsRef = BenchmarkRef & {
  readonly partial: boolean;
  /** Most errors with which a bundle is still written. Default: what max_error_rate allows. */
  readonly max_errors?: number;
};

/** This attempt timed out or was handed to another worker while this one was frozen. */
export class NotOwnedError extends Error {
  override readonly name = 'NotOwnedError';
}

/** One attempt's ties to its owner. */
export interface EngineAttempt {
  /** Start nothing new; calls in flight may finish. */
  readonly stop: AbortSignal;
  /** End calls in flight as well. */
  readonly abort: AbortSignal;
  /** Asked after a gap in the event loop, before the next call. @throws when the attempt is no longer ours */
  checkOwned(): Promise<void>;
  onProgress(beat: BatchHeartbeat): void;
}

/** One attempt at another program's run. */
export interface HarnessAttempt extends Omit<EngineAttempt, 'onProgress'> {
  /** A line that the program printed, without credentials. */
  onLine(line: string): void;
}

export interface HarnessSummary {
  /** Problems that the program's results hold. */
  readonly problems: number;
  /** What people should know of the results. */
  readonly notes: readonly string[];
}

export interface WrittenSummary {
  readonly bundle: string | null;
  readonly mean_reward: number | null;
  readonly expected: number;
  readonly errors: number;
}

/** All methods throw NelError, ModelCallError (`stop_run`), EndpointDownError or an abort, with messages free of credentials. */
export interface EnginePort {
  runBatch(ref: BatchRef, attempt: EngineAttempt): Promise<Totals>;
  /** Asks the benchmark's endpoint for a sign of life. */
  probe(ref: BenchmarkRef, signal: AbortSignal): Promise<ProbeResult>;
  /** Runs the program of a `lm-eval://` or `harness://` benchmark, unless an earlier attempt has finished it. */
  runHarness(ref: BenchmarkRef, attempt: HarnessAttempt): Promise<HarnessSummary>;
  writeArtifacts(ref: ArtifactsRef, signal: AbortSignal): Promise<WrittenSummary>;
  /** Holds two directories of results against each other and writes the report. */
  gateRuns(ref: GateRef, signal: AbortSignal): Promise<GateResult>;
  /** A step of a scheduled night. */
  night<S extends keyof NightSteps>(step: S, ref: NightSteps[S]['ref'], signal: AbortSignal): Promise<NightSteps[S]['result']>;
}

export interface ActivityDeps {
  readonly engine: EnginePort;
  readonly cluster: ClusterPort;
  /** Asks the server whether this attempt is still ours. @throws NotOwnedError when it is not. */
  assertOwned(taskToken: Uint8Array, details: unknown): Promise<void>;
}
