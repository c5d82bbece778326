/** How many items does a paired t-test need? For rewards that are not 0/1, through the noncentral t distribution. */

import { requireFinite, requireOpenProbability } from './checks.js';
import { normalCdf, normalQuantile } from './normal.js';
import { tCritical } from './student-t.js';

export interface PairedTInput {
  /** Standard deviation of the differences, at least 0. */
  readonly sd: number;
  /** Mean difference to be seen, same unit; its sign does not matter. */
  readonly delta: number;
  readonly alpha_two_sided: number;
  readonly power: number;
}

const MOST_NODES = 200_000;

/** df (u − (e^2u − 1)/2): ln of the density of u = ln(s/σ), up to a constant. As a series near its peak, where the two terms cancel. */
function lnWeight(u: number, df: number): number {
  if (Math.abs(u) > 0.05) return df * (u - Math.expm1(2 * u) / 2);
  let term = 2 * u * u;
  let sum = 0;
  for (let k = 3; k < 14; k++) {
    sum -= term / 2;
    term *= (2 * u) / k;
  }
  return df * sum;
}

/** The u on one side of the peak beyond which the weight is below 1e-17 of it. */
function edge(df: number, sign: 1 | -1): number {
  let u = sign / Math.sqrt(2 * df);
  while (lnWeight(u, df) > -40) u *= 1.25;
  return u;
}

/**
 * P(|T| > critical) for noncentral T = (Z + shift) / S, S² a chi-squared over its df: the mean of the normal tails over S, by the
 * trapezoidal rule in ln S, which converges exponentially there (L. N. Trefethen and J. A. C. Weideman, SIAM Review 56, 2014).
 */
function powerOf(df: number, shift: number, critical: number): number {
  const left = edge(df, -1);
  const right = edge(df, 1);
  const fineness = Math.min(0.25 / Math.sqrt(2 * df), 0.4 / Math.max(1, shift));
  const nodes = Math.min(MOST_NODES, Math.ceil((right - left) / fineness));
  let weights = 0;
  let sum = 0;
  for (let i = 0; i <= nodes; i++) {
    const u = left + ((right - left) * i) / nodes;
    const weight = Math.exp(lnWeight(u, df));
    const bar = critical * Math.exp(u);
    weights += weight;
    sum += weight * (normalCdf({ z: shift - bar }) + normalCdf({ z: -shift - bar }));
  }
  return sum / weights;
}

/** Smallest whole number from 2 on that `enough` holds for, given that it holds for all larger ones; null beyond counting. */
function smallest(start: number, enough: (n: number) => boolean): number | null {
  let high = Math.max(2, start);
  while (!enough(high)) {
    high = Math.ceil(high * 1.1) + 1;
    if (!Number.isSafeInteger(high)) return null;
  }
  let low = 1;
  // The start is near: look just below it before halving all the way down.
  for (let stride = 4; high - low > stride; stride *= 4) {
    if (enough(high - stride)) high -= stride;
    else low = high - stride;
  }
  while (high - low > 1) {
    const middle = low + Math.floor((high - low) / 2);
    if (enough(middle)) high = middle;
    else low = middle;
  }
  return high;
}

/**
 * How many paired items until a two-sided t-test sees a mean difference of `delta`, with probability `power`? The smallest n whose
 * power, by the noncentral t distribution with n − 1 degrees of freedom, is at least that.
 *
 * J. Cohen, Statistical Power Analysis for the Behavioral Sciences, 2nd ed. (1988), ch. 2. Items; at least 2, as one has no spread.
 *
 * @returns null for delta = 0, which no number of items shows, and beyond counting; 2 for sd = 0
 * @throws RangeError naming the field
 */
export function nItemsPairedT({ sd, delta, alpha_two_sided, power }: PairedTInput): number | null {
  requireFinite('sd', sd);
  if (sd < 0) throw new RangeError(`sd must not be negative, not ${sd}`);
  requireFinite('delta', delta);
  requireOpenProbability('alpha_two_sided', alpha_two_sided);
  requireOpenProbability('power', power);
  if (delta === 0) return null;
  const effect = Math.abs(delta) / sd;
  if (!Number.isFinite(effect) || power <= alpha_two_sided) return 2;
  const z = (normalQuantile({ p: 1 - power }) as number) + (normalQuantile({ p: alpha_two_sided / 2 }) as number);
  const start = (z / effect) ** 2;
  if (!(start < Number.MAX_SAFE_INTEGER)) return null;
  return smallest(Math.ceil(start) + 1, (n) => {
    const critical = tCritical(1 - alpha_two_sided, n - 1);
    if (critical === null) return false;
    return powerOf(n - 1, effect * Math.sqrt(n), critical) >= power;
  });
}
