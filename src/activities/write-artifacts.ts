/** The activity that ends a benchmark: journal → bundle, results and analyses on disk; only sums and a path travel. */

import { oneByOne, underHeartbeat } from './attempt.js';
import type { ActivityDeps, ArtifactsRef, WrittenSummary } from './engine-port.js';

export function createWriteArtifacts(deps: ActivityDeps): (ref: ArtifactsRef) => Promise<WrittenSummary> {
  return (ref) =>
    oneByOne(`${ref.run_dir}\0${ref.benchmark}\0artifacts`, (earlier) =>
      underHeartbeat(
        () => 'writing artifacts',
        async ({ stop }) => {
          await earlier;
          return deps.engine.writeArtifacts(ref, stop);
        },
      ),
    );
}
