/** What activities need of the outside world. The composition root (workers/compose.ts) builds it; tests build it from fakes. */

import type { Environment } from '../core/environment.js';
import type { Model } from '../core/model.js';
import type { Solver } from '../core/solver.js';
import type { PlannedBenchmark, RunFile } from '../core/spec.js';
import type { RetryPolicy } from '../engine/call.js';
import type { Endpoint } from '../engine/endpoint.js';

/** A benchmark of a run, ready to work: data set read, model client built. */
export interface OpenBenchmark {
  readonly planned: PlannedBenchmark;
  /** OUT/<benchmark> */
  readonly dir: string;
  readonly environment: Environment;
  readonly solver: Solver;
  readonly model: Model;
  readonly endpoint: Endpoint;
  readonly policy: RetryPolicy;
}

export interface OpenRun {
  readonly run: RunFile;
  /** @throws NelError when the data set is not the one that run.json names */
  openBenchmark(name: string): Promise<OpenBenchmark>;
}

export interface ActivityDeps {
  /** Cached by directory and spec hash. @throws NelError when run.json is another run's */
  openRun(ref: { readonly run_dir: string; readonly run_id: string; readonly spec_hash: string }): Promise<OpenRun>;
  /** Replaces every credential that this process knows of in a text. */
  redact(text: string): string;
  /** Asks the server whether this attempt is still ours. @throws when it is not. */
  assertOwned(taskToken: Uint8Array, details: unknown): Promise<void>;
}
