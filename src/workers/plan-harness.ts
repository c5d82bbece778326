/** Fixes what identifies a benchmark that another program runs. How many problems it has is 0 here: the program's results say it. */

import { openHarness } from '../adapters/harnesses/open.js';
import { NelError } from '../core/errors.js';
import { harnessSpecOf } from '../core/harness.js';
import type { JsonObject } from '../core/json.js';
import type { BenchmarkSpec, PlannedBenchmark, RunSpec } from '../core/spec.js';
import { isStoreAddress } from '../core/store.js';
import { hashJson } from '../engine/hash.js';
import { definitionHashOf } from './harness-run.js';
import type { Env } from './open-benchmark.js';
import { mergedGeneration, serviceOf } from './plan.js';

/** @throws NelError of kind `config` for an address or section that cannot be run, or what such a program cannot do */
export function planHarness(spec: RunSpec, benchmark: BenchmarkSpec, env: Env): PlannedBenchmark {
  const { ref, params, repeats, max_problems, system_prompt, solver } = benchmark;
  const cwd = process.cwd();
  const harness = openHarness({ ref, spec: harnessSpecOf(benchmark), params, env, cwd });
  const unable = whatItCannot(spec, benchmark);
  if (unable !== null) throw new NelError('config', `${harness.benchmark}: ${harness.tool} ${unable.what}`, { hint: unable.way });
  const service = serviceOf(spec, ref, solver.service ?? '');
  const generation = mergedGeneration({}, service, benchmark);
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

function whatItCannot(spec: RunSpec, { repeats, metrics, solver }: BenchmarkSpec): { readonly what: string; readonly way: string } | null {
  if (repeats > 1)
    return { what: `asks each problem once, and ${repeats} repeats are configured`, way: 'Take repeats out; some tasks have repeats of their own.' };
  if (solver.type !== 'simple')
    return { what: `asks the model by itself, so the solver ${solver.type} has no part in it`, way: 'Take the solver out, or write type: simple.' };
  if (metrics.length > 0)
    return { what: 'scores by itself, so further metrics have no part in it', way: "Take metrics out; the program's own numbers are in the results." };
  if (isStoreAddress(spec.output.dir))
    return { what: 'writes files, so its run cannot be kept in a store', way: 'Give a directory (-o), and copy it when it is done.' };
  return null;
}
