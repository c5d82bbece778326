/** One process drives a run directory; a dead owner holds nothing. */

import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { identityOf } from '../../../src/client/embedded/process-identity.js';
import { lockRun } from '../../../src/client/run-lock.js';

let dir: string;
beforeEach(() => void (dir = mkdtempSync(path.join(tmpdir(), 'nel-lock-'))));
afterEach(() => rmSync(dir, { recursive: true, force: true }));

/** Writes the record of a lock that another process took. */
function lockedBy(record: unknown): void {
  mkdirSync(path.join(dir, '.lock'), { recursive: true });
  writeFileSync(path.join(dir, '.lock', 'owner.1'), typeof record === 'string' ? record : JSON.stringify(record));
}

it('is taken once, and again when it was released', () => {
  const lock = lockRun(dir);
  expect(() => lockRun(dir)).toThrow(`${dir} is in use by process ${process.pid} on ${hostname()}`);
  lock.release();
  lockRun(dir).release();
  lockRun(dir).release();
});

it('names the living process that holds it, and what to do', () => {
  const child = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60000)'], { stdio: 'ignore' });
  try {
    lockedBy({ released: false, host: hostname(), ...identityOf(child.pid as number) });
    expect(() => lockRun(dir)).toThrow(
      expect.objectContaining({
        kind: 'usage',
        message: expect.stringContaining(`process ${child.pid}`),
        hint: expect.stringContaining('nel runs show'),
      }),
    );
  } finally {
    child.kill('SIGKILL');
  }
});

it('is free when its owner was killed, even when the pid lives on as another process', () => {
  const dead = spawnSync(process.execPath, ['-e', ''], { stdio: 'ignore' }).pid;
  const { bootId } = identityOf(process.pid) as NonNullable<ReturnType<typeof identityOf>>;
  lockedBy({ released: false, host: hostname(), pid: dead, startTime: '1', bootId });
  const lock = lockRun(dir);
  lock.release();
  lockedBy({ released: false, host: hostname(), pid: process.pid, startTime: 'of an earlier process', bootId });
  lockRun(dir).release();
});

it('counts the owner on another machine as alive, and says how to free it', () => {
  lockedBy({ released: false, host: 'another-machine', pid: 1, startTime: '1', bootId: 'x' });
  expect(() => lockRun(dir)).toThrow(
    expect.objectContaining({
      message: expect.stringContaining('another-machine'),
      hint: expect.stringContaining(path.join(dir, '.lock')),
    }),
  );
});

it('leaves a lock alone that another took after a release', () => {
  const first = lockRun(dir);
  first.release();
  const second = lockRun(dir);
  first.release();
  expect(() => lockRun(dir)).toThrow('in use');
  second.release();
});

it('is taken over from another machine only by who knows that the others have ended', () => {
  const { startTime, bootId } = identityOf(process.pid) as NonNullable<ReturnType<typeof identityOf>>;
  lockedBy({ released: false, host: 'a-node-that-failed', pid: process.pid, startTime, bootId });
  expect(() => lockRun(dir)).toThrow('on a-node-that-failed');
  const lock = lockRun(dir, { othersHaveEnded: true });
  expect(() => lockRun(dir, { othersHaveEnded: true })).toThrow('is in use');
  lock.release();
});
