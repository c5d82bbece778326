/** The engine's thread: takes jobs from the main thread and works on many at once. See engine-host.ts for why it is a thread. */

import { parentPort } from 'node:worker_threads';
import { type EngineAttempt, type HarnessAttempt, NotOwnedError } from '../activities/engine-port.js';
import type { BatchHeartbeat } from '../workflows/contract.js';
import { Engine } from './engine.js';
import { type FromEngine, type Job, type ToEngine, toWire } from './engine-protocol.js';

/** Progress goes into a heartbeat a second; more often would only cost messages. */
const PROGRESS_MS = 250;

interface Working {
  readonly stop: AbortController;
  readonly abort: AbortController;
  answer: { resolve(): void; reject(reason: Error): void } | undefined;
}

if (parentPort === null) throw new Error('engine-thread is started by engine-host');
const port = parentPort;
const engine = new Engine(process.env);
const working = new Map<number, Working>();
const say = (message: FromEngine): void => port.postMessage(message);

port.on('message', (message: ToEngine) => {
  if (message.kind === 'job') {
    void start(message.id, message.job);
    return;
  }
  const job = working.get(message.id);
  switch (message.kind) {
    case 'stop':
      job?.stop.abort(new Error('stopped'));
      return;
    case 'abort':
      job?.abort.abort(new Error('aborted'));
      return;
    case 'owned':
      job?.answer?.resolve();
      return;
    case 'lost':
      job?.answer?.reject(new NotOwnedError(message.reason));
      return;
  }
});

async function start(id: number, job: Job): Promise<void> {
  const mine: Working = { stop: new AbortController(), abort: new AbortController(), answer: undefined };
  working.set(id, mine);
  try {
    say({ id, kind: 'done', result: await work(id, job, mine) });
  } catch (error) {
    say({ id, kind: 'failed', error: toWire(error, engine.redact) });
  } finally {
    working.delete(id);
  }
}

async function work(id: number, job: Job, mine: Working) {
  switch (job.op) {
    case 'runBatch':
      return engine.runBatch(job.ref, attemptOf(id, mine));
    case 'probe':
      return engine.probe(job.ref, mine.abort.signal);
    case 'runHarness':
      return engine.runHarness(job.ref, harnessAttemptOf(id, mine));
    case 'writeArtifacts':
      return engine.writeArtifacts(job.ref, mine.abort.signal);
    case 'gateRuns':
      return engine.gateRuns(job.ref, mine.abort.signal);
    case 'night':
      return engine.night(job.step, job.ref, mine.abort.signal);
  }
}

function attemptOf(id: number, mine: Working): EngineAttempt {
  return { ...tiesOf(id, mine), onProgress: latestOnly((beat: BatchHeartbeat) => working.has(id) && say({ id, kind: 'progress', beat })) };
}

function harnessAttemptOf(id: number, mine: Working): HarnessAttempt {
  return { ...tiesOf(id, mine), onLine: latestOnly((line: string) => working.has(id) && say({ id, kind: 'line', line })) };
}

function tiesOf(id: number, mine: Working): Omit<EngineAttempt, 'onProgress'> {
  return {
    stop: mine.stop.signal,
    abort: mine.abort.signal,
    checkOwned: () =>
      new Promise<void>((resolve, reject) => {
        mine.answer = { resolve, reject };
        say({ id, kind: 'check' });
      }),
  };
}

/** Tells the latest of what it is given, a few times a second. */
function latestOnly<T>(tell: (latest: T) => void): (latest: T) => void {
  let latest: T;
  let timer: NodeJS.Timeout | undefined;
  return (value) => {
    latest = value;
    timer ??= setTimeout(() => {
      timer = undefined;
      tell(latest);
    }, PROGRESS_MS);
  };
}
