/** The activities as workflows see them: types and options only. */

import { ActivityCancellationType, proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../activities/index.js';

/** Sends model calls: dies within seconds when its worker does, and is tried again for ever, because a death is not the run's fault. */
export const { runBatch, runHarness } = proxyActivities<Activities>({
  startToCloseTimeout: '30 days',
  heartbeatTimeout: '5s',
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  retry: { initialInterval: '200ms', backoffCoefficient: 2, maximumInterval: '10s' },
});

/** Reads or writes files, or waits: nothing is paid. */
export const { awaitEndpoint, writeArtifacts, gateRuns, prepareNight, nightBaseline, finishNight, notifyNight } =
  proxyActivities<Activities>({
    startToCloseTimeout: '30 days',
    heartbeatTimeout: '5s',
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    retry: { initialInterval: '200ms', backoffCoefficient: 2, maximumInterval: '10s' },
  });

/** Orders and questions over SSH. A cluster that is away is asked again for ever, at least once a minute. */
export const { prepareCluster, submitClusterJobs, watchClusterJobs, cancelClusterJobs, fetchShards, mergeShards } =
  proxyActivities<Activities>({
    startToCloseTimeout: '30 days',
    heartbeatTimeout: '30s',
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '60s' },
  });
