/** Wilcoxon's signed-rank test: paired rewards that are not 0/1. */

import { requireNumbers } from './checks.js';
import { normalSf } from './normal.js';
import { midRanks } from './ranks.js';
import { coinSumAtMost } from './sign-flips.js';

export interface WilcoxonResult {
  /** Differences other than 0. */
  readonly n: number;
  /** The smaller of the rank sums of positive and of negative differences; 0 for n = 0. */
  readonly statistic: number;
  /** Two-sided, normal approximation with tie correction; null for n = 0. */
  readonly p_asymptotic: number | null;
  /** The same with continuity correction. */
  readonly p_asymptotic_cc: number | null;
  /** Two-sided, exact; null with ties among the absolute differences or for n above 500. 1 for n = 0. */
  readonly p_exact: number | null;
}

const MOST_EXACT = 500;

/**
 * Are the differences as often and as far above 0 as below it? Uses their order of size, not the size itself.
 *
 * F. Wilcoxon, "Individual comparisons by ranking methods", Biometrics Bulletin 1 (1945): zeros are dropped before ranking, ties share
 * mid-ranks. p-values from 0 to 1. n = 1: exact p is 1. Differences that float arithmetic makes unequal (0.3 − 0.2 and 0.2 − 0.1)
 * count as unequal: round them before, where that matters.
 *
 * @param input.d candidate − baseline by item
 * @throws RangeError naming a value that is not finite
 */
export function wilcoxonSignedRank({ d }: { readonly d: readonly number[] }): WilcoxonResult {
  requireNumbers('d', d);
  const differences = d.filter((value) => value !== 0);
  const n = differences.length;
  if (n === 0) return { n, statistic: 0, p_asymptotic: null, p_asymptotic_cc: null, p_exact: 1 };
  const { ranks, tieTerm } = midRanks(differences.map(Math.abs));
  const positive = differences.reduce((sum, value, i) => sum + (value > 0 ? (ranks[i] as number) : 0), 0);
  const total = (n * (n + 1)) / 2;
  const statistic = Math.min(positive, total - positive);
  const gap = total / 2 - statistic;
  const se = Math.sqrt((n * (n + 1) * (2 * n + 1) - tieTerm / 2) / 24);
  const p = (distance: number) => Math.min(1, 2 * normalSf({ z: distance / se }));
  const exact = tieTerm === 0 && n <= MOST_EXACT ? coinSumAtMost(ranks.map(BigInt), BigInt(statistic)) : null;
  return {
    n,
    statistic,
    p_asymptotic: p(gap),
    p_asymptotic_cc: p(Math.max(0, gap - 0.5)),
    p_exact: exact === null ? null : Math.min(1, 2 * exact),
  };
}
