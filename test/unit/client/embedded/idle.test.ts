import { describe, expect, it } from 'vitest';
import { IdleClock } from '../../../../src/client/embedded/idle.js';

const NOTHING_OPEN = { workflows: 0, unpausedSchedules: 0 };
const MINUTE = 60_000;

describe('the idle clock', () => {
  it('is due after the idle time without a lease, counted from the last one', () => {
    const clock = new IdleClock(10 * MINUTE, 0);
    expect(clock.isDue(0, 10 * MINUTE - 1)).toBe(false);
    expect(clock.isDue(0, 10 * MINUTE)).toBe(true);
    clock.touch(5 * MINUTE);
    expect(clock.isDue(0, 10 * MINUTE)).toBe(false);
    expect(clock.isDue(0, 15 * MINUTE)).toBe(true);
  });

  it('is never due while a lease is held', () => {
    expect(new IdleClock(0, 0).isDue(1, 10 * MINUTE)).toBe(false);
  });

  it('lets the server stop only when it is known that nothing is open', () => {
    const may = (open: Parameters<IdleClock['mayStop']>[0]): boolean => new IdleClock(MINUTE, 0).mayStop(open, 0, MINUTE);
    expect(may(NOTHING_OPEN)).toBe(true);
    expect(may({ workflows: 1, unpausedSchedules: 0 })).toBe(false);
    expect(may({ workflows: 0, unpausedSchedules: 1 })).toBe(false);
    expect(may(undefined)).toBe(false);
  });

  it('does not let it stop when a lease was taken while the server was asked', () => {
    expect(new IdleClock(MINUTE, 0).mayStop(NOTHING_OPEN, 1, MINUTE)).toBe(false);
  });

  it('asks a busy server again after a minute, or after the idle time if that is shorter', () => {
    const long = new IdleClock(10 * MINUTE, 0);
    long.mayStop({ workflows: 1, unpausedSchedules: 0 }, 0, 10 * MINUTE);
    expect([long.isDue(0, 11 * MINUTE - 1), long.isDue(0, 11 * MINUTE)]).toEqual([false, true]);
    const short = new IdleClock(1000, 0);
    short.mayStop({ workflows: 1, unpausedSchedules: 0 }, 0, 1000);
    expect([short.isDue(0, 1999), short.isDue(0, 2000)]).toEqual([false, true]);
  });
});
