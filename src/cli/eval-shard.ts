/** `nel eval run --shard i/n`: one shard of a run, in this process, into `shard_i` under the output directory. */

import path from 'node:path';
import { lockRun } from '../client/run-lock.js';
import { type Shard, shardFolder, shardRange } from '../core/shards.js';
import type { PlannedBenchmark, RunFile, RunSpec } from '../core/spec.js';
import { Engine } from '../workers/engine.js';
import { runShardHere, type ShardProgressLine, shardBundles } from '../workers/shard-run.js';
import { say } from './drive.js';
import { EXIT } from './exit-codes.js';
import { nextGeneration, prepareRun, saveRun } from './prepare-run.js';
import { ProgressPrinter } from './progress.js';
import { resumeCommand } from './resume-command.js';

interface ShardOptions {
  /** The whole run's. */
  readonly spec: RunSpec;
  readonly planned: readonly PlannedBenchmark[];
  readonly shard: Shard;
}

/** @returns the exit code. A shard that was begun is gone on with; one that is complete is left alone. */
export async function evalShard({ spec, planned, shard }: ShardOptions): Promise<number> {
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
    if (prepared.state === 'complete') {
      say('this shard is complete');
      return EXIT.OK;
    }
    await saveRun(run);
    return await drive(run);
  } finally {
    lock.release();
  }
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
    for (const signal of signals) process.off(signal, onSignal);
  }
}
