/** The real time of calls (see CallRuntime): one definition for runs, probes and validation. */

import { setTimeout as delay } from 'node:timers/promises';
import type { CallRuntime } from './call.js';

/** Milliseconds since the epoch, with fractions, never stepping back within a process. */
export function now(): number {
  return performance.timeOrigin + performance.now();
}

/** @throws the abort's error when `signal` is aborted first */
export async function sleep(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal });
}

/** The world of calls that no activity owns: a judge's, and those of a validation. */
export const FREE_RUNTIME: CallRuntime = { now, sleep, random: Math.random, beforeCall: () => undefined, onCall: () => undefined };
