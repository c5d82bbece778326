/** What `nel runs` prints and asks for; RUN is a run id or an output directory. */

import path from 'node:path';
import { readRunFile } from '../artifacts/run-file.js';
import { ProgressReader, watchedBenchmarks } from '../client/follow.js';
import { lockRun, RunInUse, type RunLock } from '../client/run-lock.js';
import { type Runs, withRuns, workflowIdOf } from '../client/runs.js';
import { suiteStartable } from '../client/start-run.js';
import { stagingDirectory } from '../config/state-directory.js';
import { NelError } from '../core/errors.js';
import type { RunFile } from '../core/spec.js';
import { isStoreAddress } from '../core/store.js';
import { shardLines } from '../report/shards-text.js';
import { printable } from './printable.js';
import { ProgressPrinter } from './progress.js';

const say = (line: string): void => void process.stderr.write(`${line}\n`);
const out = (line: string): void => void process.stdout.write(`${line}\n`);

async function withRun<T>(run: string, work: (runs: Runs, workflowId: string) => Promise<T>): Promise<T> {
  const file = await readRunFile(localDirectory(run)).catch(() => undefined);
  const workflowId = file?.workflow_id ?? workflowIdOf(run);
  return withRuns(process.env, say, (runs) => work(runs, workflowId));
}

/** Of a run in a store: this machine's working copy, if it has one. */
function localDirectory(place: string): string {
  return isStoreAddress(place) ? stagingDirectory(place, process.env) : path.resolve(place);
}

export async function listRuns(limit: number): Promise<void> {
  await withRuns(process.env, say, async (runs) => {
    let shown = 0;
    for await (const { runId, status, started, summary } of runs.list()) {
      out(`${runId}  ${status.padEnd(10)}  ${started.toISOString().slice(0, 19)}Z  ${printable(summary)}`);
      if (++shown >= limit) break;
    }
    if (shown === 0) out('no runs');
  });
}

export async function showRun(run: string): Promise<void> {
  await withRun(run, async (runs, workflowId) => {
    const { runId, status, summary, directory } = await runs.describe(workflowId);
    out(`${runId}  ${status}  ${printable(summary)}`);
    out(`directory  ${directory ?? 'unknown'}`);
    if (directory === null) return;
    const file = await readRunFile(localDirectory(directory));
    if (file === undefined) return;
    if (file.spec.cluster !== undefined)
      for (const line of shardLines(await runs.clusterShards(workflowId), process.stdout.columns)) out(printable(line));
    if (status !== 'running') return;
    const { benchmarks } = await new ProgressReader(runs.client, watchedBenchmarks(file)).read();
    for (const { benchmark, samples, totals, state, waiting_for, jobs } of benchmarks) {
      const done = totals.scored + totals.errors;
      if (jobs !== undefined) {
        const waits = waiting_for === null ? '' : `; waits for the cluster: ${printable(waiting_for)}`;
        out(`${benchmark}  ${state}  ${done}/${samples} done; jobs: ${jobs}${waits}`);
        continue;
      }
      const waits = waiting_for === null ? '' : `; waits for ${printable(waiting_for)}`;
      out(`${benchmark}  ${state}  ${done}/${samples} done, ${totals.errors} errors, ${totals.tokens} tokens${waits}`);
    }
  });
}

export async function pauseRun(run: string): Promise<void> {
  await withRun(run, (runs, id) => runs.pause(id));
  out('pausing: batches under way finish');
}

export async function resumeRun(run: string): Promise<void> {
  await withRun(run, (runs, id) => runs.resume(id));
  out('going on');
}

export async function cancelRun(run: string): Promise<void> {
  const { embedded, directory, taskQueue, workflowId } = await withRun(run, async (runs, id) => {
    await runs.cancel(id);
    return { ...(await runs.describe(id)), embedded: runs.embedded, workflowId: id };
  });
  out('cancelling: calls in flight may finish');
  // A queue named like a workflow is that of one process, which may have died; workers of other queues do what there is to do.
  if (!embedded || directory === null || taskQueue !== workflowIdOf(taskQueue)) return;
  const file = await readRunFile(localDirectory(directory));
  const lock = file === undefined ? null : await lockIfFree(file.spec.output.dir);
  if (file === undefined || lock === null) return;
  try {
    await carryOut(file, { workflowId, taskQueue });
  } finally {
    lock.release();
  }
}

/** Null: a process drives the run of that directory. */
async function lockIfFree(dir: string): Promise<RunLock | null> {
  try {
    return await lockRun(dir, { log: say });
  } catch (error) {
    if (error instanceof RunInUse) return null;
    throw error;
  }
}

/** Works on a run whose process has died until it is cancelled. Ended before that, the same command goes on. */
async function carryOut(file: RunFile, at: { readonly workflowId: string; readonly taskQueue: string }): Promise<void> {
  say('its process is gone: this command carries the cancellation out');
  const suite = suiteStartable(file);
  const startable = { ...suite, workflowId: at.workflowId, family: [...new Set([at.workflowId, ...suite.family])] };
  const { RunSession } = await import('../workers/run-session.js');
  const session = await RunSession.takeUp({ startable, runs: [file], env: process.env, log: say, taskQueue: at.taskQueue });
  if (session === null) return;
  const reader = session.progress();
  const printer = new ProgressPrinter(process.stderr, () => reader.read());
  printer.start();
  try {
    const outcome = await session.outcome();
    if (outcome.kind === 'failed') throw new NelError('run', printable(outcome.message));
    printer.stop();
    out(outcome.kind);
  } finally {
    printer.stop();
    await session.close();
  }
}

export async function setConcurrency(run: string, max: number): Promise<void> {
  const now = await withRun(run, (runs, id) => runs.setConcurrency(id, max));
  out(`at most ${now} calls in flight from the next batch on`);
}
