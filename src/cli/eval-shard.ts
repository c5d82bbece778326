/** `nel eval run --shard i/n`: one shard of a run, in this process, into `shard_i` under the output directory. */

import path from 'node:path';
import { readBundle } from '../artifacts/read-bundle.js';
import { readRunFile } from '../artifacts/run-file.js';
import { lockRun } from '../client/run-lock.js';
import { NelError } from '../core/errors.js';
import { type Shard, shardFolder, shardFromEnvironment, shardRange } from '../core/shards.js';
import type { PlannedBenchmark, RunFile, RunSpec } from '../core/spec.js';
import { Engine } from '../workers/engine.js';
import { ProgressFile } from '../workers/progress-file.js';
import { runShardHere, type ShardProgressLine, shardBundles } from '../workers/shard-run.js';
import { say } from './drive.js';
import { EXIT } from './exit-codes.js';
import { nextGeneration, prepareRun, saveRun } from './prepare-run.js';
import { ProgressPrinter } from './progress.js';
import { resumeCommand } from './resume-command.js';

/** `nel eval shard RUN_JSON`: what a cluster's jobs call for a run that was planned elsewhere. The environment says which shard. */
export async function evalPlannedShard(file: string, outputDir: string, resume: boolean): Promise<number> {
  const shard = shardFromEnvironment(process.env);
  if (shard === null) throw new NelError('usage', 'which shard this is, is not set', { hint: 'Set NEL_SHARD_IDX and NEL_TOTAL_SHARDS.' });
  const run = await readRunFile(path.dirname(path.resolve(file)));
  if (run === undefined) throw new NelError('data', `there is no ${file}`);
  const { cluster: _, ...spec } = run.spec;
  return evalShard({ spec: { ...spec, output: { dir: path.resolve(outputDir) } }, planned: run.benchmarks, shard, resume });
}

interface ShardOptions {
  /** The whole run's. */
  readonly spec: RunSpec;
  readonly planned: readonly PlannedBenchmark[];
  readonly shard: Shard;
  /** Try the errors of a shard that is complete again. */
  readonly resume: boolean;
}

/** @returns the exit code. A shard that was begun is gone on with; one that is complete is left alone. */
export async function evalShard({ spec, planned, shard, resume }: ShardOptions): Promise<number> {
  const dir = path.join(spec.output.dir, shardFolder(shard.index));
  const lock = lockRun(dir);
  try {
    const prepared = await prepareRun({ ...spec, output: { dir } }, planned, shard);
    const ranges = planned.map(({ name, n_problems }) => {
      const { start, end } = shardRange(n_problems, shard);
      return `${name} [${start}, ${end})`;
    });
    say(`shard ${shard.index} of ${shard.total} in ${dir}: ${ranges.join(', ')}`);
    const run = nextGeneration(prepared);
    if (prepared.state === 'complete' && !(resume && (await errorsOf(prepared.run)) > 0)) {
      say('this shard is complete');
      return EXIT.OK;
    }
    await saveRun(run);
    return await drive(run);
  } finally {
    lock.release();
  }
}

async function errorsOf(run: RunFile): Promise<number> {
  const bundles = await Promise.all(shardBundles(run).map((file) => readBundle(file)));
  return bundles.reduce((sum, { coverage }) => sum + (coverage.errors ?? 0), 0);
}

async function drive(run: RunFile): Promise<number> {
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
      for (const file of shardBundles(run)) say(`wrote ${file}`);
      return EXIT.OK;
    }
    say(`interrupted; every answer so far is kept. Go on with:\n  ${resumeCommand()}`);
    return EXIT.INTERRUPTED;
  } finally {
    printer.stop();
    await reports.stop();
    for (const signal of signals) process.off(signal, onSignal);
  }
}
