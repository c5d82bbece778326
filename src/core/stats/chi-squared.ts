/** The upper tail of the chi-squared distribution: the p-value of every chi-square statistic. */

import { requireFinite, requirePositive } from './checks.js';
import { add, type DoubleDouble, divide, exactSum, exp, fromNumber, log, log1p, multiply, subtract, toNumber } from './double-double.js';
import { lnGamma } from './gamma.js';
import { normalSf, scaledNormalTail } from './normal.js';

/** From this shape on the uniform expansion below is exact to the last digit. */
const UNIFORM_FROM = 1e8;
/** From here on it is the normal distribution, even at 1e-300. */
const NORMAL_FROM = 1e33;
const MOST_TERMS = 1_000_000;

/** ln(x^a e^−x). */
function lnPower(a: number, x: number): DoubleDouble {
  return subtract(multiply(log(fromNumber(x)), fromNumber(a)), fromNumber(x));
}

/** Q(a, x) for x < a + 1 as 1 − P, P by its series of positive terms (NIST DLMF 8.11.4); in double-double, as Q may be far smaller than P. */
function fromLowerSeries(a: number, x: number): number {
  let term = fromNumber(1);
  let sum = term;
  for (let n = 1; n < MOST_TERMS && term.hi > sum.hi * 1e-32; n++) {
    term = divide(multiply(term, fromNumber(x)), exactSum(a, n));
    sum = add(sum, term);
  }
  const lnLower = add(subtract(lnPower(a, x), lnGamma(exactSum(a, 1))), log(sum));
  return Math.abs(Math.expm1(Math.min(0, toNumber(lnLower))));
}

/** Q(a, x) for x ≥ a + 1 by Legendre's continued fraction (DLMF 8.9.2, its even part), modified Lentz method. */
function fromUpperFraction(a: number, x: number): number {
  let f = x + 1 - a;
  let c = f;
  let d = 0;
  for (let n = 1; n < MOST_TERMS; n++) {
    const numerator = n * (a - n);
    const term = x + 2 * n + 1 - a;
    d = 1 / (term + numerator * d);
    c = term + numerator / c;
    const factor = c * d;
    f *= factor;
    if (Math.abs(factor - 1) < 2e-16) break;
  }
  const lnUpper = subtract(subtract(lnPower(a, x), lnGamma(fromNumber(a))), fromNumber(Math.log(f)));
  return Math.min(1, exp(lnUpper));
}

/**
 * Q(a, x) for large a by Temme's uniform expansion (N. M. Temme, "The asymptotic expansion of the incomplete gamma functions",
 * SIAM J. Math. Anal. 10, 1979; DLMF 8.12.4), with the coefficients' Taylor series: |η| < 0.004 wherever Q is not 0 or 1.
 */
function fromUniformExpansion(a: number, x: number): number {
  const mu = divide(exactSum(x, -a), fromNumber(a));
  if (mu.hi > 0.1) return 0;
  if (mu.hi < -0.1) return 1;
  const deviance = subtract(mu, log1p(mu));
  const eta = Math.sign(mu.hi) * Math.sqrt(2 * Math.max(0, toNumber(deviance)));
  const exponent = multiply(deviance, fromNumber(a));
  const c0 = -1 / 3 + eta * (1 / 12 + eta * (-2 / 135 + eta * (1 / 864 + eta * (1 / 2835 - (eta * 139) / 777600))));
  const c1 = -1 / 540 + eta * (-1 / 288 + eta / 378);
  // Q = ½ erfc(η √(a/2)) + e^(−a η²/2) / √(2πa) (c0 + c1/a + …): for η < 0, 1 − the same tail mirrored.
  const correction = (c0 + c1 / a) / Math.sqrt(a);
  const density = exp(subtract(fromNumber(0), exponent)) / Math.sqrt(2 * Math.PI);
  const tail = density * (scaledNormalTail(Math.abs(eta) * Math.sqrt(a)) + (eta < 0 ? -correction : correction));
  return eta < 0 ? 1 - tail : tail;
}

/**
 * P(X > x) for a chi-squared variable with `df` degrees of freedom (any number above 0): Q(df/2, x/2), NIST DLMF 8.2.4.
 * 1 for x ≤ 0. A tail of 1e-300 is as exact as 0.5, for df from 1e-15 on.
 * @throws RangeError when x is not finite or df is not a finite number above 0
 */
export function chi2Sf({ x, df }: { readonly x: number; readonly df: number }): number {
  requireFinite('x', x);
  requirePositive('df', df);
  if (x <= 0) return 1;
  const a = df / 2;
  const half = x / 2;
  if (half === 0 || a === 0) return a === 0 ? 0 : 1;
  if (a >= NORMAL_FROM) return normalSf({ z: (half - a) / Math.sqrt(a) });
  if (a >= UNIFORM_FROM) return fromUniformExpansion(a, half);
  return half < a + 1 ? fromLowerSeries(a, half) : fromUpperFraction(a, half);
}
