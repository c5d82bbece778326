/** A run and its benchmarks as the engine works on them: what compose.ts builds from run.json. */

import type { StoreMirror } from '../artifacts/store-mirror.js';
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
  /** Models that judge: a benchmark goes on only while they answer as well. */
  readonly judges: readonly Model[];
  readonly endpoint: Endpoint;
  readonly policy: RetryPolicy;
}

export interface OpenRun {
  readonly run: RunFile;
  /** Where the run is kept in a store: this machine's working copy of it; null: the directory is the run's own. */
  readonly mirror: StoreMirror | null;
  /** @throws NelError when the data set is not the one that run.json names */
  openBenchmark(name: string): Promise<OpenBenchmark>;
}
