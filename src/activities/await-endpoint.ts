/** Waits, by asking for the model list, until an endpoint answers again. No call is paid. */

import { setTimeout as delay } from 'node:timers/promises';
import type { RunRef } from '../workflows/contract.js';
import { underHeartbeat } from './attempt.js';
import type { ActivityDeps } from './open-run.js';

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 5_000;

export function createAwaitEndpoint(deps: ActivityDeps): (ref: RunRef & { readonly benchmark: string }) => Promise<void> {
  return async (ref) => {
    let seen = 'waiting';
    await underHeartbeat({ details: () => seen, ...deps }, async ({ stop }) => {
      const open = await deps.openRun(ref);
      const { model } = await open.openBenchmark(ref.benchmark);
      for (let wait = FIRST_WAIT_MS; ; wait = Math.min(LONGEST_WAIT_MS, wait * 1.5)) {
        await delay(wait, undefined, { signal: stop.signal });
        const probe = await model.probe(stop.signal);
        if (probe.up) return;
        seen = deps.redact(probe.detail);
      }
    });
  };
}
