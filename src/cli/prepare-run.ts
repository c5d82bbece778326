/** From a resolved config to the run of an output directory: a new one, one to go on with, or one that is complete. */

import { existsSync } from 'node:fs';
import path from 'node:path';
import { readRunFile, writeRunFile } from '../artifacts/run-file.js';
import { bundlePath } from '../artifacts/write-artifacts.js';
import { NEL_VERSION } from '../client/version.js';
import { NelError } from '../core/errors.js';
import { type JsonDifference, jsonDifferences } from '../core/json.js';
import type { Shard } from '../core/shards.js';
import type { PlannedBenchmark, RunFile, RunSpec } from '../core/spec.js';
import { newRun, specHash } from '../workers/new-run.js';

const SHOWN_DIFFERENCES = 12;

export interface PreparedRun {
  readonly run: RunFile;
  readonly state: 'new' | 'resumable' | 'complete';
}

/** @param shard of which this directory is to hold the files; absent: the whole run's */
export async function prepareRun(spec: RunSpec, planned: readonly PlannedBenchmark[], shard?: Shard): Promise<PreparedRun> {
  const runDir = spec.output.dir;
  const existing = await readRunFile(runDir);
  if (existing === undefined) {
    refuseForeignFiles(runDir, planned);
    return { run: { ...newRun(spec, planned), ...(shard === undefined ? {} : { shard }) }, state: 'new' };
  }
  if (existing.rescored_from !== undefined) {
    throw new NelError('usage', `${runDir} holds answers of the run ${existing.rescored_from} that were scored again`, {
      hint: 'use another output directory (-o), or go on with the nel rescore that made it',
    });
  }
  refuseOtherRun(runDir, existing, planned);
  refuseOtherShard(runDir, existing.shard, shard);
  refuseOtherCount(runDir, existing.spec.cluster?.shards, spec.cluster?.shards);
  // Concurrency, time-outs and limits may change from one resume to the next; what is asked may not.
  const run: RunFile = { ...existing, spec, benchmarks: planned, nel_version: NEL_VERSION };
  const complete = planned.every(({ name }) => existsSync(bundlePath(path.join(runDir, name), existing)));
  return { run, state: complete ? 'complete' : 'resumable' };
}

function refuseOtherShard(runDir: string, existing: Shard | undefined, shard: Shard | undefined): void {
  if (existing?.index === shard?.index && existing?.total === shard?.total) return;
  const name = (one: Shard | undefined): string => (one === undefined ? 'the whole run' : `shard ${one.index} of ${one.total}`);
  throw new NelError('usage', `${runDir} holds ${name(existing)}, not ${name(shard)}`, {
    hint: 'use another output directory (-o), or as many shards as before',
  });
}

/** A shard's folder and journal are those of one of so many; a run that was no cluster's has none. */
function refuseOtherCount(runDir: string, before: number | undefined, now: number | undefined): void {
  if (before === undefined || now === undefined || before === now) return;
  throw new NelError('usage', `${runDir} holds a run of ${before} shards, and the config says ${now}`, {
    hint: `use cluster.shards: ${before} to go on with it, or another output directory (-o)`,
  });
}

/** The run as it is to be started now: a resume is a new generation, in which earlier errors are tried again. */
export function nextGeneration({ run, state }: PreparedRun): RunFile {
  return state === 'new' ? run : { ...run, generation: run.generation + 1 };
}

export async function saveRun(run: RunFile): Promise<void> {
  await writeRunFile(run.spec.output.dir, run);
}

/** A folder that a benchmark would write into, without a run.json that explains it, is somebody else's. */
function refuseForeignFiles(runDir: string, planned: readonly PlannedBenchmark[]): void {
  for (const { name } of planned) {
    const file = path.join(runDir, name);
    if (existsSync(file)) {
      throw new NelError('usage', `${file} exists, but ${runDir} holds no run.json: its files would be mixed with this run's`, {
        hint: 'use another output directory (-o)',
      });
    }
  }
}

function refuseOtherRun(runDir: string, existing: RunFile, planned: readonly PlannedBenchmark[]): void {
  if (existing.spec_hash === specHash(planned)) return;
  const identities = (benchmarks: readonly PlannedBenchmark[]): unknown =>
    Object.fromEntries(benchmarks.map(({ name, identity }) => [name, identity]));
  const differences = jsonDifferences(identities(existing.benchmarks), identities(planned)).map(describeDifference);
  const shown = differences.slice(0, SHOWN_DIFFERENCES);
  if (differences.length > shown.length) shown.push(`… and ${differences.length - shown.length} more`);
  throw new NelError(
    'usage',
    `${runDir} holds a run with another config; going on would mix two runs:\n${shown.map((line) => `  ${line}`).join('\n')}`,
    {
      hint: 'use the config it was started with, or another output directory (-o)',
    },
  );
}

function describeDifference({ path: where, before, after }: JsonDifference): string {
  const show = (value: unknown): string => {
    if (value === undefined) return 'absent';
    const text = JSON.stringify(value);
    return text.length > 60 ? `${text.slice(0, 57)}…` : text;
  };
  return `${where}: ${show(before)} there, ${show(after)} now`;
}
