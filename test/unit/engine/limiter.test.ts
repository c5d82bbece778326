/** How many calls may be in flight: halves once a round at 429, grows back, first come first served. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AdaptiveLimiter, type Slot } from '../../../src/engine/limiter.js';
import { settle } from './fakes.js';

const never = new AbortController().signal;

/** Takes slots that are free. */
function take(limiter: AdaptiveLimiter, n: number): Slot[] {
  return Array.from({ length: n }, () => {
    const slot = limiter.acquire(never);
    if (slot instanceof Promise) throw new Error('no slot was free');
    return slot;
  });
}

/** Queues callers; `admitted` lists them in the order they got a slot. */
function queue(limiter: AdaptiveLimiter, names: readonly string[], signal = never) {
  const admitted: string[] = [];
  const slots: Slot[] = [];
  const waits = names.map((name) =>
    Promise.resolve(limiter.acquire(signal)).then((slot) => {
      admitted.push(name);
      slots.push(slot);
    }),
  );
  return { admitted, slots, waits };
}

describe('the limit', () => {
  it('is halved once by all the 429 of a round, and again by one of the next round', () => {
    const limiter = new AdaptiveLimiter(16);
    const round = take(limiter, 16);
    for (const slot of round.slice(0, 12)) limiter.release(slot, 'rate_limited');
    expect(limiter.state).toEqual({ inFlight: 4, limit: 8, max: 16 });
    const [next] = take(limiter, 1);
    limiter.release(next as Slot, 'rate_limited');
    expect(limiter.state.limit).toBe(4);
    // The stragglers of the first round say nothing new.
    for (const slot of round.slice(12)) limiter.release(slot, 'rate_limited');
    expect(limiter.state).toEqual({ inFlight: 0, limit: 4, max: 16 });
  });

  it('never falls below one call', () => {
    const limiter = new AdaptiveLimiter(2);
    for (let i = 0; i < 5; i++) limiter.release(take(limiter, 1)[0] as Slot, 'rate_limited');
    expect(limiter.state.limit).toBe(1);
  });

  it('grows by one call for ten successes, up to the most and no further', () => {
    const limiter = new AdaptiveLimiter(8);
    limiter.release(take(limiter, 1)[0] as Slot, 'rate_limited');
    const succeed = (n: number) => {
      for (let i = 0; i < n; i++) limiter.release(take(limiter, 1)[0] as Slot, 'success');
    };
    succeed(5);
    expect(limiter.state.limit).toBe(4);
    succeed(6);
    expect(limiter.state.limit).toBe(5);
    succeed(500);
    expect(limiter.state).toEqual({ inFlight: 0, limit: 8, max: 8 });
  });

  it('does not move at a failure', () => {
    const limiter = new AdaptiveLimiter(8);
    for (const slot of take(limiter, 8)) limiter.release(slot, 'failure');
    expect(limiter.state).toEqual({ inFlight: 0, limit: 8, max: 8 });
  });
});

describe('setMax', () => {
  it('raises the limit with it when nothing held it down, and lets waiting calls in', async () => {
    const limiter = new AdaptiveLimiter(1);
    take(limiter, 1);
    const { admitted } = queue(limiter, ['a', 'b', 'c']);
    limiter.setMax(3);
    await settle();
    expect(admitted).toEqual(['a', 'b']);
    expect(limiter.state).toEqual({ inFlight: 3, limit: 3, max: 3 });
  });

  it('keeps a halved limit when it rises, and cuts it when it falls', () => {
    const limiter = new AdaptiveLimiter(8);
    limiter.release(take(limiter, 1)[0] as Slot, 'rate_limited');
    limiter.setMax(20);
    expect(limiter.state).toEqual({ inFlight: 0, limit: 4, max: 20 });
    limiter.setMax(3);
    expect(limiter.state).toEqual({ inFlight: 0, limit: 3, max: 3 });
  });

  it('takes effect without ending calls that are out', async () => {
    const limiter = new AdaptiveLimiter(4);
    const slots = take(limiter, 4);
    limiter.setMax(2);
    const { admitted } = queue(limiter, ['a']);
    limiter.release(slots[0] as Slot, 'success');
    limiter.release(slots[1] as Slot, 'success');
    await settle();
    expect(admitted).toEqual([]);
    limiter.release(slots[2] as Slot, 'success');
    await settle();
    expect(admitted).toEqual(['a']);
  });
});

describe('the queue', () => {
  it('admits in the order of arrival, and no newcomer before those who wait', async () => {
    const limiter = new AdaptiveLimiter(1);
    const [slot] = take(limiter, 1);
    const { admitted, slots } = queue(limiter, ['a', 'b', 'c']);
    limiter.release(slot as Slot, 'success');
    queue(limiter, ['newcomer']);
    for (let i = 0; i < 2; i++) {
      await settle();
      limiter.release(slots[i] as Slot, 'success');
    }
    await settle();
    expect(admitted).toEqual(['a', 'b', 'c']);
  });

  it('rejects an aborted caller with the reason, and the next one takes its place', async () => {
    const limiter = new AdaptiveLimiter(1);
    const [slot] = take(limiter, 1);
    const abort = new AbortController();
    const first = queue(limiter, ['a']);
    const gone = queue(limiter, ['b', 'c'], abort.signal);
    const last = queue(limiter, ['d']);
    const reason = new Error('stopped');
    abort.abort(reason);
    await expect(gone.waits[0]).rejects.toBe(reason);
    await expect(gone.waits[1]).rejects.toBe(reason);
    limiter.release(slot as Slot, 'success');
    await settle();
    limiter.release(first.slots[0] as Slot, 'success');
    await settle();
    expect([first.admitted, gone.admitted, last.admitted]).toEqual([['a'], [], ['d']]);
    expect(limiter.state.inFlight).toBe(1);
  });

  it('refuses to queue a caller whose signal is aborted already', async () => {
    const limiter = new AdaptiveLimiter(1);
    take(limiter, 1);
    await expect(limiter.acquire(AbortSignal.abort(new Error('too late')))).rejects.toThrow('too late');
  });

  it('admits thousands of waiting calls once each, in order', async () => {
    const limiter = new AdaptiveLimiter(3);
    const names = Array.from({ length: 5000 }, (_, i) => String(i));
    const admitted: string[] = [];
    await Promise.all(
      names.map(async (name) => {
        const slot = await limiter.acquire(never);
        admitted.push(name);
        await Promise.resolve();
        limiter.release(slot, 'success');
      }),
    );
    expect(admitted).toEqual(names);
    expect(limiter.state.inFlight).toBe(0);
  });
});

it('never has more in flight than the limit allowed at admission, whatever happens', async () => {
  const step = fc.oneof(
    fc.constant({ kind: 'acquire' as const }),
    fc
      .constantFrom('success' as const, 'failure' as const, 'rate_limited' as const)
      .map((outcome) => ({ kind: 'release' as const, outcome })),
    fc.integer({ min: 1, max: 12 }).map((max) => ({ kind: 'setMax' as const, max })),
    fc.constant({ kind: 'abort' as const }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 80 }), async (steps) => {
      const limiter = new AdaptiveLimiter(4);
      const held: Slot[] = [];
      let waiting: AbortController[] = [];
      for (const action of steps) {
        const before = limiter.state.inFlight;
        if (action.kind === 'acquire') {
          const abort = new AbortController();
          const acquired = limiter.acquire(abort.signal);
          if (acquired instanceof Promise) {
            waiting.push(abort);
            acquired.then(
              (slot) => {
                held.push(slot);
                waiting = waiting.filter((w) => w !== abort);
              },
              () => undefined,
            );
          } else held.push(acquired);
        } else if (action.kind === 'release' && held.length > 0) limiter.release(held.shift() as Slot, action.outcome);
        else if (action.kind === 'setMax') limiter.setMax(action.max);
        else if (action.kind === 'abort') waiting.pop()?.abort(new Error('gone'));
        await settle();
        const { inFlight, limit, max } = limiter.state;
        expect(inFlight).toBe(held.length);
        expect(limit).toBeGreaterThanOrEqual(1);
        expect(limit).toBeLessThanOrEqual(max);
        expect(inFlight).toBeLessThanOrEqual(Math.max(before, limit));
        // Nobody waits while there is room.
        expect(waiting.length === 0 || inFlight >= limit).toBe(true);
      }
    }),
    { numRuns: 60 },
  );
});
