/** The standard normal distribution, accurate in both tails: the base of Wilson's, Wald's and every asymptotic p-value here. */

import { numberOrNull, requireFinite, requireProbability, withoutMinusZero } from './checks.js';

const SQRT_2PI = 2.5066282746310002;
const LN_SQRT_2PI = 0.9189385332046728;
/** Up to here the central series is used (it costs the tail at most one digit), beyond it the tail's own fraction. */
const CENTRAL = 1.5;
/** Beyond, the tail is below the smallest double. */
const FAR = 39;

/** The density φ(z). z² is split so that the exponent keeps its digits: at z = 38 the plain square would cost three. */
function density(z: number): number {
  const head = Math.trunc(z * 16) / 16;
  return (Math.exp((-head * head) / 2) * Math.exp((-(z - head) * (z + head)) / 2)) / SQRT_2PI;
}

/** Φ(z) − ½ for z ≥ 0: φ(z) (z + z³/3 + z⁵/(3·5) + …), all terms positive (NIST DLMF 7.6.2). */
function central(z: number): number {
  let term = z;
  let sum = 0;
  for (let k = 3; sum + term !== sum; k += 2) {
    sum += term;
    term *= (z * z) / k;
  }
  return density(z) * sum;
}

/** Mills' ratio (1 − Φ(z)) / φ(z) for z ≥ 1, by Laplace's continued fraction 1/(z + 1/(z + 2/(z + 3/(z + …)))) (DLMF 7.9.2). */
function millsRatio(z: number): number {
  let f = z;
  for (let k = Math.ceil(40 + 240 / (z * z)); k >= 1; k--) f = z + k / f;
  return 1 / f;
}

/** (1 − Φ(z)) / φ(z) for z ≥ 0: the tail without its exponential, which callers may have with more digits than z² / 2. */
export function scaledNormalTail(z: number): number {
  return z < CENTRAL ? (0.5 - central(z)) / density(z) : millsRatio(z);
}

/** P(Z > z) for z ≥ 0. */
function upperTail(z: number): number {
  if (z > FAR) return 0;
  return z < CENTRAL ? 0.5 - central(z) : density(z) * millsRatio(z);
}

/**
 * P(Z > z), the upper tail. 1e-300 is as exact as 0.5; below the smallest double it is 0.
 * @throws RangeError when z is not finite
 */
export function normalSf({ z }: { readonly z: number }): number {
  requireFinite('z', z);
  if (z >= 0) return upperTail(z);
  return z > -CENTRAL ? 0.5 + central(-z) : 1 - upperTail(-z);
}

/**
 * P(Z ≤ z), the lower tail.
 * @throws RangeError when z is not finite
 */
export function normalCdf({ z }: { readonly z: number }): number {
  requireFinite('z', z);
  return normalSf({ z: -z });
}

/** The z ≥ 0 with Φ(z) − ½ = q, for q up to ¼: Newton from below, where the function is concave. */
function centralQuantile(q: number): number {
  let z = q * SQRT_2PI;
  for (let i = 0; i < 50; i++) {
    const step = (q - central(z)) / density(z);
    z += step;
    if (Math.abs(step) <= 1e-16 * z) break;
  }
  return z;
}

/** The z > 0 with P(Z > z) = p, for p up to ¼: Newton on ln P, started from Abramowitz and Stegun's 26.2.23 (off by 5e-4 at most). */
function tailQuantile(p: number): number {
  const lnP = Math.log(p);
  const t = Math.sqrt(-2 * lnP);
  let z = t - (2.515517 + t * (0.802853 + t * 0.010328)) / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308)));
  for (let i = 0; i < 50; i++) {
    // ln P is taken from its parts: P itself has lost its digits where p is a subnormal number.
    const mills = scaledNormalTail(z);
    const step = (Math.log(mills) - (z * z) / 2 - LN_SQRT_2PI - lnP) * mills;
    z += step;
    if (Math.abs(step) <= 1e-15 * z) break;
  }
  return z;
}

/**
 * The z with P(Z ≤ z) = p. `null` for p = 0 and p = 1, where it is infinite.
 * @throws RangeError when p is outside [0, 1]
 */
export function normalQuantile({ p }: { readonly p: number }): number | null {
  requireProbability('p', p);
  if (p === 0 || p === 1) return null;
  // 1 − p and p − ½ are exact for p from ½ to 1.
  const upper = Math.min(p, 1 - p);
  const z = upper > 0.25 ? centralQuantile(0.5 - upper) : tailQuantile(upper);
  return numberOrNull(p < 0.5 ? -z : z);
}

/**
 * Two-sided critical value: P(|Z| > z) = 1 − confidence. Taken in the upper tail, which is exact however near 1 the confidence is.
 * @param confidence above 0 and below 1 (checked by the caller)
 */
export function normalCritical(confidence: number): number {
  return withoutMinusZero(-(normalQuantile({ p: (1 - confidence) / 2 }) as number));
}
