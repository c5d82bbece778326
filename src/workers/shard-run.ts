/**
 * One shard of a run in this very process, without a Temporal server: the batches, journal and artifacts of a run, in lanes. Where it
 * is killed, the next start goes on from the journal; whoever started it (a Slurm job, Kubernetes, a person) starts it again.
 */

import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { EngineAttempt } from '../activities/engine-port.js';
import { batchRanges, type OrdinalRange } from '../artifacts/journal.js';
import { problemRange } from '../artifacts/write-artifacts.js';
import { NelError } from '../core/errors.js';
import { LOCAL_CONCURRENCY, laneCount } from '../core/lanes.js';
import { allowedErrors } from '../core/sample.js';
import type { PlannedBenchmark, RunFile } from '../core/spec.js';
import { EndpointDownError } from '../engine/endpoint.js';
import { Outage } from '../engine/outage.js';
import { addTotals, NO_TOTALS, type Totals } from '../workflows/contract.js';
import type { Engine } from './engine.js';

export interface ShardRunOptions {
  readonly engine: Engine;
  /** The shard's own run file; its directory is `spec.output.dir`. */
  readonly run: RunFile;
  /** Ends the shard: calls in flight may finish. */
  readonly stop: AbortSignal;
  /** Ends calls in flight as well. */
  readonly abort: AbortSignal;
  readonly onProgress: (progress: ShardProgressLine) => void;
  readonly log: (line: string) => void;
}

export interface ShardProgressLine {
  readonly benchmark: string;
  readonly samples: number;
  readonly totals: Totals;
}

/**
 * @returns false when it was stopped before the end; the journal holds what was answered
 * @throws NelError of kind `run` when no call can succeed or errors exceed what the whole run may have
 */
export async function runShardHere(options: ShardRunOptions): Promise<boolean> {
  for (const benchmark of options.run.benchmarks) {
    if (!(await runBenchmark(options, benchmark))) return false;
  }
  return true;
}

async function runBenchmark(options: ShardRunOptions, benchmark: PlannedBenchmark): Promise<boolean> {
  const { engine, run, stop, abort, onProgress, log } = options;
  const { repeats } = benchmark.spec;
  const { start, end } = problemRange(run, benchmark);
  const samples = (end - start) * repeats;
  await mkdir(path.join(run.spec.output.dir, benchmark.name), { recursive: true });
  const concurrency = run.spec.services[benchmark.spec.solver.service ?? '']?.concurrency ?? LOCAL_CONCURRENCY;
  const maxErrors = allowedErrors(run.spec.max_error_rate, benchmark.n_problems * repeats);
  const { dir, remote } = run.spec.output;
  const ref = { run_dir: remote ?? dir, run_id: run.run_id, spec_hash: run.spec_hash, generation: run.generation };
  const ranges = batchRanges(start * repeats, end * repeats, run.batch_size);
  const finished = new Map<OrdinalRange, Totals>();
  const under = new Map<OrdinalRange, Totals>();
  const ended = new AbortController();
  const stopAll = AbortSignal.any([stop, ended.signal]);
  const sum = (): Totals => [...finished.values(), ...under.values()].reduce(addTotals, NO_TOTALS);
  const outage = new Outage('the endpoint', () => engine.probe({ ...ref, benchmark: benchmark.name }, abort), stopAll, log);

  const batch = async (range: OrdinalRange): Promise<void> => {
    for (;;) {
      await outage.over;
      const attempt: EngineAttempt = {
        stop: stopAll,
        abort,
        checkOwned: () => Promise.resolve(),
        onProgress: ({ totals }) => {
          under.set(range, totals);
          onProgress({ benchmark: benchmark.name, samples, totals: sum() });
        },
      };
      try {
        finished.set(range, await engine.runBatch({ ...ref, benchmark: benchmark.name, ...range, concurrency }, attempt));
        return;
      } catch (error) {
        if (!(error instanceof EndpointDownError) || stopAll.aborted) throw error;
        void outage.begin(engine.redact(error.message));
      } finally {
        under.delete(range);
      }
    }
  };
  const lane = async (): Promise<void> => {
    for (const range of ranges) {
      if (stopAll.aborted || sum().errors > maxErrors) return;
      await batch(range);
      onProgress({ benchmark: benchmark.name, samples, totals: sum() });
    }
  };
  const lanes = Array.from({ length: laneCount(concurrency, run.batch_size) }, () =>
    lane().catch((error: unknown) => {
      ended.abort(error);
      throw error;
    }),
  );
  const failed = (await Promise.allSettled(lanes)).find(({ status }) => status === 'rejected');
  if (stop.aborted) return false;
  if (failed?.status === 'rejected') throw failed.reason;
  await engine
    .writeArtifacts({ ...ref, benchmark: benchmark.name, partial: false, max_errors: maxErrors }, abort)
    .then(({ bundle, errors, expected }) => {
      if (bundle !== null) return;
      throw new NelError(
        'run',
        `${benchmark.name}: ${errors} of ${expected} samples of this shard ended as errors, more than the whole run may have`,
        {
          hint: 'mend the cause and start the shard again: errors are tried again, answers are kept',
        },
      );
    });
  return true;
}
