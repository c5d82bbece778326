/** Ranks with ties: the common ground of Mann-Whitney's and Wilcoxon's tests. */

export interface Ranking {
  /** Rank of each value from 1, in input order; equal values share the mean of their places. */
  readonly ranks: number[];
  /** Σ (t³ − t) over groups of t equal values: 0 where all differ. */
  readonly tieTerm: number;
}

/** Mid-ranks: multiples of ½, so that sums of them are exact. */
export function midRanks(values: readonly number[]): Ranking {
  const order = values.map((_, i) => i).sort((i, j) => (values[i] as number) - (values[j] as number));
  const ranks = new Array<number>(values.length);
  let tieTerm = 0;
  for (let from = 0; from < order.length; ) {
    let to = from + 1;
    while (to < order.length && values[order[to] as number] === values[order[from] as number]) to++;
    for (let i = from; i < to; i++) ranks[order[i] as number] = (from + 1 + to) / 2;
    const ties = to - from;
    tieTerm += ties * (ties * ties - 1);
    from = to;
  }
  return { ranks, tieTerm };
}
