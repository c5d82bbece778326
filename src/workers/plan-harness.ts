/** Fixes what identifies a benchmark that another program runs. How many problems it has is 0 here: the program's results say it. */

import { openHarness } from '../adapters/harnesses/open.js';
import { NelError } from '../core/errors.js';
import { harnessSpecOf } from '../core/harness.js';
import type { JsonObject } from '../core/json.js';
import type { GenerationSettings } from '../core/model.js';
import type { BenchmarkSpec, PlannedBenchmark, RunSpec, ServiceSpec } from '../core/spec.js';
import { isStoreAddress } from '../core/store.js';
import { hashJson } from '../engine/hash.js';
import { definitionHashOf } from './harness-run.js';
import type { Env } from './open-benchmark.js';

export interface HarnessPlanOptions {
  readonly spec: RunSpec;
  readonly benchmark: BenchmarkSpec;
  /** The service that its solver names; null: none. */
  readonly service: ServiceSpec | null;
  readonly generation: GenerationSettings;
  readonly env: Env;
}

/** @throws NelError of kind `config` for an address or section that cannot be run, or what such a program cannot do */
export function planHarness({ spec, benchmark, service, generation, env }: HarnessPlanOptions): PlannedBenchmark {
  const { ref, params, repeats, max_problems, system_prompt } = benchmark;
  const cwd = process.cwd();
  const harness = openHarness({ ref, spec: harnessSpecOf(benchmark), params, env, cwd });
  const { what, way } = whatItCannot(spec, benchmark) ?? {};
  if (what !== undefined || service === null)
    throw new NelError('config', `${harness.benchmark}: ${harness.tool} ${what}`, { hint: way ?? '' });
  // Told now rather than when the run has begun: the program is not here.
  harness.command({ service, generation, systemPrompt: system_prompt, maxProblems: max_problems, outputDir: spec.output.dir });
  const definition = definitionHashOf(harness);
  const identity: JsonObject = {
    benchmark: harness.benchmark,
    definition,
    max_problems,
    repeats,
    system_prompt,
    scorer: harness.tool,
    solver: harness.tool,
    model: service.model,
    url: service.url,
    protocol: service.protocol,
    generation: generation as JsonObject,
    ...(Object.keys(params).length === 0 ? {} : { params }),
  };
  return {
    spec: benchmark,
    name: harness.benchmark,
    dataset: { source: harness.source, revision: null, fingerprint: hashJson({ source: harness.source, definition }), size: 0 },
    n_problems: 0,
    definition_hash: definition,
    identity,
    config_hash: hashJson(identity),
  };
}

/** A solver without a service is no simple one. */
function whatItCannot(spec: RunSpec, { repeats, metrics, solver }: BenchmarkSpec): { readonly what: string; readonly way: string } | null {
  if (repeats > 1)
    return {
      what: `asks each problem once, and ${repeats} repeats are configured`,
      way: 'Take repeats out; some tasks have repeats of their own.',
    };
  if (solver.type !== 'simple')
    return {
      what: `asks the model by itself, so the solver ${solver.type} has no part in it`,
      way: 'Take the solver out, or write type: simple.',
    };
  if (metrics.length > 0)
    return {
      what: 'scores by itself, so further metrics have no part in it',
      way: "Take metrics out; the program's own numbers are in the results.",
    };
  if (isStoreAddress(spec.output.dir))
    return { what: 'writes files, so its run cannot be kept in a store', way: 'Give a directory (-o), and copy it when it is done.' };
  return null;
}
