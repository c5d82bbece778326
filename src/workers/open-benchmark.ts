/** Opens what a user named after --bench, by its address: a built-in benchmark, a file of their own, or one behind a scheme (`gym://`, …). */

import { type OpenedDataset, openDataset } from '../adapters/datasets/open.js';
import { openGymEnvironment } from '../adapters/environments/gym.js';
import { isGymAddress } from '../adapters/environments/gym-address.js';
import { openLocalEnvironment } from '../adapters/environments/local.js';
import type { ScorerResources } from '../adapters/environments/scorer-tools.js';
import { BrokenExampleError } from '../adapters/environments/seeds.js';
import { openVlmEnvironment } from '../adapters/environments/vlm.js';
import { definitionHash } from '../benchmarks/definition.js';
import { loadBenchmark } from '../benchmarks/registry.js';
import type { Benchmark, FewShotSource, ParameterValues, ScorerNeed, ScoreSummary } from '../core/benchmark.js';
import type { Environment } from '../core/environment.js';
import { errorMessage, NelError } from '../core/errors.js';
import { isHarnessRef } from '../core/harness.js';
import type { GenerationSettings } from '../core/model.js';
import { applyParameters } from '../core/parameters.js';
import { hashJson } from '../engine/hash.js';

export type Env = Readonly<Record<string, string | undefined>>;

/** What is to be opened; `resources` are made once it is known what the scorer needs. */
export interface BenchmarkRequest {
  readonly ref: string;
  /** Null keeps the benchmark's own. */
  readonly systemPrompt: string | null;
  readonly params: ParameterValues;
  readonly env: Env;
  readonly cwd: string;
  /**
   * Problems, from the first, whose rows are each made into a prompt and a target here, so that a broken one is found before a model
   * is paid. Infinity: all. Absent: none, where a plan has done so. Environments that are not defined here check for themselves.
   */
  readonly checkedProblems?: number;
  readonly resources?: (scorer: { readonly name: string; readonly needs: readonly ScorerNeed[] }) => Promise<ScorerResources>;
}

/** A benchmark with its data set read and its prompts made; no model yet. */
export interface LoadedBenchmark {
  readonly name: string;
  readonly environment: Environment;
  /** `sha256:` of what makes prompts and scores; see PlannedBenchmark. */
  readonly definitionHash: string;
  readonly scorer: string;
  readonly needs: readonly ScorerNeed[];
  /** Settings that the benchmark's authors prescribe. */
  readonly generation: GenerationSettings;
  /** Absent for benchmarks that are not defined here (`gym://`, …). */
  readonly benchmark?: Benchmark;
}

/**
 * @throws NelError for an unknown benchmark, a file that defines none, a bad parameter, a data set that cannot be had or is broken, or
 *   (kind `data`, with file and line) a row among `checkedProblems` that the benchmark cannot ask
 */
export async function openBenchmark(request: BenchmarkRequest): Promise<LoadedBenchmark> {
  const { ref, systemPrompt, env, cwd } = request;
  if (isGymAddress(ref)) return { ...(await openGymEnvironment({ url: ref, systemPrompt, env, cwd })), needs: [] };
  if (isVlmAddress(ref)) return openVlm(request);
  if (isHarnessRef(ref)) throw notHere(ref);
  return openDefined(request);
}

function notHere(ref: string): NelError {
  return new NelError('usage', `${ref} is run by another program, which asks the model and scores by itself`, {
    hint: 'Only `nel eval run` can run it.',
  });
}

const VLM_SCHEME = 'vlmevalkit://';

function isVlmAddress(ref: string): boolean {
  return ref.startsWith(VLM_SCHEME);
}

async function openVlm({
  ref,
  systemPrompt,
  env,
  cwd,
}: Pick<BenchmarkRequest, 'ref' | 'systemPrompt' | 'env' | 'cwd'>): Promise<LoadedBenchmark> {
  const { signal } = new AbortController();
  const { environment, scorerName, definition, generation } = await openVlmEnvironment({ address: ref, cwd, env, signal, systemPrompt });
  return {
    name: environment.name,
    environment,
    definitionHash: hashJson(definition),
    scorer: scorerName,
    needs: [],
    generation: generation ?? {},
  };
}

/**
 * What makes the scores of a benchmark that are no means, without its data set: for a merge.
 * @returns undefined for a benchmark that has none
 */
export async function summaryOf(request: Pick<BenchmarkRequest, 'ref' | 'params' | 'cwd'>): Promise<(() => ScoreSummary) | undefined> {
  const { ref, cwd } = request;
  if (isGymAddress(ref)) return undefined;
  if (isVlmAddress(ref)) {
    const { environment } = await openVlm({ ref, cwd, env: process.env, systemPrompt: null });
    await environment.close();
    return environment.createSummary?.bind(environment);
  }
  const { benchmark } = await loadBenchmark(request.ref, request.cwd);
  return applyParameters(benchmark, request.params).createSummary;
}

async function openDefined(request: BenchmarkRequest): Promise<LoadedBenchmark> {
  const { ref, systemPrompt, params, env, cwd, resources, checkedProblems = 0 } = request;
  const loaded = await loadBenchmark(ref, cwd);
  const benchmark = applyParameters(loaded.benchmark, params);
  const { name, requiredFields, columns, dataset, localPath, scorer } = benchmark;
  const problems = await openDataset(dataset, { name, requiredFields, columns, env, ...(localPath === undefined ? {} : { localPath }) });
  const fewShot = benchmark.fewShot !== undefined && 'dataset' in benchmark.fewShot ? benchmark.fewShot : undefined;
  const examples = fewShot && (await openExamples(fewShot, name, env));
  const { rows, info } = problems;
  const options = { benchmark, rows, info, systemPrompt, ...(examples ? { examples: examples.rows } : {}) };
  await checkRows(
    openLocalEnvironment(options),
    Math.min(checkedProblems, rows.length),
    (index, error) => brokenExample(examples, error) ?? problems.at(index),
  );
  const needs = scorer.needs ?? [];
  const environment = openLocalEnvironment({ ...options, resources: (await resources?.({ name: scorer.name, needs })) ?? {} });
  return {
    name,
    environment,
    definitionHash: definitionHash(benchmark, loaded.sourceHash, examples?.info.fingerprint ?? null),
    scorer: scorer.name,
    needs,
    generation: benchmark.generation ?? {},
    benchmark,
  };
}

function openExamples({ dataset, requiredFields, localPath }: FewShotSource, name: string, env: Env): Promise<OpenedDataset> {
  return openDataset(dataset, {
    name: `${name}, few-shot examples`,
    requiredFields,
    env,
    ...(localPath === undefined ? {} : { localPath }),
  });
}

/** One seed at a time, none kept: data sets are large. */
async function checkRows(environment: Environment, count: number, where: (index: number, error: unknown) => string): Promise<void> {
  const { signal } = new AbortController();
  for (let index = 0; index < count; index++) {
    try {
      await environment.seed(index, 0, signal);
    } catch (error) {
      const hint = error instanceof NelError ? error.hint : undefined;
      throw new NelError('data', `${where(index, error)}: ${errorMessage(error)}`, {
        cause: error,
        ...(hint === undefined ? {} : { hint }),
      });
    }
  }
}

/** Where the few-shot example stands that a prompt failed at; undefined where it failed at the problem. */
function brokenExample(examples: OpenedDataset | undefined, failure: unknown): string | undefined {
  const cause = failure instanceof NelError ? failure.cause : undefined;
  return cause instanceof BrokenExampleError ? examples?.at(cause.index) : undefined;
}
