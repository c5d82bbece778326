/** One process at a time: a lock that is a folder, because creating one either succeeds or fails, on every file system. */

import { randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const POLL_MS = 250;
/** How often the holder shows that it lives. */
const BEAT_MS = 1_000;
/** A holder that shows no life for so long is taken for dead, measured by the waiting process's own clock. */
const SILENT_MS = 20_000;

/**
 * Runs `work` while holding the lock; waits for another holder first, and takes over from one that died.
 * @param {string} folder the lock
 * @param {(line: string) => void} say told once when there is somebody to wait for
 */
export async function withLock(folder, say, work) {
  await acquire(folder, say);
  const beat = setInterval(() => touch(folder), BEAT_MS);
  try {
    return await work();
  } finally {
    clearInterval(beat);
    rmSync(folder, { recursive: true, force: true });
  }
}

async function acquire(folder, say) {
  mkdirSync(path.dirname(folder), { recursive: true });
  let told = false;
  let seen = { life: undefined, since: performance.now() };
  while (!tryCreate(folder)) {
    const { life, owner } = observe(folder);
    if (life !== seen.life) seen = { life, since: performance.now() };
    if (life !== undefined && (isDead(owner) || performance.now() - seen.since > SILENT_MS)) discard(folder, owner);
    else {
      if (!told) say(`another process (${owner?.pid ?? 'just starting'}) is at it, waiting …`);
      told = true;
      await sleep(POLL_MS);
    }
  }
}

function tryCreate(folder) {
  try {
    mkdirSync(folder);
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  }
  writeFileSync(path.join(folder, 'owner'), JSON.stringify({ pid: process.pid, host: os.hostname(), id: randomUUID() }));
  return true;
}

/** What shows that the holder lives: the lock's time, and who it is. Both undefined when the lock is gone. */
function observe(folder) {
  try {
    const life = statSync(folder).mtimeMs;
    try {
      return { life, owner: JSON.parse(readFileSync(path.join(folder, 'owner'), 'utf8')) };
    } catch {
      return { life, owner: undefined };
    }
  } catch {
    return { life: undefined, owner: undefined };
  }
}

function isDead(owner) {
  if (owner === undefined || owner.host !== os.hostname()) return false;
  try {
    process.kill(owner.pid, 0);
    return false;
  } catch (error) {
    return error.code === 'ESRCH';
  }
}

/** Moves the dead holder's lock away: of several that try, one succeeds. Should it have caught a fresh lock instead, it puts it back. */
function discard(folder, owner) {
  const aside = `${folder}.${randomUUID()}`;
  try {
    renameSync(folder, aside);
  } catch {
    return;
  }
  if (observe(aside).owner?.id !== owner?.id) {
    try {
      renameSync(aside, folder);
      return;
    } catch {}
  }
  rmSync(aside, { recursive: true, force: true });
}

function touch(folder) {
  const now = new Date();
  try {
    utimesSync(folder, now, now);
  } catch {}
}
