/** Mean and variance that survive large offsets, long arrays and constant data: every interval of a mean starts here. */

import { add, divide, fromNumber, subtract, toNumber } from './double-double.js';

export interface Moments {
  readonly n: number;
  /** null for n = 0. */
  readonly mean: number | null;
  /** Sum of squared deviations from the mean; exactly 0 where all values are equal. */
  readonly m2: number;
  /** Sample variance, divisor n − 1; null for n < 2. */
  readonly variance: number | null;
}

/** Sum with an error below one unit in the last place of the result, whatever cancels on the way. */
export function accurateSum(values: readonly number[]): number {
  let sum = fromNumber(0);
  for (const value of values) sum = add(sum, fromNumber(value));
  return toNumber(sum);
}

/** Mean of at least one value, rounded once. */
export function accurateMean(values: readonly number[]): number {
  let sum = fromNumber(0);
  for (const value of values) sum = add(sum, fromNumber(value));
  return toNumber(divide(sum, fromNumber(values.length)));
}

/**
 * Two passes: the mean to twice a double's digits, then the squares of the deviations from it (T. F. Chan, G. H. Golub and
 * R. J. LeVeque, "Algorithms for computing the sample variance", The American Statistician 37, 1983).
 */
export function moments(values: readonly number[]): Moments {
  const n = values.length;
  const first = values[0];
  if (first === undefined) return { n, mean: null, m2: 0, variance: null };
  // Without this the mean of twelve times 0.1 would differ from 0.1 in the 33rd digit, and the variance from 0.
  if (values.every((value) => value === first)) return { n, mean: first, m2: 0, variance: n < 2 ? null : 0 };
  let sum = fromNumber(0);
  for (const value of values) sum = add(sum, fromNumber(value));
  const mean = divide(sum, fromNumber(n));
  let m2 = fromNumber(0);
  for (const value of values) {
    const deviation = toNumber(subtract(fromNumber(value), mean));
    m2 = add(m2, fromNumber(deviation * deviation));
  }
  const squares = toNumber(m2);
  return { n, mean: toNumber(mean), m2: squares, variance: squares / (n - 1) };
}
