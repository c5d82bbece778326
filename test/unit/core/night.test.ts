import { describe, expect, it } from 'vitest';
import { durationText, meanScore, type NightRecord, outcomeWord, parseDuration, trends } from '../../../src/core/night.js';

const night = (benchmarks: Record<string, number | null>): NightRecord => ({
  schema_version: 1,
  run_id: 'r',
  started: '2026-01-02T02:00:00.000Z',
  finished: '2026-01-02T03:00:00.000Z',
  status: 'gated',
  verdict: 'GO',
  reasons: [],
  baseline: null,
  score: null,
  benchmarks: Object.entries(benchmarks).map(([name, score]) => ({ name, score, delta: null, status: null })),
  became_last_go: false,
});

describe('a duration', () => {
  it.each([
    ['90s', 90_000],
    ['45m', 2_700_000],
    ['12h', 43_200_000],
    ['2d', 172_800_000],
    [' 1s ', 1000],
  ])('%j is %d ms', (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });

  it.each(['', '0s', '12', 'h', '1.5h', '-1h', '1w', '1h30m', '9999999h'])('%j is none', (text) => {
    expect(parseDuration(text)).toBeNull();
  });

  it.each(['1s', '90s', '45m', '12h', '2d'])('is said as it is written: %s', (text) => {
    expect(durationText(parseDuration(text) ?? 0)).toBe(text);
  });
});

describe('scores', () => {
  it('weigh the same in their mean, and those that are not there not at all', () => {
    expect(meanScore([0.2, null, 0.4])).toBeCloseTo(0.3);
  });

  it('have no mean where there are none', () => {
    expect([meanScore([]), meanScore([null])]).toEqual([null, null]);
  });

  it('make a trend for each benchmark, in order, nights without it left out', () => {
    expect(trends([night({ a: 0.1 }), night({ b: 0.5, a: null }), night({ a: 0.3 })])).toEqual([
      { benchmark: 'a', scores: [0.1, 0.3] },
      { benchmark: 'b', scores: [0.5] },
    ]);
  });
});

it('a night without a verdict is called by what happened to it, never by a verdict', () => {
  expect(outcomeWord({ status: 'gated', verdict: 'NO-GO' })).toBe('NO-GO');
  expect(outcomeWord({ status: 'failed', verdict: null })).toBe('FAILED');
  expect(outcomeWord({ status: 'cancelled', verdict: null })).toBe('CANCELLED');
});
