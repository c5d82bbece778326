/** The activity that runs another evaluation program, by the engine, under a heartbeat with the program's last line. */

import { Context } from '@temporalio/activity';
import type { HarnessHeartbeat } from '../workflows/contract.js';
import { oneByOne, underHeartbeat } from './attempt.js';
import type { ActivityDeps, BenchmarkRef, HarnessSummary } from './engine-port.js';

/** How often the program's last line goes to the worker's log. */
const SAID_MS = 30_000;

export function createRunHarness(deps: ActivityDeps): (ref: BenchmarkRef) => Promise<HarnessSummary> {
  // A second attempt in this process begins when the first has ended its program.
  return (ref) => oneByOne(`${ref.run_dir}\0${ref.benchmark}\0harness`, (earlier) => attempt(deps, ref, earlier));
}

function attempt(deps: ActivityDeps, ref: BenchmarkRef, earlier: Promise<unknown> | undefined): Promise<HarnessSummary> {
  let beat: HarnessHeartbeat = { last_line: '' };
  let said = Date.now();
  const { log, info } = Context.current();
  return underHeartbeat(
    () => beat,
    async (signals) => {
      await earlier;
      const summary = await deps.engine.runHarness(ref, {
        ...signals,
        checkOwned: () => deps.assertOwned(info.taskToken, beat),
        onLine: (line) => {
          beat = { last_line: line };
          if (Date.now() - said < SAID_MS) return;
          said = Date.now();
          log.warn(`${ref.benchmark}: ${line}`);
        },
      });
      for (const note of summary.notes) log.warn(`${ref.benchmark}: ${note}`);
      return summary;
    },
  );
}
