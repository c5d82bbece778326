/** Opens every benchmark of a resolved config and fixes what identifies it: the step between a config and a run. */

import { createMetric } from '../benchmarks/metrics.js';
import { NelError } from '../core/errors.js';
import type { Json, JsonObject } from '../core/json.js';
import type { GenerationSettings } from '../core/model.js';
import type { BenchmarkSpec, JudgeMetricSpec, MetricSpec, PlannedBenchmark, RunSpec, ServiceSpec } from '../core/spec.js';
import { hashJson } from '../engine/hash.js';
import { type Env, type LoadedBenchmark, openBenchmark } from './open-benchmark.js';

/** @throws NelError for what openBenchmark refuses, two benchmarks of one name, or a scorer without the judge that it needs */
export async function planBenchmarks(spec: RunSpec, env: Env): Promise<PlannedBenchmark[]> {
  const planned: PlannedBenchmark[] = [];
  for (const benchmark of spec.benchmarks) {
    const loaded = await openBenchmark({
      ref: benchmark.ref,
      systemPrompt: benchmark.system_prompt,
      params: benchmark.params,
      env,
      cwd: process.cwd(),
    });
    planned.push(planBenchmark(spec, benchmark, loaded));
    await loaded.environment.close();
  }
  const names = planned.map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined)
    throw new NelError('config', `two benchmarks of the run are called "${twice}"`, { hint: 'give one of them another name' });
  return planned;
}

function planBenchmark(spec: RunSpec, benchmarkSpec: BenchmarkSpec, loaded: LoadedBenchmark): PlannedBenchmark {
  const { dataset } = loaded.environment;
  const { name } = loaded;
  const { solver, metrics, sandbox, params, repeats, system_prompt } = benchmarkSpec;
  const n_problems = Math.min(dataset.size, benchmarkSpec.max_problems ?? dataset.size);
  if (n_problems === 0) throw new NelError('data', `${name}: the data set ${dataset.source} has no problems`);
  const judge = ownJudge(benchmarkSpec);
  if (loaded.needs.includes('judge') && judge === null) {
    throw new NelError('config', `${name} is scored by a judge, and the config names none`, {
      hint: 'Add a service for the judge, and to the benchmark `metrics: [{type: judge, service: NAME}]`.',
    });
  }
  for (const metric of metrics) checkMetric(spec, benchmarkSpec, name, metric);
  const identity: JsonObject = {
    benchmark: name,
    definition: loaded.definitionHash,
    dataset: dataset.fingerprint,
    n_problems,
    repeats,
    system_prompt,
    scorer: loaded.scorer,
    solver: solver.type,
    ...modelIdentity(spec, benchmarkSpec, loaded.generation),
    ...(Object.keys(params).length === 0 ? {} : { params }),
    ...(metrics.length === 0 ? {} : { metrics: metrics.map((metric) => metricIdentity(spec, metric)) }),
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

/** What answers are made by: the endpoint's model, or the recordings, or nothing but the solver. */
function modelIdentity(spec: RunSpec, benchmark: BenchmarkSpec, prescribed: GenerationSettings): JsonObject {
  const { solver } = benchmark;
  if (solver.type === 'replay') return { model: 'replay', recordings: solver.file, key: solver.key };
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

export function serviceOf(spec: RunSpec, ref: string, name: string): ServiceSpec {
  const service = spec.services[name];
  if (service === undefined) throw new NelError('config', `${ref}: no service "${name}"`);
  return service;
}

/** The judge that the benchmark's own scorer asks: the first judge metric, which needs no rubric for that; null: there is none. */
export function ownJudge({ metrics }: BenchmarkSpec): JudgeMetricSpec | null {
  return metrics.find(isJudgeMetric) ?? null;
}

export function isJudgeMetric(metric: MetricSpec): metric is JudgeMetricSpec {
  return metric.type === 'judge';
}

function checkMetric(spec: RunSpec, benchmark: BenchmarkSpec, name: string, metric: MetricSpec): void {
  if (!isJudgeMetric(metric)) {
    createMetric(metric);
    return;
  }
  const judge = serviceOf(spec, name, metric.service);
  const asked = benchmark.solver.service === null ? undefined : spec.services[benchmark.solver.service];
  if (metric.allow_same_model || asked === undefined || judge.model !== asked.model || judge.url !== asked.url) return;
  throw new NelError('config', `${name}: the judge "${metric.service}" is the model under test (${judge.model})`, {
    hint: 'A model favours its own answers: take another judge, or write allow_same_model: true.',
  });
}

function metricIdentity(spec: RunSpec, metric: MetricSpec): Json {
  if (!isJudgeMetric(metric)) return { ...metric };
  const { allow_same_model: _, service: name, ...rest } = metric;
  const service = spec.services[name];
  return {
    ...rest,
    scale: [...rest.scale],
    judge: { model: service?.model ?? null, url: service?.url ?? null, generation: (service?.generation ?? {}) as JsonObject },
  };
}
