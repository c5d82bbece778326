/** How likely is a sum of whole weights, each counted or not by a fair coin, to reach a value? Exact; the paired rank and sign-flip tests. */

const MOST_ENUMERATED = 32;
const MOST_CELLS = 100_000_000;

/** All subset sums in ascending order, each as often as it occurs. */
function subsetSums(weights: readonly bigint[]): bigint[] {
  let sums = [0n];
  for (const weight of weights) {
    const merged: bigint[] = [];
    let i = 0;
    let j = 0;
    // Two sorted lists, without and with this weight; both are as long.
    while (j < sums.length) {
      const without = sums[i];
      const withIt = (sums[j] as bigint) + weight;
      if (without !== undefined && without <= withIt) {
        merged.push(without);
        i++;
      } else {
        merged.push(withIt);
        j++;
      }
    }
    sums = merged;
  }
  return sums;
}

/** Counts the subsets in two halves: 2^(n/2) sums a side instead of 2^n (E. Horowitz and S. Sahni, JACM 21, 1974). */
function enumerate(weights: readonly bigint[], limit: bigint): number {
  const half = Math.floor(weights.length / 2);
  const left = subsetSums(weights.slice(0, half));
  const right = subsetSums(weights.slice(half));
  let count = 0;
  let fits = right.length;
  for (const sum of left) {
    while (fits > 0 && sum + (right[fits - 1] as bigint) > limit) fits--;
    count += fits;
  }
  return count / 2 ** weights.length;
}

/** Distribution of the sum, cell by cell up to the limit. Halving is exact, so that up to 53 weights every cell is a whole number over 2^n. */
function tabulate(weights: readonly number[], limit: number): number {
  const probability = new Float64Array(limit + 1);
  probability[0] = 1;
  let top = 0;
  for (const weight of weights) {
    top = Math.min(limit, top + weight);
    for (let s = top; s >= 0; s--) {
      const withIt = s >= weight ? (probability[s - weight] as number) : 0;
      probability[s] = ((probability[s] as number) + withIt) / 2;
    }
  }
  return probability.reduce((sum, value) => sum + value, 0);
}

/**
 * P(sum ≤ limit), where each weight is in the sum by the toss of a fair coin.
 *
 * @param weights whole numbers above 0
 * @returns null where neither a table (sum of weights × their number up to 1e8) nor an enumeration (up to 32 weights) is feasible
 */
export function coinSumAtMost(weights: readonly bigint[], limit: bigint): number | null {
  if (limit < 0n) return 0;
  const total = weights.reduce((sum, weight) => sum + weight, 0n);
  if (limit >= total) return 1;
  if ((limit + 1n) * BigInt(weights.length) <= BigInt(MOST_CELLS)) return tabulate(weights.map(Number), Number(limit));
  return weights.length <= MOST_ENUMERATED ? enumerate(weights, limit) : null;
}
