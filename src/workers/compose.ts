/**
 * The composition root: the only place where benchmarks, data sets, models and solvers meet. Workers, `nel validate` and
 * shard processes are built from it.
 */

import { setMaxListeners } from 'node:events';
import path from 'node:path';
import { openDataset } from '../adapters/datasets/open.js';
import { openLocalEnvironment } from '../adapters/environments/local.js';
import { createOpenAiModel } from '../adapters/models/openai.js';
import { createSimpleSolver } from '../adapters/solvers/simple.js';
import { readRunFile } from '../artifacts/run-file.js';
import { definitionHash } from '../benchmarks/definition.js';
import { builtinBenchmarks, loadBenchmark } from '../benchmarks/registry.js';
import type { Benchmark } from '../core/benchmark.js';
import type { Environment } from '../core/environment.js';
import { NelError } from '../core/errors.js';
import type { JsonObject } from '../core/json.js';
import type { GenerationSettings } from '../core/model.js';
import type { BenchmarkSpec, PlannedBenchmark, RunSpec, ServiceSpec } from '../core/spec.js';
import { DEFAULT_DELAYS } from '../engine/call.js';
import { now } from '../engine/clock.js';
import { Endpoint } from '../engine/endpoint.js';
import { hashJson } from '../engine/hash.js';
import type { RunRef } from '../workflows/contract.js';
import type { OpenBenchmark, OpenRun } from './open-run.js';
import { Redactor } from './redactor.js';

// A batch's samples all listen to its two signals.
setMaxListeners(0);

type Env = Readonly<Record<string, string | undefined>>;

/** What can be named without a file, by name. */
export function listBuiltinBenchmarks(): readonly Benchmark[] {
  return [...builtinBenchmarks].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** A benchmark with its data set read and its prompts made; no model yet. */
export interface LoadedBenchmark {
  readonly benchmark: Benchmark;
  readonly environment: Environment;
  readonly definitionHash: string;
}

/** @throws NelError for an unknown benchmark, a file that defines none, or a data set that cannot be had or is broken */
export async function openBenchmark(ref: string, systemPrompt: string | null, env: Env, cwd: string): Promise<LoadedBenchmark> {
  const { benchmark, sourceHash } = await loadBenchmark(ref, cwd);
  const { rows, info } = await openDataset(benchmark.dataset, {
    name: benchmark.name,
    requiredFields: benchmark.requiredFields,
    env,
    ...(benchmark.localPath === undefined ? {} : { localPath: benchmark.localPath }),
  });
  const environment = openLocalEnvironment({ benchmark, rows, info, systemPrompt });
  return { benchmark, environment, definitionHash: definitionHash(benchmark, sourceHash) };
}

/** Settings by rising precedence: the benchmark's authors, the service, the config's entry for this benchmark. */
function mergedGeneration(benchmark: Benchmark, service: ServiceSpec, spec: BenchmarkSpec): GenerationSettings {
  return { ...benchmark.generation, ...service.generation, ...spec.generation };
}

/** Opens every benchmark of a spec and fixes what identifies it. */
export async function planBenchmarks(spec: RunSpec, env: Env): Promise<PlannedBenchmark[]> {
  const planned: PlannedBenchmark[] = [];
  for (const benchmarkSpec of spec.benchmarks)
    planned.push(
      planBenchmark(spec, benchmarkSpec, await openBenchmark(benchmarkSpec.ref, benchmarkSpec.system_prompt, env, process.cwd())),
    );
  const names = planned.map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined)
    throw new NelError('config', `two benchmarks of the run are called "${twice}"`, { hint: 'give one of them another name' });
  return planned;
}

function planBenchmark(spec: RunSpec, benchmarkSpec: BenchmarkSpec, loaded: LoadedBenchmark): PlannedBenchmark {
  const { benchmark, environment } = loaded;
  const { dataset } = environment;
  const service = serviceOf(spec, benchmarkSpec);
  const n_problems = Math.min(dataset.size, benchmarkSpec.max_problems ?? dataset.size);
  if (n_problems === 0) throw new NelError('data', `${benchmark.name}: the data set ${dataset.source} has no problems`);
  const identity: JsonObject = {
    benchmark: benchmark.name,
    definition: loaded.definitionHash,
    dataset: dataset.fingerprint,
    n_problems,
    repeats: benchmarkSpec.repeats,
    system_prompt: benchmarkSpec.system_prompt,
    scorer: benchmark.scorer.name,
    solver: benchmarkSpec.solver.type,
    model: service.model,
    url: service.url,
    protocol: service.protocol,
    generation: mergedGeneration(benchmark, service, benchmarkSpec) as JsonObject,
  };
  return {
    spec: benchmarkSpec,
    name: benchmark.name,
    dataset,
    n_problems,
    definition_hash: loaded.definitionHash,
    identity,
    config_hash: hashJson(identity),
  };
}

function serviceOf(spec: RunSpec, benchmark: BenchmarkSpec): ServiceSpec {
  const service = spec.services[benchmark.solver.service];
  if (service === undefined) throw new NelError('config', `${benchmark.ref}: no service "${benchmark.solver.service}"`);
  return service;
}

/** Opens runs for activities; one of these lives as long as its worker. */
export class RunOpener {
  readonly redactor = new Redactor();
  private readonly runs = new Map<string, Promise<OpenRun>>();
  private readonly endpoints = new Map<string, Endpoint>();

  constructor(private readonly env: Env) {}

  /** Cached. @throws NelError when there is no run.json or it is another run's */
  open(ref: RunRef): Promise<OpenRun> {
    // A resume may come with other concurrency, limits or key variables.
    const key = `${ref.run_dir}\0${ref.spec_hash}\0${ref.generation}`;
    let run = this.runs.get(key);
    if (run === undefined) {
      run = this.read(ref);
      this.runs.set(key, run);
      run.catch(() => this.runs.delete(key));
    }
    return run;
  }

  private async read(ref: RunRef): Promise<OpenRun> {
    const run = await readRunFile(ref.run_dir);
    if (run === undefined) {
      throw new NelError('data', `${ref.run_dir} holds no run.json on this worker's machine`, {
        hint: 'the output directory must be on a file system that all workers share',
      });
    }
    if (run.spec_hash !== ref.spec_hash || run.run_id !== ref.run_id)
      throw new NelError('data', `${ref.run_dir}/run.json belongs to another run`);
    const benchmarks = new Map<string, Promise<OpenBenchmark>>();
    return {
      run,
      openBenchmark: (name) => {
        let benchmark = benchmarks.get(name);
        if (benchmark === undefined) {
          const planned = run.benchmarks.find((candidate) => candidate.name === name);
          if (planned === undefined) throw new NelError('data', `${ref.run_dir}/run.json has no benchmark ${name}`);
          benchmark = this.openPlanned(ref.run_dir, run.spec, planned);
          benchmarks.set(name, benchmark);
          benchmark.catch(() => benchmarks.delete(name));
        }
        return benchmark;
      },
    };
  }

  /** Builds what a planned benchmark needs to be asked. @throws NelError when its data set or definition changed since it was planned */
  async openPlanned(runDir: string, spec: RunSpec, planned: PlannedBenchmark): Promise<OpenBenchmark> {
    const loaded = await openBenchmark(planned.spec.ref, planned.spec.system_prompt, this.env, process.cwd());
    assertUnchanged('data set', planned, planned.dataset.fingerprint, loaded.environment.dataset.fingerprint);
    assertUnchanged('definition', planned, planned.definition_hash, loaded.definitionHash);
    const service = serviceOf(spec, planned.spec);
    const apiKey = this.apiKey(service);
    const generation = mergedGeneration(loaded.benchmark, service, planned.spec);
    return {
      planned,
      dir: path.join(runDir, planned.name),
      environment: loaded.environment,
      solver: createSimpleSolver({ protocol: service.protocol, model: service.model, generation }),
      model: createOpenAiModel({ service, apiKey, redact: this.redactor.redact }),
      endpoint: this.endpoint(service),
      policy: { maxRetries: service.max_retries, ...DEFAULT_DELAYS },
    };
  }

  private apiKey(service: ServiceSpec): string | null {
    if (service.api_key_env === null) return null;
    const key = this.env[service.api_key_env];
    if (!key) {
      throw new NelError('config', `the API key variable ${service.api_key_env} is not set where the worker runs`, {
        hint: `export ${service.api_key_env}=… and start again`,
      });
    }
    this.redactor.learn(key);
    return key;
  }

  /** One limiter an endpoint, whatever benchmarks and models share it. */
  private endpoint(service: ServiceSpec): Endpoint {
    let endpoint = this.endpoints.get(service.url);
    if (endpoint === undefined) {
      endpoint = new Endpoint(service.url, service.concurrency, now);
      this.endpoints.set(service.url, endpoint);
    }
    return endpoint;
  }
}

function assertUnchanged(what: string, planned: PlannedBenchmark, before: string, now: string): void {
  if (before === now) return;
  throw new NelError(
    'data',
    `${planned.name}: the ${what} changed since the run began (${before.slice(0, 19)}… then, ${now.slice(0, 19)}… now)`,
    {
      hint: 'restore it, or use a new output directory',
    },
  );
}
