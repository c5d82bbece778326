/** p-values of several benchmarks looked at together. */

import { requireProbability, withoutMinusZero } from './checks.js';

export interface AdjustedP {
  /** Holm: bounds the chance of any false alarm; never weaker than Bonferroni. */
  readonly holm: number[];
  /** Benjamini-Hochberg: bounds the expected share of false alarms among the alarms. */
  readonly bh: number[];
  /** Each p times their number. */
  readonly bonferroni: number[];
}

/** Walks p-values in `order`, keeps each value's running extreme, and puts it back in its input place. */
function running(order: readonly number[], value: (rank: number) => number, pick: (a: number, b: number) => number): number[] {
  const result = new Array<number>(order.length);
  let last: number | undefined;
  order.forEach((index, rank) => {
    last = last === undefined ? value(rank) : pick(last, value(rank));
    result[index] = withoutMinusZero(Math.min(1, last));
  });
  return result;
}

/**
 * Which of these p-values still count, given that there are several? Compare each adjusted value with the level as it stands.
 *
 * S. Holm, Scandinavian J. of Statistics 6 (1979); Y. Benjamini and Y. Hochberg, J. Royal Statistical Society B 57 (1995). Output in
 * input order, monotone in p, at most 1. No p-values: empty lists. One: unchanged.
 *
 * @throws RangeError naming the first p outside [0, 1]
 */
export function pAdjust({ p }: { readonly p: readonly number[] }): AdjustedP {
  p.forEach((value, i) => {
    requireProbability(`p[${i}]`, value);
  });
  const m = p.length;
  const ascending = p.map((_, i) => i).sort((i, j) => (p[i] as number) - (p[j] as number));
  const descending = ascending.toReversed();
  const at = (order: readonly number[], rank: number) => p[order[rank] as number] as number;
  return {
    holm: running(ascending, (rank) => at(ascending, rank) * (m - rank), Math.max),
    bh: running(descending, (rank) => (at(descending, rank) * m) / (m - rank), Math.min),
    bonferroni: p.map((value) => withoutMinusZero(Math.min(1, value * m))),
  };
}
