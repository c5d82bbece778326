/** Mean and variance that survive large offsets, long arrays and constant data: every interval of a mean starts here. */

import { type DoubleDouble, divide, exactSum, fromNumber, toNumber } from './double-double.js';

export interface Moments {
  readonly n: number;
  /** null for n = 0. */
  readonly mean: number | null;
  /** Sum of squared deviations from the mean; exactly 0 where all values are equal. */
  readonly m2: number;
  /** Sample variance, divisor n − 1; null for n < 2. */
  readonly variance: number | null;
}

/** A running sum with twice a double's digits: `hi` and the error it has made so far. */
class RunningSum {
  private hi = 0;
  private lo = 0;

  add(value: number): void {
    const sum = this.hi + value;
    const back = sum - this.hi;
    this.lo += this.hi - (sum - back) + (value - back);
    this.hi = sum;
  }

  get value(): DoubleDouble {
    return exactSum(this.hi, this.lo);
  }
}

function sumOf(values: readonly number[]): DoubleDouble {
  const sum = new RunningSum();
  for (const value of values) sum.add(value);
  return sum.value;
}

/** Sum, rounded once (Neumaier's compensation, after D. E. Knuth's exact sum of two). */
export function accurateSum(values: readonly number[]): number {
  return toNumber(sumOf(values));
}

/** Mean of at least one value, rounded once. */
export function accurateMean(values: readonly number[]): number {
  return toNumber(divide(sumOf(values), fromNumber(values.length)));
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
  const mean = divide(sumOf(values), fromNumber(n));
  const squares = new RunningSum();
  for (const value of values) {
    const deviation = value - mean.hi - mean.lo;
    squares.add(deviation * deviation);
  }
  const m2 = toNumber(squares.value);
  return { n, mean: toNumber(mean), m2, variance: m2 / (n - 1) };
}
