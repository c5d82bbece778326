import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { StoreLease } from '../../../src/artifacts/store-lease.js';
import { MemoryStore } from '../../fakes/memory-store.js';

const timing = { renewMs: 20, silentMs: 200, lookMs: 10 };
const FILE = '.owner.json';

function take(store: MemoryStore, holder: string, over: Partial<typeof timing> = {}): Promise<StoreLease> {
  return StoreLease.take({ store, holder, shown: `process of ${holder}`, log: () => undefined, timing: { ...timing, ...over } });
}

describe('a lease', () => {
  it('goes to one of many who want it at once', async () => {
    const store = new MemoryStore();
    const all = await Promise.allSettled(['a', 'b', 'c', 'd'].map((holder) => take(store, holder)));
    const won = all.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    expect(won).toHaveLength(1);
    expect(all.filter(({ status }) => status === 'rejected').map((one) => (one as PromiseRejectedResult).reason as unknown)).toEqual(
      Array(3).fill(
        expect.objectContaining({ kind: 'usage', message: expect.stringMatching(/^s3:\/\/memory\/run is in use by process of [a-d]$/) }),
      ),
    );
    await won[0]?.release();
  });

  it('that was released is taken at once', async () => {
    const store = new MemoryStore();
    await (await take(store, 'a')).release();
    const start = performance.now();
    const second = await take(store, 'b', { silentMs: 5_000 });
    expect(performance.now() - start).toBeLessThan(1_000);
    await second.release();
  });

  it('of a dead process is taken after its silence, and at once by one that knows that it is dead', async () => {
    const store = new MemoryStore();
    store.put(FILE, JSON.stringify({ holder: 'dead', shown: 'process 7', id: 'x', beat: 3, released: false }));
    const same = await take(store, 'dead', { silentMs: 60_000 });
    await same.release();
    store.put(FILE, JSON.stringify({ holder: 'dead', shown: 'process 7', id: 'x', beat: 3, released: false }));
    const start = performance.now();
    const other = await take(store, 'b');
    expect(performance.now() - start).toBeGreaterThanOrEqual(timing.silentMs);
    await other.release();
  });

  it('is lost by a process that was silent for too long, which hears of it when it wakes', async () => {
    const store = new MemoryStore();
    const frozen = await take(store, 'a', { renewMs: 500 });
    const second = await take(store, 'b');
    await new Promise((resolve) => frozen.lost.addEventListener('abort', resolve, { once: true }));
    expect(frozen.lost.reason).toMatchObject({ kind: 'run', message: 's3://memory/run: the run was taken over by process of b' });
    await frozen.release();
    expect(second.lost.aborted).toBe(false);
    expect(JSON.parse(store.text(FILE) as string)).toMatchObject({ holder: 'b', released: false });
    await second.release();
  });

  it('survives a store that is away, and an answer that was lost', async () => {
    const store = new MemoryStore();
    const lease = await take(store, 'a');
    store.away = 5;
    await delay(200);
    store.loseAnswer = true;
    await delay(200);
    expect(lease.lost.aborted).toBe(false);
    const { beat } = JSON.parse(store.text(FILE) as string) as { beat: number };
    expect(beat).toBeGreaterThan(5);
    await lease.release();
  });

  it('shows nothing of a record that somebody else wrote into the bucket', async () => {
    const store = new MemoryStore();
    const shown = `\u001b[2Jprocess 9${'x'.repeat(500)}`;
    const write = () => store.put(FILE, JSON.stringify({ holder: 'h', shown, id: 'x', beat: 1, released: false }));
    write();
    const beat = setInterval(write, 5);
    const error = (await take(store, 'b').catch((thrown: unknown) => thrown)) as Error;
    clearInterval(beat);
    expect(error.message).not.toContain('\u001b');
    expect(error.message.length).toBeLessThan(200);
  });
});
