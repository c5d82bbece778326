/** Tails of the binomial distribution: what the exact tests of 0/1 items rest on. */

import { requireCount, requireFinite, requireProbability } from './checks.js';
import { exactSum, fromNumber, log, log1p } from './double-double.js';
import { incompleteBeta } from './incomplete-beta.js';

export interface BinomialInput {
  /** A whole number; below 0 and above n it is outside the support. */
  readonly k: number;
  /** Trials, up to 1e9 in reasonable time. */
  readonly n: number;
  /** Probability of success, 0 to 1. */
  readonly p: number;
}

/** Up to here all binomial coefficients are exact doubles. */
const EXACT_COIN_FLIPS = 56;

/** P(X ≤ k) of n fair coin flips as one exact integer over 2^n. */
function coinCdf(k: number, n: number): number {
  let coefficient = 1;
  let sum = 0;
  for (let i = 0; i <= k; i++) {
    sum += coefficient;
    coefficient = Math.round((coefficient / (i + 1)) * (n - i));
  }
  return sum / 2 ** n;
}

function check({ k, n, p }: BinomialInput): void {
  requireFinite('k', k);
  if (!Number.isSafeInteger(k)) throw new RangeError(`k must be a whole number, not ${k}`);
  requireCount('n', n);
  requireProbability('p', p);
}

/** Both tails at 0 ≤ k < n and 0 < p < 1: P(X ≤ k) = I_q(n − k, k + 1) (NIST DLMF 8.17.5). */
function tails({ k, n, p }: BinomialInput): { lower: number; upper: number } {
  if (p === 0.5 && n <= EXACT_COIN_FLIPS) return { lower: coinCdf(k, n), upper: coinCdf(n - k - 1, n) };
  // 1 − p as a double would be off by 1e-16, and its millionth power by 1e-10.
  const q = exactSum(1, -p);
  return incompleteBeta({ a: n - k, b: k + 1, x: q, y: fromNumber(p), lnX: log1p(fromNumber(-p)), lnY: log(fromNumber(p)) });
}

/**
 * P(X ≤ k) for X successes in n trials of probability p. n = 0: X is 0.
 * @throws RangeError naming k, n or p
 */
export function binomCdf(input: BinomialInput): number {
  check(input);
  const { k, n, p } = input;
  if (k < 0) return 0;
  if (k >= n || p === 0) return 1;
  return p === 1 ? 0 : tails(input).lower;
}

/**
 * P(X ≥ k) for X successes in n trials of probability p. n = 0: X is 0.
 * @throws RangeError naming k, n or p
 */
export function binomSfGe(input: BinomialInput): number {
  check(input);
  const { k, n, p } = input;
  if (k <= 0) return 1;
  if (k > n || p === 0) return 0;
  return p === 1 ? 1 : tails({ k: k - 1, n, p }).upper;
}
