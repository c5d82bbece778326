/** The exact sign-flip (permutation) test of paired differences of any kind. */

import { requireNumbers } from './checks.js';
import { greatestCommonDivisor, toCommonIntegers } from './decimals.js';
import { coinSumAtMost } from './sign-flips.js';

export interface SignFlipResult {
  /** P(sum ≥ observed): small where the candidate is better. null where no exact count is feasible. */
  readonly p_greater: number | null;
  /** P(|sum| ≥ |observed|). */
  readonly p_two_sided: number | null;
}

/**
 * Could the sum of the differences be this large if each had got its sign by the toss of a fair coin? All 2^n signs are counted.
 *
 * R. A. Fisher, The Design of Experiments (1935), section 21. Differences count as the decimals they are written as, so that
 * 0.1 + 0.2 ties with 0.3. p-values from 0 to 1, the smallest 2^−n. n = 0, or all differences 0: both are 1.
 * Feasible for up to 32 differences other than 0 of any size, and for many more where they are multiples of a common step.
 *
 * @param input.d candidate − baseline by item
 * @throws RangeError naming a value that is not finite
 */
export function signFlipExact({ d }: { readonly d: readonly number[] }): SignFlipResult {
  requireNumbers('d', d);
  const whole = toCommonIntegers(d).filter((value) => value !== 0n);
  const step = whole.reduce((divisor, value) => greatestCommonDivisor(divisor, value), 0n);
  const steps = whole.map((value) => value / step);
  const sizes = steps.map((value) => (value < 0n ? -value : value));
  const positive = steps.reduce((sum, value) => (value > 0n ? sum + value : sum), 0n);
  const negative = sizes.reduce((sum, value) => sum + value, 0n) - positive;
  // The sum is 2 × (its positive part) − total, and its distribution is symmetric: P(sum ≥ observed) = P(positive part ≤ negative).
  const smaller = positive < negative ? positive : negative;
  const tail = coinSumAtMost(sizes, smaller);
  if (tail === null) return { p_greater: null, p_two_sided: null };
  const greater = negative <= positive ? tail : complement(sizes, negative);
  return { p_greater: greater, p_two_sided: positive === negative ? 1 : Math.min(1, 2 * tail) };
}

/** P(positive part ≤ limit) for a limit in the upper half: 1 − P(positive part ≤ total − limit − 1), by symmetry. */
function complement(sizes: readonly bigint[], limit: bigint): number | null {
  const total = sizes.reduce((sum, value) => sum + value, 0n);
  const tail = coinSumAtMost(sizes, total - limit - 1n);
  return tail === null ? null : 1 - tail;
}
