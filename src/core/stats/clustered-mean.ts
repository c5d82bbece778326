/** The interval of a mean whose items come in groups (questions on one passage, variants of one task): `cluster_by`. */

import { type Interval, intervalAround, numberOrNull, requireNumbers, requireOpenProbability, requireSameLength } from './checks.js';
import { add, type DoubleDouble, divide, fromNumber, subtract, toNumber } from './double-double.js';
import { moments } from './moments.js';
import { normalCritical } from './normal.js';
import { tCritical } from './student-t.js';

export interface ClusteredMeanInput {
  readonly values: readonly number[];
  /** The group of each value; 1 and "1" are two groups. */
  readonly clusters: readonly (string | number)[];
  /** Above 0 and below 1. */
  readonly confidence: number;
}

export interface ClusteredMeanResult {
  readonly n: number;
  readonly n_clusters: number;
  readonly mean: number | null;
  /** As if the values were independent; null for n < 2. */
  readonly se_naive: number | null;
  /** Sandwich standard error without small-sample correction; 0 for one cluster, null for n = 0. */
  readonly se_cr0: number | null;
  /** CR0 × √(G / (G − 1)); null for fewer than 2 clusters. */
  readonly se_cr1: number | null;
  /** G − 1; null for n = 0. */
  readonly df: number | null;
  /** Mean ± normal quantile × CR1; null for fewer than 2 clusters. */
  readonly ci_z: Interval | null;
  /** Mean ± t(G − 1) × CR1; null for fewer than 2 clusters. */
  readonly ci_t: Interval | null;
}

/** √Σ (sum of the cluster's residuals)² / n. */
function cr0(values: readonly number[], clusters: readonly (string | number)[]): { groups: number; se: number } {
  let total = fromNumber(0);
  const sums = new Map<string | number, { sum: DoubleDouble; size: number }>();
  values.forEach((value, i) => {
    const cluster = clusters[i] as string | number;
    const known = sums.get(cluster) ?? { sum: fromNumber(0), size: 0 };
    sums.set(cluster, { sum: add(known.sum, fromNumber(value)), size: known.size + 1 });
    total = add(total, fromNumber(value));
  });
  const n = fromNumber(values.length);
  let squares = 0;
  for (const { sum, size } of sums.values()) {
    // Sum − size × mean, with the mean's factor taken first: exactly 0 where it should be.
    const expected = divide({ hi: total.hi * size, lo: total.lo * size }, n);
    const residual = toNumber(subtract(sum, expected));
    squares += residual * residual;
  }
  return { groups: sums.size, se: sums.size === 1 ? 0 : Math.sqrt(squares) / values.length };
}

/**
 * How far would the mean move with other groups of the kind? Items of one group go right and wrong together, so that the number of
 * groups, not of items, sets the width.
 *
 * K.-Y. Liang and S. L. Zeger, Biometrika 73 (1986) for CR0; the factor G / (G − 1) and t(G − 1) as in A. C. Cameron and D. L. Miller,
 * "A practitioner's guide to cluster-robust inference", Journal of Human Resources 50 (2015), with the mean as the only regressor.
 * Same unit as the values, not cut to their range. n = 0: all null. One cluster (so also n = 1): no interval.
 *
 * @throws RangeError when the arrays differ in length, a value is not finite, or confidence is out of range
 */
export function clusteredMeanCi({ values, clusters, confidence }: ClusteredMeanInput): ClusteredMeanResult {
  requireNumbers('values', values);
  requireSameLength('values', values, 'clusters', clusters);
  requireOpenProbability('confidence', confidence);
  const { n, mean, variance } = moments(values);
  const none = { se_naive: null, se_cr0: null, se_cr1: null, df: null, ci_z: null, ci_t: null };
  if (n === 0) return { n, n_clusters: 0, mean: null, ...none };
  const { groups, se } = cr0(values, clusters);
  const center = mean === null ? null : numberOrNull(mean);
  const cr1 = groups < 2 ? null : numberOrNull(se * Math.sqrt(groups / (groups - 1)));
  const t = groups < 2 ? null : tCritical(confidence, groups - 1);
  return {
    n,
    n_clusters: groups,
    mean: center,
    se_naive: variance === null ? null : numberOrNull(Math.sqrt(variance / n)),
    se_cr0: numberOrNull(se),
    se_cr1: cr1,
    df: groups - 1,
    ci_z: intervalAround(center, cr1 === null ? null : normalCritical(confidence) * cr1),
    ci_t: intervalAround(center, cr1 === null || t === null ? null : t * cr1),
  };
}
