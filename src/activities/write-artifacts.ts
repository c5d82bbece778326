/** The activity that ends a benchmark: journal → bundle, results and analyses on disk; only sums and a path travel. */

import { writeArtifacts } from '../artifacts/write-artifacts.js';
import type { RunRef } from '../workflows/contract.js';
import { underHeartbeat } from './attempt.js';
import type { ActivityDeps } from './open-run.js';

export interface WrittenSummary {
  readonly bundle: string | null;
  readonly mean_reward: number | null;
  readonly expected: number;
  readonly errors: number;
}

export function createWriteArtifacts(deps: ActivityDeps): (ref: RunRef & { readonly benchmark: string }) => Promise<WrittenSummary> {
  return async (ref) => {
    return underHeartbeat({ details: () => 'writing artifacts', ...deps }, async ({ stop }) => {
      const open = await deps.openRun(ref);
      const { planned, dir } = await open.openBenchmark(ref.benchmark);
      const { aggregate, bundle } = await writeArtifacts({
        run: { ...open.run, generation: ref.generation },
        benchmark: planned,
        benchmarkDir: dir,
        onProgress: () => stop.signal.throwIfAborted(),
      });
      const { expected, errors } = aggregate.coverage;
      return { bundle, mean_reward: aggregate.scores.mean_reward?.value ?? null, expected, errors };
    });
  };
}
