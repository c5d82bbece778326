/** What `nel runs` prints and asks for; RUN is a run id or an output directory. */

import path from 'node:path';
import { readRunFile } from '../artifacts/run-file.js';
import { ProgressReader, watchedBenchmarks } from '../client/follow.js';
import { type Runs, withRuns, workflowIdOf } from '../client/runs.js';
import { stagingDirectory } from '../config/state-directory.js';
import { isStoreAddress } from '../core/store.js';
import { shardLines } from '../report/shards-text.js';
import { printable } from './printable.js';

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
    if (status !== 'running' || directory === null) return;
    const file = await readRunFile(localDirectory(directory));
    if (file === undefined) return;
    if (file.spec.cluster !== undefined)
      for (const line of shardLines(await runs.clusterShards(workflowId), process.stdout.columns)) out(printable(line));
    const { benchmarks } = await new ProgressReader(runs.client, watchedBenchmarks(file)).read();
    for (const { benchmark, samples, totals, state, waiting_for, jobs } of benchmarks) {
      const done = totals.scored + totals.errors;
      if (jobs !== undefined) {
        out(`${benchmark}  ${state}  ${done}/${samples} done; jobs: ${jobs}`);
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
  await withRun(run, (runs, id) => runs.cancel(id));
  out('cancelling: calls in flight may finish');
}

export async function setConcurrency(run: string, max: number): Promise<void> {
  const now = await withRun(run, (runs, id) => runs.setConcurrency(id, max));
  out(`at most ${now} calls in flight from the next batch on`);
}
