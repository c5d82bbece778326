/** McNemar's test: did 0/1 items flip one way more often than the other? */

import { binomCdf, binomSfGe } from './binomial.js';
import { requireCount } from './checks.js';
import { chi2Sf } from './chi-squared.js';

export interface McNemarInput {
  /** Items that the baseline had right and the candidate wrong. */
  readonly b: number;
  /** Items that the baseline had wrong and the candidate right. */
  readonly c: number;
}

export interface McNemarResult {
  /** Exact binomial, both directions. */
  readonly exact_two_sided: number;
  /** Exact binomial, that the candidate is worse: P(X ≥ b) of b + c fair flips. */
  readonly exact_one_sided_degradation: number;
  /** Two-sided with half of the observed outcome's probability: less conservative. */
  readonly midp_two_sided: number;
  /** (|b − c| − 1)² / (b + c), 0 for b = c; null where no item flipped. */
  readonly chi2_cc: number | null;
  readonly chi2_cc_p: number | null;
  /** (b − c)² / (b + c), without continuity correction; null where no item flipped. */
  readonly chi2: number | null;
  readonly chi2_p: number | null;
}

/** P(X ≤ k) + P(X < k) of n fair flips. */
function bothCdfs(k: number, n: number): number {
  return binomCdf({ k, n, p: 0.5 }) + binomCdf({ k: k - 1, n, p: 0.5 });
}

/**
 * Is the candidate's right to wrong flip rate different from its wrong to right one? Under the null each of the b + c items that
 * flipped is a fair coin. Items without a flip do not matter.
 *
 * Q. McNemar, Psychometrika 12 (1947); continuity correction A. L. Edwards, Psychometrika 13 (1948), never below 0; mid-p
 * M. W. Fagerland, S. Lydersen and P. Laake, BMC Medical Research Methodology 13:91 (2013). p-values from 0 to 1.
 * b + c = 0: exact p-values are 1, chi-square is undefined (null). b + c = 1: the two-sided p-value cannot be below 1.
 *
 * @throws RangeError when b or c is not a whole number of at least 0
 */
export function mcnemar({ b, c }: McNemarInput): McNemarResult {
  requireCount('b', b);
  requireCount('c', c);
  const n = b + c;
  const k = Math.min(b, c);
  const exact = {
    exact_two_sided: b === c ? 1 : Math.min(1, 2 * binomCdf({ k, n, p: 0.5 })),
    exact_one_sided_degradation: binomSfGe({ k: b, n, p: 0.5 }),
    // 2 P(X ≤ k) − P(X = k) = P(X ≤ k) + P(X ≤ k − 1), which is 1 for b = c.
    midp_two_sided: b === c ? 1 : Math.min(1, bothCdfs(k, n)),
  };
  if (n === 0) return { ...exact, chi2_cc: null, chi2_cc_p: null, chi2: null, chi2_p: null };
  const gap = Math.abs(b - c);
  const corrected = (Math.max(0, gap - 1) * Math.max(0, gap - 1)) / n;
  const plain = (gap * gap) / n;
  return {
    ...exact,
    chi2_cc: corrected,
    chi2_cc_p: chi2Sf({ x: corrected, df: 1 }),
    chi2: plain,
    chi2_p: chi2Sf({ x: plain, df: 1 }),
  };
}
