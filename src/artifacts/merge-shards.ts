/**
 * The merge: from shard directories to the artifacts of the whole run. Every number is computed from the samples, as an unsharded
 * run computes it; nothing is averaged over shards.
 */

import { readdir } from 'node:fs/promises';
import path from 'node:path';
import type { ScoreSummary } from '../core/benchmark.js';
import { NelError } from '../core/errors.js';
import { allowedErrors, type SampleRecord } from '../core/sample.js';
import { shardFolder, shardOfFolder, shardRange } from '../core/shards.js';
import type { PlannedBenchmark, RunFile } from '../core/spec.js';
import { readBundle } from './read-bundle.js';
import { readRecords } from './read-records.js';
import { readRunFile, writeRunFile } from './run-file.js';
import { bundlePath, problemRange, type WrittenArtifacts, writeArtifacts } from './write-artifacts.js';

export interface MergeOptions {
  /** Holds `shard_0`, `shard_1`, …; the merged files go there as well. */
  readonly dir: string;
  /** The run that had its shards evaluated elsewhere; default: made of the first shard's. */
  readonly run?: RunFile;
  /** Merge what is there and say in the bundle what is not. */
  readonly allowPartial: boolean;
  /** Makes a benchmark's scores that are no means; see Environment.createSummary. */
  readonly summaryOf: (benchmark: PlannedBenchmark) => Promise<(() => ScoreSummary) | undefined>;
  readonly onProgress?: () => void;
}

export interface MergedRun {
  readonly run: RunFile;
  readonly benchmarks: readonly { readonly name: string; readonly written: WrittenArtifacts }[];
  /** Shards that were not there, or were left out. */
  readonly missing: readonly number[];
  /** Why those that are there were left out, each by its folder. */
  readonly leftOut: readonly string[];
}

interface ShardFiles {
  readonly dir: string;
  readonly run: RunFile;
}

interface ShardDirectory extends ShardFiles {
  readonly index: number;
}

/**
 * @throws NelError of kind `data` that names the shard: missing (unless `allowPartial`), unfinished, doubled, of another config, data
 *   set or number of shards, or with samples that are not its own
 */
export async function mergeShards(options: MergeOptions): Promise<MergedRun> {
  const { dir, allowPartial, summaryOf, onProgress } = options;
  const leftOut: string[] = [];
  const skip = allowPartial ? (reason: string): void => void leftOut.push(reason) : undefined;
  const shards = await findShards(dir, skip);
  const first = shards[0];
  if (first?.run.shard === undefined) {
    throw new NelError('data', `${dir} holds no shards${because(leftOut)}`, {
      hint: `Shards are folders ${shardFolder(0)}, ${shardFolder(1)}, … with a run.json each.`,
    });
  }
  const { total } = first.run.shard;
  for (const shard of shards) assertSameRun(first, shard);
  const present = skip === undefined ? shards : await wholeOnly(shards, skip);
  const missing = Array.from({ length: total }, (_, i) => i).filter((i) => !present.some(({ index }) => index === i));
  if (missing.length > 0 && !allowPartial) throw missingShards(dir, missing, total);
  if (present.length === 0) throw new NelError('data', `${dir}: no shard is finished, there is nothing to merge${because(leftOut)}`);
  if (options.run === undefined) await refuseOtherRun(dir, first);
  else if (options.run.spec_hash !== first.run.spec_hash)
    throw new NelError('data', `the shards in ${dir} are not those of run ${options.run.run_id}`);
  const { shard: _, ...whole } = first.run;
  const run: RunFile = options.run ?? { ...whole, spec: { ...first.run.spec, output: { dir: path.resolve(dir) } } };
  const benchmarks: { name: string; written: WrittenArtifacts }[] = [];
  for (const benchmark of run.benchmarks) {
    const samples = benchmark.n_problems * benchmark.spec.repeats;
    const left = missing
      .map((index) => shardRange(benchmark.n_problems, { index, total }))
      .reduce((n, { start, end }) => n + end - start, 0);
    const lost = left * benchmark.spec.repeats;
    const createSummary = await summaryOf(benchmark);
    const written = await writeArtifacts({
      run,
      benchmark,
      benchmarkDir: path.join(dir, benchmark.name),
      records: recordsOf(present, benchmark),
      maxErrors: allowedErrors(run.spec.max_error_rate, samples - lost),
      createSummary,
      ...(missing.length === 0 ? {} : { missing: { shards: missing, samples: lost } }),
      ...(onProgress ? { onProgress } : {}),
    });
    benchmarks.push({ name: benchmark.name, written });
  }
  await writeRunFile(dir, run);
  return { run, benchmarks, missing, leftOut };
}

/**
 * Reads all samples of a shard's finished run.
 * @throws NelError of kind `data`: a benchmark without bundle, or what readRecords() finds wrong with its files
 */
export async function assertWhole(dir: string, run: RunFile): Promise<void> {
  for (const benchmark of run.benchmarks) for await (const _ of recordsOf([{ dir, run }], benchmark));
}

/** Shard directories by index. @param skip is told of one whose run.json cannot be read; absent: that is an error */
async function findShards(dir: string, skip?: (reason: string) => void): Promise<ShardDirectory[]> {
  const names = await readdir(dir).catch((error: NodeJS.ErrnoException) => {
    throw new NelError('usage', `${dir} cannot be read: ${error.message}`);
  });
  const shards: ShardDirectory[] = [];
  for (const name of names) {
    const index = shardOfFolder(name);
    if (index === null) continue;
    const shardDir = path.join(dir, name);
    const run = await readShardRun(shardDir).catch((error: unknown) => {
      if (skip === undefined || !(error instanceof NelError)) throw error;
      skip(error.message);
      return undefined;
    });
    if (run === undefined) continue;
    if (run.shard === undefined) throw new NelError('data', `${shardDir} holds a whole run, not a shard`);
    if (run.shard.index !== index) {
      throw new NelError('data', `${shardDir} holds shard ${run.shard.index}: it was copied or renamed`, {
        hint: `Its folder is ${shardFolder(run.shard.index)}.`,
      });
    }
    shards.push({ index, dir: shardDir, run });
  }
  return shards.sort((a, b) => a.index - b.index);
}

async function readShardRun(shardDir: string): Promise<RunFile | undefined> {
  try {
    return await readRunFile(shardDir);
  } catch (error) {
    if (!(error instanceof NelError)) throw error;
    throw new NelError(error.kind, error.message, {
      hint: `Restore it, or delete ${shardDir} and run that shard again from its beginning; or merge without it: --allow-partial.`,
      cause: error,
    });
  }
}

function assertSameRun(first: ShardDirectory, shard: ShardDirectory): void {
  const fail = (what: string): never => {
    throw new NelError('data', `${shard.dir} belongs to another run than ${first.dir}: ${what}`, {
      hint: 'Merge the shards of one run: remove the folder that does not belong here, or run that shard again.',
    });
  };
  const mine = shard.run.shard;
  const total = first.run.shard?.total;
  if (mine?.total !== total) fail(`it is one of ${mine?.total} shards, not of ${total}`);
  const names = (run: RunFile): string => run.benchmarks.map(({ name }) => name).join(', ');
  if (names(shard.run) !== names(first.run)) fail(`its benchmarks are ${names(shard.run)}, not ${names(first.run)}`);
  for (const [i, planned] of shard.run.benchmarks.entries()) {
    const other = first.run.benchmarks[i] as PlannedBenchmark;
    if (planned.dataset.fingerprint !== other.dataset.fingerprint) fail(`the data set of ${planned.name} is another one`);
    if (planned.n_problems !== other.n_problems) fail(`${planned.name} has ${planned.n_problems} problems, not ${other.n_problems}`);
    if (planned.config_hash !== other.config_hash) fail(`the config of ${planned.name} is another one (config_hash)`);
  }
}

/** Shards that are finished and can be read to their end; `skip` is told why the others are not. */
async function wholeOnly(shards: readonly ShardDirectory[], skip: (reason: string) => void): Promise<ShardDirectory[]> {
  const whole: ShardDirectory[] = [];
  for (const shard of shards) {
    try {
      await assertWhole(shard.dir, shard.run);
      whole.push(shard);
    } catch (error) {
      if (!(error instanceof NelError)) throw error;
      skip(error.message);
    }
  }
  return whole;
}

/** The benchmark that a shard has no bundle of, or null. */
async function unfinished({ dir, run }: ShardFiles): Promise<string | null> {
  for (const { name } of run.benchmarks) {
    const bundle = await readBundle(bundlePath(path.join(dir, name), run)).catch(() => undefined);
    if (bundle === undefined) return name;
  }
  return null;
}

async function* recordsOf(shards: readonly ShardFiles[], benchmark: PlannedBenchmark): AsyncGenerator<readonly SampleRecord[]> {
  const { repeats } = benchmark.spec;
  for (const shard of shards) {
    const lacking = await unfinished(shard);
    if (lacking !== null) {
      throw new NelError('data', `${shard.dir} is not finished: it has no bundle of ${lacking}`, {
        hint: 'Run that shard again (what is journaled is not asked again), or merge without it: --allow-partial.',
      });
    }
    const { start, end } = problemRange(shard.run, benchmark);
    const bundle = await readBundle(bundlePath(path.join(shard.dir, benchmark.name), shard.run));
    yield* readRecords({
      benchmarkDir: path.join(shard.dir, benchmark.name),
      repeats,
      hasCategories: Object.keys(bundle.categories).length > 0,
      range: { start: start * repeats, end: end * repeats },
      mend: mendingOf(shard.run, benchmark),
    });
  }
}

/** A shard's command reads what it wrote; that of a shard in a store sees its bundles only. */
function mendingOf(run: RunFile, { name }: PlannedBenchmark): string {
  const { remote } = run.spec.output;
  const first = remote === undefined ? 'Run' : `Delete ${remote}/${name}/${path.basename(bundlePath(name, run))}, then run`;
  return `${first} that shard again with the same command: its files are written anew, and what is journaled is not asked again.`;
}

/** Why none of the shards that are there will do. */
function because(leftOut: readonly string[]): string {
  return leftOut.length === 0 ? '' : [':', ...leftOut].join('\n  ');
}

function missingShards(dir: string, missing: readonly number[], total: number): NelError {
  const shown = missing.slice(0, 20).map(shardFolder).join(', ');
  return new NelError('data', `${dir}: ${missing.length} of ${total} shards are missing: ${shown}${missing.length > 20 ? ', …' : ''}`, {
    hint: 'Run them with the same command, or merge what is there: --allow-partial.',
  });
}

/** A directory that holds the files of another run is not written into. */
async function refuseOtherRun(dir: string, { run }: ShardDirectory): Promise<void> {
  const existing = await readRunFile(dir);
  if (existing === undefined || existing.spec_hash === run.spec_hash) return;
  throw new NelError('usage', `${dir} holds another run than its shards`, { hint: 'Move the shards to a directory of their own.' });
}
