/** Progress lines: what they say, how often, and that a failed look says nothing. */

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { duration, formatProgress, ProgressPrinter, type ProgressView } from '../../../src/cli/progress.js';
import type { BenchmarkProgress, RunProgress } from '../../../src/client/follow.js';

const view: ProgressView = {
  done: 512,
  samples: 1319,
  inFlight: 32,
  rate: 42.4,
  tokens: 123_456,
  errors: 1,
  score: 0.5678,
  etaSeconds: 19,
  notice: null,
};

it('writes one line, and a dash for what is not known yet', () => {
  expect(formatProgress(view)).toBe('512/1319 38%  32 in flight  42/s  123k tok  1 err  score 0.568  ETA 19s');
  expect(formatProgress({ ...view, done: 0, rate: null, score: null, etaSeconds: null, tokens: 9999, errors: 0 })).toBe(
    '0/1319 0%  32 in flight  -/s  9999 tok  0 err  score -  ETA -',
  );
});

it('shows the jobs of a run on a cluster, whose calls are not this machine', () => {
  const jobs = '2 running, 1 pending, 1 completed';
  expect(formatProgress({ ...view, jobs })).toBe(`512/1319 38%  42/s  ETA 19s  jobs: ${jobs}`);
});

it('says 100% only when all samples are done', () => {
  expect(formatProgress({ ...view, done: 1318 })).toContain('1318/1319 99%');
  expect(formatProgress({ ...view, done: 0, samples: 0 })).toContain('0/0 100%');
});

it('writes durations with two units at most, rounded first', () => {
  expect([0.4, 42, 59.6, 185, 3599.7, 7800].map(duration)).toEqual(['0s', '42s', '1m00s', '3m05s', '1h00m', '2h10m']);
});

describe('the printer', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  const benchmark = (changes: Partial<BenchmarkProgress> & { done?: number }): BenchmarkProgress => {
    const { done = 0, ...rest } = changes;
    const totals = { scored: done, errors: 0, reward_sum: done / 2, tokens: done };
    return { benchmark: 'sums', samples: 100, totals, state: 'running', waiting_for: null, ...rest };
  };

  function printer(isTTY: boolean, columns?: number) {
    const written: string[] = [];
    let next: RunProgress | Error = { benchmarks: [benchmark({})], in_flight: 4 };
    const output = { write: (text: string) => void written.push(text), isTTY, ...(columns === undefined ? {} : { columns }) };
    const made = new ProgressPrinter(output, async () => {
      if (next instanceof Error) throw next;
      return next;
    });
    const show = (...benchmarks: BenchmarkProgress[]): void => void (next = { benchmarks, in_flight: 4 });
    made.start();
    return {
      made,
      written,
      show,
      fail: () => void (next = new Error('the server restarts')),
      look: (ms = 1000) => vi.advanceTimersByTimeAsync(ms),
    };
  }

  it('rewrites one live line a second in a terminal, cut to its width, and clears it at the end', async () => {
    const { made, written, show, look } = printer(true, 41);
    await look();
    show(benchmark({ done: 10 }), benchmark({ done: 30 }));
    await look();
    made.stop();
    expect(written).toEqual([
      '\r\u001b[K0/100 0%  4 in flight  -/s  0 tok  0 err',
      '\r\u001b[K40/200 20%  4 in flight  40/s  40 tok  0',
      '\r\u001b[K',
    ]);
  });

  it('writes a plain line every 30 seconds elsewhere', async () => {
    const { made, written, show, look } = printer(false);
    show(benchmark({ done: 50 }));
    await look(29_000);
    expect(written).toEqual([]);
    await look(31_000);
    made.stop();
    expect(written).toHaveLength(2);
    expect(written[0]).toBe('50/100 50%  4 in flight  -/s  50 tok  0 err  score 0.500  ETA -\n');
  });

  it('says once that it waits and for what, and that it goes on', async () => {
    const { made, written, show, look } = printer(false);
    show(benchmark({ state: 'waiting', waiting_for: 'http://x does not answer' }));
    await look(11_000);
    show(benchmark({ state: 'paused' }));
    await look(6000);
    show(benchmark({}));
    await look(6000);
    made.stop();
    expect(written).toEqual(['waiting for the endpoint: http://x does not answer\n', 'paused\n', 'going on\n']);
  });

  it('says nothing when a look fails', async () => {
    const { made, written, fail, look } = printer(true);
    fail();
    await look(5000);
    made.stop();
    expect(written).toEqual([]);
  });

  it('reckons the rate over the last half minute, not over a night that the run lay still', async () => {
    const { made, written, show, look } = printer(true, 200);
    await look();
    await look(3_600_000);
    for (let i = 1; i <= 40; i++) {
      show(benchmark({ done: i }));
      await look();
    }
    made.stop();
    expect(written.at(-2)).toContain('1.0/s');
    expect(written.at(-2)).toContain('ETA 1m00s');
  });
});
