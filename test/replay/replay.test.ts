/**
 * The shipped workflow code must take up what any released version began: stored histories replay on today's bundle.
 * One that does not is a change that runs in progress would die of: use `patched()`. Recorded by scripts/record-histories.mjs.
 */

import { readdirSync, readFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import { DeterminismViolationError } from '@temporalio/workflow';
import { beforeAll, describe, expect, it } from 'vitest';

const FOLDER = path.resolve(import.meta.dirname, '../golden/histories');
const codePath = path.resolve(import.meta.dirname, '../../dist/workflow-bundle.js');
const failureConverterPath = path.resolve(import.meta.dirname, '../../dist/workflows/failure-converter.js');

interface Event {
  eventId: string | number;
  activityTaskScheduledEventAttributes?: { activityType: { name: string } };
  startChildWorkflowExecutionInitiatedEventAttributes?: { workflowType: { name: string } };
  [attributes: string]: unknown;
}

interface Recording {
  readonly workflowId: string;
  readonly type: string;
  readonly status: string;
  readonly history: { events: Event[] };
}

const recordings = readdirSync(FOLDER).flatMap((version) => readdirSync(path.join(FOLDER, version)).map((name) => `${version}/${name}`));

function read(name: string): Recording {
  return JSON.parse(readFileSync(path.join(FOLDER, name), 'utf8')) as Recording;
}

async function replay({ workflowId, history }: Recording): Promise<void> {
  // With a string the SDK takes the history for another tool's JSON.
  const events = history.events.map((event) => ({ ...event, eventId: Number(event.eventId) }));
  await Worker.runReplayHistory({ workflowBundle: { codePath }, dataConverter: { failureConverterPath } }, { events }, workflowId);
}

beforeAll(() => {
  Runtime.install({ logger: new DefaultLogger('ERROR'), telemetryOptions: { logging: { forward: {}, filter: 'error' } } });
});

describe('a stored history', () => {
  it('is there of every workflow, finished and cancelled', () => {
    const kinds = new Set(recordings.map(read).map(({ type, status }) => `${type} ${status}`));
    expect([...kinds].sort()).toEqual([
      'gate COMPLETED',
      'nightly COMPLETED',
      'nightly FAILED',
      'runBenchmark CANCELLED',
      'runBenchmark COMPLETED',
      'runShard CANCELLED',
      'runShard COMPLETED',
      'runSuite CANCELLED',
      'runSuite COMPLETED',
      'slurmRun CANCELLED',
      'slurmRun COMPLETED',
    ]);
  });

  it.each(recordings)('replays: %s', async (name) => {
    await replay(read(name));
  });

  it.each(recordings)('names no machine, prompt or answer: %s', (name) => {
    const text = readFileSync(path.join(FOLDER, name), 'utf8');
    const payloads = [...text.matchAll(/"data":"([A-Za-z0-9+/=]+)"/g)].map(([, data]) => Buffer.from(data ?? '', 'base64').toString());
    const all = [text, ...payloads].join('\n');
    for (const foreign of [os.hostname(), path.resolve(import.meta.dirname, '../..'), 'nel-record-', '+ 2 =', 'Answer: ']) {
      expect(all).not.toContain(foreign);
    }
  });
});

describe('a changed workflow is noticed', () => {
  const pick = (status: string, type: string): Recording =>
    read(recordings.find((name) => name.includes(`${status}-${type}.json`)) as string);

  it('when it calls another activity', async () => {
    const recording = pick('completed', 'runShard');
    const scheduled = recording.history.events.find((event) => event.activityTaskScheduledEventAttributes);
    (scheduled?.activityTaskScheduledEventAttributes as { activityType: { name: string } }).activityType.name = 'askModel';
    await expect(replay(recording)).rejects.toThrow(DeterminismViolationError);
  });

  it('when it starts another child', async () => {
    const recording = pick('completed', 'runSuite');
    const started = recording.history.events.find((event) => event.startChildWorkflowExecutionInitiatedEventAttributes);
    (started?.startChildWorkflowExecutionInitiatedEventAttributes as { workflowType: { name: string } }).workflowType.name = 'runTask';
    await expect(replay(recording)).rejects.toThrow(DeterminismViolationError);
  });
});
