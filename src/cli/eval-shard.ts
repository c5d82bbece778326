/** `nel eval run --shard i/n`: one shard of a run, in this process, into `shard_i` under the output directory. */

import path from 'node:path';
import { assertWhole } from '../artifacts/merge-shards.js';
import { readBundle } from '../artifacts/read-bundle.js';
import { readRunFile } from '../artifacts/run-file.js';
import { NelError } from '../core/errors.js';
import { type Shard, shardFolder, shardFromEnvironment, shardRange } from '../core/shards.js';
import type { OutputSpec, PlannedBenchmark, RunFile, RunSpec } from '../core/spec.js';
import { storeAddressBelow } from '../core/store.js';
import { Engine } from '../workers/engine.js';
import { ProgressFile } from '../workers/progress-file.js';
import { runShardHere, type ShardProgressLine } from '../workers/shard-run.js';
import { say } from './drive.js';
import { EXIT } from './exit-codes.js';
import { type HeldRun, holdRun, outputAt } from './held-run.js';
import { nextGeneration, prepareRun } from './prepare-run.js';
import { printable } from './printable.js';
import { ProgressPrinter } from './progress.js';
import { resumeCommand } from './resume-command.js';
import { bundlesOf, shownPath } from './show-result.js';

/** `nel eval shard RUN_JSON`: what a cluster's jobs call for a run that was planned elsewhere. The environment says which shard. */
export async function evalPlannedShard(file: string, outputDir: string, resume: boolean): Promise<number> {
  const shard = shardFromEnvironment(process.env);
  if (shard === null) throw new NelError('usage', 'which shard this is, is not set', { hint: 'Set NEL_SHARD_IDX and NEL_TOTAL_SHARDS.' });
  const run = await readRunFile(path.dirname(path.resolve(file)));
  if (run === undefined) throw new NelError('data', `there is no ${file}`);
  const { cluster: _, ...spec } = run.spec;
  return evalShard({ spec: { ...spec, output: outputAt(outputDir) }, planned: run.benchmarks, shard, resume, othersHaveEnded: true });
}

/** Where a shard of a run goes. */
function shardOutput({ dir, remote }: OutputSpec, shard: Shard): OutputSpec {
  const folder = shardFolder(shard.index);
  return remote === undefined ? { dir: path.join(dir, folder) } : outputAt(storeAddressBelow(remote, folder));
}

interface ShardOptions {
  /** The whole run's. */
  readonly spec: RunSpec;
  readonly planned: readonly PlannedBenchmark[];
  readonly shard: Shard;
  /** Try the errors of a shard that is complete again. */
  readonly resume: boolean;
  /** See LockOptions. */
  readonly othersHaveEnded?: boolean;
}

/** @returns the exit code. A shard that was begun is gone on with; one that is complete is left alone. */
export async function evalShard({ spec, planned, shard, resume, othersHaveEnded = false }: ShardOptions): Promise<number> {
  const output = shardOutput(spec.output, shard);
  const held = await holdRun(
    output,
    planned.map(({ name }) => name),
    { othersHaveEnded },
  );
  try {
    const prepared = await prepareRun({ ...spec, output }, planned, shard);
    const ranges = planned.map(({ name, n_problems }) => {
      const { start, end } = shardRange(n_problems, shard);
      return `${name} [${start}, ${end})`;
    });
    say(`shard ${shard.index} of ${shard.total} in ${held.place}: ${ranges.join(', ')}`);
    const run = nextGeneration(prepared);
    if (prepared.state === 'complete' && (await isWhole(prepared.run)) && !(resume && (await errorsOf(prepared.run)) > 0)) {
      say('this shard is complete');
      return EXIT.OK;
    }
    await held.save(run, prepared.state === 'new');
    return await drive(run, held);
  } finally {
    await held.release();
  }
}

/** Whether a merge could read it; said where not. Of a shard in a store only bundles are here. */
async function isWhole(run: RunFile): Promise<boolean> {
  if (run.spec.output.remote !== undefined) return true;
  try {
    await assertWhole(run.spec.output.dir, run);
    return true;
  } catch (error) {
    if (!(error instanceof NelError)) throw error;
    say(`note: ${printable(error.message)}; its files are written anew`);
    return false;
  }
}

async function errorsOf(run: RunFile): Promise<number> {
  const bundles = await Promise.all(bundlesOf(run).map((file) => readBundle(file)));
  return bundles.reduce((sum, { coverage }) => sum + (coverage.errors ?? 0), 0);
}

async function drive(run: RunFile, { lost }: HeldRun): Promise<number> {
  const stop = new AbortController();
  const abort = new AbortController();
  const seen = new Map<string, ShardProgressLine>();
  const printer = new ProgressPrinter(process.stderr, () =>
    Promise.resolve({
      benchmarks: [...seen.values()].map((line) => ({ ...line, state: 'running' as const, waiting_for: null })),
      in_flight: 0,
    }),
  );
  const onSignal = (): void => {
    if (stop.signal.aborted) {
      abort.abort(new Error('ended by a second signal'));
      return;
    }
    printer.note('stopping: calls in flight may finish (again to end at once)');
    stop.abort(new Error('stopped by a signal'));
  };
  const onLost = (): void => stop.abort(lost.reason);
  lost.addEventListener('abort', onLost, { once: true });
  if (lost.aborted) onLost();
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.on(signal, onSignal);
  printer.start();
  const reports = new ProgressFile(run, () => [...seen.values()]);
  reports.start();
  try {
    const done = await runShardHere({
      engine: new Engine(process.env),
      run,
      stop: stop.signal,
      abort: abort.signal,
      onProgress: (line) => void seen.set(line.benchmark, line),
      log: (line) => printer.note(line),
    });
    printer.stop();
    if (done) {
      for (const file of bundlesOf(run)) say(`wrote ${shownPath(file, run.spec.output)}`);
      return EXIT.OK;
    }
    lost.throwIfAborted();
    say(`interrupted; every answer so far is kept. Go on with:\n  ${resumeCommand()}`);
    return EXIT.INTERRUPTED;
  } finally {
    printer.stop();
    lost.removeEventListener('abort', onLost);
    await reports.stop();
    for (const signal of signals) process.off(signal, onSignal);
  }
}
