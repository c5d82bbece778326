/** The regularised incomplete beta function I_x(a, b), accurate in both tails: Student's t and the binomial stand on it. */

import { add, type DoubleDouble, exactSum, exp, fromNumber, multiply, subtract, toNumber } from './double-double.js';
import { lnBeta } from './gamma.js';

/** Where I is taken: x and y = 1 − x each with their own digits, and their logarithms, so that neither end loses any. */
export interface BetaPoint {
  readonly a: number;
  readonly b: number;
  readonly x: DoubleDouble;
  readonly y: DoubleDouble;
  readonly lnX: DoubleDouble;
  readonly lnY: DoubleDouble;
}

/** I_x(a, b) = exp(lnFront) × fraction. */
export interface BetaTail {
  /** ln of x^a y^b / B(a, b). */
  readonly lnFront: DoubleDouble;
  readonly fraction: number;
}

/** The same point seen from the other end: I_x(a, b) = 1 − I_y(b, a). */
export function mirrored({ a, b, x, y, lnX, lnY }: BetaPoint): BetaPoint {
  return { a: b, b: a, x: y, y: x, lnX: lnY, lnY: lnX };
}

/** a y − b x: positive where x lies below the mean a / (a + b), which is where the fraction below converges fast. */
export function distanceBelowMean({ a, b, x, y }: BetaPoint): number {
  return toNumber(subtract(multiply(y, fromNumber(a)), multiply(x, fromNumber(b))));
}

const MOST_TERMS = 10_000_000;
const TINY = 1e-290;

/**
 * The continued fraction of A. R. DiDonato and A. H. Morris, "Algorithm 708" (ACM TOMS 18, 1992), by the modified
 * Lentz method. Needs distanceBelowMean ≥ 0; takes about √max(a, b) terms at worst.
 */
export function lowerTail(point: BetaPoint): BetaTail {
  const { a, b } = point;
  const x = toNumber(point.x);
  const y = toNumber(point.y);
  const distance = distanceBelowMean(point);
  const denominator = (n: number) => n + (n * (b - n) * x) / (a + 2 * n - 1) + ((a + n) / (a + 2 * n + 1)) * (distance + 1 + n * (1 + y));
  // n = 0 apart: its second term is 0 × …, and a − 1 may be 0.
  let f = (a / (a + 1)) * (distance + 1);
  let c = f;
  let d = 0;
  for (let n = 1; n < MOST_TERMS; n++) {
    const edge = a + 2 * n - 1;
    const numerator = ((a + n - 1) / edge) * ((a + b + n - 1) / edge) * n * (b - n) * x * x;
    const term = denominator(n);
    d = 1 / (term + numerator * d || TINY);
    c = term + numerator / c || TINY;
    const factor = c * d;
    f *= factor;
    if (Math.abs(factor - 1) < 2e-16) break;
  }
  const powers = add(multiply(point.lnX, fromNumber(a)), multiply(point.lnY, fromNumber(b)));
  return { lnFront: subtract(powers, lnBeta(a, b)), fraction: 1 / f };
}

/** I_x(a, b) and 1 − I_x(a, b): whichever is small has all its digits. */
export function incompleteBeta(point: BetaPoint): { lower: number; upper: number } {
  const below = distanceBelowMean(point) >= 0;
  const { lnFront, fraction } = lowerTail(below ? point : mirrored(point));
  const small = Math.min(1, exp(add(lnFront, fromNumber(Math.log(fraction)))));
  const large = toNumber(exactSum(1, -small));
  return below ? { lower: small, upper: large } : { lower: large, upper: small };
}
