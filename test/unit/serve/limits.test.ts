import { describe, expect, it } from 'vitest';
import { Turnstile } from '../../../src/serve/limits.js';

const never = new AbortController().signal;

describe('Turnstile', () => {
  it('runs plain work at once and without a promise', () => {
    const turnstile = new Turnstile(1, 0);
    expect(turnstile.run(() => 7, never)).toBe(7);
    expect(turnstile.running).toBe(0);
  });

  it('lets who waits longest go first, and keeps to its number', async () => {
    const turnstile = new Turnstile(2, 100);
    const order: number[] = [];
    let most = 0;
    const work = (i: number) => async (): Promise<number> => {
      order.push(i);
      most = Math.max(most, turnstile.running);
      await new Promise((resolve) => setTimeout(resolve, 1));
      return i;
    };
    const results = await Promise.all(Array.from({ length: 20 }, (_, i) => Promise.resolve(turnstile.run(work(i), never))));
    expect(results).toEqual(Array.from({ length: 20 }, (_, i) => i));
    expect(order).toEqual(results);
    expect(most).toBe(2);
    expect([turnstile.running, turnstile.queued]).toEqual([0, 0]);
  });

  it('counts work that failed as done', async () => {
    const turnstile = new Turnstile(1, 10);
    await expect(turnstile.run(() => Promise.reject(new Error('no')), never)).rejects.toThrow('no');
    expect(() =>
      turnstile.run(() => {
        throw new Error('neither');
      }, never),
    ).toThrow('neither');
    expect(turnstile.running).toBe(0);
  });

  it('does not start what nobody waits for any more', async () => {
    const turnstile = new Turnstile(1, 10);
    let release = (): void => undefined;
    const first = turnstile.run(() => new Promise<void>((resolve) => (release = resolve)), never);
    const gone = new AbortController();
    let started = false;
    const second = turnstile.run(() => void (started = true), gone.signal);
    const third = turnstile.run(() => 3, never);
    gone.abort(new Error('gone'));
    release();
    await first;
    await expect(second).rejects.toThrow('gone');
    expect(await third).toBe(3);
    expect(started).toBe(false);
    expect(turnstile.running).toBe(0);
  });

  it('holds thousands of waiting tasks without nesting them', async () => {
    const turnstile = new Turnstile(1, 20_000);
    const first = turnstile.run(() => Promise.resolve(), never);
    const rest = Array.from({ length: 20_000 }, (_, i) => Promise.resolve(turnstile.run(() => i, never)));
    await first;
    expect((await Promise.all(rest)).at(-1)).toBe(19_999);
  });
});
