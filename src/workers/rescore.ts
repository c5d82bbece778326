/**
 * `nel rescore`: scores the stored answers of a run again, by further metrics or by the benchmark's own scorer as it is now, into a new
 * directory. The model under test is never asked. Each re-scored sample is journaled, so that a judge is not paid twice either.
 */

import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { addMetrics } from '../adapters/environments/with-metrics.js';
import { batchFolder, batchRanges, JournalWriter, readBatchJournal } from '../artifacts/journal.js';
import { readBundle } from '../artifacts/read-bundle.js';
import { readRecords } from '../artifacts/read-records.js';
import { readRunFile, writeRunFile } from '../artifacts/run-file.js';
import { bundlePath, journalRecords, problemRange, type WrittenArtifacts, writeArtifacts } from '../artifacts/write-artifacts.js';
import type { Seed, Verification } from '../core/environment.js';
import { errorMessage, NelError } from '../core/errors.js';
import type { JsonObject } from '../core/json.js';
import { type SampleRecord, sampleOrdinal } from '../core/sample.js';
import type { MetricSpec, PlannedBenchmark, RunFile, ServiceSpec } from '../core/spec.js';
import { hashJson } from '../engine/hash.js';
import { type Env, summaryOf } from './open-benchmark.js';
import { RunOpener } from './run-opener.js';

export interface RescoreOptions {
  /** The finished run. */
  readonly from: string;
  /** Where the re-scored run goes. */
  readonly to: string;
  readonly metrics: readonly MetricSpec[];
  /** Services of judges. */
  readonly services: Readonly<Record<string, ServiceSpec>>;
  /** Name of the metric that becomes the reward; null: the reward stays what it was, or is made anew where there are no metrics. */
  readonly reward: string | null;
  readonly env: Env;
  readonly signal: AbortSignal;
  readonly onProgress: (done: number, samples: number) => void;
}

export interface RescoredRun {
  readonly run: RunFile;
  readonly benchmarks: readonly { readonly name: string; readonly written: WrittenArtifacts }[];
}

/** @throws NelError of kind `data` when there is no finished run, `usage` when `to` holds something else, `config` for a bad metric */
export async function rescore(options: RescoreOptions): Promise<RescoredRun> {
  const { from, to, env, signal } = options;
  const source = await readRunFile(from);
  if (source === undefined || source.shard !== undefined) {
    throw new NelError('data', `${from} holds no ${source === undefined ? 'run' : 'whole run: merge its shards first'}`);
  }
  if (path.resolve(from) === path.resolve(to))
    throw new NelError('usage', 'a run is not re-scored in place', { hint: 'give another directory (-o)' });
  const planned = source.benchmarks.map((benchmark) => replan(benchmark, options));
  const run = await prepare(source, planned, options);
  const opener = new RunOpener(env);
  const benchmarks: { name: string; written: WrittenArtifacts }[] = [];
  for (const [i, benchmark] of planned.entries()) {
    const before = source.benchmarks[i] as PlannedBenchmark;
    const verify = await verifier({ opener, run, benchmark, before, options });
    await rescoreBenchmark({ source, run, benchmark, verify, options, redact: opener.redactor.redact });
    const { ref, params } = benchmark.spec;
    const createSummary = await summaryOf({ ref, params, cwd: process.cwd() });
    const where = { run, benchmark, benchmarkDir: path.join(to, benchmark.name) };
    const written = await writeArtifacts({
      ...where,
      records: journalRecords(where, false),
      createSummary,
      onProgress: () => signal.throwIfAborted(),
    });
    benchmarks.push({ name: benchmark.name, written });
  }
  return { run, benchmarks };
}

type Verify = (record: SampleRecord) => Promise<Verification>;

/** The same benchmark under its new metrics: its hash differs, so that old and new scores are not taken for the same thing. */
function replan(benchmark: PlannedBenchmark, { metrics, reward, services }: RescoreOptions): PlannedBenchmark {
  const judged = metrics.map((metric): JsonObject => {
    const judge = 'service' in metric ? { judge_model: services[metric.service]?.model ?? null } : {};
    return { ...(JSON.parse(JSON.stringify(metric)) as JsonObject), ...judge };
  });
  const identity: JsonObject = { ...benchmark.identity, rescored: { metrics: judged, reward } };
  return { ...benchmark, spec: { ...benchmark.spec, metrics }, identity, config_hash: hashJson(identity) };
}

async function prepare(source: RunFile, benchmarks: readonly PlannedBenchmark[], { to, services }: RescoreOptions): Promise<RunFile> {
  const existing = await readRunFile(to);
  const spec_hash = hashJson(benchmarks.map(({ name, config_hash }) => `${name} ${config_hash}`));
  if (existing !== undefined && (existing.rescored_from !== source.run_id || existing.spec_hash !== spec_hash)) {
    throw new NelError('usage', `${to} holds another run`, { hint: 'use another output directory (-o)' });
  }
  const created = new Date().toISOString();
  const run_id = existing?.run_id ?? `${created.slice(0, 19).replace(/[-:]/g, '')}Z-${randomBytes(3).toString('hex')}`;
  const run: RunFile = {
    ...source,
    run_id,
    workflow_id: `nel-${run_id}`,
    created: existing?.created ?? created,
    generation: existing === undefined ? 0 : existing.generation + 1,
    rescored_from: source.run_id,
    spec_hash,
    spec: { ...source.spec, services: { ...source.spec.services, ...services }, output: { dir: path.resolve(to) } },
    benchmarks,
  };
  await writeRunFile(to, run);
  return run;
}

/** With metrics: what the answer was judged to be, and the metrics beside it. Without: the benchmark's own scorer, as it is now. */
async function verifier(input: {
  readonly opener: RunOpener;
  readonly run: RunFile;
  readonly benchmark: PlannedBenchmark;
  readonly before: PlannedBenchmark;
  readonly options: RescoreOptions;
}): Promise<Verify> {
  const { opener, run, benchmark, before, options } = input;
  const { signal, metrics } = options;
  const scoring = await opener.openScoring(run.spec, benchmark);
  if (metrics.length > 0) {
    return (record) =>
      addMetrics(verificationOf(record), scoring.metrics, { seed: seedOf(record), response: record.model?.content ?? '', signal });
  }
  const { environment } = await scoring.open();
  if (environment.dataset.fingerprint !== before.dataset.fingerprint) {
    throw new NelError('data', `${benchmark.name}: the data set is not the one that the run was made on`, {
      hint: 'restore it, or score by metrics that need no data set: --metric',
    });
  }
  return async (record) => {
    const seed = await environment.seed(record.problem_idx, record.repeat, signal);
    return environment.verify(seed, record.model?.content ?? '', signal);
  };
}

async function rescoreBenchmark(input: {
  readonly source: RunFile;
  readonly run: RunFile;
  readonly benchmark: PlannedBenchmark;
  readonly verify: Verify;
  readonly options: RescoreOptions;
  readonly redact: (text: string) => string;
}): Promise<void> {
  const { source, run, benchmark, verify, options, redact } = input;
  const { from, to, signal, onProgress, reward } = options;
  const { repeats } = benchmark.spec;
  const { end } = problemRange(run, benchmark);
  const folder = path.join(from, benchmark.name);
  const { categories } = await readBundle(bundlePath(folder, source));
  const old = readRecords({
    benchmarkDir: folder,
    repeats,
    hasCategories: Object.keys(categories).length > 0,
    range: { start: 0, end: end * repeats },
  });
  const stored = flatten(old);
  let done = 0;
  for (const range of batchRanges(0, end * repeats, run.batch_size)) {
    const target = path.join(to, benchmark.name);
    const known = await readBatchJournal(target, range, repeats);
    const journal = await JournalWriter.open(
      batchFolder(target, range),
      `${new Date().toISOString().replace(/[:.]/g, '')}-${process.pid}`,
      redact,
    );
    try {
      const todo: SampleRecord[] = [];
      for (let i = range.start; i < range.end; i++) {
        const record = (await stored.next()).value as SampleRecord;
        if (known.get(sampleOrdinal(record, repeats))?.status !== 'scored') todo.push(record);
      }
      await Promise.all(
        todo.map(async (record) => {
          await journal.append(await rescored(record, { verify, reward, generation: run.generation, signal }));
          onProgress(++done, end * repeats);
        }),
      );
    } finally {
      await journal.close();
    }
  }
}

async function* flatten(batches: AsyncIterable<readonly SampleRecord[]>): AsyncGenerator<SampleRecord> {
  for await (const batch of batches) yield* batch;
}

/** A sample that was never answered stays the error that it was. */
async function rescored(
  record: SampleRecord,
  how: { readonly verify: Verify; readonly reward: string | null; readonly generation: number; readonly signal: AbortSignal },
): Promise<SampleRecord> {
  const { verify, reward, generation, signal } = how;
  if (record.model === null) return { ...record, generation };
  try {
    const verified = await verify(record);
    const value = reward === null ? verified.reward : verified.scoring_details[reward];
    if (typeof value !== 'number' || !Number.isFinite(value)) throw new Error(`the metric ${reward ?? ''} gave no number`);
    return {
      ...record,
      generation,
      status: 'scored',
      reward: value,
      extracted_answer: verified.extracted_answer,
      scoring_method: reward ?? verified.scoring_method,
      scoring_details: verified.scoring_details,
      failure_category: value >= 1 ? null : verified.failure_category,
      model_error: null,
      ...(verified.judge_calls === undefined ? {} : { judge_calls: verified.judge_calls }),
    };
  } catch (error) {
    if (signal.aborted) throw error;
    const message = errorMessage(error);
    return {
      ...record,
      generation,
      status: 'error',
      reward: 0,
      failure_category: 'verify_error',
      model_error: { category: 'verify_error', message, status: null },
    };
  }
}

function verificationOf(record: SampleRecord): Verification {
  return {
    reward: record.reward,
    extracted_answer: record.extracted_answer,
    scoring_method: record.scoring_method,
    scoring_details: record.scoring_details,
    failure_category: record.failure_category as Verification['failure_category'],
    ...(record.judge_calls === undefined ? {} : { judge_calls: record.judge_calls }),
  };
}

function seedOf({ prompt, messages, expected_answer, category, metadata }: SampleRecord): Seed {
  return { prompt, messages, expected_answer, category, metadata };
}
