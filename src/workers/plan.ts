/** Opens every benchmark of a resolved config and fixes what identifies it: the step between a config and a run. */

import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import type { ParameterValues } from '../core/benchmark.js';
import { errorMessage, NelError } from '../core/errors.js';
import { isHarnessRef } from '../core/harness.js';
import type { JsonObject } from '../core/json.js';
import type { GenerationSettings } from '../core/model.js';
import type { BenchmarkSpec, PlannedBenchmark, RunSpec, ServiceSpec } from '../core/spec.js';
import { hashJson } from '../engine/hash.js';
import { type Env, type LoadedBenchmark, openBenchmark } from './open-benchmark.js';
import { planHarness } from './plan-harness.js';
import { checkMetrics, scoringIdentity, serviceOf } from './plan-metrics.js';
import { createSolver } from './solver.js';

/** @throws NelError for what openBenchmark refuses, two benchmarks of one name, or a scorer without the judge that it needs */
export async function planBenchmarks(spec: RunSpec, env: Env): Promise<PlannedBenchmark[]> {
  const planned: PlannedBenchmark[] = [];
  for (const benchmark of spec.benchmarks) {
    if (isHarnessRef(benchmark.ref)) {
      const { service: name } = benchmark.solver;
      const service = name === null ? null : serviceOf(spec, benchmark.ref, name);
      const generation = service === null ? {} : mergedGeneration({}, service, benchmark);
      planned.push(planHarness({ spec, benchmark, service, generation, env }));
      continue;
    }
    const loaded = await openBenchmark({
      ref: benchmark.ref,
      systemPrompt: benchmark.system_prompt,
      params: benchmark.params,
      env,
      cwd: process.cwd(),
      checkedProblems: benchmark.max_problems ?? Number.POSITIVE_INFINITY,
    });
    try {
      const recordings = benchmark.solver.type === 'replay' ? await fileHash(benchmark.solver.file) : null;
      const plan = planBenchmark(spec, benchmark, loaded, recordings);
      planned.push(plan);
      await checkSolver(spec, plan, loaded);
    } finally {
      await loaded.environment.close();
    }
  }
  const names = planned.map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined)
    throw new NelError('config', `two benchmarks of the run are called "${twice}"`, { hint: 'give one of them another name' });
  return planned;
}

function planBenchmark(spec: RunSpec, benchmarkSpec: BenchmarkSpec, loaded: LoadedBenchmark, recordings: string | null): PlannedBenchmark {
  const { dataset } = loaded.environment;
  const { name } = loaded;
  const { solver, metrics, sandbox, params, repeats, system_prompt } = benchmarkSpec;
  const n_problems = Math.min(dataset.size, benchmarkSpec.max_problems ?? dataset.size);
  if (n_problems === 0) throw new NelError('data', `${name}: the data set ${dataset.source} has no problems`);
  checkMetrics(spec, benchmarkSpec, loaded);
  const identity: JsonObject = {
    benchmark: name,
    definition: loaded.definitionHash,
    dataset: dataset.fingerprint,
    n_problems,
    repeats,
    system_prompt,
    scorer: loaded.scorer,
    solver: solver.type,
    ...modelIdentity(spec, benchmarkSpec, loaded.generation, recordings),
    // All values, also those that are defaults: `shots: 0` and nothing are one config.
    ...parameterIdentity(loaded.benchmark?.parameterValues ?? params),
    ...scoringIdentity(spec, metrics, loaded.needs),
    ...(loaded.needs.includes('sandbox') && Object.keys(sandbox.limits).length > 0 ? { sandbox: sandbox.limits as JsonObject } : {}),
  };
  return {
    spec: benchmarkSpec,
    name,
    dataset,
    n_problems,
    definition_hash: loaded.definitionHash,
    identity,
    config_hash: hashJson(identity),
  };
}

function parameterIdentity(params: ParameterValues): JsonObject {
  return Object.keys(params).length === 0 ? {} : { params: { ...params } };
}

/** What answers are made by: the endpoint's model, or the recordings, or nothing but the solver. */
function modelIdentity(spec: RunSpec, benchmark: BenchmarkSpec, prescribed: GenerationSettings, recordings: string | null): JsonObject {
  const { solver } = benchmark;
  if (solver.type === 'replay') return { model: 'replay', recordings, key: solver.key };
  if (solver.service === null) return { model: solver.type };
  const service = serviceOf(spec, benchmark.ref, solver.service);
  return {
    model: service.model,
    url: service.url,
    protocol: service.protocol,
    generation: mergedGeneration(prescribed, service, benchmark) as JsonObject,
    ...(solver.type === 'tool_calling' ? { max_turns: solver.max_turns } : {}),
  };
}

/** Settings by rising precedence: the benchmark's authors, the service, the config's entry for this benchmark. */
export function mergedGeneration(prescribed: GenerationSettings, service: ServiceSpec, spec: BenchmarkSpec): GenerationSettings {
  return { ...prescribed, ...service.generation, ...spec.generation };
}

/** A replay is its recordings, wherever they lie. @throws NelError of kind `data` when they cannot be read */
async function fileHash(file: string): Promise<string> {
  const hash = createHash('sha256');
  try {
    for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
  } catch (error) {
    throw new NelError('data', `the recorded answers cannot be read: ${errorMessage(error)}`, { at: { file }, cause: error });
  }
  return `sha256:${hash.digest('hex')}`;
}

/** Makes the solver once before anything is paid: one that does not suit the benchmark or the service is an error of the config. */
async function checkSolver(
  spec: RunSpec,
  { spec: benchmark, n_problems }: PlannedBenchmark,
  { environment, generation }: LoadedBenchmark,
): Promise<void> {
  const { solver } = benchmark;
  const service = solver.service === null ? null : serviceOf(spec, benchmark.ref, solver.service);
  await createSolver({
    spec: solver,
    service,
    generation: service === null ? {} : mergedGeneration(generation, service, benchmark),
    environment,
    problems: n_problems,
  });
}
