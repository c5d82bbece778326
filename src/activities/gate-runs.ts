/** The activity that decides: two directories and a policy in, a report on disk and its verdict out. */

import type { GateRef, GateResult } from '../workflows/contract.js';
import { underHeartbeat } from './attempt.js';
import type { ActivityDeps } from './engine-port.js';

export function createGateRuns(deps: ActivityDeps): (ref: GateRef) => Promise<GateResult> {
  return (ref) =>
    underHeartbeat(
      () => 'gating',
      ({ stop }) => deps.engine.gateRuns(ref, stop),
    );
}
