/** Wilson's interval of a proportion: what a score of 0/1 items is reported with. */

import { type Interval, requireCount, requireOpenProbability } from './checks.js';
import { normalCritical } from './normal.js';

export interface WilsonInput {
  /** Successes, 0 to n. */
  readonly k: number;
  /** Trials. */
  readonly n: number;
  /** Above 0 and below 1, such as 0.95. */
  readonly confidence: number;
}

/** Lower end for k successes: the smaller root of the score equation, from the product of both roots, so that nothing cancels. */
function lowerEnd(k: number, n: number, z: number): number {
  if (k === 0) return 0;
  const z2 = z * z;
  const upper = k + z2 / 2 + z * Math.sqrt((k * (n - k)) / n + z2 / 4);
  return (k / n) * (k / upper);
}

/**
 * Which success rates would k of n not contradict? The score interval: all p with |k/n − p| ≤ z √(p (1 − p) / n).
 *
 * E. B. Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22 (1927), without continuity
 * correction. Shares from 0 to 1; exactly 0 at k = 0 and exactly 1 at k = n, never beyond, and never without width. n = 1 gives a
 * wide interval.
 *
 * @returns null for n = 0: nothing was tried
 * @throws RangeError naming k (not a whole number from 0 to n), n or confidence
 */
export function wilson({ k, n, confidence }: WilsonInput): Interval | null {
  requireCount('n', n);
  requireCount('k', k, 0, n);
  requireOpenProbability('confidence', confidence);
  if (n === 0) return null;
  const z = normalCritical(confidence);
  return [lowerEnd(k, n, z), upperEnd(k, n, z)];
}

/** Upper end: directly where it is small, else 1 − the lower end of the failures. */
function upperEnd(k: number, n: number, z: number): number {
  if (2 * k >= n) return 1 - lowerEnd(n - k, n, z);
  const z2 = z * z;
  return Math.min(1, (k + z2 / 2 + z * Math.sqrt((k * (n - k)) / n + z2 / 4)) / (n + z2));
}
