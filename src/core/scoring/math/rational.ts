/** Exact fractions of BigInt: the arithmetic under the math scorer's canonical forms. */

/** A fraction in lowest terms with `q > 0`. */
export interface Rational {
  readonly p: bigint;
  readonly q: bigint;
}

/** Powers with more bits than this are not written out: hostile exponents end here. */
const MAX_BITS = 40_000;

/** p / q in lowest terms, or null for q = 0. */
export function rational(p: bigint, q = 1n): Rational | null {
  if (q === 0n) return null;
  const divisor = gcd(p, q);
  const sign = q < 0n ? -1n : 1n;
  return { p: (sign * p) / divisor, q: (sign * q) / divisor };
}

export const ZERO: Rational = { p: 0n, q: 1n };
export const ONE: Rational = { p: 1n, q: 1n };

export function gcd(a: bigint, b: bigint): bigint {
  let [x, y] = [a < 0n ? -a : a, b < 0n ? -b : b];
  while (y !== 0n) [x, y] = [y, x % y];
  return x === 0n ? 1n : x;
}

export function add(a: Rational, b: Rational): Rational {
  return rational(a.p * b.q + b.p * a.q, a.q * b.q) as Rational;
}

export function multiply(a: Rational, b: Rational): Rational {
  return rational(a.p * b.p, a.q * b.q) as Rational;
}

export function negate(a: Rational): Rational {
  return { p: -a.p, q: a.q };
}

export function equal(a: Rational, b: Rational): boolean {
  return a.p === b.p && a.q === b.q;
}

function bits(n: bigint): number {
  return n.toString(16).length * 4;
}

/** a to an integer power, or null for 0 to a negative power and where the result would be longer than `MAX_BITS`. */
export function power(a: Rational, exponent: bigint): Rational | null {
  const size = exponent < 0n ? -exponent : exponent;
  if (a.p === 0n) return exponent > 0n ? ZERO : exponent === 0n ? ONE : null;
  if (a.q === 1n && (a.p === 1n || a.p === -1n)) return size % 2n === 0n ? ONE : a;
  if (size > BigInt(MAX_BITS) || Number(size) * Math.max(bits(a.p), bits(a.q)) > MAX_BITS * 4) return null;
  return exponent < 0n ? rational(a.q ** size, a.p ** size) : { p: a.p ** size, q: a.q ** size };
}

/** The nearest double; infinite above its range. */
export function toNumber(a: Rational): number {
  const excess = BigInt(Math.max(0, bits(a.p) - 1000, bits(a.q) - 1000));
  if (excess === 0n) return Number(a.p) / Number(a.q);
  return Number(a.p >> excess) / Number(a.q >> excess);
}

/** A plain decimal such as `007`, `.5`, `1.20` or `1E-3` as an exact fraction, or null. */
export function fromDecimal(text: string): Rational | null {
  const parts = /^(-?)(\d*)\.?(\d*)(?:[eE]([-+]?\d{1,5}))?$/.exec(text);
  if (parts === null || (parts[2] === '' && parts[3] === '')) return null;
  const digits = BigInt(`${parts[2]}${parts[3]}`);
  const scale = BigInt(parts[4] ?? '0') - BigInt((parts[3] as string).length);
  if (scale > 20_000n || scale < -20_000n) return null;
  const signed = parts[1] === '-' ? -digits : digits;
  return scale < 0n ? rational(signed, 10n ** -scale) : rational(signed * 10n ** scale);
}

/** Rounded half to even at `places` decimals. */
export function round(a: Rational, places: number): Rational {
  const scale = 10n ** BigInt(places);
  const scaled = a.p * scale;
  const floor = scaled >= 0n ? scaled / a.q : -((-scaled + a.q - 1n) / a.q);
  const twice = 2n * (scaled - floor * a.q);
  const up = twice > a.q || (twice === a.q && floor % 2n !== 0n);
  return rational(up ? floor + 1n : floor, scale) as Rational;
}
