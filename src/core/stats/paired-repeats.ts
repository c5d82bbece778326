/** Items with repeats on both sides: the paired interval, and how much of a score's error is the items' and how much the repeats'. */

import { numberOrNull, requireNumbers, requireOpenProbability, requireSameLength } from './checks.js';
import { accurateMean, accurateSum, moments } from './moments.js';
import { pairedMeanCi } from './paired-mean.js';

export interface PairedRepeatsInput {
  /** The repeats of each item; sides and items may have different numbers of them. */
  readonly baseline: readonly (readonly number[])[];
  readonly candidate: readonly (readonly number[])[];
  /** Above 0 and below 1. */
  readonly confidence: number;
}

export interface PairedRepeatsResult {
  /** Items with a repeat on both sides. */
  readonly n_items: number;
  /** Items without a repeat on one side: they are not paired. */
  readonly n_excluded: number;
  readonly mean_baseline: number | null;
  readonly mean_candidate: number | null;
  /** Mean over items of (candidate's mean − baseline's mean). */
  readonly delta: number | null;
  readonly se: number | null;
  readonly ci_lower: number | null;
  readonly ci_upper: number | null;
}

/**
 * How much does the candidate differ, when items were asked more than once? Repeats collapse to the item's mean first, so that items
 * weigh equally however often each was asked: the mean over all repeats would be another, wrong number where they are ragged.
 * Then as pairedMeanCi (E. Miller, "Adding error bars to evals", 2024). Same unit as the values.
 *
 * @throws RangeError when the sides differ in length, a value is not finite, or confidence is out of range
 */
export function pairedRepeatsCi({ baseline, candidate, confidence }: PairedRepeatsInput): PairedRepeatsResult {
  requireSameLength('baseline', baseline, 'candidate', candidate);
  requireOpenProbability('confidence', confidence);
  const before: number[] = [];
  const after: number[] = [];
  baseline.forEach((repeats, i) => {
    const others = candidate[i] as readonly number[];
    requireNumbers(`baseline[${i}]`, repeats);
    requireNumbers(`candidate[${i}]`, others);
    if (repeats.length === 0 || others.length === 0) return;
    before.push(accurateMean(repeats));
    after.push(accurateMean(others));
  });
  const paired = pairedMeanCi({ baseline: before, candidate: after, confidence });
  return {
    n_items: paired.n,
    n_excluded: baseline.length - paired.n,
    mean_baseline: paired.mean_baseline,
    mean_candidate: paired.mean_candidate,
    delta: paired.delta,
    se: paired.se,
    ci_lower: paired.ci_lower,
    ci_upper: paired.ci_upper,
  };
}

export interface VarianceDecompositionResult {
  readonly n_items: number;
  /** Mean of the items' means. */
  readonly mean: number | null;
  /** Standard error over new items and new repeats; null for fewer than 2 items. */
  readonly se_total: number | null;
  /** Standard error over new repeats of these very items; null where an item has fewer than 2 repeats. */
  readonly se_within_rerun_only: number | null;
  /** The items' own part of the mean's variance, se_total² − se_within_rerun_only², not below 0; null where either is. */
  readonly var_between: number | null;
}

/**
 * Would more repeats or more items make the score more certain? Splits the variance of the mean of item means into what the draw of
 * items adds and what repeats of the same items add (law of total variance; E. Miller 2024; the difference of the two
 * estimates is cut at 0, as usual for a variance component).
 *
 * Squares of the values' unit for var_between, their unit otherwise. Items without repeats are left out. n = 0: all null.
 *
 * @param input.items the repeats of each item
 * @throws RangeError naming a value that is not finite
 */
export function varianceDecomposition({ items }: { readonly items: readonly (readonly number[])[] }): VarianceDecompositionResult {
  items.forEach((repeats, i) => {
    requireNumbers(`items[${i}]`, repeats);
  });
  const summaries = items.filter((repeats) => repeats.length > 0).map((repeats) => moments(repeats));
  const { n, mean, variance } = moments(summaries.map((item) => item.mean as number));
  const within = summaries.map((item) => (item.variance === null ? null : item.variance / item.n));
  const known = n > 0 && within.every((value) => value !== null);
  const varianceTotal = variance === null ? null : numberOrNull(variance / n);
  const varianceWithin = known ? numberOrNull(accurateSum(within as number[]) / n / n) : null;
  return {
    n_items: n,
    mean: mean === null ? null : numberOrNull(mean),
    se_total: varianceTotal === null ? null : Math.sqrt(varianceTotal),
    se_within_rerun_only: varianceWithin === null ? null : Math.sqrt(varianceWithin),
    var_between: varianceTotal === null || varianceWithin === null ? null : Math.max(0, varianceTotal - varianceWithin),
  };
}
