/** The activity that ends a benchmark: journal → bundle, results and analyses on disk; only sums and a path travel. */

import { underHeartbeat } from './attempt.js';
import type { ActivityDeps, ArtifactsRef, WrittenSummary } from './engine-port.js';

export function createWriteArtifacts(deps: ActivityDeps): (ref: ArtifactsRef) => Promise<WrittenSummary> {
  return (ref) =>
    underHeartbeat(
      () => 'writing artifacts',
      ({ stop }) => deps.engine.writeArtifacts(ref, stop),
    );
}
