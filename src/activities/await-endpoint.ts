/** Waits, by asking for the model list, until an endpoint answers again. No call is paid. */

import { untilUp } from '../engine/outage.js';
import { underHeartbeat } from './attempt.js';
import type { ActivityDeps, BenchmarkRef } from './engine-port.js';

export function createAwaitEndpoint(deps: ActivityDeps): (ref: BenchmarkRef) => Promise<void> {
  return async (ref) => {
    let seen = 'waiting';
    await underHeartbeat(
      () => seen,
      ({ stop }) =>
        untilUp(
          () => deps.engine.probe(ref, stop),
          stop,
          (detail) => {
            seen = detail;
          },
        ),
    );
  };
}
