/** Student's interval of a mean from a running count, mean and sum of squares: what score aggregation and every mean here use. */

import { type Interval, intervalAround, requireCount, requireFinite, requireOpenProbability } from './checks.js';
import { tCritical } from './student-t.js';

export interface MeanSummary {
  /** Items. */
  readonly n: number;
  readonly mean: number;
  /** Sum of squared deviations from the mean (Welford's M2), at least 0. */
  readonly m2: number;
  /** Above 0 and below 1, such as 0.95. */
  readonly confidence: number;
}

/**
 * Where would the mean of the population lie that these items were drawn from? Mean ± t(n − 1) √(m2 / (n (n − 1))).
 *
 * Student, "The probable error of a mean", Biometrika 6 (1908); m2 as in B. P. Welford, Technometrics 4 (1962). Same unit as the
 * items. No width where they are all equal. Not cut to the items' range: that is the caller's.
 *
 * @returns null for n < 2: one item has no spread
 * @throws RangeError naming n, mean, m2 or confidence
 */
export function studentMeanCi({ n, mean, m2, confidence }: MeanSummary): Interval | null {
  requireCount('n', n);
  requireOpenProbability('confidence', confidence);
  if (n < 2) return null;
  requireFinite('mean', mean);
  requireFinite('m2', m2);
  if (m2 < 0) throw new RangeError(`m2 must not be negative, not ${m2}`);
  const critical = tCritical(confidence, n - 1);
  return intervalAround(mean, critical === null ? null : critical * Math.sqrt(m2 / (n - 1) / n));
}
