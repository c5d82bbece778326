/** One process drives a run directory; a dead owner holds nothing, and one that cannot be asked is known by its sign of life. */

import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { identityOf, ownIdentity } from '../../../src/client/embedded/process-identity.js';
import { type LockOptions, lockRun, RunInUse, type RunLock } from '../../../src/client/run-lock.js';

const timing = { renewMs: 20, silentMs: 400, lookMs: 10 };
/** The same boot, seen from another container. */
const otherNamespace = `${ownIdentity().bootId.split(' ')[0]} pid:[1]`;

let dir: string;
let said: string[];
beforeEach(() => {
  dir = mkdtempSync(path.join(tmpdir(), 'nel-lock-'));
  said = [];
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const file = (number: number): string => path.join(dir, '.lock', `owner.${number}`);

/** Writes the record of a lock that another process took. */
function lockedBy(record: unknown, number = 1): void {
  mkdirSync(path.join(dir, '.lock'), { recursive: true });
  writeFileSync(file(number), JSON.stringify(record));
}

const elsewhere = { released: false, host: 'another-machine', pid: 7, startTime: '1', bootId: 'x', id: 'theirs' };

/** Takes the lock, with short times. */
function lock(over: Partial<typeof timing> = {}, options: LockOptions = {}): Promise<RunLock> {
  return lockRun(dir, { log: (line) => void said.push(line), timing: { ...timing, ...over }, ...options });
}

/** Calls `sign` every few milliseconds while `work` is under way. */
async function during<T>(sign: () => void, work: () => Promise<T>): Promise<T> {
  const timer = setInterval(sign, 20);
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}

describe('a directory', () => {
  it('is taken once, and again when it was released', async () => {
    const first = await lock();
    await expect(lock()).rejects.toThrow(`${dir} is in use by process ${process.pid} on ${hostname()}`);
    first.release();
    (await lock()).release();
    (await lock()).release();
    expect(said).toEqual([]);
  });

  it('that cannot be used is told from one that is in use', async () => {
    const held = await lock();
    await expect(lock()).rejects.toBeInstanceOf(RunInUse);
    held.release();
    writeFileSync(path.join(dir, 'file'), '');
    const error = await lockRun(path.join(dir, 'file')).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ kind: 'usage', message: expect.stringContaining('cannot be used') });
    expect(error).not.toBeInstanceOf(RunInUse);
  });

  it('names the living process that holds it, and what to do', async () => {
    const child = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60000)'], { stdio: 'ignore' });
    try {
      lockedBy({ released: false, host: hostname(), ...identityOf(child.pid as number) });
      await expect(lock()).rejects.toMatchObject({
        kind: 'usage',
        message: expect.stringContaining(`process ${child.pid}`),
        hint: expect.stringContaining('nel runs show'),
      });
    } finally {
      child.kill('SIGKILL');
    }
  });

  it('is free at once when its owner was killed, even when the pid lives on as another process', async () => {
    const dead = spawnSync(process.execPath, ['-e', ''], { stdio: 'ignore' }).pid;
    const { bootId } = ownIdentity();
    const start = performance.now();
    lockedBy({ released: false, host: hostname(), pid: dead, startTime: '1', bootId, id: 'x' });
    (await lock({ silentMs: 60_000 })).release();
    lockedBy({ released: false, host: hostname(), pid: process.pid, startTime: 'of an earlier process', bootId, id: 'x' }, 3);
    (await lock({ silentMs: 60_000 })).release();
    expect(performance.now() - start).toBeLessThan(5_000);
  });

  it('stays with another who took it after a release', async () => {
    const first = await lock();
    first.release();
    const second = await lock();
    first.release();
    await expect(lock()).rejects.toThrow('in use');
    second.release();
  });
});

describe('an owner that cannot be asked', () => {
  it.each([
    ['on another machine', elsewhere],
    ['in another container of this machine', { ...elsewhere, host: 'a-pod', bootId: otherNamespace }],
    ['in another container of the same name', { ...elsewhere, host: hostname(), bootId: otherNamespace }],
    ['on another machine of the same name, or before a reboot', { ...elsewhere, host: hostname() }],
  ])('%s is dead when it gives no sign of life, and is said to be waited for', async (_, record) => {
    lockedBy(record);
    const start = performance.now();
    const taken = await lock();
    expect(performance.now() - start).toBeGreaterThanOrEqual(timing.silentMs);
    expect(said).toEqual([`${dir} was driven by process 7 on ${record.host}: waiting up to 1 s for a sign of life`]);
    expect(readdirSync(path.join(dir, '.lock')).sort()).toEqual(['owner.1', 'owner.2']);
    taken.release();
  });

  it.each([
    ['on another machine', elsewhere],
    ['in another container of the same name', { ...elsewhere, host: hostname(), bootId: otherNamespace }],
  ])('%s keeps the directory while it gives signs', async (_, record) => {
    lockedBy(record);
    let second = 1;
    const sign = (): void => utimesSync(file(1), second, second++);
    await expect(during(sign, () => lock({ silentMs: 10_000 }))).rejects.toMatchObject({
      kind: 'usage',
      message: `${dir} is in use by process 7 on ${record.host}`,
    });
  });

  it('is not taken for dead because whoever waits stood still', async () => {
    lockedBy(elsewhere);
    const waiting = lock();
    waiting.catch(() => undefined);
    await delay(50);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, timing.silentMs);
    setTimeout(() => utimesSync(file(1), 1, 1), 100);
    await expect(waiting).rejects.toThrow('is in use by process 7');
  });

  it('lets the next one in at once when it releases the directory', async () => {
    lockedBy(elsewhere);
    const release = (): void => lockedBy({ released: true }, 2);
    const start = performance.now();
    (await during(release, () => lock({ silentMs: 60_000 }))).release();
    expect(performance.now() - start).toBeLessThan(5_000);
  });

  it('is outlived by one of two who wait for it', async () => {
    lockedBy(elsewhere);
    const both = await Promise.allSettled([lock(), lock()]);
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(both.find(({ status }) => status === 'rejected')).toMatchObject({
      reason: { message: expect.stringContaining(`process ${process.pid}`) },
    });
  });

  it('is taken for dead at once by who knows that the others have ended', async () => {
    lockedBy({ ...elsewhere, host: 'a-node-that-failed' });
    const taken = await lock({ silentMs: 60_000 }, { othersHaveEnded: true });
    expect(said).toEqual([]);
    await expect(lock({}, { othersHaveEnded: true })).rejects.toThrow('is in use');
    taken.release();
  });

  it('of a version without signs counts as alive on another machine, and the way out is said', async () => {
    const { id: _, ...old } = elsewhere;
    lockedBy(old);
    await expect(lock()).rejects.toMatchObject({
      message: expect.stringContaining('another-machine'),
      hint: expect.stringContaining(path.join(dir, '.lock')),
    });
  });
});

describe('a lock that is held', () => {
  it('renews its sign of life until it is released', async () => {
    const held = await lock();
    utimesSync(file(1), 1, 1);
    await expect.poll(() => mtime(1)).not.toBe(1_000);
    held.release();
    // One that was under way may still come.
    await delay(timing.renewMs);
    utimesSync(file(1), 1, 1);
    await delay(10 * timing.renewMs);
    expect(mtime(1)).toBe(1_000);
    expect(held.lost.aborted).toBe(false);
  });

  it('is lost by a process that was silent for too long, which hears of it when it wakes and gives nothing away', async () => {
    const frozen = await lock({ renewMs: 200 });
    lockedBy({ ...elsewhere, host: 'the-next' }, 2);
    await new Promise((resolve) => frozen.lost.addEventListener('abort', resolve, { once: true }));
    expect(frozen.lost.reason).toMatchObject({ kind: 'run', message: `${dir}: the run was taken over by process 7 on the-next` });
    frozen.release();
    expect(readdirSync(path.join(dir, '.lock')).sort()).toEqual(['owner.1', 'owner.2']);
  });

  it('is lost when somebody deleted it and another took it since', async () => {
    const first = await lock();
    rmSync(path.join(dir, '.lock'), { recursive: true });
    lockedBy(elsewhere);
    await expect.poll(() => first.lost.aborted).toBe(true);
    first.release();
    expect(JSON.parse(readFileSync(file(1), 'utf8'))).toEqual(elsewhere);
    expect(readdirSync(path.join(dir, '.lock'))).toEqual(['owner.1']);
  });
});

it('a frozen process gives no sign of life', { timeout: 30_000 }, async () => {
  const script = `
    import { lockRun } from ${JSON.stringify(path.resolve(import.meta.dirname, '../../../dist/client/run-lock.js'))};
    await lockRun(${JSON.stringify(dir)}, { timing: { renewMs: 20, silentMs: 400, lookMs: 10 } });
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: 'ignore' });
  try {
    await expect
      .poll(() => readdirSync(dir).includes('.lock') && readdirSync(path.join(dir, '.lock')).includes('owner.1'), { timeout: 20_000 })
      .toBe(true);
    const awake = mtime(1);
    await expect.poll(() => mtime(1)).toBeGreaterThan(awake);
    child.kill('SIGSTOP');
    await delay(100);
    const frozen = mtime(1);
    await delay(300);
    expect(mtime(1)).toBe(frozen);
  } finally {
    child.kill('SIGKILL');
  }
});

function mtime(number: number): number {
  return statSync(file(number)).mtimeMs;
}
