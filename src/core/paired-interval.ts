/** The paired difference of two runs with its 95% interval, by the rules that gate and compare share, and how many items would settle it. */

import { tidy } from './numbers.js';
import { clusteredMeanCi } from './stats/clustered-mean.js';
import { pairedMeanCi } from './stats/paired-mean.js';
import { pairedProportionDiffCi } from './stats/paired-proportion.js';
import { nItemsNonInferiority } from './stats/power-mcnemar.js';

export const CONFIDENCE = 0.95;
/** Chance of seeing the answer that the number of items is worked out for. */
const POWER = 0.8;

/** - student-t: over the items' differences; bonett-price: 0/1 items that all agree; cluster-robust: CR1 with t(G − 1); none: too few items */
export type IntervalMethod = 'student-t' | 'bonett-price' | 'cluster-robust' | 'none';

/** candidate − baseline over paired items. `lower` and `upper` are null where there are too few items, or clusters, for an interval. */
export interface PairedInterval {
  readonly n: number;
  readonly baseline: number;
  readonly candidate: number;
  readonly delta: number;
  readonly lower: number | null;
  readonly upper: number | null;
  readonly method: IntervalMethod;
  /** Variance of one item's difference, as the interval saw it; null without an interval. */
  readonly variance: number | null;
}

export interface PairedValues {
  readonly baseline: readonly number[];
  readonly candidate: readonly number[];
  /** A label an item, or null: items are independent. */
  readonly clusters?: readonly string[] | null;
}

/** @throws RangeError without items: a difference of nothing is not 0 */
export function pairedInterval({ baseline, candidate, clusters = null }: PairedValues): PairedInterval {
  const n = baseline.length;
  if (n === 0) throw new RangeError('no paired items');
  const ci = pairedMeanCi({ baseline, candidate, confidence: CONFIDENCE, direction: 'higher_is_better' });
  const scores = { n, baseline: ci.mean_baseline as number, candidate: ci.mean_candidate as number, delta: ci.delta as number };
  const exact = agreeingBinary(baseline, candidate);
  if (exact !== null) return { ...scores, ...exact };
  if (clusters !== null) return { ...scores, ...clustered(baseline, candidate, clusters) };
  if (ci.ci_lower === null || ci.ci_upper === null || ci.sd === null) return { ...scores, ...NO_INTERVAL };
  return { ...scores, lower: ci.ci_lower, upper: ci.ci_upper, method: 'student-t', variance: ci.sd * ci.sd };
}

type Interval = Pick<PairedInterval, 'lower' | 'upper' | 'method' | 'variance'>;
const NO_INTERVAL: Interval = { lower: null, upper: null, method: 'none', variance: null };

/** 0/1 items that all differ alike leave Student's t without width; certainty from a sample is wrong, so Bonett-Price takes over. */
function agreeingBinary(baseline: readonly number[], candidate: readonly number[]): Interval | null {
  const n = baseline.length;
  let b = 0;
  let c = 0;
  for (let i = 0; i < n; i++) {
    const before = baseline[i] as number;
    const after = candidate[i] as number;
    if ((before !== 0 && before !== 1) || (after !== 0 && after !== 1)) return null;
    if (before > after) b++;
    if (after > before) c++;
  }
  if (!(b + c === 0 || b === n || c === n)) return null;
  const [lower, upper] = pairedProportionDiffCi({ b, c, n, confidence: CONFIDENCE }).bonett_price as [number, number];
  const shift = (c - b) / (n + 2);
  return { lower, upper, method: 'bonett-price', variance: (b + c + 2) / (n + 2) - shift * shift };
}

function clustered(baseline: readonly number[], candidate: readonly number[], clusters: readonly string[]): Interval {
  const values = baseline.map((before, i) => (candidate[i] as number) - before);
  const { ci_t: interval, se_cr1: se } = clusteredMeanCi({ values, clusters, confidence: CONFIDENCE });
  if (interval === null || se === null) return NO_INTERVAL;
  return { lower: interval[0] as number, upper: interval[1] as number, method: 'cluster-robust', variance: se * se * values.length };
}

/**
 * Items after which an interval around the same difference would no longer include a limit that is `gap` away, with 80%
 * power at two-sided 95%; null where no number would do (the difference is at the limit).
 */
export function itemsToSettle(variance: number, gap: number): number | null {
  const margin = Math.abs(tidy(gap));
  if (margin < 1e-9 || variance <= 0) return null;
  // The formula's variance is a share, at most 1; it only knows variance / margin², so both can be scaled.
  const scale = Math.max(1, Math.sqrt(variance));
  return nItemsNonInferiority({
    discordance: Math.min(1, variance / (scale * scale)),
    margin: margin / scale,
    true_damage: 0,
    alpha_one_sided: (1 - CONFIDENCE) / 2,
    power: POWER,
  });
}
