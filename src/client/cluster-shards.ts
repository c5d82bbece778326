/** Where the shards of a run on a cluster stand: the workflow knows their states, the heartbeat of its watch how far they are. */

import type { Client } from '@temporalio/client';
import { type ClusterGlimpse, type ClusterHeartbeat, type ClusterShard, clusterQuery } from '../workflows/contract.js';

const QUERY_MS = 5_000;

/** @throws what the server answers, or that it did not within five seconds */
export async function readClusterShards(client: Client, workflowId: string): Promise<readonly ClusterShard[]> {
  const handle = client.workflow.getHandle(workflowId);
  return client.withDeadline(Date.now() + QUERY_MS, async () => {
    const [shards, beat] = await Promise.all([handle.query(clusterQuery), watchBeat(client, workflowId)]);
    return shards.map((shard) => shownShard(shard, beat?.shards[shard.shard]));
  });
}

/** The workflow hears of ends only; what happens before them is in the heartbeat, as of the last look. */
function shownShard(shard: ClusterShard, seen: ClusterGlimpse | undefined): ClusterShard {
  if (seen === undefined || (shard.state !== 'pending' && shard.state !== 'running')) return shard;
  const state = seen.state === 'pending' || seen.state === 'running' ? seen.state : shard.state;
  const { job_id, node, reason } = seen;
  return { ...shard, state, job_id, node, reason, done: Math.max(seen.done, shard.done), samples: seen.samples || shard.samples };
}

async function watchBeat(client: Client, workflowId: string): Promise<ClusterHeartbeat | undefined> {
  const { payloadConverter, payloadCodecs } = client.options.loadedDataConverter;
  const { raw } = await client.workflow.getHandle(workflowId).describe();
  const watch = (raw.pendingActivities ?? []).find(({ activityType }) => activityType?.name === 'watchClusterJobs');
  let payloads = [...(watch?.heartbeatDetails?.payloads ?? [])];
  for (const codec of [...payloadCodecs].reverse()) payloads = await codec.decode(payloads);
  return payloads[0] === undefined ? undefined : payloadConverter.fromPayload<ClusterHeartbeat>(payloads[0]);
}
