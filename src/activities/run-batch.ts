/** The activity that sends model calls: one batch of samples, by the engine, under a heartbeat. */

import { Context } from '@temporalio/activity';
import { type BatchHeartbeat, type BatchRef, NO_TOTALS, type Totals } from '../workflows/contract.js';
import { underHeartbeat } from './attempt.js';
import type { ActivityDeps } from './engine-port.js';

/** Attempts at a batch within this process, so that a second one reads the journal only when the first has written its last line. */
const underWay = new Map<string, Promise<unknown>>();

export function createRunBatch(deps: ActivityDeps): (ref: BatchRef) => Promise<Totals> {
  return async (ref) => {
    const key = `${ref.run_dir}\0${ref.benchmark}\0${ref.start}`;
    const earlier = underWay.get(key);
    const mine = attempt(deps, ref, earlier);
    const settled = mine.catch(() => undefined);
    underWay.set(key, settled);
    try {
      return await mine;
    } finally {
      if (underWay.get(key) === settled) underWay.delete(key);
    }
  };
}

function attempt(deps: ActivityDeps, ref: BatchRef, earlier: Promise<unknown> | undefined): Promise<Totals> {
  let beat: BatchHeartbeat = { totals: NO_TOTALS, in_flight: 0, limit: 0 };
  const { taskToken } = Context.current().info;
  const checkOwned = (): Promise<void> => deps.assertOwned(taskToken, beat);
  return underHeartbeat(
    () => beat,
    async ({ stop, abort }) => {
      await earlier;
      await checkOwned();
      return deps.engine.runBatch(ref, { stop, abort, checkOwned, onProgress: (latest) => void (beat = latest) });
    },
  );
}
