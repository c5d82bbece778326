/** Numbers as the gate's sentences show them. */

const MOST_DIGITS = 12;

/** Four decimals, or as many more as it takes to tell the value from `limit` (and from 0). Never "-0.0000". */
export function formatValue(value: number, limit: number | null): string {
  return digits(value, limit, 4);
}

/** A share as percent with one decimal, or more where it takes more to tell it from `limit`. */
export function formatPercent(share: number, limit: number | null): string {
  return `${digits(share * 100, limit === null ? null : limit * 100, 1)}%`;
}

/** A share as percent, without needless decimals: 1%, 0.25%. */
export function formatShare(share: number): string {
  return `${Number((share * 100).toFixed(2))}%`;
}

/** `+0.0120`, `-0.0150`. */
export function formatDelta(delta: number): string {
  const text = digits(delta, null, 4);
  return text.startsWith('-') ? text : `+${text}`;
}

function digits(value: number, limit: number | null, fewest: number): string {
  for (let decimals = fewest; decimals <= MOST_DIGITS; decimals++) {
    const text = value.toFixed(decimals);
    const rounded = Number(text);
    const distinctFromLimit = limit === null || Math.abs(value - limit) < 1e-9 || Math.sign(rounded - limit) === Math.sign(value - limit);
    const distinctFromZero = Math.abs(value) < 1e-9 || rounded !== 0;
    if (distinctFromLimit && distinctFromZero) return rounded === 0 ? text.replace('-', '') : text;
  }
  return String(value);
}
