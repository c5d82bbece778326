/**
 * Numbers of about 32 digits as an unevaluated sum of two doubles: what the logarithms of tail probabilities are made of.
 *
 * A tail near 1e-300 is exp(−690); a rounding error of 1e-16 in that exponent is 7e-14 in the tail, and one in the logarithm
 * of a base that is then raised to the millionth power is far more. Sums and products after T. J. Dekker, "A floating-point
 * technique for extending the available precision" (1971), and D. E. Knuth, TAOCP vol. 2, 4.2.2.
 */

/** The value hi + lo, with |lo| at most half a unit in the last place of hi. */
export interface DoubleDouble {
  readonly hi: number;
  readonly lo: number;
}

const SPLITTER = 2 ** 27 + 1;
const LN2: DoubleDouble = { hi: 0.6931471805599453, lo: 2.3190468138462996e-17 };
export const HALF_LN_2PI: DoubleDouble = { hi: 0.9189385332046728, lo: -3.878294158067242e-17 };

/** a + b for |a| ≥ |b|, or when a is a sum that b corrects. */
function renormalize(a: number, b: number): DoubleDouble {
  const hi = a + b;
  return { hi, lo: b - (hi - a) };
}

export function fromNumber(a: number): DoubleDouble {
  return { hi: a, lo: 0 };
}

/** a + b without error. */
export function exactSum(a: number, b: number): DoubleDouble {
  const hi = a + b;
  const back = hi - a;
  return { hi, lo: a - (hi - back) + (b - back) };
}

/** a × b without error, for |a|, |b| below 1e300 and a product above 1e-290. */
export function exactProduct(a: number, b: number): DoubleDouble {
  const hi = a * b;
  const ta = SPLITTER * a;
  const aHi = ta - (ta - a);
  const aLo = a - aHi;
  const tb = SPLITTER * b;
  const bHi = tb - (tb - b);
  const bLo = b - bHi;
  return { hi, lo: aLo * bLo - (hi - aHi * bHi - aLo * bHi - aHi * bLo) };
}

export function add(a: DoubleDouble, b: DoubleDouble): DoubleDouble {
  const high = exactSum(a.hi, b.hi);
  const low = exactSum(a.lo, b.lo);
  const partial = renormalize(high.hi, high.lo + low.hi);
  return renormalize(partial.hi, partial.lo + low.lo);
}

export function negate(a: DoubleDouble): DoubleDouble {
  return { hi: -a.hi, lo: -a.lo };
}

export function subtract(a: DoubleDouble, b: DoubleDouble): DoubleDouble {
  return add(a, negate(b));
}

export function multiply(a: DoubleDouble, b: DoubleDouble): DoubleDouble {
  const product = exactProduct(a.hi, b.hi);
  return renormalize(product.hi, product.lo + (a.hi * b.lo + a.lo * b.hi));
}

export function divide(a: DoubleDouble, b: DoubleDouble): DoubleDouble {
  const q1 = a.hi / b.hi;
  const r1 = subtract(a, multiply(b, fromNumber(q1)));
  const q2 = r1.hi / b.hi;
  const r2 = subtract(r1, multiply(b, fromNumber(q2)));
  const head = renormalize(q1, q2);
  return add(head, fromNumber(r2.hi / b.hi));
}

export function toNumber(a: DoubleDouble): number {
  return a.hi + a.lo;
}

/** Terms of the Taylor series: |r| ≤ ln 2 / 1024, so the tenth term is below 1e-38. */
const EXP_TERMS = 9;
const EXP_HALVINGS = 9;

/** exp(x) as mantissa × 2^exponent, so that nothing overflows on the way. */
function scaledExp(x: DoubleDouble): { mantissa: DoubleDouble; exponent: number } {
  const exponent = Math.round(x.hi / LN2.hi);
  const rest = subtract(x, multiply(LN2, fromNumber(exponent)));
  const scale = 2 ** -EXP_HALVINGS;
  const r: DoubleDouble = { hi: rest.hi * scale, lo: rest.lo * scale };
  let sum = fromNumber(0);
  for (let k = EXP_TERMS; k >= 1; k--) sum = divide(multiply(r, add(fromNumber(1), sum)), fromNumber(k));
  // sum = exp(r) − 1; squaring exp(r) nine times without ever adding the 1 keeps the small part's digits.
  for (let k = 0; k < EXP_HALVINGS; k++) sum = add({ hi: 2 * sum.hi, lo: 2 * sum.lo }, multiply(sum, sum));
  return { mantissa: add(fromNumber(1), sum), exponent };
}

/** exp(x) rounded to a double; 0 below the smallest double, Infinity above the largest. */
export function exp(x: DoubleDouble): number {
  if (x.hi < -746) return 0;
  if (x.hi > 710) return Number.POSITIVE_INFINITY;
  const { mantissa, exponent } = scaledExp(x);
  const half = Math.trunc(exponent / 2);
  return toNumber(mantissa) * 2 ** half * 2 ** (exponent - half);
}

/** ln(x) for x > 0, absolute error about 1e-32 × max(1, |ln x|). */
export function log(x: DoubleDouble): DoubleDouble {
  if (x.hi < 1e-280) return subtract(log({ hi: x.hi * 2 ** 200, lo: x.lo * 2 ** 200 }), multiply(LN2, fromNumber(200)));
  if (x.hi > 1e280) return add(log({ hi: x.hi * 2 ** -200, lo: x.lo * 2 ** -200 }), multiply(LN2, fromNumber(200)));
  // One Newton step doubles the digits of the double's logarithm: ln x = y + ln(x e^−y).
  const y = Math.log(x.hi);
  const { mantissa, exponent } = scaledExp(fromNumber(-y));
  const scale = 2 ** exponent;
  const m = subtract(multiply(x, { hi: mantissa.hi * scale, lo: mantissa.lo * scale }), fromNumber(1));
  return add(fromNumber(y), add(m, fromNumber((-m.hi * m.hi) / 2)));
}

/** ln(1 + x) for x > −1, with full relative accuracy near x = 0. */
export function log1p(x: DoubleDouble): DoubleDouble {
  if (Math.abs(x.hi) > 0.1) return log(add(fromNumber(1), x));
  if (x.hi === 0) return fromNumber(0);
  // 2 artanh(x / (2 + x)): s² < 0.0028, so 13 terms reach 1e-33.
  const s = divide(x, add(fromNumber(2), x));
  const square = multiply(s, s);
  let sum = fromNumber(0);
  for (let k = 13; k >= 0; k--) sum = add(multiply(sum, square), divide(fromNumber(1), fromNumber(2 * k + 1)));
  return multiply({ hi: 2 * s.hi, lo: 2 * s.lo }, sum);
}
