/** The activity that sends model calls: one batch of samples, by the engine, under a heartbeat. */

import { Context } from '@temporalio/activity';
import { type BatchHeartbeat, type BatchRef, NO_TOTALS, type Totals } from '../workflows/contract.js';
import { oneByOne, underHeartbeat } from './attempt.js';
import type { ActivityDeps } from './engine-port.js';

export function createRunBatch(deps: ActivityDeps): (ref: BatchRef) => Promise<Totals> {
  // A second attempt in this process reads the journal only when the first has written its last line.
  return (ref) => oneByOne(`${ref.run_dir}\0${ref.benchmark}\0${ref.start}`, (earlier) => attempt(deps, ref, earlier));
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
