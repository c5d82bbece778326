/** Percentiles of durations in memory that does not grow with their number. */

import type { Percentiles } from './bundle.js';

/** Relative width of a bucket: a percentile is right to 0.1%. */
const GROWTH = 1.001;
const LOG_GROWTH = Math.log(GROWTH);
/** Durations below this are one bucket, milliseconds. */
const SMALLEST_MS = 0.001;

/**
 * Counts durations in buckets that grow by 0.1%; about 21,000 of them span a microsecond to a day. The result does not
 * depend on order or on how samples were split over shards.
 */
export class DurationHistogram {
  private readonly counts = new Map<number, number>();
  private total = 0;

  /** @param ms a finite duration, milliseconds; negative ones (clock steps) count as 0 */
  add(ms: number): void {
    const bucket = ms <= SMALLEST_MS ? 0 : 1 + Math.floor(Math.log(ms / SMALLEST_MS) / LOG_GROWTH);
    this.counts.set(bucket, (this.counts.get(bucket) ?? 0) + 1);
    this.total++;
  }

  /** Nearest-rank percentiles, milliseconds; null without durations. */
  percentiles(): Percentiles {
    const buckets = [...this.counts].sort(([a], [b]) => a - b);
    const at = (share: number): number | null => {
      if (this.total === 0) return null;
      let rank = Math.ceil(share * this.total);
      for (const [bucket, count] of buckets) {
        rank -= count;
        if (rank <= 0) return bucket === 0 ? 0 : Math.round(SMALLEST_MS * GROWTH ** (bucket - 0.5) * 1000) / 1000;
      }
      return null;
    };
    return { p50: at(0.5), p90: at(0.9), p99: at(0.99) };
  }
}

/** Milliseconds in which anything was under way: the length of the union of intervals. Time that a run lay still does not count. */
export class BusyTime {
  /** Disjoint, ascending. Samples overlap, so this stays as short as the run had interruptions. */
  private readonly spans: [number, number][] = [];

  /** Marks [start, end], milliseconds since the epoch. */
  add(start: number, end: number): void {
    let i = this.spans.length;
    while (i > 0 && (this.spans[i - 1] as [number, number])[1] >= start) i--;
    let from = start;
    let to = end;
    let j = i;
    for (; j < this.spans.length && (this.spans[j] as [number, number])[0] <= to; j++) {
      const span = this.spans[j] as [number, number];
      from = Math.min(from, span[0]);
      to = Math.max(to, span[1]);
    }
    this.spans.splice(i, j - i, [from, to]);
  }

  get milliseconds(): number {
    return this.spans.reduce((sum, [from, to]) => sum + to - from, 0);
  }
}
