/**
 * A benchmark that another program runs, at work: its attempts below OUT/<benchmark>/harness, and the artifacts from the one that finished.
 * An attempt counts once its results were read through; until then the next one starts the program again, with the answers it kept.
 */

import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { HarnessAttempt, HarnessSummary, WrittenSummary } from '../activities/engine-port.js';
import { credentialsIn, harnessEnvironment } from '../adapters/harnesses/environment.js';
import { runHarnessProcess } from '../adapters/harnesses/run-process.js';
import { writeArtifacts } from '../artifacts/write-artifacts.js';
import { writeFileAtomic } from '../artifacts/write-atomic.js';
import { NelError } from '../core/errors.js';
import { type Harness, type HarnessRecordContext, type HarnessReport, harnessSpecOf, isHarnessRef, refuseShards } from '../core/harness.js';
import type { GenerationSettings } from '../core/model.js';
import type { SampleRecord } from '../core/sample.js';
import type { PlannedBenchmark, RunFile, ServiceSpec } from '../core/spec.js';
import { hashJson, sha256 } from '../engine/hash.js';
import { attemptName } from './new-run.js';
import type { Env } from './open-benchmark.js';
import type { Redactor } from './redactor.js';

/** A harness benchmark of a run, ready to work. */
export interface OpenHarness {
  readonly run: RunFile;
  readonly planned: PlannedBenchmark;
  /** OUT/<benchmark> */
  readonly dir: string;
  readonly harness: Harness;
  readonly service: ServiceSpec;
  readonly generation: GenerationSettings;
  readonly apiKey: string | null;
  readonly env: Env;
}

/** What a finished attempt leaves beside its output. */
interface Finished {
  /** PlannedBenchmark's: files of another config are not taken. */
  readonly config_hash: string;
  readonly generation: number;
  readonly ended: string;
  readonly elapsed_ms: number;
}

const FINISHED = 'finished.json';
const OUTPUT = 'output';
/** Kept answers of attempts that were cut off. */
const CACHE = 'cache';
/** A larger file does not fit into a text. */
const LARGEST_CLEANED = 400 * 1024 * 1024;

export function isHarnessBenchmark(run: RunFile, name: string): boolean {
  return run.benchmarks.some((planned) => planned.name === name && isHarnessRef(planned.spec.ref));
}

/** @throws NelError of kind `run` when the program fails, `data` when its results cannot be used; the stop signal's reason */
export async function runHarness(open: OpenHarness, attempt: HarnessAttempt, redactor: Redactor): Promise<HarnessSummary> {
  if (open.run.shard !== undefined) refuseShards(open.planned.spec.ref);
  const earlier = await finishedAttempt(open);
  if (earlier !== undefined) return summaryOf(await open.harness.report(path.join(earlier.folder, OUTPUT)));
  await attempt.checkOwned();
  await removeUnfinished(open);
  const cache = path.join(open.dir, 'harness', CACHE);
  const reused = existsSync(cache);
  const report = await runOnce(open, attempt, redactor, cache);
  if (!reused || report.cacheable) return summaryOf(report);
  // Several samples of one request, and kept answers: all of them would be the first one.
  const finished = await finishedAttempt(open);
  if (finished !== undefined) await rm(finished.folder, { recursive: true, force: true });
  return summaryOf(await runOnce(open, attempt, redactor, cache));
}

async function runOnce(open: OpenHarness, attempt: HarnessAttempt, redactor: Redactor, cacheDir: string): Promise<HarnessReport> {
  const { harness, planned, service, generation, apiKey, env, dir, run } = open;
  const folder = path.join(dir, 'harness', attemptName());
  const outputDir = path.join(folder, OUTPUT);
  await mkdir(outputDir, { recursive: true });
  await mkdir(cacheDir, { recursive: true });
  const environment = harnessEnvironment(env, harnessSpecOf(planned.spec).env, apiKey);
  for (const secret of credentialsIn(environment)) redactor.learn(secret);
  const { system_prompt: systemPrompt, max_problems: maxProblems } = planned.spec;
  const started = Date.now();
  try {
    await runHarnessProcess({
      ...harness.command({ service, generation, systemPrompt, maxProblems, outputDir, cacheDir }),
      tool: harness.tool,
      environment,
      cwd: process.cwd(),
      logFile: path.join(dir, 'harness.log'),
      redact: redactor.redact,
      onLine: (line) => attempt.onLine(line),
      advice: (said) => harness.advice(said),
      stop: attempt.stop,
    });
    await cleanFiles(outputDir, redactor.redact);
    const ended = new Date();
    const finished: Finished = {
      config_hash: planned.config_hash,
      generation: run.generation,
      ended: ended.toISOString(),
      elapsed_ms: ended.getTime() - started,
    };
    const report = await harness.report(outputDir);
    await readThrough(open, outputDir, finished, report, attempt.stop);
    await writeFileAtomic(path.join(folder, FINISHED), `${JSON.stringify(finished, null, 2)}\n`);
    await rm(cacheDir, { recursive: true, force: true });
    return report;
  } catch (error) {
    // The log has what it printed; half of its files would only be taken for results.
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

function summaryOf({ problems, notes }: HarnessReport): HarnessSummary {
  return { problems, notes };
}

/** Nothing may be found wrong with the results once the run counts as done. */
async function readThrough(
  open: OpenHarness,
  outputDir: string,
  finished: Finished,
  report: HarnessReport,
  stop: AbortSignal,
): Promise<void> {
  let samples = 0;
  for await (const batch of open.harness.records(outputDir, contextOf(open, finished))) {
    stop.throwIfAborted();
    samples += batch.length;
  }
  if (samples === report.problems && samples > 0) return;
  throw new NelError(
    'data',
    `${open.planned.name}: the results of ${open.harness.tool} hold ${samples} samples, where ${report.problems} are expected`,
  );
}

/**
 * Writes the files of a benchmark from the results of its program. The bundle says how many problems there were, and what the program told
 * of itself.
 * @throws NelError of kind `data` when no attempt has finished
 */
export async function writeHarnessArtifacts(
  open: OpenHarness,
  redact: (text: string) => string,
  signal: AbortSignal,
): Promise<WrittenSummary> {
  if (open.run.shard !== undefined) refuseShards(open.planned.spec.ref);
  const { planned, harness, run, dir } = open;
  const attempt = await finishedAttempt(open);
  if (attempt === undefined)
    throw new NelError('data', `${planned.name}: there are no results of ${harness.tool} in ${path.join(dir, 'harness')}`);
  const outputDir = path.join(attempt.folder, OUTPUT);
  const report = await harness.report(outputDir);
  const { aggregate, bundle } = await writeArtifacts({
    run,
    benchmark: withReport(planned, report),
    benchmarkDir: dir,
    records: cleaned(harness.records(outputDir, contextOf(open, attempt.finished)), redact),
    createSummary: () => ({ add: () => undefined, scores: () => report.scores }),
    onProgress: () => signal.throwIfAborted(),
  });
  const { expected, errors } = aggregate.coverage;
  return { bundle, mean_reward: aggregate.scores['mean_reward']?.value ?? null, expected, errors };
}

/** The plan with what only the results could say. */
function withReport(planned: PlannedBenchmark, report: HarnessReport): PlannedBenchmark {
  const { problems, datasetSize, datasetIdentity, identity, scorer, notes } = report;
  const fingerprint = sha256(datasetIdentity);
  return {
    ...planned,
    n_problems: problems,
    dataset: { ...planned.dataset, fingerprint, size: datasetSize ?? problems },
    identity: {
      ...planned.identity,
      dataset: fingerprint,
      n_problems: problems,
      scorer,
      harness: notes.length === 0 ? identity : { ...identity, notes },
    },
  };
}

function contextOf({ run, service }: OpenHarness, { generation, ended, elapsed_ms }: Finished): HarnessRecordContext {
  return { runId: run.run_id, generation, model: service.model, timestamp: ended, elapsedMs: elapsed_ms };
}

/** No credential reaches an artifact even when a model or an endpoint repeats it. */
async function* cleaned(
  records: AsyncIterable<readonly SampleRecord[]>,
  redact: (text: string) => string,
): AsyncGenerator<readonly SampleRecord[]> {
  for await (const batch of records) {
    const text = JSON.stringify(batch);
    if (redact(text) === text) yield batch;
    else {
      yield JSON.parse(text, (_, value: unknown) => (typeof value === 'string' ? redact(value) : value)) as SampleRecord[];
    }
  }
}

/** The same for the program's own files, which stay beside the artifacts; links are left alone, wherever they lead, if anywhere. */
async function cleanFiles(folder: string, redact: (text: string) => string): Promise<void> {
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const file = path.join(entry.parentPath, entry.name);
    if (!entry.isFile() || (await stat(file)).size > LARGEST_CLEANED) continue;
    const text = await readFile(file, 'utf8');
    const clean = redact(text);
    if (clean !== text) await writeFile(file, clean);
  }
}

interface FinishedAttempt {
  readonly folder: string;
  readonly finished: Finished;
}

/** The first attempt that finished with this config. */
async function finishedAttempt({ dir, planned }: OpenHarness): Promise<FinishedAttempt | undefined> {
  for (const folder of await attemptFolders(dir)) {
    const text = await readFile(path.join(folder, FINISHED), 'utf8').catch(() => undefined);
    const finished = text === undefined ? undefined : (JSON.parse(text) as Finished);
    if (finished?.config_hash === planned.config_hash) return { folder, finished };
  }
  return undefined;
}

/** What a killed worker left. */
async function removeUnfinished({ dir }: OpenHarness): Promise<void> {
  for (const folder of await attemptFolders(dir)) await rm(folder, { recursive: true, force: true });
}

async function attemptFolders(dir: string): Promise<string[]> {
  const parent = path.join(dir, 'harness');
  const names = existsSync(parent) ? await readdir(parent) : [];
  return names
    .filter((name) => name !== CACHE)
    .sort()
    .map((name) => path.join(parent, name));
}

/** Of what is known before the run; what the results add is in the bundle. */
export function definitionHashOf(harness: Harness): string {
  return hashJson(harness.definition);
}
