/** Logarithms of the gamma and beta functions to some 30 digits: the constants of every tail probability here. */

import { add, type DoubleDouble, divide, exactSum, fromNumber, HALF_LN_2PI, log, multiply, subtract } from './double-double.js';

/** B(2k) / (2k (2k − 1)) for k = 1 …, as numerator and denominator (NIST DLMF 5.11.1). */
const STIRLING: readonly (readonly [number, number])[] = [
  [1, 12],
  [-1, 360],
  [1, 1260],
  [-1, 1680],
  [1, 1188],
  [-691, 360360],
  [1, 156],
  [-3617, 122400],
  [43867, 244188],
  [-174611, 125400],
  [77683, 5796],
  [-236364091, 1506960],
];

/** From here on the series above is exact to 1e-33. */
const STIRLING_FROM = 40;

/**
 * ln Γ(x) for x > 0 (DLMF 5.11.1, after the recurrence 5.5.1 has lifted small x).
 * Absolute error about 1e-31 × max(1, x ln x).
 */
export function lnGamma(x: DoubleDouble): DoubleDouble {
  let z = x;
  let product = fromNumber(1);
  while (z.hi < STIRLING_FROM) {
    product = multiply(product, z);
    z = add(z, fromNumber(1));
  }
  const inverse = divide(fromNumber(1), z);
  const inverseSquare = multiply(inverse, inverse);
  let series = fromNumber(0);
  for (const [numerator, denominator] of STIRLING.toReversed()) {
    series = add(multiply(series, inverseSquare), divide(fromNumber(numerator), fromNumber(denominator)));
  }
  series = multiply(series, inverse);
  const leading = subtract(multiply(subtract(z, fromNumber(0.5)), log(z)), z);
  return subtract(add(add(leading, HALF_LN_2PI), series), log(product));
}

/** ln Γ(a + ½) − ln Γ(a) for large a, from the difference of the two Stirling series; the first term left out is 17 / (14336 a⁷). */
function lnGammaHalfStep(a: number): DoubleDouble {
  const lnA = log(fromNumber(a));
  const corrections = -1 / (8 * a) + 1 / (192 * a ** 3) - 1 / (640 * a ** 5);
  return add({ hi: lnA.hi / 2, lo: lnA.lo / 2 }, fromNumber(corrections));
}

const HALF_STEP_FROM = 1e5;

/** ln B(a, b) for a, b > 0 (DLMF 5.12.1). One of them ½ and the other large, as for Student's t, takes no difference of large numbers. */
export function lnBeta(a: number, b: number): DoubleDouble {
  const [small, large] = a < b ? [a, b] : [b, a];
  const lnSmall = lnGamma(fromNumber(small));
  if (small === 0.5 && large >= HALF_STEP_FROM) return subtract(lnSmall, lnGammaHalfStep(large));
  return subtract(add(lnSmall, lnGamma(fromNumber(large))), lnGamma(exactSum(a, b)));
}
