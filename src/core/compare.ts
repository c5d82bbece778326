/** Compares two runs of a benchmark: score, category and runtime deltas, a paired test, flips, and what was set differently. Gate decides; this explains. */

import type { BundleScore, BundleSummary, Difference } from './comparability.js';
import { type CompareSample, type Flips, findFlips } from './flips.js';
import { metricNamed } from './metric.js';
import { exceeds, tidy, tidyOrNull } from './numbers.js';
import { CONFIDENCE, pairedInterval } from './paired-interval.js';
import { type ItemTable, type PairedItems, type ProblemId, pairItems } from './pairing.js';
import { mannWhitneyU } from './stats/mann-whitney.js';
import { mcnemar } from './stats/mcnemar.js';
import { studentMeanCi } from './stats/mean-ci.js';
import { accurateMean, moments } from './stats/moments.js';
import { mdeMcNemar } from './stats/power-mcnemar.js';
import { wilcoxonSignedRank } from './stats/wilcoxon.js';

/** - PASS: no sign of a regression that matters; WARN: significant, within max_drop; BLOCK: significant, beyond it; INCONCLUSIVE: too little data to tell */
export type CompareVerdict = 'PASS' | 'WARN' | 'BLOCK' | 'INCONCLUSIVE';

const ALPHA = 1 - CONFIDENCE;
/** Fewer pairs than this settle nothing. */
const FEWEST_PAIRS = 10;

export interface ScoreDelta {
  readonly baseline: number;
  readonly candidate: number;
  readonly delta: number;
  /** Of the baseline, in percent; null for a baseline of 0. */
  readonly relative_pct: number | null;
  /** Whether the two 95% intervals overlap; null where one has none. */
  readonly ci_overlap: boolean | null;
  /** Of `test`, over items that are not paired; null without results. `paired` is the sharper test. */
  readonly p_value: number | null;
  readonly significant: boolean | null;
  readonly test: 'mann-whitney-u' | null;
}

export interface CategoryDelta {
  readonly baseline: number;
  readonly candidate: number;
  readonly delta: number;
  /** Paired items; null where only the bundles speak of the category. */
  readonly n: number | null;
}

export interface RuntimeDelta {
  readonly baseline: number;
  readonly candidate: number;
  readonly delta: number;
  readonly relative_pct: number | null;
}

/** mean_reward over paired items. */
export interface PairedTest {
  /** McNemar where every item is 0 or 1, Wilcoxon's signed ranks otherwise. */
  readonly test: 'mcnemar-exact' | 'wilcoxon-signed-rank';
  readonly p_value: number;
  /** 95% interval of the effect; null for one item. */
  readonly ci: readonly [number, number] | null;
  /** Mean of candidate − baseline. */
  readonly effect: number;
}

/** One benchmark: regression.json in the shape of the documents, and more. */
export interface BenchmarkComparison {
  readonly benchmark: string;
  readonly verdict: CompareVerdict;
  readonly verdict_reasons: readonly string[];
  /** What was set differently, the gravest first. */
  readonly differences: readonly Difference[];
  readonly score_deltas: Readonly<Record<string, ScoreDelta>>;
  readonly category_deltas: Readonly<Record<string, CategoryDelta>>;
  readonly runtime_deltas: Readonly<Record<string, RuntimeDelta>>;
  readonly n_paired: number;
  /** null where there are no paired items. */
  readonly paired: PairedTest | null;
  /** Smallest change of 0/1 items that this many would show with 80% power; null for other rewards and where none would be. */
  readonly minimum_detectable_effect: number | null;
  readonly flips: Flips | null;
  readonly warnings: readonly string[];
}

export interface CompareSide {
  readonly bundle: BundleSummary;
  /** By metric; null where there are no results, with the reason in `problem`. */
  readonly tables: ReadonlyMap<string, ItemTable> | null;
  readonly samples: ReadonlyMap<ProblemId, readonly CompareSample[]>;
  readonly problem: string | null;
}

export interface CompareInput {
  readonly baseline: CompareSide;
  readonly candidate: CompareSide;
  readonly differences: readonly Difference[];
  /** Largest drop that is no regression, in units of the reward. */
  readonly maxDrop: number;
  /** A sample is right when its reward is above this. */
  readonly correctAbove: number;
}

/** Metrics to read from the results: the mean reward, and every score that both bundles have. */
export function metricsToCompare(baseline: BundleSummary, candidate: BundleSummary): string[] {
  const shared = Object.keys(baseline.scores).filter((name) => Object.hasOwn(candidate.scores, name));
  return [...new Set(['mean_reward', ...shared])];
}

export function compareBenchmark(input: CompareInput): BenchmarkComparison {
  const { baseline, candidate } = input;
  const paired = pairOf(input, 'mean_reward');
  const test = paired === null || paired.ids.length === 0 ? null : pairedTest(paired);
  const { verdict, reasons } = compareVerdict(input, paired, test);
  return {
    benchmark: candidate.bundle.name,
    verdict,
    verdict_reasons: reasons,
    differences: input.differences,
    score_deltas: Object.fromEntries(
      metricsToCompare(baseline.bundle, candidate.bundle).flatMap((metric) => {
        const delta = scoreDelta(input, metric);
        return delta === null ? [] : [[metric, delta] as const];
      }),
    ),
    category_deltas: paired === null ? bundleCategories(baseline.bundle, candidate.bundle) : categoryDeltas(paired, input),
    runtime_deltas: runtimeDeltas(baseline.bundle, candidate.bundle),
    n_paired: paired?.ids.length ?? 0,
    paired: test?.result ?? null,
    minimum_detectable_effect: test?.detectable ?? null,
    flips: paired === null ? null : findFlips(baseline.samples, candidate.samples, input.correctAbove),
    warnings: comparisonWarnings(input, paired),
  };
}

function pairOf({ baseline, candidate }: CompareInput, metric: string): PairedItems | null {
  const left = baseline.tables?.get(metric);
  const right = candidate.tables?.get(metric);
  return left === undefined || right === undefined ? null : pairItems(left, right, metricNamed(metric), 'higher_is_better');
}

interface Tested {
  readonly result: PairedTest;
  readonly detectable: number | null;
}

function pairedTest(paired: PairedItems): Tested {
  const { baseline, candidate } = paired;
  const interval = pairedInterval({ baseline, candidate });
  const effect = tidy(interval.delta);
  const ci = interval.lower === null || interval.upper === null ? null : ([tidy(interval.lower), tidy(interval.upper)] as const);
  const binary = [...baseline, ...candidate].every((value) => value === 0 || value === 1);
  if (!binary) {
    // Float noise would make equal differences unequal.
    const { p_exact, p_asymptotic } = wilcoxonSignedRank({ d: baseline.map((value, i) => tidy((candidate[i] as number) - value)) });
    return { result: { test: 'wilcoxon-signed-rank', p_value: p_exact ?? p_asymptotic ?? 1, ci, effect }, detectable: null };
  }
  const b = baseline.filter((value, i) => value > (candidate[i] as number)).length;
  const c = baseline.filter((value, i) => value < (candidate[i] as number)).length;
  const n = baseline.length;
  const detectable = mdeMcNemar({ n, discordance: (b + c) / n, alpha_two_sided: ALPHA, power: 0.8 });
  return { result: { test: 'mcnemar-exact', p_value: mcnemar({ b, c }).exact_two_sided, ci, effect }, detectable: tidyOrNull(detectable) };
}

function compareVerdict(
  input: CompareInput,
  paired: PairedItems | null,
  test: Tested | null,
): { verdict: CompareVerdict; reasons: string[] } {
  const { maxDrop } = input;
  if (paired === null) {
    const reasons = [input.baseline.problem, input.candidate.problem].filter((problem) => problem !== null);
    return { verdict: 'INCONCLUSIVE', reasons };
  }
  if (test === null || paired.ids.length < FEWEST_PAIRS) {
    return { verdict: 'INCONCLUSIVE', reasons: [`Only ${paired.ids.length} paired items (minimum ${FEWEST_PAIRS})`] };
  }
  const { p_value, effect, ci } = test.result;
  const drop = -effect;
  if (p_value < ALPHA && drop > 0) {
    if (exceeds(drop, maxDrop)) return { verdict: 'BLOCK', reasons: [`Significant regression: the drop exceeds max-drop ${maxDrop}`] };
    return { verdict: 'WARN', reasons: [`Significant regression, within max-drop ${maxDrop}`] };
  }
  const largest = ci === null ? Number.POSITIVE_INFINITY : -ci[0];
  if (exceeds(largest, maxDrop) && !(p_value < ALPHA)) {
    const about = ci === null ? 'there is no interval' : `the 95% interval reaches a drop of ${largest.toFixed(4)}`;
    return { verdict: 'INCONCLUSIVE', reasons: [`A drop beyond max-drop ${maxDrop} cannot be ruled out: ${about}`] };
  }
  return { verdict: 'PASS', reasons: [p_value < ALPHA ? 'Significant improvement' : `No drop beyond max-drop ${maxDrop}`] };
}

function scoreDelta({ baseline, candidate }: CompareInput, metric: string): ScoreDelta | null {
  const left = itemValues(baseline, metric);
  const right = itemValues(candidate, metric);
  const scoreBefore = own(baseline.bundle.scores, metric);
  const scoreAfter = own(candidate.bundle.scores, metric);
  const before = left === null || left.length === 0 ? (scoreBefore?.value ?? null) : accurateMean(left);
  const after = right === null || right.length === 0 ? (scoreAfter?.value ?? null) : accurateMean(right);
  if (before === null || after === null) return null;
  const test = left === null || right === null ? null : mannWhitneyU({ x: left, y: right });
  const p = test === null ? null : (test.p_exact ?? test.p_asymptotic);
  return {
    ...difference(before, after),
    ci_overlap: overlap(intervalOf(scoreBefore, left), intervalOf(scoreAfter, right)),
    p_value: p,
    significant: p === null ? null : p < ALPHA,
    test: p === null ? null : 'mann-whitney-u',
  };
}

/** Every item of the side, paired or not: what its own score is made of. An error counts 0, as in the bundle. */
function itemValues({ tables }: CompareSide, metric: string): number[] | null {
  const table = tables?.get(metric);
  if (table === undefined || table.samples === table.missing) return null;
  return [...pairItems(table, table, metricNamed(metric), 'higher_is_better').baseline];
}

function own<T>(record: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}

type Bounds = readonly [number, number] | null;

function intervalOf(score: BundleScore | undefined, values: readonly number[] | null): Bounds {
  if (score !== undefined && score.ci_lower !== null && score.ci_upper !== null) return [score.ci_lower, score.ci_upper];
  if (values === null) return null;
  const { n, mean, m2 } = moments(values);
  return mean === null ? null : studentMeanCi({ n, mean, m2, confidence: CONFIDENCE });
}

function overlap(a: Bounds, b: Bounds): boolean | null {
  return a === null || b === null ? null : a[0] <= b[1] && b[0] <= a[1];
}

function difference(baseline: number, candidate: number) {
  const delta = candidate - baseline;
  return {
    baseline: tidy(baseline),
    candidate: tidy(candidate),
    delta: tidy(delta),
    relative_pct: tidy(baseline) === 0 ? null : tidy((100 * delta) / Math.abs(baseline)),
  };
}

function categoryDeltas(paired: PairedItems, { baseline, candidate }: CompareInput): Record<string, CategoryDelta> {
  const groups = new Map<string, { baseline: number[]; candidate: number[] }>();
  paired.clusters.forEach((category, i) => {
    if (category === null) return;
    let group = groups.get(category);
    if (group === undefined) groups.set(category, (group = { baseline: [], candidate: [] }));
    group.baseline.push(paired.baseline[i] as number);
    group.candidate.push(paired.candidate[i] as number);
  });
  if (groups.size === 0) return bundleCategories(baseline.bundle, candidate.bundle);
  return Object.fromEntries(
    [...groups].sort(byName).map(([name, group]) => {
      const { relative_pct: _, ...delta } = difference(accurateMean(group.baseline), accurateMean(group.candidate));
      return [name, { ...delta, n: group.baseline.length }];
    }),
  );
}

function bundleCategories(baseline: BundleSummary, candidate: BundleSummary): Record<string, CategoryDelta> {
  return Object.fromEntries(
    Object.entries(baseline.categories)
      .sort(byName)
      .flatMap(([name, before]) => {
        const after = own(candidate.categories, name);
        if (after === undefined) return [];
        const { relative_pct: _, ...delta } = difference(before.mean_reward, after.mean_reward);
        return [[name, { ...delta, n: null }] as const];
      }),
  );
}

function runtimeDeltas(baseline: BundleSummary, candidate: BundleSummary): Record<string, RuntimeDelta> {
  return Object.fromEntries(
    Object.entries(baseline.runtime).flatMap(([name, before]) => {
      const after = own(candidate.runtime, name);
      return after === undefined ? [] : [[name, difference(before, after)] as const];
    }),
  );
}

function byName([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : 1;
}

function comparisonWarnings({ baseline, candidate }: CompareInput, paired: PairedItems | null): string[] {
  const warnings = [baseline.problem, candidate.problem].filter((problem) => problem !== null);
  if (paired === null) return warnings;
  const unpaired = paired.baseline_only + paired.candidate_only;
  if (unpaired > 0) {
    warnings.push(
      `${unpaired} items are not paired (${paired.baseline_only} only in the baseline, ${paired.candidate_only} only in the candidate)`,
    );
  }
  for (const [side, { tables }] of [
    ['baseline', baseline],
    ['candidate', candidate],
  ] as const) {
    const table = tables?.get('mean_reward');
    if (table !== undefined && table.missing > 0)
      warnings.push(`${table.missing} of ${table.samples} samples of the ${side} are errors and count as failed`);
  }
  return warnings;
}
