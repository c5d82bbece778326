/** Mann-Whitney's test: do two samples that are not paired differ in place? regression.json carries its p-value. */

import { numberOrNull, requireNumbers } from './checks.js';
import { normalSf } from './normal.js';
import { midRanks } from './ranks.js';

export interface MannWhitneyInput {
  readonly x: readonly number[];
  readonly y: readonly number[];
}

export interface MannWhitneyResult {
  /** Pairs with x above y, plus half of the equal ones: 0 to n1 n2. null where x or y is empty. */
  readonly U1: number | null;
  /** Two-sided, normal approximation with tie and continuity corrections; null where x or y is empty. */
  readonly p_asymptotic: number | null;
  /** Two-sided, exact; null with ties, for n1 n2 above 2500, or where x or y is empty. */
  readonly p_exact: number | null;
}

const MOST_EXACT_PAIRS = 2500;

/**
 * P(U ≥ u) over all equally likely orders of m + n different values: ways to choose m of the ranks, by their sum (H. B. Mann and
 * D. R. Whitney, 1947). Only additions of whole numbers: exact up to 2^53 orders, and to some 1e-14 beyond.
 */
function exactUpperTail(u: number, m: number, n: number): number {
  // By symmetry P(U ≥ u) = P(U ≤ m n − u): the table ends there.
  const most = m * n - u;
  let ways = Array.from({ length: m + 1 }, () => new Float64Array(most + 1));
  (ways[0] as Float64Array)[0] = 1;
  // Taking value number i (from 0) as the j-th of the chosen adds i − (j − 1) values below it that were not chosen.
  for (let i = 0; i < m + n; i++) {
    const next = ways.map((row) => row.slice());
    for (let j = 1; j <= Math.min(m, i + 1); j++) {
      const below = i - (j - 1);
      if (below > n) continue;
      const from = ways[j - 1] as Float64Array;
      const into = next[j] as Float64Array;
      for (let s = below; s <= most; s++) into[s] = (into[s] as number) + (from[s - below] as number);
    }
    ways = next;
  }
  const chosen = (ways[m] as Float64Array).reduce((sum, count) => sum + count, 0);
  let orders = 1;
  for (let i = 1; i <= m; i++) orders = (orders * (n + i)) / i;
  return chosen / orders;
}

function asymptoticP(u: number, n1: number, n2: number, tieTerm: number): number {
  const n = n1 + n2;
  const variance = ((n1 * n2) / 12) * (n + 1 - tieTerm / (n * (n - 1)));
  const gap = u - (n1 * n2) / 2 - 0.5;
  // All values equal: the variance is 0 up to rounding, and nothing speaks against the null.
  if (gap <= 0 || n * (n * n - 1) === tieTerm) return 1;
  return Math.min(1, 2 * normalSf({ z: gap / Math.sqrt(variance) }));
}

/**
 * Is a value of x as likely above as below a value of y? For samples without pairing: paired runs lose most of their evidence in it.
 *
 * H. B. Mann and D. R. Whitney, "On a test of whether one of two random variables is stochastically larger than the other", Annals of
 * Mathematical Statistics 18 (1947); tie correction as in M. Hollander, D. A. Wolfe and E. Chicken, Nonparametric Statistical Methods,
 * 4.1. p-values from 0 to 1; 1 where all values are equal. x or y empty: all null. One value on each side: exact p is 1.
 *
 * @throws RangeError naming a value that is not finite
 */
export function mannWhitneyU({ x, y }: MannWhitneyInput): MannWhitneyResult {
  requireNumbers('x', x);
  requireNumbers('y', y);
  const n1 = x.length;
  const n2 = y.length;
  if (n1 === 0 || n2 === 0) return { U1: null, p_asymptotic: null, p_exact: null };
  const { ranks, tieTerm } = midRanks([...x, ...y]);
  const rankSum = ranks.slice(0, n1).reduce((sum, rank) => sum + rank, 0);
  const U1 = rankSum - (n1 * (n1 + 1)) / 2;
  const larger = Math.max(U1, n1 * n2 - U1);
  const exact = tieTerm === 0 && n1 * n2 <= MOST_EXACT_PAIRS;
  return {
    U1: numberOrNull(U1),
    p_asymptotic: asymptoticP(larger, n1, n2, tieTerm),
    p_exact: exact ? Math.min(1, 2 * exactUpperTail(larger, Math.min(n1, n2), Math.max(n1, n2))) : null,
  };
}
