/**
 * The files of an lm-eval run, `results_<time>.json` and `samples_<task>_<time>.jsonl`, as samples and scores. A sample file has one line for
 * each filter and document; one filter's metric becomes the reward, the others stand beside it under the tool's own names.
 */

import { createHash } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { NelError } from '../../core/errors.js';
import type { HarnessRecordContext, HarnessReport } from '../../core/harness.js';
import { isJsonObject, type JsonObject } from '../../core/json.js';
import type { SampleRecord } from '../../core/sample.js';
import { metricsOf, toSample } from './lm-eval-sample.js';
import { agrees, Means, numberOf, parsePythonJson, pythonJsonLines, RECORD_BATCH, sha256, toRecord } from './records.js';

/** What the benchmark's address says of the reward; null: the first of these metrics that the task has, under its first filter. */
export interface LmEvalChoice {
  readonly metric: string | null;
  readonly filter: string | null;
}

const PREFERRED = ['exact_match', 'acc', 'prompt_level_strict_acc', 'pass@1', 'pass_at_1', 'em', 'f1', 'score', 'acc_norm'];

type Results = Readonly<Record<string, unknown>>;

interface Files {
  readonly results: Results;
  /** Sorted by task. */
  readonly tasks: readonly { readonly name: string; readonly file: string }[];
}

/** One task's file, read once. */
interface Task {
  readonly name: string;
  readonly file: string;
  readonly metric: string;
  readonly filter: string;
  readonly documents: number;
  /** Numbers of the other filters, by document. */
  readonly others: ReadonlyMap<number, JsonObject>;
  /** Over what `metric,filter` names. */
  readonly means: Means;
  readonly documentsHash: string;
  readonly promptsHash: string;
}

export async function lmEvalReport(outputDir: string, choice: LmEvalChoice): Promise<HarnessReport> {
  const { results, tasks: files } = await findFiles(outputDir);
  const tasks: Task[] = [];
  for (const { name, file } of files) tasks.push(await scanTask(name, file, results, choice));
  const keys = [...new Set(tasks.map(({ metric, filter }) => `${metric},${filter}`))];
  const configs = member(results, 'configs');
  return {
    problems: tasks.reduce((sum, { documents }) => sum + documents, 0),
    datasetSize: datasetSize(results, tasks),
    datasetIdentity: JSON.stringify(tasks.map(({ name, documentsHash }) => [name, documentsHash])),
    identity: {
      tool: 'lm-eval',
      version: typeof results['lm_eval_version'] === 'string' ? results['lm_eval_version'] : null,
      scoring: keys,
      tasks: Object.fromEntries(
        tasks.map(({ name }) => [name, { version: versionOf(results, name), num_fewshot: fewshotOf(results, name) }]),
      ),
      prompt_hash: sha256(tasks.map(({ promptsHash }) => promptsHash).join(' ')),
    },
    scorer: `lm-eval:${keys.join(' ')}`,
    scores: ownScores(results, tasks),
    notes: tasks.flatMap((task) => disagreement(results, task)),
    cacheable: tasks.every(({ name }) => (numberOf(member(configs, name)['repeats']) ?? 1) <= 1),
  };
}

export async function* lmEvalRecords(
  outputDir: string,
  choice: LmEvalChoice,
  context: HarnessRecordContext,
): AsyncGenerator<readonly SampleRecord[]> {
  const { results, tasks } = await findFiles(outputDir);
  let problem_idx = 0;
  let batch: SampleRecord[] = [];
  for (const { name, file } of tasks) {
    const task = await scanTask(name, file, results, choice);
    const category = tasks.length > 1 ? name : null;
    for await (const row of pythonJsonLines(file)) {
      if (row['filter'] !== task.filter) continue;
      batch.push(toRecord({ ...toSample(row, task), problem_idx: problem_idx++, category }, context));
      if (batch.length < RECORD_BATCH) continue;
      yield batch;
      batch = [];
    }
  }
  yield batch;
}

/** @throws NelError of kind `data`: the tool ends with code 0 also when it could not write its files */
async function findFiles(outputDir: string): Promise<Files> {
  const below = readdirSync(outputDir, { recursive: true, encoding: 'utf8' });
  const found = below.filter((name) => /^results_.+\.json$/.test(path.basename(name)));
  const [first] = found;
  if (first === undefined || found.length > 1) {
    throw new NelError('data', `${outputDir} holds ${found.length} files results_*.json of lm-eval, where one is expected`, {
      hint: 'harness.log says what the tool printed.',
    });
  }
  const file = path.join(outputDir, first);
  const results = parsePythonJson(await readFile(file, 'utf8'), file);
  const time = path.basename(first).slice('results_'.length, -'.json'.length);
  const names = Object.keys(member(results, 'configs')).sort();
  if (names.length === 0) throw new NelError('data', 'names no task under "configs"', { at: { file } });
  const tasks = names.map((name) => ({ name, file: path.join(path.dirname(file), `samples_${name}_${time}.jsonl`) }));
  const missing = tasks.find((task) => !existsSync(task.file));
  if (missing !== undefined) throw new NelError('data', `the samples of task ${missing.name} are missing: there is no ${missing.file}`);
  return { results, tasks };
}

async function scanTask(name: string, file: string, results: Results, choice: LmEvalChoice): Promise<Task> {
  const counts = new Map<string, number>();
  const others = new Map<number, Record<string, number>>();
  const means = new Means();
  const documents = createHash('sha256');
  const prompts = createHash('sha256');
  let main: { readonly metric: string; readonly filter: string } | undefined;
  for await (const row of pythonJsonLines(file)) {
    const filter = String(row['filter']);
    counts.set(filter, (counts.get(filter) ?? 0) + 1);
    const documentId = numberOf(row['doc_id']) ?? -1;
    for (const [key, value] of metricsOf(row)) means.add(key, value);
    if (main === undefined && (choice.filter === null || choice.filter === filter)) {
      main = { filter, metric: chooseMetric(row, choice, { name, file, results }) };
    }
    if (filter === main?.filter) {
      means.addSample();
      documents.update(`${String(row['doc_hash'])} `);
      prompts.update(`${String(row['prompt_hash'])} `);
    } else others.set(documentId, { ...others.get(documentId), ...Object.fromEntries(metricsOf(row)) });
  }
  if (main === undefined) {
    const known = [...counts.keys()];
    throw new NelError(
      'data',
      counts.size === 0 ? `task ${name} has no samples` : `task ${name} has no filter ${JSON.stringify(choice.filter)}`,
      {
        at: { file },
        ...(known.length === 0 ? {} : { hint: `Its filters: ${known.join(', ')}.` }),
      },
    );
  }
  checkCounts(name, file, counts, results);
  const hashes = { documentsHash: documents.digest('hex'), promptsHash: prompts.digest('hex') };
  return { name, file, ...main, documents: counts.get(main.filter) ?? 0, others, means, ...hashes };
}

/** A file that lacks lines would be a score over fewer questions than the tool's. */
function checkCounts(name: string, file: string, counts: ReadonlyMap<string, number>, results: Results): void {
  const expected = numberOf(member(member(results, 'n-samples'), name)['effective']);
  for (const [filter, count] of counts) {
    if (expected === undefined || count === expected) continue;
    throw new NelError('data', `holds ${count} samples of filter ${filter}, where the tool says ${expected}: the file is cut off`, {
      at: { file },
    });
  }
}

function chooseMetric(row: Results, { metric }: LmEvalChoice, task: { name: string; file: string; results: Results }): string {
  const names = Array.isArray(row['metrics']) ? row['metrics'].map(String) : [];
  const numeric = names.filter((name) => numberOf(row[name]) !== undefined);
  const higher = member(member(task.results, 'higher_is_better'), task.name);
  const chosen =
    metric === null
      ? (PREFERRED.find((name) => numeric.includes(name)) ?? numeric.find((name) => higher[name] !== false))
      : numeric.find((name) => name === metric);
  if (chosen !== undefined) return chosen;
  throw new NelError(
    'data',
    metric === null
      ? `no metric of task ${task.name} is a number for each document where higher is better`
      : `task ${task.name} has no number for each document called ${JSON.stringify(metric)}`,
    {
      at: { file: task.file },
      hint: `Its metrics: ${names.join(', ')}${numeric.length > 0 ? `; params: {metric: ${numeric[0]}} chooses one` : ''}.`,
    },
  );
}

/** The tool's numbers that are no means over our samples: corpus metrics, and those of groups. */
function ownScores(results: Results, tasks: readonly Task[]): Record<string, number> {
  const scores: [string, number][] = [];
  const many = tasks.length > 1;
  for (const task of tasks) {
    for (const [key, value] of metricValues(member(member(results, 'results'), task.name))) {
      const mean = task.means.get(key);
      if (mean === undefined || !agrees(mean, value)) scores.push([many ? `${task.name}/${key}` : key, value]);
    }
  }
  for (const group of Object.keys(member(results, 'groups'))) {
    for (const [key, value] of metricValues(member(member(results, 'groups'), group))) scores.push([`${group}/${key}`, value]);
  }
  return Object.fromEntries(scores);
}

/** Members `metric,filter` with a number, without the standard errors. */
function metricValues(of: Results): [string, number][] {
  return Object.entries(of).flatMap(([key, value]): [string, number][] => {
    const number = typeof value === 'number' ? numberOf(value) : undefined;
    return number === undefined || !key.includes(',') || /_stderr,/.test(key) ? [] : [[key, number]];
  });
}

function disagreement(results: Results, { name, metric, filter, means }: Task): string[] {
  const key = `${metric},${filter}`;
  const theirs = numberOf(member(member(results, 'results'), name)[key]);
  const ours = means.get(key);
  if (theirs === undefined) return [`task ${name}: lm-eval gives no ${key} of its own to compare with`];
  if (ours !== undefined && agrees(ours, theirs)) return [];
  return [`task ${name}: the mean of ${key} over the samples is ${ours ?? 'unknown'}, lm-eval says ${theirs}; it is no plain mean there`];
}

function datasetSize(results: Results, tasks: readonly Task[]): number | null {
  const sizes = tasks.map(({ name }) => numberOf(member(member(results, 'n-samples'), name)['original']));
  return sizes.some((size) => size === undefined) ? null : (sizes as number[]).reduce((sum, size) => sum + size, 0);
}

function versionOf(results: Results, name: string): string | number | null {
  const version = member(results, 'versions')[name];
  return typeof version === 'string' || typeof version === 'number' ? version : null;
}

function fewshotOf(results: Results, name: string): number | null {
  return numberOf(member(results, 'n-shot')[name]) ?? null;
}

/** A member that is an object; absent or anything else: an empty one. */
function member(of: Results, key: string): Results {
  const value = Object.hasOwn(of, key) ? of[key] : undefined;
  return isJsonObject(value) ? value : {};
}
