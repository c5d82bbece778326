/** Opens a benchmark to be served: with the judges, metrics, parameters and sandbox that a config names. Behind `nel serve` and openEnvironment. */

import { withMetrics } from '../adapters/environments/with-metrics.js';
import { loadEvalConfig } from '../config/load.js';
import { checkSecrets } from '../config/secrets.js';
import { resolveServe, type ServeFlags } from '../config/serve.js';
import type { Environment } from '../core/environment.js';
import type { GenerationSettings } from '../core/model.js';
import type { BenchmarkSpec, RunSpec } from '../core/spec.js';
import { EndpointDownError } from '../engine/endpoint.js';
import { hashJson } from '../engine/hash.js';
import type { ServedBenchmark } from '../serve/service.js';
import type { Env, LoadedBenchmark } from './open-benchmark.js';
import { checkMetrics, scoringIdentity } from './plan-metrics.js';
import { RunOpener } from './run-opener.js';

export interface ServedRequest extends ServeFlags {
  /** Config file; without one the benchmark has no metrics beside its reward, and no judge. */
  readonly config?: string | undefined;
  readonly env: Env;
  readonly cwd: string;
}

export interface Served {
  /** Closing it closes its sandbox and its judges too. */
  readonly environment: Environment;
  readonly benchmark: ServedBenchmark;
  readonly generation: GenerationSettings;
  /** Null: all. */
  readonly maxProblems: number | null;
  /** Calls that its judges may have in flight together; 0 where there are none. */
  readonly judgeConcurrency: number;
  readonly notes: readonly string[];
}

/** @throws NelError for what openBenchmark refuses, a bad config, or a scorer without the judge that it needs */
export async function openServed({ config, env, cwd, ...flags }: ServedRequest): Promise<Served> {
  const file = config === undefined ? undefined : loadEvalConfig(config);
  const { spec, benchmark, notes } = resolveServe(flags, file, env, cwd);
  checkSecrets(spec, env, file);
  const scoring = new RunOpener(env).openScoring(spec, { spec: benchmark });
  const loaded = await scoring.open(benchmark.max_problems ?? Number.POSITIVE_INFINITY);
  const close = async (): Promise<void> => {
    await Promise.all([loaded.environment.close(), ...scoring.judges().map((judge) => judge.close())]);
  };
  try {
    checkMetrics(spec, benchmark, loaded);
  } catch (error) {
    await close();
    throw error;
  }
  const generation = { ...loaded.generation, ...benchmark.generation };
  const description = loaded.benchmark?.description;
  return {
    environment: { ...withMetrics(loaded.environment, scoring.metrics), close },
    benchmark: {
      scorer: loaded.scorer,
      definitionHash: servedHash(spec, benchmark, loaded),
      generation,
      ...(description === undefined ? {} : { description }),
      mayPass: (error) => error instanceof EndpointDownError,
    },
    generation,
    maxProblems: benchmark.max_problems,
    judgeConcurrency: Object.values(spec.services).reduce((sum, { concurrency }) => sum + concurrency, 0),
    notes,
  };
}

/** A run through gym:// knows this hash only: what else here makes prompts and scores goes into it. Alone it is that of a local run. */
function servedHash(spec: RunSpec, { system_prompt, metrics }: BenchmarkSpec, { definitionHash, needs }: LoadedBenchmark): string {
  const more = { ...(system_prompt === null ? {} : { system_prompt }), ...scoringIdentity(spec, metrics, needs) };
  return Object.keys(more).length === 0 ? definitionHash : hashJson({ definition: definitionHash, ...more });
}
