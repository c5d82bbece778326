/** Intervals of the difference of two success rates over the same 0/1 items. */

import { type Interval, intervalAround, requireCount, requireOpenProbability, withoutMinusZero } from './checks.js';
import { normalCritical } from './normal.js';

export interface PairedProportionInput {
  /** Items that the baseline had right and the candidate wrong. */
  readonly b: number;
  /** Items that the baseline had wrong and the candidate right. */
  readonly c: number;
  /** All items, at least b + c. */
  readonly n: number;
  /** Above 0 and below 1. */
  readonly confidence: number;
}

export interface PairedProportionResult {
  /** (c − b) / n, candidate − baseline; null for n = 0. */
  readonly delta: number | null;
  /** Wald: no width for b = c = 0, which is why it does not decide anything here; null for n = 0. */
  readonly wald: Interval | null;
  /** Bonett and Price's adjusted Wald: always has width; null for n = 0. */
  readonly bonett_price: Interval | null;
}

/** The Wald interval of (c − b) / n. */
function waldInterval(b: number, c: number, n: number, z: number): Interval | null {
  const delta = (c - b) / n;
  // One difference of whole numbers: b = n or c = n gives exactly 0.
  const variance = Math.max(0, (b + c) * n - (c - b) * (c - b)) / n / n / n;
  return intervalAround(delta, z * Math.sqrt(variance));
}

/**
 * How much do the two success rates differ, given which items flipped? Shares from −1 to 1; ends are not cut there.
 *
 * Wald: A. Agresti, Categorical Data Analysis, 3rd ed., 11.1. Bonett-Price: D. G. Bonett and R. M. Price, "Adjusted Wald confidence interval
 * for a difference of binomial proportions based on paired data", J. Educational and Behavioral Statistics 37 (2012): the same after
 * adding 1 to b and to c, and so 2 to n. n = 0: all null. n = 1: wide.
 *
 * @throws RangeError when b, c or n is not a whole number, n < b + c, or confidence is out of range
 */
export function pairedProportionDiffCi({ b, c, n, confidence }: PairedProportionInput): PairedProportionResult {
  requireCount('b', b);
  requireCount('c', c);
  requireCount('n', n);
  if (n < b + c) throw new RangeError(`n (${n}) must be at least b + c (${b + c})`);
  requireOpenProbability('confidence', confidence);
  if (n === 0) return { delta: null, wald: null, bonett_price: null };
  const z = normalCritical(confidence);
  return {
    delta: withoutMinusZero((c - b) / n),
    wald: waldInterval(b, c, n, z),
    bonett_price: waldInterval(b + 1, c + 1, n + 2, z),
  };
}
