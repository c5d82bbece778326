/** What `nel runs` does: each action finds the run's workflow by id or by output directory, and talks to Temporal only. */

import path from 'node:path';
import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import { readRunFile } from '../artifacts/run-file.js';
import { connectClient, findTemporal } from '../client/connection.js';
import { ProgressReader } from '../client/follow.js';
import { NelError } from '../core/errors.js';
import { isJsonObject } from '../core/json.js';
import { pauseSignal, resumeSignal, setConcurrencyUpdate, WORKFLOWS } from '../workflows/contract.js';

const out = (line: string): void => void process.stdout.write(`${line}\n`);

async function withClient<T>(work: (client: Client) => Promise<T>): Promise<T> {
  const target = await findTemporal(process.env, (line) => void process.stderr.write(`${line}\n`));
  try {
    const client = await connectClient(target, process.env);
    try {
      return await work(client);
    } finally {
      await client.connection.close();
    }
  } finally {
    await target.release();
  }
}

/** A run id, `nel-<run id>`, or a directory with a run.json. */
async function workflowIdOf(run: string): Promise<string> {
  const file = await readRunFile(path.resolve(run)).catch(() => undefined);
  if (file !== undefined) return file.workflow_id;
  return run.startsWith('nel-') ? run : `nel-${run}`;
}

async function withRun<T>(run: string, work: (client: Client, workflowId: string) => Promise<T>): Promise<T> {
  const workflowId = await workflowIdOf(run);
  return withClient(async (client) => {
    try {
      return await work(client, workflowId);
    } catch (error) {
      if (!(error instanceof WorkflowNotFoundError)) throw error;
      throw new NelError('usage', `no open run "${run}" on this Temporal server`, {
        hint: '`nel runs list` shows the runs it knows; a finished one is in its output directory',
      });
    }
  });
}

export async function listRuns(limit: number): Promise<void> {
  await withClient(async (client) => {
    let shown = 0;
    for await (const { workflowId, status, startTime, memo } of client.workflow.list({ query: `WorkflowType = '${WORKFLOWS.runSuite}' OR WorkflowType = '${WORKFLOWS.gate}'` })) {
      const summary = isJsonObject(memo) && typeof memo['summary'] === 'string' ? memo['summary'] : '';
      out(
        `${workflowId.replace(/^nel-/, '')}  ${status.name.toLowerCase().padEnd(10)}  ${startTime.toISOString().slice(0, 19)}Z  ${summary}`,
      );
      if (++shown >= limit) break;
    }
    if (shown === 0) out('no runs');
  });
}

export async function showRun(run: string): Promise<void> {
  await withRun(run, async (client, workflowId) => {
    const description = await client.workflow.getHandle(workflowId).describe();
    const memo = isJsonObject(description.memo) ? description.memo : {};
    out(`${workflowId.replace(/^nel-/, '')}  ${description.status.name.toLowerCase()}  ${String(memo['summary'] ?? '')}`);
    out(`directory  ${String(memo['run_dir'] ?? 'unknown')}`);
    if (description.status.name !== 'RUNNING') return;
    const file = typeof memo['run_dir'] === 'string' ? await readRunFile(memo['run_dir']) : undefined;
    const benchmarks = (file?.benchmarks ?? []).map(({ name, n_problems, spec }) => ({
      workflowId,
      name,
      samples: n_problems * spec.repeats,
    }));
    const progress = await new ProgressReader(client, benchmarks).read();
    for (const { benchmark, samples, totals, state, waiting_for } of progress.benchmarks) {
      const done = totals.scored + totals.errors;
      out(
        `${benchmark}  ${state}  ${done}/${samples} done, ${totals.errors} errors, ${totals.tokens} tokens${waiting_for === null ? '' : `; waits for ${waiting_for}`}`,
      );
    }
  });
}

export async function pauseRun(run: string): Promise<void> {
  await withRun(run, (client, id) => client.workflow.getHandle(id).signal(pauseSignal));
  out('pausing: batches under way finish');
}

export async function resumeRun(run: string): Promise<void> {
  await withRun(run, (client, id) => client.workflow.getHandle(id).signal(resumeSignal));
  out('going on');
}

export async function cancelRun(run: string): Promise<void> {
  await withRun(run, (client, id) => client.workflow.getHandle(id).cancel());
  out('cancelling: calls in flight may finish');
}

export async function setConcurrency(run: string, max: number): Promise<void> {
  const now = await withRun(run, (client, id) => client.workflow.getHandle(id).executeUpdate(setConcurrencyUpdate, { args: [max] }));
  out(`at most ${now} calls in flight from the next batch on`);
}
