/** Opens runs for activities: from run.json to environments, solvers, model clients and limiters. */

import { setMaxListeners } from 'node:events';
import path from 'node:path';
import type { BenchmarkRef } from '../activities/engine-port.js';
import { type Metric, withMetrics } from '../adapters/environments/with-metrics.js';
import { openHarness } from '../adapters/harnesses/open.js';
import { createOpenAiModel } from '../adapters/models/openai.js';
import { readRunFile } from '../artifacts/run-file.js';
import type { StoreMirror } from '../artifacts/store-mirror.js';
import { serviceUrlVariable } from '../core/cluster.js';
import { NelError } from '../core/errors.js';
import { harnessSpecOf } from '../core/harness.js';
import type { Judge } from '../core/judge.js';
import type { Model } from '../core/model.js';
import type { PlannedBenchmark, RunFile, RunSpec, ServiceSpec } from '../core/spec.js';
import { isStoreAddress } from '../core/store.js';
import { DEFAULT_DELAYS } from '../engine/call.js';
import { now } from '../engine/clock.js';
import { Endpoint } from '../engine/endpoint.js';
import type { RunRef } from '../workflows/contract.js';
import { definitionHashOf, type OpenHarness } from './harness-run.js';
import { createServiceJudge } from './judge.js';
import { noModel } from './no-model.js';
import { type Env, type LoadedBenchmark, openBenchmark } from './open-benchmark.js';
import type { OpenBenchmark, OpenRun } from './open-run.js';
import { mergedGeneration } from './plan.js';
import { serviceOf } from './plan-metrics.js';
import { Redactor } from './redactor.js';
import { metricsOf, scorerResources } from './scoring-resources.js';
import { createSolver } from './solver.js';
import { openMirror } from './stores.js';

// A batch's samples all listen to its two signals. Not 0, which means the same: Node 20 then takes a signal for none, and undici's fetch refuses it.
setMaxListeners(Infinity);

export interface OpenScoring {
  readonly metrics: readonly Metric[];
  /** The judges that were asked for until now. */
  judges(): readonly Model[];
  /** @param checkedProblems see BenchmarkRequest; default none */
  open(checkedProblems?: number): Promise<LoadedBenchmark>;
}

/** Runs that a worker keeps open, with their data sets; a worker of months has seen hundreds. */
const KEPT_RUNS = 16;

/** One of these lives as long as its worker. */
export class RunOpener {
  readonly redactor = new Redactor();
  private readonly runs = new Map<string, Promise<OpenRun>>();
  private readonly endpoints = new Map<string, Endpoint>();
  private readonly mirrors = new Map<string, Promise<StoreMirror>>();

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
    } else {
      // Maps keep the order of insertion: the one that is used moves to the end.
      this.runs.delete(key);
      this.runs.set(key, run);
    }
    const [oldest] = this.runs.keys();
    if (this.runs.size > KEPT_RUNS && oldest !== undefined) this.runs.delete(oldest);
    return run;
  }

  private async read(ref: RunRef): Promise<OpenRun> {
    const mirror = await this.mirror(ref.run_dir);
    await mirror?.pullRunFile();
    const runDir = mirror?.dir ?? ref.run_dir;
    const run = await readRunFile(runDir);
    if (run === undefined) {
      throw new NelError('data', `${ref.run_dir} holds no run.json on this worker's machine`, {
        hint: 'the output directory must be on a file system that all workers share, or in a store (s3://)',
      });
    }
    if (run.spec_hash !== ref.spec_hash || run.run_id !== ref.run_id)
      throw new NelError('data', `${ref.run_dir}/run.json belongs to another run`);
    const benchmarks = new Map<string, Promise<OpenBenchmark>>();
    return {
      run,
      mirror,
      openBenchmark: (name) => {
        let benchmark = benchmarks.get(name);
        if (benchmark === undefined) {
          benchmark = this.openPlanned(runDir, run.spec, plannedOf(run, name, ref));
          benchmarks.set(name, benchmark);
          benchmark.catch(() => benchmarks.delete(name));
        }
        return benchmark;
      },
    };
  }

  /** The working copy of a run that is kept in a store; null for a directory. One an address. */
  private mirror(runDir: string): Promise<StoreMirror> | null {
    if (!isStoreAddress(runDir)) return null;
    let mirror = this.mirrors.get(runDir);
    if (mirror === undefined) {
      mirror = openMirror(runDir, this.env);
      this.mirrors.set(runDir, mirror);
      mirror.catch(() => this.mirrors.delete(runDir));
    }
    return mirror;
  }

  /** A benchmark that another program runs. @throws NelError when its definition changed since it was planned */
  async openHarness(ref: BenchmarkRef): Promise<OpenHarness> {
    const { run, mirror } = await this.open(ref);
    const planned = plannedOf(run, ref.benchmark, ref);
    const { spec } = planned;
    const harness = openHarness({ ref: spec.ref, spec: harnessSpecOf(spec), params: spec.params, env: this.env, cwd: process.cwd() });
    assertUnchanged('definition', planned, planned.definition_hash, definitionHashOf(harness));
    const service = serviceOf(run.spec, spec.ref, spec.solver.service ?? '');
    return {
      run,
      planned,
      dir: path.join(mirror?.dir ?? ref.run_dir, planned.name),
      harness,
      service: { ...service, url: this.address(service) },
      generation: mergedGeneration({}, service, spec),
      apiKey: this.apiKey(service),
      env: this.env,
    };
  }

  /** Builds what a planned benchmark needs to be asked. @throws NelError when its data set or definition changed since it was planned */
  async openPlanned(runDir: string, spec: RunSpec, planned: PlannedBenchmark): Promise<OpenBenchmark> {
    const { spec: benchmark } = planned;
    const scoring = this.openScoring(spec, planned);
    const loaded = await scoring.open();
    assertUnchanged('data set', planned, planned.dataset.fingerprint, loaded.environment.dataset.fingerprint);
    assertUnchanged('definition', planned, planned.definition_hash, loaded.definitionHash);
    const environment = withMetrics(loaded.environment, scoring.metrics);
    const { service: name } = benchmark.solver;
    const service = name === null ? null : serviceOf(spec, benchmark.ref, name);
    const generation = service === null ? {} : mergedGeneration(loaded.generation, service, benchmark);
    return {
      planned,
      dir: path.join(runDir, planned.name),
      environment,
      solver: await createSolver({ spec: benchmark.solver, service, generation, environment }),
      model: service === null ? noModel(benchmark.solver.type) : this.model(service),
      judges: scoring.judges(),
      endpoint: service === null ? new Endpoint(benchmark.solver.type, 1, now) : this.endpoint(service),
      policy: { maxRetries: service?.max_retries ?? 0, ...DEFAULT_DELAYS },
    };
  }

  /** What judges answers, without what gives them: for a run, and for answers that are there already (see rescore.ts). */
  openScoring(spec: RunSpec, { spec: benchmark }: Pick<PlannedBenchmark, 'spec'>): OpenScoring {
    const judges = new Map<string, { readonly judge: Judge; readonly model: Model }>();
    const judgeOf = (name: string): Judge => {
      let known = judges.get(name);
      if (known === undefined) {
        const service = serviceOf(spec, benchmark.ref, name);
        const model = this.model(service);
        known = { model, judge: createServiceJudge({ name, service, model, endpoint: this.endpoint(service) }) };
        judges.set(name, known);
      }
      return known.judge;
    };
    return {
      metrics: metricsOf(benchmark, judgeOf),
      judges: () => [...judges.values()].map(({ model }) => model),
      open: (checkedProblems = 0) =>
        openBenchmark({
          ref: benchmark.ref,
          systemPrompt: benchmark.system_prompt,
          params: benchmark.params,
          env: this.env,
          cwd: process.cwd(),
          resources: ({ needs }) => scorerResources(benchmark, needs, this.env, judgeOf),
          checkedProblems,
        }),
    };
  }

  private model(service: ServiceSpec): Model {
    return createOpenAiModel({
      service: { ...service, url: this.address(service) },
      apiKey: this.apiKey(service),
      redact: this.redactor.redact,
    });
  }

  /** Of a model that this job serves for itself: what the job's script found out. */
  private address({ served, url }: ServiceSpec): string {
    if (served === undefined) return url;
    const variable = serviceUrlVariable(served.name);
    const address = this.env[variable];
    if (address) return address;
    throw new NelError('config', `the service ${served.name} is served by the jobs of a cluster, and ${variable} is not set here`, {
      hint: 'start the run where its config has a `cluster`, or use a service with a url',
    });
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
    const url = this.address(service);
    let endpoint = this.endpoints.get(url);
    if (endpoint === undefined) {
      endpoint = new Endpoint(url, service.concurrency, now);
      this.endpoints.set(url, endpoint);
    }
    return endpoint;
  }
}

function plannedOf(run: RunFile, name: string, { run_dir }: RunRef): PlannedBenchmark {
  const planned = run.benchmarks.find((candidate) => candidate.name === name);
  if (planned === undefined) throw new NelError('data', `${run_dir}/run.json has no benchmark ${name}`);
  return planned;
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
