/** The difference of two runs over the same items: the number that compare shows and the gate decides on. */

import { type Interval, intervalAround, numberOrNull, requireNumbers, requireOpenProbability, requireSameLength } from './checks.js';
import { accurateMean, moments } from './moments.js';
import { tCritical } from './student-t.js';

/** Which way is better. Damage is −delta for higher_is_better, delta for lower_is_better. */
export type Direction = 'higher_is_better' | 'lower_is_better';

/** @throws RangeError when it is neither */
export function requireDirection(direction: Direction): void {
  if (direction !== 'higher_is_better' && direction !== 'lower_is_better') {
    throw new RangeError(`direction must be higher_is_better or lower_is_better, not ${JSON.stringify(direction)}`);
  }
}

export interface PairedMeanInput {
  /** One value an item, same order on both sides. */
  readonly baseline: readonly number[];
  readonly candidate: readonly number[];
  /** Above 0 and below 1. */
  readonly confidence: number;
  /** Absent: higher_is_better. */
  readonly direction?: Direction;
}

export interface PairedMeanResult {
  readonly n: number;
  readonly mean_baseline: number | null;
  readonly mean_candidate: number | null;
  /** Mean of candidate − baseline over items. */
  readonly delta: number | null;
  /** n − 1; null for n = 0. */
  readonly df: number | null;
  /** Sample standard deviation of the differences; 0 where they are all equal. */
  readonly sd: number | null;
  readonly se: number | null;
  readonly t_crit: number | null;
  readonly ci_lower: number | null;
  readonly ci_upper: number | null;
  /** How much worse the candidate is; negative where it is better. */
  readonly damage: number | null;
  readonly damage_ci_lower: number | null;
  readonly damage_ci_upper: number | null;
}

function meanOf(values: readonly number[]): number | null {
  return values.length === 0 ? null : numberOrNull(accurateMean(values));
}

function toDamage(delta: number | null, interval: Interval | null, direction: Direction) {
  const [lower, upper] = interval ?? [null, null];
  if (direction === 'lower_is_better') return { damage: delta, damage_ci_lower: lower, damage_ci_upper: upper };
  const negate = (value: number | null) => (value === null ? null : numberOrNull(-value));
  return { damage: negate(delta), damage_ci_lower: negate(upper), damage_ci_upper: negate(lower) };
}

/**
 * How much does the candidate differ from the baseline on the same items, and how far would that move with other items of the kind?
 * Mean of the differences ± t(n − 1) standard errors (Student 1908, the paired case).
 *
 * Units are the items' own. n = 0: all null. n = 1: means and delta, no spread and no interval. Equal differences: no width.
 *
 * @throws RangeError when the sides differ in length, a value is not finite, or confidence or direction is out of range
 */
export function pairedMeanCi({ baseline, candidate, confidence, direction = 'higher_is_better' }: PairedMeanInput): PairedMeanResult {
  requireNumbers('baseline', baseline);
  requireNumbers('candidate', candidate);
  requireSameLength('baseline', baseline, 'candidate', candidate);
  requireOpenProbability('confidence', confidence);
  requireDirection(direction);
  const { n, mean, variance } = moments(candidate.map((value, i) => value - (baseline[i] as number)));
  const delta = mean === null ? null : numberOrNull(mean);
  const sd = variance === null ? null : numberOrNull(Math.sqrt(variance));
  const se = sd === null ? null : sd / Math.sqrt(n);
  const critical = n < 2 ? null : tCritical(confidence, n - 1);
  const interval = intervalAround(delta, se === null || critical === null ? null : critical * se);
  return {
    n,
    mean_baseline: meanOf(baseline),
    mean_candidate: meanOf(candidate),
    delta,
    df: n === 0 ? null : n - 1,
    sd,
    se,
    t_crit: critical,
    ci_lower: interval?.[0] ?? null,
    ci_upper: interval?.[1] ?? null,
    ...toDamage(delta, interval, direction),
  };
}
