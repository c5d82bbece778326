/**
 * Where the shards of a run on a cluster stand: the workflow knows their states, the heartbeat of its watch how far they are. Where no worker
 * answers for the workflow, or none has to any more, its history tells the same.
 */

import type { Client, WorkflowExecutionDescription } from '@temporalio/client';
import type { SubmittedShards } from '../core/cluster.js';
import {
  type ClusterShard,
  type ClusterShardReport,
  cancelledShard,
  newShard,
  seenShard,
  submittedShard,
  submittingShard,
} from '../core/cluster-shards.js';
import {
  type ClusterGlimpse,
  type ClusterHeartbeat,
  type ClusterRunInput,
  type ClusterSubmitRef,
  clusterQuery,
  FAILURES,
} from '../workflows/contract.js';

const CALL_MS = 5_000;
const LONGEST_TROUBLE = 200;

export interface ClusterView {
  readonly shards: readonly ClusterShard[];
  /** Why the cluster cannot be asked just now; null: it can, or nobody wants to. */
  readonly trouble: string | null;
}

/** @throws what the server answers, or that it did not within five seconds */
export async function readCluster(client: Client, workflowId: string): Promise<ClusterView> {
  const handle = client.workflow.getHandle(workflowId);
  const soon = <T>(call: () => Promise<T>): Promise<T> => client.withDeadline(Date.now() + CALL_MS, call);
  const description = await soon(() => handle.describe());
  const told = (): Promise<readonly ClusterShard[]> => soon(() => shardsOfHistory(client, workflowId));
  const isOpen = description.status.name === 'RUNNING';
  const shards = isOpen ? await soon(() => handle.query(clusterQuery)).catch(told) : await told();
  const beat = await watchBeat(client, description);
  return {
    shards: shards.map((shard) => shownShard(shard, beat?.shards[shard.shard])),
    trouble: await troubleOf(client, description, beat),
  };
}

/** The workflow hears of ends only; what happens before them is in the heartbeat, as of the last look. */
function shownShard(shard: ClusterShard, seen: ClusterGlimpse | undefined): ClusterShard {
  if (seen === undefined || (shard.state !== 'pending' && shard.state !== 'running')) return shard;
  const state = seen.state === 'pending' || seen.state === 'running' ? seen.state : shard.state;
  const { job_id, node, reason } = seen;
  return { ...shard, state, job_id, node, reason, done: Math.max(seen.done, shard.done), samples: seen.samples || shard.samples };
}

type PendingActivity = NonNullable<WorkflowExecutionDescription['raw']['pendingActivities']>[number];
type Payloads = PendingActivity['heartbeatDetails'];

/** The first of some payloads. */
async function decoded<T>(client: Client, sent: Payloads): Promise<T | undefined> {
  const { payloadConverter, payloadCodecs } = client.options.loadedDataConverter;
  let payloads = [...(sent?.payloads ?? [])];
  for (const codec of [...payloadCodecs].reverse()) payloads = await codec.decode(payloads);
  return payloads[0] === undefined ? undefined : payloadConverter.fromPayload<T>(payloads[0]);
}

async function watchBeat(client: Client, { raw }: WorkflowExecutionDescription): Promise<ClusterHeartbeat | undefined> {
  const watch = (raw.pendingActivities ?? []).find(({ activityType }) => activityType?.name === 'watchClusterJobs');
  return decoded<ClusterHeartbeat>(client, watch?.heartbeatDetails);
}

/** What the last try of the activity under way failed with, unless this one has got through. */
async function troubleOf(
  client: Client,
  { raw }: WorkflowExecutionDescription,
  beat: ClusterHeartbeat | undefined,
): Promise<string | null> {
  for (const { lastFailure, lastStartedTime } of raw.pendingActivities ?? []) {
    if (lastFailure?.applicationFailureInfo?.type !== FAILURES.clusterUnreachable) continue;
    if ((beat?.looked_at ?? 0) > Number(lastStartedTime?.seconds ?? 0) * 1000) continue;
    // Messages travel as payloads; see workflows/failure-converter.ts.
    const { encodedAttributes } = lastFailure;
    const sealed = encodedAttributes ? await decoded<{ readonly message?: string }>(client, { payloads: [encodedAttributes] }) : undefined;
    const message = sealed?.message ?? lastFailure.message ?? '';
    return message.replaceAll(/\s+/g, ' ').slice(0, LONGEST_TROUBLE);
  }
  return null;
}

/** The workflow's table as its history tells it: what was submitted, and what each watch saw in the end. */
async function shardsOfHistory(client: Client, workflowId: string): Promise<readonly ClusterShard[]> {
  const { events } = await client.workflow.getHandle(workflowId).fetchHistory();
  const table = new Map<number, ClusterShard>();
  const change = (shard: number, how: (known: ClusterShard) => ClusterShard): void =>
    void table.set(shard, how(table.get(shard) ?? newShard(shard)));
  const names = new Map<string, string>();
  for (const event of events ?? []) {
    const started = event.workflowExecutionStartedEventAttributes;
    const scheduled = event.activityTaskScheduledEventAttributes;
    const completed = event.activityTaskCompletedEventAttributes;
    if (started) {
      const input = await decoded<ClusterRunInput>(client, started.input);
      const carried = input?.carried?.shards ?? Array.from({ length: input?.shards ?? 0 }, (_, shard) => newShard(shard));
      for (const one of carried) table.set(one.shard, one);
    } else if (scheduled) {
      const name = scheduled.activityType?.name ?? '';
      names.set(String(event.eventId), name);
      const submit = name === 'submitClusterJobs' ? await decoded<ClusterSubmitRef>(client, scheduled.input) : undefined;
      for (const shard of submit?.shards ?? []) change(shard, (known) => submittingShard(known, submit?.attempt ?? 0));
      if (name === 'cancelClusterJobs') for (const shard of table.keys()) change(shard, cancelledShard);
    } else if (completed) {
      await takeResult(client, names.get(String(completed.scheduledEventId)), completed.result, change);
    }
  }
  return [...table.values()].sort((a, b) => a.shard - b.shard);
}

async function takeResult(
  client: Client,
  name: string | undefined,
  result: Payloads,
  change: (shard: number, how: (known: ClusterShard) => ClusterShard) => void,
): Promise<void> {
  if (name === 'submitClusterJobs') {
    const submitted = await decoded<SubmittedShards>(client, result);
    for (const { jobId, shards } of submitted?.jobs ?? [])
      for (const shard of shards) change(shard, (known) => submittedShard(known, jobId));
  } else if (name === 'watchClusterJobs') {
    for (const report of (await decoded<readonly ClusterShardReport[]>(client, result)) ?? [])
      change(report.shard, (known) => seenShard(known, report));
  }
}
