/** Numbers as the decimals they were written as: 0.1 + 0.2 is 0.3 here. */

/** value = digits × 10^exponent. */
interface Decimal {
  readonly digits: bigint;
  readonly exponent: number;
}

/** The shortest decimal that reads back as this double. */
function toDecimal(value: number): Decimal {
  const [mantissa = '0', exponent = '0'] = value.toString().toLowerCase().split('e');
  const [whole = '0', fraction = ''] = mantissa.split('.');
  return { digits: BigInt(whole + fraction), exponent: Number(exponent) - fraction.length };
}

/** The values as whole numbers in one common unit, a power of ten; equal decimals stay equal, sums stay exact. */
export function toCommonIntegers(values: readonly number[]): bigint[] {
  const decimals = values.map((value) => toDecimal(value));
  const unit = decimals.reduce(
    (least, { digits, exponent }) => (digits === 0n ? least : Math.min(least, exponent)),
    Number.POSITIVE_INFINITY,
  );
  return decimals.map(({ digits, exponent }) => (digits === 0n ? 0n : digits * 10n ** BigInt(exponent - unit)));
}

/** A ratio of whole numbers, kept exact. */
export interface Rational {
  readonly numerator: bigint;
  readonly denominator: bigint;
}

/** The largest whole number that divides both; at least 1 unless both are 0. */
export function greatestCommonDivisor(a: bigint, b: bigint): bigint {
  let x = a < 0n ? -a : a;
  let y = b < 0n ? -b : b;
  while (y !== 0n) [x, y] = [y, x % y];
  return x;
}

/** a / b to a double's precision, whatever the size of either. */
export function ratioToNumber({ numerator, denominator }: Rational): number {
  const bits = (value: bigint) => value.toString(2).length;
  const shift = 64 + bits(denominator) - bits(numerator);
  const scaled = shift >= 0 ? (numerator << BigInt(shift)) / denominator : numerator / (denominator << BigInt(-shift));
  const half = Math.trunc(shift / 2);
  return Number(scaled) * 2 ** -half * 2 ** -(shift - half);
}
