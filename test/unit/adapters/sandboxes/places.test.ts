import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { Places } from '../../../../src/adapters/sandboxes/places.js';

const never = (): AbortSignal => new AbortController().signal;

describe('Places', () => {
  it('runs no more at once than there are places, and all in the end', async () => {
    const places = new Places(3);
    let running = 0;
    let most = 0;
    const work = async (): Promise<void> => {
      most = Math.max(most, ++running);
      await sleep(1);
      running--;
    };
    await Promise.all(Array.from({ length: 20 }, () => places.use(never(), work)));
    expect({ most, running }).toEqual({ most: 3, running: 0 });
  });

  it('serves those who wait in order', async () => {
    const places = new Places(1);
    const order: number[] = [];
    await Promise.all([1, 2, 3, 4].map((i) => places.use(never(), async () => void order.push(i))));
    expect(order).toEqual([1, 2, 3, 4]);
  });

  it('gives the place back when the work throws', async () => {
    const places = new Places(1);
    await expect(places.use(never(), () => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
    await expect(places.use(never(), async () => 'next')).resolves.toBe('next');
  });

  it('lets go of one who waits when its signal is aborted', async () => {
    const places = new Places(1);
    const stop = new AbortController();
    const first = places.use(never(), () => sleep(20));
    const second = places.use(stop.signal, async () => 'ran');
    stop.abort(new Error('cancelled'));
    await expect(second).rejects.toThrow('cancelled');
    await first;
    await expect(places.use(never(), async () => 'third')).resolves.toBe('third');
  });

  it('is empty once all have ended', async () => {
    const places = new Places(2);
    let ended = 0;
    for (let i = 0; i < 5; i++) void places.use(never(), async () => sleep(2).then(() => void ended++));
    await places.empty();
    expect(ended).toBe(5);
  });
});
