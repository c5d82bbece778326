/** Number helpers of gate and compare: comparisons with slack for float noise, and rounding for reports. */

/** 0.8 − 0.79 is 0.010000000000000009: noise of this size never decides. */
const SLACK = 1e-9;

/** Whether `value` is above `limit` by more than float noise. */
export function exceeds(value: number, limit: number): boolean {
  return value > limit + SLACK * Math.max(1, Math.abs(limit));
}

/** Twelve decimals: noise is gone, all that was measured stays. Never −0. */
export function tidy(value: number): number {
  const rounded = Math.abs(value) < 1e9 ? Number(value.toFixed(12)) : value;
  return rounded === 0 ? 0 : rounded;
}

export function tidyOrNull(value: number | null): number | null {
  return value === null ? null : tidy(value);
}
