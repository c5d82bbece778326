/** Student's t distribution for any degrees of freedom, accurate in both tails: the intervals of every mean. */

import { numberOrNull, requireFinite, requirePositive, requireProbability } from './checks.js';
import { add, type DoubleDouble, divide, exactProduct, exp, fromNumber, log, log1p, negate, subtract, toNumber } from './double-double.js';
import { lnBeta } from './gamma.js';
import { type BetaPoint, type BetaTail, distanceBelowMean, lowerTail, mirrored } from './incomplete-beta.js';
import { normalQuantile, normalSf } from './normal.js';

/** Above this t and the normal distribution agree to the last digit, even at 1e-300. */
const NORMAL_FROM = 1e24;

/** Below this all but some 1e-27 of the distribution lies beyond the doubles on either side. */
const DEGENERATE_BELOW = 1e-30;

const ONE = fromNumber(1);

/**
 * The point at which the tail of t is an incomplete beta: P(T > t) = ½ I_x(ν/2, ½), x = ν / (ν + t²) (NIST DLMF 8.17, Abramowitz and
 * Stegun 26.7.1). Written in w² = t²/ν, so that neither t² nor ν overflows and x and y keep their digits at either end.
 */
function betaPoint(t: number, df: number): BetaPoint {
  const ends = { a: df / 2, b: 0.5 };
  const size = t / Math.sqrt(df);
  const lnSquare = () => {
    const half = subtract(log(fromNumber(t)), scale(log(fromNumber(df)), 0.5));
    return scale(half, 2);
  };
  if (size > 1e20) {
    const x = (1 / size) ** 2;
    return { ...ends, x: fromNumber(x), y: ONE, lnX: negate(lnSquare()), lnY: fromNumber(-x) };
  }
  if (size < 1e-20) {
    const y = size ** 2;
    return { ...ends, x: ONE, y: fromNumber(y), lnX: fromNumber(-y), lnY: lnSquare() };
  }
  // t and df are each split from their square only after scaling: exactProduct needs t² within range.
  const shift = 2 ** -Math.round(Math.log2(t));
  const scaled = exactProduct(t * shift, t * shift);
  const square = scale(divide(scaled, fromNumber(df * shift)), 1 / shift);
  const total = add(ONE, square);
  const x = divide(ONE, total);
  const y = divide(square, total);
  const lnTotal = log1p(square);
  if (square.hi < 1) return { ...ends, x, y, lnX: negate(lnTotal), lnY: subtract(lnSquare(), lnTotal) };
  return { ...ends, x, y, lnX: negate(lnTotal), lnY: negate(log1p(divide(ONE, square))) };
}

function scale(a: DoubleDouble, by: number): DoubleDouble {
  return { hi: a.hi * by, lo: a.lo * by };
}

/** ln of half of a beta tail. */
function lnHalf({ lnFront, fraction }: BetaTail): DoubleDouble {
  return add(lnFront, fromNumber(Math.log(fraction / 2)));
}

function requireDf(df: number): void {
  if (df !== Number.POSITIVE_INFINITY) requirePositive('df', df);
}

/**
 * P(T > t), the upper tail of Student's t with `df` degrees of freedom (any number above 0; Infinity is the normal distribution).
 * @throws RangeError when t is not finite or df is not above 0
 */
export function tSf({ t, df }: { readonly t: number; readonly df: number }): number {
  requireFinite('t', t);
  requireDf(df);
  if (t === 0 || df < DEGENERATE_BELOW) return 0.5;
  if (df > NORMAL_FROM) return normalSf({ z: t });
  const point = betaPoint(Math.abs(t), df);
  if (distanceBelowMean(point) >= 0) {
    const tail = exp(lnHalf(lowerTail(point)));
    return t > 0 ? tail : 1 - tail;
  }
  const central = exp(lnHalf(lowerTail(mirrored(point))));
  return t > 0 ? 0.5 - central : 0.5 + central;
}

/**
 * The t > 0 where the upper tail (`tail`), or the part between 0 and t (otherwise), is `p`.
 *
 * Newton on the logarithm of that part as a function of ln t. ln T has a log-concave density, so both are concave and Newton
 * converges from one side. The slope needs nothing more: t f(t) is the factor before the fraction, so d ln / d ln t = ∓2 / fraction.
 */
function solve(p: number, df: number, tail: boolean, start: number): number {
  const lnP = log(fromNumber(p));
  let t = start;
  for (let i = 0; i < 200; i++) {
    const point = betaPoint(t, df);
    const direct = distanceBelowMean(point) >= 0;
    const part = lowerTail(direct ? point : mirrored(point));
    let gap: number;
    let slope: number;
    if (direct === tail) {
      gap = toNumber(subtract(lnHalf(part), lnP));
      slope = 2 / part.fraction;
    } else {
      const value = 0.5 - exp(lnHalf(part));
      gap = Math.log(value / p);
      slope = exp(part.lnFront) / value;
    }
    const step = tail ? gap / slope : -gap / slope;
    // A first step from far left may overshoot the doubles; the way back is found from there.
    t = Math.min(t * Math.exp(Math.min(step, 50)), Number.MAX_VALUE);
    if (!(Math.abs(step) > 4e-16)) break;
  }
  return t;
}

/** ln of the largest double, with room. */
const LARGEST_LN = 709.7;

function upperQuantile(p: number, df: number): number {
  const a = df / 2;
  // Both starts lie left of the root: the normal quantile (t has heavier tails), and the bare power of x that P exceeds.
  const normal = -(normalQuantile({ p }) as number);
  const lnX = (Math.log(2 * a * p) + lnBeta(a, 0.5).hi) / a;
  const lnPower = lnX < 0 ? 0.5 * (Math.log(df) - lnX + Math.log1p(-Math.exp(lnX))) : Number.NEGATIVE_INFINITY;
  if (lnPower > LARGEST_LN) return Number.POSITIVE_INFINITY;
  const start = Math.max(normal, Math.exp(lnPower));
  return p <= 0.25 ? solve(p, df, true, start) : solve(0.5 - p, df, false, Math.max(start, (0.5 - p) * 2.5));
}

/**
 * The t with P(T ≤ t) = p for Student's t with `df` degrees of freedom (any number above 0; Infinity is the normal distribution).
 * `null` where no double holds it: p = 0 and p = 1, and tails such as p = 1e-300 with a tenth of a degree of freedom.
 * @throws RangeError when p is outside [0, 1] or df is not above 0
 */
export function tQuantile({ p, df }: { readonly p: number; readonly df: number }): number | null {
  requireProbability('p', p);
  requireDf(df);
  if (p === 0.5) return 0;
  if (p === 0 || p === 1 || df < DEGENERATE_BELOW) return null;
  if (df > NORMAL_FROM) return normalQuantile({ p });
  const t = upperQuantile(Math.min(p, 1 - p), df);
  return numberOrNull(p < 0.5 ? -t : t);
}

/**
 * Two-sided critical value: P(|T| > t) = 1 − confidence; null where no double holds it.
 * @param confidence above 0 and below 1 (checked by the caller)
 */
export function tCritical(confidence: number, df: number): number | null {
  const t = tQuantile({ p: (1 - confidence) / 2, df });
  return t === null ? null : numberOrNull(-t);
}
