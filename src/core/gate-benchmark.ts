/** One benchmark of the gate: paired items and the resolved policy in, status, reasons and warnings out. */

import { emptyBenchmark, type GateBenchmark } from './gate.js';
import { checkLimits } from './gate-checks.js';
import { formatShare } from './gate-words.js';
import { metricNamed, repeatsNeeded } from './metric.js';
import { exceeds, tidy, tidyOrNull } from './numbers.js';
import { type PairedInterval, pairedInterval } from './paired-interval.js';
import { type ItemTable, type PairedItems, pairItems } from './pairing.js';
import type { ResolvedPolicy } from './policy.js';

/** What was found of a benchmark on one side. */
export interface GateSide {
  /** null: there are no results to pair; `problem` says why. */
  readonly table: ItemTable | null;
  readonly problem: string | null;
  /** Samples and errors that the bundle speaks of; null where it does not. */
  readonly expected_samples: number | null;
  readonly reported_errors: number | null;
}

export interface GateBenchmarkInput {
  readonly policy: ResolvedPolicy;
  readonly baseline: GateSide;
  readonly candidate: GateSide;
  /** Problems in the data set, or null where no bundle says. */
  readonly dataset_size: number | null;
  /** Why, by their bundles, the two sides must not be paired. */
  readonly incomparable: readonly string[];
  /** Both bundles name the same data set: expected answers need not be compared. */
  readonly same_dataset: boolean;
  /** Pair all the same: what speaks against it becomes a warning. */
  readonly force: boolean;
}

export interface JudgedBenchmark {
  readonly benchmark: GateBenchmark;
  /** Without the benchmark's name. */
  readonly warnings: readonly string[];
  /** Why the two sides must not be paired; empty under `force`. */
  readonly incomparable: readonly string[];
}

const SIDES = ['baseline', 'candidate'] as const;

/** Judges one benchmark: too little evidence first, then absolute and relative limit, each under both evidence rules. */
export function gateBenchmark(input: GateBenchmarkInput): JudgedBenchmark {
  const { policy, force } = input;
  const problems = SIDES.flatMap((side) => sideProblems(side, input[side], policy));
  const { table: before } = input.baseline;
  const { table: after } = input.candidate;
  const paired = before === null || after === null ? null : pairItems(before, after, metricNamed(policy.metric), policy.direction);
  const against = [...input.incomparable, ...(paired === null || input.same_dataset ? [] : differentAnswers(paired))];
  const forced = force ? against.map((reason) => `${reason} (paired by --force)`) : [];
  const incomparable = force ? [] : against;
  const insufficient = (line: Line, reasons: readonly string[], warnings: readonly string[]): JudgedBenchmark => ({
    benchmark: { ...line, status: 'INSUFFICIENT_EVIDENCE', reasons },
    warnings: [...forced, ...warnings],
    incomparable,
  });
  if (paired === null || incomparable.length > 0) return insufficient(emptyBenchmark(policy), [...incomparable, ...problems], []);

  const counts = { ...emptyBenchmark(policy), n_paired: paired.ids.length, coverage: tidyOrNull(paired.coverage) };
  const warnings = evidenceWarnings(input, paired);
  const reasons = [...problems, ...tooFew(input, paired)];
  if (paired.ids.length === 0) return insufficient(counts, reasons, warnings);
  const clusters = clusterLabels(paired, policy, warnings);
  const all = pairedInterval({ ...paired, clusters: clusters.labels });
  const interval = clusters.unusable ? { ...all, lower: null, upper: null, method: 'none' as const, variance: null } : all;
  const measured = { ...counts, ...scores(interval, policy) };
  if (reasons.length > 0) return insufficient(measured, reasons, warnings);
  const size = input.dataset_size ?? paired.ids.length + paired.baseline_only + paired.candidate_only;
  const checked = checkLimits(interval, policy, size);
  return { benchmark: { ...measured, ...checked.outcome }, warnings: [...forced, ...warnings, ...checked.warnings], incomparable };
}

type Line = Omit<GateBenchmark, 'status' | 'reasons'>;

function differentAnswers({ ids, different_answers: { count, first } }: PairedItems): string[] {
  if (count === 0) return [];
  return [
    `Different data sets: the expected answers of ${count} of ${ids.length} paired items differ, first of problem_idx ${JSON.stringify(first)}`,
  ];
}

function sideProblems(side: string, { table, problem, expected_samples, reported_errors }: GateSide, policy: ResolvedPolicy): string[] {
  if (table === null) return [problem ?? `No results of the ${side}`];
  if (table.samples === 0) return [`results.jsonl of the ${side} is empty`];
  const needed = repeatsNeeded(policy.metric);
  const most = table.repeatRange()?.most ?? 0;
  if (most < needed) return [`${policy.metric} needs ${needed} repeats an item, the ${side} has ${most}`];
  if (table.missing === table.samples) return [`No sample of the ${side} has a value for metric ${policy.metric}`];
  const expected = Math.max(expected_samples ?? 0, table.samples);
  const errors = Math.max(table.missing + expected - table.samples, reported_errors ?? 0);
  if (!exceeds(errors / expected, policy.max_error_rate)) return [];
  const absent = expected - table.samples;
  const lost = absent === 0 ? '' : `, ${absent} of them not in results.jsonl`;
  return [
    `${errors} of ${expected} samples of the ${side} are errors${lost}: ${formatShare(errors / expected)} is above max_error_rate ${formatShare(policy.max_error_rate)}`,
  ];
}

function tooFew({ policy, baseline, candidate }: GateBenchmarkInput, paired: PairedItems): string[] {
  const reasons: string[] = [];
  const kinds = [baseline.table?.idKind(), candidate.table?.idKind()];
  if (paired.ids.length === 0 && kinds.includes('number') && kinds.includes('string')) {
    reasons.push('problem_idx are numbers on one side and texts on the other: 3 and "3" are two problems');
  }
  if (paired.ids.length < policy.min_items) reasons.push(`Only ${paired.ids.length} paired items (minimum ${policy.min_items})`);
  if (paired.coverage !== null && exceeds(policy.min_coverage, paired.coverage)) {
    reasons.push(`Coverage ${formatShare(paired.coverage)} is below min_coverage ${formatShare(policy.min_coverage)}`);
  }
  return reasons;
}

function evidenceWarnings(input: GateBenchmarkInput, paired: PairedItems): string[] {
  const warnings: string[] = [];
  const unpaired = paired.baseline_only + paired.candidate_only;
  if (unpaired > 0) {
    const where = `${paired.baseline_only} only in the baseline, ${paired.candidate_only} only in the candidate`;
    warnings.push(`${unpaired} items are not paired (${where}): coverage ${formatShare(paired.coverage ?? 0)}`);
  }
  for (const side of SIDES) {
    const { table } = input[side];
    if (table !== null && table.missing > 0 && table.missing < table.samples) {
      warnings.push(`${table.missing} of ${table.samples} samples of the ${side} are errors and count as failed`);
    }
  }
  const before = input.baseline.table?.repeatRange() ?? null;
  const after = input.candidate.table?.repeatRange() ?? null;
  if (before !== null && after !== null && (before.most !== after.most || before.fewest !== after.fewest)) {
    warnings.push(`repeats differ: ${repeatWords(before)} an item in the baseline, ${repeatWords(after)} in the candidate`);
  }
  if (input.policy.metric_assumed) warnings.push(`the policy names no metric: ${input.policy.metric} was used`);
  return warnings;
}

function repeatWords({ fewest, most }: { readonly fewest: number; readonly most: number }): string {
  return fewest === most ? String(most) : `${fewest} to ${most}`;
}

/** Without a label for every item, or with one group only, there is no interval: `unusable`. */
function clusterLabels(
  paired: PairedItems,
  { cluster_by }: ResolvedPolicy,
  warnings: string[],
): { readonly labels: string[] | null; readonly unusable: boolean } {
  if (cluster_by === null) return { labels: null, unusable: false };
  const labels = paired.clusters.filter((label) => label !== null);
  const without = paired.ids.length - labels.length;
  if (without > 0) {
    warnings.push(`${without} of ${paired.ids.length} paired items have no ${cluster_by} to cluster by: there is no interval`);
    return { labels: null, unusable: true };
  }
  if (new Set(labels).size < 2) {
    warnings.push(`all items have the same ${cluster_by}: clustering by it leaves no interval`);
    return { labels: null, unusable: true };
  }
  return { labels, unusable: false };
}

function scores(interval: PairedInterval, policy: ResolvedPolicy) {
  const damage = policy.direction === 'higher_is_better' ? -interval.delta : interval.delta;
  const baseline = tidy(interval.baseline);
  return {
    baseline_score: baseline,
    candidate_score: tidy(interval.candidate),
    delta: tidy(interval.delta),
    delta_ci_lower: tidyOrNull(interval.lower),
    delta_ci_upper: tidyOrNull(interval.upper),
    relative_drop_pct: baseline === 0 ? null : tidy((100 * damage) / Math.abs(interval.baseline)),
  };
}
