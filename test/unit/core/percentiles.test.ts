/** Percentiles and busy time against brute force. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BusyTime, DurationHistogram } from '../../../src/core/percentiles.js';

function percentiles(durations: readonly number[]) {
  const histogram = new DurationHistogram();
  for (const ms of durations) histogram.add(ms);
  return histogram.percentiles();
}

describe('DurationHistogram', () => {
  it('has no percentiles without durations', () => {
    expect(percentiles([])).toEqual({ p50: null, p90: null, p99: null });
  });

  it('gives nearest-rank percentiles of 1 to 100 ms: the 50th, 90th and 99th', () => {
    const { p50, p90, p99 } = percentiles(Array.from({ length: 100 }, (_, i) => 100 - i));
    expect(Math.abs((p50 ?? 0) / 50 - 1)).toBeLessThanOrEqual(0.001);
    expect(Math.abs((p90 ?? 0) / 90 - 1)).toBeLessThanOrEqual(0.001);
    expect(Math.abs((p99 ?? 0) / 99 - 1)).toBeLessThanOrEqual(0.001);
  });

  it('is right to 0.1% for any durations from 1 ms to a day', () => {
    const ms = fc.oneof(fc.double({ min: 1, max: 1000, noNaN: true }), fc.double({ min: 1, max: 86_400_000, noNaN: true }));
    fc.assert(
      fc.property(fc.array(ms, { minLength: 1, maxLength: 60 }), (durations) => {
        const sorted = [...durations].sort((a, b) => a - b);
        const got = percentiles(durations);
        for (const [share, value] of [[0.5, got.p50] as const, [0.9, got.p90] as const, [0.99, got.p99] as const]) {
          const exact = sorted[Math.ceil(share * sorted.length) - 1] as number;
          expect(Math.abs((value as number) / exact - 1)).toBeLessThanOrEqual(0.001);
        }
      }),
    );
  });

  it('does not depend on the order of the durations', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1e6, noNaN: true })), (durations) => {
        expect(percentiles([...durations].reverse())).toEqual(percentiles(durations));
      }),
    );
  });

  it('counts what a clock step made negative as 0', () => {
    expect(percentiles([-5, 0])).toEqual({ p50: 0, p90: 0, p99: 0 });
  });
});

describe('BusyTime', () => {
  function busy(intervals: readonly (readonly [number, number])[]): number {
    const time = new BusyTime();
    for (const [start, end] of intervals) time.add(start, end);
    return time.milliseconds;
  }

  it('is 0 at first and leaves out the hours between two sittings', () => {
    expect(busy([])).toBe(0);
    expect(
      busy([
        [0, 1000],
        [10_000_000, 10_000_500],
      ]),
    ).toBe(1500);
  });

  it('counts overlaps once, touching ends as one', () => {
    expect(
      busy([
        [0, 10],
        [5, 20],
        [20, 30],
        [2, 3],
      ]),
    ).toBe(30);
  });

  it('is the length of the union, in any order of arrival', () => {
    const interval = fc
      .tuple(fc.integer({ min: 0, max: 80 }), fc.integer({ min: 0, max: 12 }))
      .map(([from, length]) => [from, from + length] as const);
    fc.assert(
      fc.property(fc.array(interval, { maxLength: 25 }), (intervals) => {
        const covered = new Set<number>();
        for (const [from, to] of intervals) for (let ms = from; ms < to; ms++) covered.add(ms);
        expect(busy(intervals)).toBe(covered.size);
        expect(busy([...intervals].reverse())).toBe(covered.size);
      }),
      { numRuns: 300 },
    );
  });
});
