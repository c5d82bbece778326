/** The gate from end to end: bundles and results of two directories in, report out. CLI, API and the gate workflow call this one function. */

import { realpath } from 'node:fs/promises';
import path from 'node:path';
import { type BundleSummary, breaksPairing, bundleDifferences, type Difference } from '../core/comparability.js';
import { NelError } from '../core/errors.js';
import { type GateBenchmark, type GateReport, gateReport, missingBenchmark } from '../core/gate.js';
import { type GateSide, gateBenchmark } from '../core/gate-benchmark.js';
import { isBuiltInMetric, metricNamed } from '../core/metric.js';
import { didYouMean } from '../core/nearest.js';
import {
  benchmarksWithoutMetric,
  blocks,
  type EvidenceRule,
  type GatePolicy,
  gateEvidence,
  type ResolvedPolicy,
  resolvePolicy,
} from '../core/policy.js';
import { type Discovery, discoverBundles, type FoundBundle } from './discover.js';
import { collectItems } from './read-results.js';

export interface GateDirectoriesInput {
  /** Results directories (searched at any depth), or single bundle files; the report names them as they are given here. */
  readonly baselineDir: string;
  readonly candidateDir: string;
  readonly policy: GatePolicy;
  /** Overrides the policy's evidence rule. */
  readonly evidence?: EvidenceRule | undefined;
  /** Pair runs whose data set, prompt, scorer or limits differ. */
  readonly force?: boolean | undefined;
  /** What relative directories are relative to; default: the process's. */
  readonly cwd?: string | undefined;
  /** Called after each benchmark, for heartbeats. */
  readonly onBenchmark?: ((name: string) => void) | undefined;
}

interface Pair {
  readonly policy: ResolvedPolicy;
  readonly baseline: FoundBundle;
  readonly candidate: FoundBundle;
}

/**
 * Gates a candidate against a baseline. One benchmark is in memory at a time.
 *
 * @throws NelError of kind `config` for a policy that cannot be applied, of kind `data` for broken files, duplicate benchmarks
 * or rows, and sides that were not asked the same questions (see `force`)
 */
export async function gateDirectories(input: GateDirectoriesInput): Promise<GateReport> {
  const { policy, cwd = process.cwd() } = input;
  requireMetrics(policy);
  const directories = { baseline: path.resolve(cwd, input.baselineDir), candidate: path.resolve(cwd, input.candidateDir) };
  const baseline = await discoverBundles(directories.baseline);
  const candidate = await discoverBundles(directories.candidate);
  const warnings = await directoryWarnings(input, directories, baseline, candidate);
  const benchmarks: GateBenchmark[] = [];
  for (const name of benchmarkNames(policy, baseline, candidate)) {
    const resolved = resolvePolicy(policy, name, input.evidence);
    const [left, right] = [baseline.benchmarks.get(name), candidate.benchmarks.get(name)];
    if (left === undefined || right === undefined) {
      const absent = (['baseline', 'candidate'] as const).filter((side) => (side === 'baseline' ? left : right) === undefined);
      if (resolved.listed) {
        benchmarks.push(
          missingBenchmark(
            resolved,
            absent,
            absent.flatMap((side) => [...(side === 'baseline' ? baseline : candidate).benchmarks.keys()]),
          ),
        );
      } else {
        warnings.push(`${name}: not in the ${absent.join('')}, and the policy does not list it: not judged`);
      }
      continue;
    }
    const judged = await judge({ policy: resolved, baseline: left, candidate: right }, input);
    benchmarks.push(judged.benchmark);
    warnings.push(...judged.warnings.map((warning) => `${name}: ${warning}`));
    input.onBenchmark?.(name);
  }
  return gateReport({
    policy: { path: policy.source?.path ?? null, sha256: policy.source?.sha256 ?? null },
    baseline: { path: input.baselineDir, run_ids: runIds(baseline) },
    candidate: { path: input.candidateDir, run_ids: runIds(candidate) },
    evidence: gateEvidence(policy, input.evidence),
    benchmarks,
    warnings,
  });
}

function requireMetrics(policy: GatePolicy): void {
  const [first, ...others] = benchmarksWithoutMetric(policy);
  if (first === undefined) return;
  const message = `gate policy: required benchmark must resolve to an explicit metric: ${[first, ...others].join(', ')}`;
  throw policyError(policy, `benchmarks.${first}`, message, 'Add metric (mean_reward, pass@1, …) to the benchmark or to defaults.');
}

function policyError(policy: GatePolicy, field: string, message: string, hint: string): NelError {
  const { source } = policy;
  return new NelError('config', message, {
    hint,
    ...(source === undefined ? {} : { at: { file: source.path, ...source.positions[field] } }),
  });
}

function foundNames(baseline: Discovery, candidate: Discovery): string[] {
  return [...new Set([...baseline.benchmarks.keys(), ...candidate.benchmarks.keys()])];
}

function benchmarkNames(policy: GatePolicy, baseline: Discovery, candidate: Discovery): string[] {
  return [...new Set([...Object.keys(policy.benchmarks), ...foundNames(baseline, candidate)])].sort();
}

function runIds({ benchmarks }: Discovery): string[] {
  return [...new Set([...benchmarks.values()].flatMap(({ bundle }) => bundle.run_id ?? []))].sort();
}

async function directoryWarnings(
  input: GateDirectoriesInput,
  directories: { readonly baseline: string; readonly candidate: string },
  baseline: Discovery,
  candidate: Discovery,
): Promise<string[]> {
  const warnings: string[] = [];
  for (const [side, found, shown] of [
    ['baseline', baseline, input.baselineDir],
    ['candidate', candidate, input.candidateDir],
  ] as const) {
    if (!found.exists) warnings.push(`the ${side} directory ${shown} does not exist`);
    else if (found.benchmarks.size === 0) warnings.push(`the ${side} directory ${shown} holds no bundle (eval-*.json)`);
  }
  if (baseline.exists && candidate.exists && (await realpath(directories.baseline)) === (await realpath(directories.candidate))) {
    warnings.push('baseline and candidate are the same directory: a run is gated against itself');
  }
  return warnings;
}

async function judge(pair: Pair, { policy: file, force = false }: GateDirectoriesInput) {
  const { policy, baseline, candidate } = pair;
  requireKnownMetric(pair, file);
  const differences = bundleDifferences(baseline.bundle, candidate.bundle);
  const { fingerprint } = baseline.bundle.dataset;
  const judged = gateBenchmark({
    policy,
    baseline: await readSide('baseline', baseline, policy),
    candidate: await readSide('candidate', candidate, policy),
    dataset_size: baseline.bundle.dataset.size ?? candidate.bundle.dataset.size,
    incomparable: differences.filter(breaksPairing).map(differenceWords),
    same_dataset: fingerprint !== null && fingerprint === candidate.bundle.dataset.fingerprint,
    force,
  });
  if (judged.incomparable.length > 0 && blocks(policy.tier)) {
    throw new NelError('data', `${policy.benchmark}: ${judged.incomparable.join('; ')} (${baseline.file} and ${candidate.file})`, {
      hint: 'Evaluate both sides alike, or pair them all the same with --force.',
    });
  }
  const settings = differences.filter(({ kind }) => kind === 'setting').map(differenceWords);
  return { benchmark: judged.benchmark, warnings: [...settings, ...judged.warnings] };
}

/** A metric that neither bundle has is a slip in the policy; one that only one bundle has is missing evidence (see readSide). */
function requireKnownMetric({ policy, baseline, candidate }: Pair, file: GatePolicy): void {
  const { metric, benchmark, tier, listed } = policy;
  if (isBuiltInMetric(metric) || hasScore(baseline.bundle, metric) || hasScore(candidate.bundle, metric)) return;
  if (!listed || !blocks(tier)) return;
  const known = [...new Set(['mean_reward', 'pass@1', ...Object.keys(baseline.bundle.scores), ...Object.keys(candidate.bundle.scores)])];
  const message = `gate policy: unsupported metric "${metric}" for benchmark ${benchmark}${didYouMean(metric, known)}: neither bundle has a score of that name`;
  const own = file.source?.positions[`benchmarks.${benchmark}.metric`] !== undefined;
  throw policyError(file, own ? `benchmarks.${benchmark}.metric` : 'defaults.metric', message, `Known here: ${known.sort().join(', ')}.`);
}

function hasScore(bundle: BundleSummary, metric: string): boolean {
  return Object.hasOwn(bundle.scores, metric);
}

async function readSide(side: string, found: FoundBundle, policy: ResolvedPolicy): Promise<GateSide> {
  const { expected, errors } = found.bundle.coverage;
  const base = { expected_samples: expected, reported_errors: errors };
  const without = (problem: string): GateSide => ({ ...base, table: null, problem });
  if (found.shares_folder_with.length > 0) {
    const others = found.shares_folder_with.join(', ');
    return without(`The bundles of ${others} stand in the same folder of the ${side}: whose results.jsonl it is cannot be told`);
  }
  const metric = metricNamed(policy.metric);
  if (!metric.builtIn && !hasScore(found.bundle, policy.metric)) {
    return without(`Metric ${policy.metric} is not among the scores of the ${side}'s bundle`);
  }
  try {
    return { ...base, table: await collectItems(found.results, metric, policy.cluster_by), problem: null };
  } catch (error) {
    if (!isMissingFile(error)) throw error;
    return without(`results.jsonl of the ${side} is missing`);
  }
}

function isMissingFile(error: unknown): boolean {
  return error instanceof NelError && (error.cause as NodeJS.ErrnoException | undefined)?.code === 'ENOENT';
}

const KIND_WORDS: Readonly<Record<Difference['kind'], string>> = {
  dataset: 'Different data sets',
  prompt: 'Different prompts',
  scorer: 'Different scorers',
  limit: 'Different limits',
  setting: 'different settings',
  model: 'different models',
};
const MOST_SHOWN = 80;

/** `Different prompts: config.system_prompt is "a" in the baseline and "b" in the candidate`. */
function differenceWords({ kind, field, baseline, candidate }: Difference): string {
  const shown = (value: unknown): string => {
    const text = JSON.stringify(value);
    return text.length > MOST_SHOWN ? `${text.slice(0, MOST_SHOWN)}…` : text;
  };
  return `${KIND_WORDS[kind]}: ${field} is ${shown(baseline)} in the baseline and ${shown(candidate)} in the candidate`;
}
