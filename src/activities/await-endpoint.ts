/** Waits, by asking for the model list, until an endpoint answers again. No call is paid. */

import { setTimeout as delay } from 'node:timers/promises';
import { underHeartbeat } from './attempt.js';
import type { ActivityDeps, BenchmarkRef } from './engine-port.js';

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 5_000;

export function createAwaitEndpoint(deps: ActivityDeps): (ref: BenchmarkRef) => Promise<void> {
  return async (ref) => {
    let seen = 'waiting';
    await underHeartbeat(
      () => seen,
      async ({ stop }) => {
        for (let wait = FIRST_WAIT_MS; ; wait = Math.min(LONGEST_WAIT_MS, wait * 1.5)) {
          await delay(wait, undefined, { signal: stop });
          const probe = await deps.engine.probe(ref, stop);
          if (probe.up) return;
          seen = probe.detail;
        }
      },
    );
  };
}
