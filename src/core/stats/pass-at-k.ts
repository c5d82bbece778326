/** pass@k of one problem and of a benchmark: what repeats of a sample are worth. */

import { type Interval, intervalAround, numberOrNull, requireCount, requireOpenProbability } from './checks.js';
import { moments } from './moments.js';
import { normalCritical } from './normal.js';
import { tCritical } from './student-t.js';

/** One problem: n repeats, of which c are right. */
export interface PassItem {
  readonly n: number;
  readonly c: number;
}

/**
 * How likely is at least one right answer among k, drawn without replacement from n repeats of which c are right?
 * 1 − C(n − c, k) / C(n, k), the unbiased estimate of 1 − (1 − p)^k.
 *
 * M. Chen et al., "Evaluating large language models trained on code", 2021 (arXiv 2107.03374), eq. 1. A share from 0 to 1.
 * Summed over the draw that is the first right one: every term is positive, so that a small chance keeps its digits where
 * the difference from 1 would lose them.
 *
 * @param input.k draws, at least 1
 * @returns null for k > n (and so always for n = 0): more draws than repeats are not estimable
 * @throws RangeError naming n, c (not 0 to n) or k
 */
export function passAtK({ n, c, k }: PassItem & { readonly k: number }): number | null {
  requireCount('n', n);
  requireCount('c', c, 0, n);
  requireCount('k', k, 1);
  if (k > n) return null;
  if (n - c < k) return 1;
  // c and k may change places: C(n − c, k) / C(n, k) = C(n − k, c) / C(n, c). The smaller number is the number of terms.
  const [draws, right] = c < k ? [c, k] : [k, c];
  let allWrong = 1;
  let sum = 0;
  for (let i = 0; i < draws; i++) {
    sum += allWrong * (right / (n - i));
    allWrong *= (n - i - right) / (n - i);
  }
  return Math.min(1, sum);
}

export interface PassAtKInput {
  /** By problem: `{n, c}` or `[n, c]`. */
  readonly items: readonly (PassItem | readonly [n: number, c: number])[];
  readonly k: number;
  /** Above 0 and below 1. */
  readonly confidence: number;
}

export interface PassAtKResult {
  /** Problems with at least k repeats: those that the value is over. */
  readonly n_items: number;
  /** Problems with fewer than k repeats: they have no pass@k and are left out, never counted as 0. */
  readonly n_excluded: number;
  /** Mean of the problems' pass@k, 0 to 1; null without one. */
  readonly value: number | null;
  /** Standard error of that mean over problems; null for fewer than 2. */
  readonly se: number | null;
  /** Student-t interval, n_items − 1 degrees of freedom; not cut to [0, 1]. null for fewer than 2 problems. */
  readonly ci_t: Interval | null;
  /** The same with the normal quantile. */
  readonly ci_z: Interval | null;
}

/**
 * What is the benchmark's pass@k, and how far would it move with other problems of the kind? The mean of the problems' unbiased
 * pass@k, with the standard error of a mean of independent items (E. Miller, "Adding error bars to evals", 2024).
 *
 * @throws RangeError naming the item, k or confidence
 */
export function passAtKCi({ items, k, confidence }: PassAtKInput): PassAtKResult {
  requireCount('k', k, 1);
  requireOpenProbability('confidence', confidence);
  const values: number[] = [];
  items.forEach((item, i) => {
    const [n, c] = 'n' in item ? [item.n, item.c] : item;
    requireCount(`items[${i}].n`, n);
    requireCount(`items[${i}].c`, c, 0, n);
    const value = passAtK({ n, c, k });
    if (value !== null) values.push(value);
  });
  const { n, mean, variance } = moments(values);
  const se = variance === null ? null : numberOrNull(Math.sqrt(variance / n));
  const t = se === null ? null : tCritical(confidence, n - 1);
  return {
    n_items: n,
    n_excluded: items.length - n,
    value: mean,
    se,
    ci_t: intervalAround(mean, se === null || t === null ? null : t * se),
    ci_z: intervalAround(mean, se === null ? null : normalCritical(confidence) * se),
  };
}
