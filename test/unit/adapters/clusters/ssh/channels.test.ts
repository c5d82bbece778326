/** No more channels at once than the limit, and everyone's turn comes. */

import { describe, expect, it } from 'vitest';
import { Channels } from '../../../../../src/adapters/clusters/ssh/channels.js';

const tick = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('Channels', () => {
  it('keeps to its limit and serves in the order of asking', async () => {
    const channels = new Channels(3);
    const order: number[] = [];
    let inUse = 0;
    let most = 0;
    await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        channels.with(async () => {
          order.push(i);
          most = Math.max(most, ++inUse);
          await tick();
          inUse--;
        }),
      ),
    );
    expect({ most, inUse, order }).toEqual({ most: 3, inUse: 0, order: Array.from({ length: 20 }, (_, i) => i) });
  });

  it('gives a channel back when its user fails', async () => {
    const channels = new Channels(1);
    await expect(channels.with(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
    await expect(channels.with(async () => 'yes')).resolves.toBe('yes');
  });

  it('lets one that waits be aborted, and serves the next', async () => {
    const channels = new Channels(1);
    let release: () => void = () => {};
    const first = channels.with(() => new Promise<void>((resolve) => (release = resolve)));
    const abort = new AbortController();
    const second = channels.with(async () => 'second', abort.signal);
    const third = channels.with(async () => 'third');
    abort.abort(new Error('enough'));
    await expect(second).rejects.toThrow('enough');
    release();
    await first;
    await expect(third).resolves.toBe('third');
  });
});
