/** Checks at the statistics' door, and what leaves it: no function here returns NaN, an infinity or −0. */

/** A confidence interval, lower end first. */
export type Interval = [lower: number, upper: number];

function reject(field: string, value: unknown, wanted: string): never {
  throw new RangeError(`${field} must be ${wanted}, not ${typeof value === 'number' ? value : JSON.stringify(value)}`);
}

/** @throws RangeError naming the field, unless value is a finite number. */
export function requireFinite(field: string, value: number): void {
  if (typeof value !== 'number' || !Number.isFinite(value)) reject(field, value, 'a finite number');
}

/** @throws RangeError unless value is a whole number from `least` to `most`. */
export function requireCount(field: string, value: number, least = 0, most = Number.MAX_SAFE_INTEGER): void {
  const range = most === Number.MAX_SAFE_INTEGER ? `of at least ${least}` : `from ${least} to ${most}`;
  if (!Number.isSafeInteger(value) || value < least || value > most) reject(field, value, `a whole number ${range}`);
}

/** @throws RangeError unless 0 ≤ value ≤ 1. */
export function requireProbability(field: string, value: number): void {
  if (typeof value !== 'number' || !(value >= 0 && value <= 1)) reject(field, value, 'from 0 to 1');
}

/** @throws RangeError unless 0 < value < 1: an interval of confidence 0 or 1, or a test of size 0, says nothing. */
export function requireOpenProbability(field: string, value: number): void {
  if (typeof value !== 'number' || !(value > 0 && value < 1)) reject(field, value, 'above 0 and below 1');
}

/** @throws RangeError unless value is finite and above 0. */
export function requirePositive(field: string, value: number): void {
  if (typeof value !== 'number' || !(value > 0 && value < Number.POSITIVE_INFINITY)) reject(field, value, 'a finite number above 0');
}

/** @throws RangeError unless every element is a finite number; the message names the first that is not. */
export function requireNumbers(field: string, values: readonly number[]): void {
  if (!Array.isArray(values)) reject(field, values, 'an array of numbers');
  for (let i = 0; i < values.length; i++) requireFinite(`${field}[${i}]`, values[i] as number);
}

/** @throws RangeError unless the two arrays are equally long. */
export function requireSameLength(field: string, values: readonly unknown[], otherField: string, others: readonly unknown[]): void {
  if (values.length !== others.length) {
    throw new RangeError(`${field} (${values.length}) and ${otherField} (${others.length}) must be equally long`);
  }
}

/** −0 becomes 0; what no double can hold (NaN, ±Infinity) becomes null. */
export function numberOrNull(value: number): number | null {
  return Number.isFinite(value) ? value + 0 : null;
}

/** −0 becomes 0. */
export function withoutMinusZero(value: number): number {
  return value + 0;
}

/** center ± halfWidth, or null where either is unknown or overflows. */
export function intervalAround(center: number | null, halfWidth: number | null): Interval | null {
  if (center === null || halfWidth === null) return null;
  const lower = numberOrNull(center - halfWidth);
  const upper = numberOrNull(center + halfWidth);
  return lower === null || upper === null ? null : [lower, upper];
}
