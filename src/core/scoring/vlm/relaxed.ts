/** Relaxed correctness of answers about charts: numbers within 5%, everything else equal up to case. Rule: Masry et al., ChartQA (2022). */

import { toFloat } from './python-text.js';

const TOLERANCE = 0.05;

/** A number, percentages as fractions, or null. */
function chartNumber(text: string): number | null {
  if (!text.endsWith('%')) return toFloat(text);
  let end = text.length;
  while (text[end - 1] === '%') end--;
  const value = toFloat(text.slice(0, end));
  return value === null ? null : value / 100;
}

/** `relaxed_correctness` of VLMEvalKit. A target of 0 has no relative distance: it is compared as text. NaN agrees with nothing. */
export function relaxedCorrect(target: string, prediction: string): boolean {
  const wanted = chartNumber(target);
  const given = chartNumber(prediction);
  if (given !== null && wanted !== null && wanted !== 0) return Math.abs(given - wanted) / Math.abs(wanted) <= TOLERANCE;
  return prediction.toLowerCase() === target.toLowerCase();
}
