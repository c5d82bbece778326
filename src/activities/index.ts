/** All activities, built over what the composition root hands in. */

import { createAwaitEndpoint } from './await-endpoint.js';
import { createClusterActivities } from './cluster.js';
import type { ActivityDeps } from './engine-port.js';
import { createGateRuns } from './gate-runs.js';
import { createNightSteps } from './night.js';
import { createRunBatch } from './run-batch.js';
import { createRunHarness } from './run-harness.js';
import { createWriteArtifacts } from './write-artifacts.js';

export function createActivities(deps: ActivityDeps) {
  return {
    runBatch: createRunBatch(deps),
    runHarness: createRunHarness(deps),
    awaitEndpoint: createAwaitEndpoint(deps),
    writeArtifacts: createWriteArtifacts(deps),
    gateRuns: createGateRuns(deps),
    ...createClusterActivities(deps),
    ...createNightSteps(deps),
  };
}

export type Activities = ReturnType<typeof createActivities>;
