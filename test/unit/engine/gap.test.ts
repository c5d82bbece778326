/** Noticing that the thread stood still. */

import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { GapWatch } from '../../../src/engine/gap.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function watch() {
  let now = 0;
  const gaps = new GapWatch(() => now);
  /** The clock and the timers run on together. */
  const run = (ms: number): void => {
    for (let i = 0; i < ms; i += 100) {
      now += 100;
      vi.advanceTimersByTime(100);
    }
  };
  /** The clock runs on while the thread, with its timers, stands still. */
  const freeze = (ms: number): void => void (now += ms);
  return { gaps, run, freeze };
}

it('sees no gap while time passes as it should', () => {
  const { gaps, run } = watch();
  run(60_000);
  expect(gaps.count).toBe(0);
  gaps.stop();
});

it('has counted a gap by the time any code looks, before a timer fires', () => {
  const { gaps, run, freeze } = watch();
  run(5000);
  freeze(2600);
  expect(gaps.count).toBe(1);
  expect(gaps.count).toBe(1);
  freeze(60_000);
  expect(gaps.count).toBe(2);
  gaps.stop();
});

it('counts a gap that only its timer saw', () => {
  const { gaps, run, freeze } = watch();
  freeze(10_000);
  run(3000);
  expect(gaps.count).toBe(1);
  gaps.stop();
});

it('lets a pause that loses no attempt pass', () => {
  const { gaps, freeze } = watch();
  freeze(2500);
  expect(gaps.count).toBe(0);
  gaps.stop();
});

it('does not keep the process alive, and stops its timer', () => {
  const { gaps } = watch();
  expect(vi.getTimerCount()).toBe(1);
  gaps.stop();
  expect(vi.getTimerCount()).toBe(0);
});
