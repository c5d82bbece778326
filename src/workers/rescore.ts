/**
 * `nel rescore`: scores the stored answers of a run again, by further metrics or by the benchmark's own scorer as it is now, into a new
 * directory. The model under test is never asked. Each re-scored sample is journaled, so that a judge is not paid twice either.
 */

import { access, realpath } from 'node:fs/promises';
import path from 'node:path';
import { batchFolder, batchRanges, JournalWriter, readBatchJournal } from '../artifacts/journal.js';
import { readBundle } from '../artifacts/read-bundle.js';
import { readRecords } from '../artifacts/read-records.js';
import { readRunFile, writeRunFile } from '../artifacts/run-file.js';
import { bundlePath, journalRecords, type WrittenArtifacts, writeArtifacts } from '../artifacts/write-artifacts.js';
import { NEL_VERSION } from '../client/version.js';
import { errorMessage, NelError } from '../core/errors.js';
import { isHarnessRef } from '../core/harness.js';
import { isBuiltInMetric } from '../core/metric.js';
import { didYouMean } from '../core/nearest.js';
import { type SampleRecord, sampleOrdinal } from '../core/sample.js';
import type { MetricSpec, PlannedBenchmark, RunFile, RunSpec, ServiceSpec } from '../core/spec.js';
import { hashJson } from '../engine/hash.js';
import { attemptName, newRunId, specHash } from './new-run.js';
import { type Env, summaryOf } from './open-benchmark.js';
import { asksOwnScorer, type OpenRescorer, openRescorer, rescoreSample } from './rescorer.js';
import { RunOpener } from './run-opener.js';

export interface RescoreOptions {
  /** The finished run. */
  readonly from: string;
  /** Where the re-scored run goes. */
  readonly to: string;
  /** Empty: the benchmark's own scorer and the metrics that the run had, as they are now. */
  readonly metrics: readonly MetricSpec[];
  /** Services of judges. */
  readonly services: Readonly<Record<string, ServiceSpec>>;
  /** Name of the metric that becomes the reward; null: the reward stays what it was, or is made anew by the benchmark's own scorer. */
  readonly reward: string | null;
  readonly env: Env;
  readonly signal: AbortSignal;
  readonly onProgress: (done: number, samples: number) => void;
  readonly log: (line: string) => void;
}

export interface RescoredRun {
  readonly run: RunFile;
  readonly benchmarks: readonly { readonly name: string; readonly written: WrittenArtifacts }[];
}

/**
 * @throws NelError of kind `data` when there is no finished run, `usage` when `to` holds something else, `config` for a bad metric;
 *   ModelCallError when a judge refuses every call
 */
export async function rescore(options: RescoreOptions): Promise<RescoredRun> {
  const { from, to, signal } = options;
  const source = await finishedRun(from);
  if (await sameDirectory(from, to))
    throw new NelError('usage', 'a run is not re-scored in place', { hint: 'give another directory (-o)' });
  const foreign = source.benchmarks.find(({ spec: { ref } }) => isHarnessRef(ref));
  if (foreign !== undefined) {
    throw new NelError('usage', `${foreign.spec.ref} was scored by another tool, whose answers are not scored again here`);
  }
  const spec: RunSpec = {
    ...source.spec,
    services: withServices(source.spec, options.services),
    output: { ...source.spec.output, dir: path.resolve(to) },
  };
  const opener = new RunOpener(options.env);
  const open: OpenRescorer[] = [];
  try {
    for (const benchmark of source.benchmarks) open.push(await openRescorer({ ...options, opener, spec, benchmark }));
    for (const { planned } of open) await checkReward(options, source, planned);
    const run = await prepare(
      source,
      spec,
      open.map(({ planned }) => planned),
      to,
    );
    const benchmarks: { name: string; written: WrittenArtifacts }[] = [];
    for (const rescorer of open) {
      const { planned } = rescorer;
      await rescoreBenchmark({ source, run, rescorer, options, redact: opener.redactor.redact });
      const createSummary = await summaryFor(planned, options);
      const where = { run, benchmark: planned, benchmarkDir: path.join(to, planned.name) };
      const records = journalRecords(where, false);
      const written = await writeArtifacts({ ...where, records, createSummary, onProgress: () => signal.throwIfAborted() });
      benchmarks.push({ name: planned.name, written });
    }
    return { run, benchmarks };
  } finally {
    await Promise.all(open.map((rescorer) => rescorer.close()));
  }
}

/** @throws NelError of kind `data` */
export async function finishedRun(from: string): Promise<RunFile> {
  const source = await readRunFile(from);
  if (source === undefined) throw new NelError('data', `${from} holds no run`, { hint: 'Give the output directory of a finished run.' });
  if (source.shard !== undefined) {
    throw new NelError('data', `${from} holds one shard of a run`, {
      hint: 'Merge the shards with nel eval merge, then re-score the whole.',
    });
  }
  for (const { name } of source.benchmarks) {
    await access(bundlePath(path.join(from, name), source)).catch((error: unknown) => {
      throw new NelError('data', `${from}: the run is not finished, ${name} has no bundle`, {
        hint: 'Finish it with --resume (or merge its shards with nel eval merge) first.',
        cause: error,
      });
    });
  }
  return source;
}

/** How the benchmark makes scores that are no means; a benchmark that is no longer there, and is not needed, makes none. */
async function summaryFor(
  { name, spec: { ref, params } }: PlannedBenchmark,
  { metrics, log }: RescoreOptions,
): ReturnType<typeof summaryOf> {
  try {
    return await summaryOf({ ref, params, cwd: process.cwd() });
  } catch (error) {
    if (asksOwnScorer(metrics)) throw error;
    log(`${name}: scores that are no means are left out: ${errorMessage(error)}`);
    return undefined;
  }
}

/** The metric that becomes the reward is a new one, or a score of the run; of the benchmark's own scorer it is not known what it will give. */
async function checkReward({ from, reward, metrics }: RescoreOptions, source: RunFile, { name, spec }: PlannedBenchmark): Promise<void> {
  if (reward === null || asksOwnScorer(metrics)) return;
  const { scores } = await readBundle(bundlePath(path.join(from, name), source));
  const stored = Object.keys(scores).filter((score) => !isBuiltInMetric(score));
  const known = [...new Set([...spec.metrics.map((metric) => metric.name), ...stored])];
  if (known.includes(reward)) return;
  throw new NelError('usage', `--reward ${reward}: ${name} has no such score${didYouMean(reward, known)}`, {
    hint: `Known: ${known.join(', ')}.`,
  });
}

async function sameDirectory(a: string, b: string): Promise<boolean> {
  const real = (dir: string): Promise<string> => realpath(dir).catch(() => path.resolve(dir));
  return (await real(a)) === (await real(b));
}

/** The run's services and those of the judges. The model under test stays what it was, whatever a judge's service is called. */
function withServices({ services, benchmarks }: RunSpec, judges: RescoreOptions['services']): RunSpec['services'] {
  for (const [name, service] of Object.entries(judges)) {
    const known = services[name];
    if (known === undefined || !benchmarks.some(({ solver }) => solver.service === name) || hashJson(known) === hashJson(service)) continue;
    throw new NelError('usage', `the run's model under test is its service "${name}", and a judge is called the same`, {
      hint: 'Give the service of the judge another name.',
    });
  }
  return { ...services, ...judges };
}

async function prepare(source: RunFile, spec: RunSpec, benchmarks: readonly PlannedBenchmark[], to: string): Promise<RunFile> {
  const existing = await readRunFile(to);
  const spec_hash = specHash(benchmarks);
  if (existing !== undefined && (existing.rescored_from !== source.run_id || existing.spec_hash !== spec_hash)) {
    throw new NelError('usage', `${to} holds another run`, { hint: 'use another output directory (-o)' });
  }
  const created = new Date().toISOString();
  const run_id = existing?.run_id ?? newRunId(created);
  const run: RunFile = {
    ...source,
    run_id,
    workflow_id: `nel-${run_id}`,
    nel_version: NEL_VERSION,
    created: existing?.created ?? created,
    generation: existing === undefined ? 0 : existing.generation + 1,
    rescored_from: source.run_id,
    spec_hash,
    spec,
    benchmarks,
  };
  await writeRunFile(to, run);
  return run;
}

async function rescoreBenchmark(input: {
  readonly source: RunFile;
  readonly run: RunFile;
  readonly rescorer: OpenRescorer;
  readonly options: RescoreOptions;
  readonly redact: (text: string) => string;
}): Promise<void> {
  const { source, run, rescorer, options, redact } = input;
  const { from, to, signal, onProgress } = options;
  const { name, n_problems, spec } = rescorer.planned;
  const { repeats } = spec;
  const samples = n_problems * repeats;
  const folder = path.join(from, name);
  const bundle = bundlePath(folder, source);
  const hasCategories = Object.keys((await readBundle(bundle)).categories).length > 0;
  // A run with a bundle is complete, and writes nothing.
  const mend = `Delete the run's ${name}/${path.basename(bundle)} and go on with it by its own command: these files are written anew, and what is journaled is not asked again.`;
  const stored = flatten(readRecords({ benchmarkDir: folder, repeats, hasCategories, range: { start: 0, end: samples }, mend }));
  const target = path.join(to, name);
  let done = 0;
  try {
    for (const range of batchRanges(0, samples, run.batch_size)) {
      signal.throwIfAborted();
      const known = await readBatchJournal(target, range, repeats);
      const todo: SampleRecord[] = [];
      for (let i = range.start; i < range.end; i++) {
        const record = (await stored.next()).value as SampleRecord;
        if (known.get(sampleOrdinal(record, repeats))?.status === 'scored') onProgress(++done, samples);
        else todo.push(record);
      }
      if (todo.length === 0) continue;
      const journal = await JournalWriter.open(batchFolder(target, range), attemptName(), redact);
      // One that fails for good fails the others as well: the journal is closed when all have ended.
      const ended = await Promise.allSettled(
        todo.map(async (record) => {
          await journal.append(await rescoreSample(rescorer, record, run.generation));
          onProgress(++done, samples);
        }),
      );
      await journal.close();
      const failed = ended.find(({ status }) => status === 'rejected');
      if (failed?.status === 'rejected') throw failed.reason;
    }
    // The stream checks what stands behind the last sample.
    await stored.next();
  } finally {
    await stored.return(undefined);
  }
}

async function* flatten(batches: AsyncIterable<readonly SampleRecord[]>): AsyncGenerator<SampleRecord> {
  for await (const batch of batches) yield* batch;
}
