/** A run that does not exist yet: its id, its batches, and the hash by which two runs do the same work. */

import { randomBytes } from 'node:crypto';
import { NEL_VERSION } from '../client/version.js';
import type { PlannedBenchmark, RunFile, RunSpec } from '../core/spec.js';
import { hashJson } from '../engine/hash.js';

const SMALLEST_BATCH = 50;
const LARGEST_BATCH = 200;
/** A small run is cut into at least this many batches, so that progress and lanes mean something. */
const WANTED_BATCHES = 8;

/** An id of this moment: sorts by time, and two of one second differ. */
export function newRunId(created: string): string {
  return `${created.slice(0, 19).replace(/[-:]/g, '')}Z-${randomBytes(3).toString('hex')}`;
}

/** Name of one attempt at writing: names sort by time, and the random part keeps two of one millisecond apart. */
export function attemptName(): string {
  return `${new Date().toISOString().replace(/[:.]/g, '')}-${process.pid}-${randomBytes(4).toString('hex')}`;
}

/** @param runId default: the time of now and something random */
export function newRun(spec: RunSpec, planned: readonly PlannedBenchmark[], runId?: string): RunFile {
  const created = new Date().toISOString();
  const run_id = runId ?? newRunId(created);
  const samples = Math.max(...planned.map(({ n_problems, spec: { repeats } }) => n_problems * repeats));
  return {
    schema_version: 1,
    run_id,
    workflow_id: `nel-${run_id}`,
    nel_version: NEL_VERSION,
    created,
    generation: 0,
    spec_hash: specHash(planned),
    spec,
    benchmarks: planned,
    batch_size: Math.min(LARGEST_BATCH, Math.max(SMALLEST_BATCH, Math.ceil(samples / WANTED_BATCHES))),
  };
}

/** Two runs with the same one do the same work. */
export function specHash(planned: readonly PlannedBenchmark[]): string {
  return hashJson(planned.map(({ name, config_hash }) => `${name} ${config_hash}`).sort(compareText));
}

/** By UTF-16 code unit, in any locale. */
function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
