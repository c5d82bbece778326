/** Compare from end to end: bundles, results and trajectories of two runs in, report out. CLI and API call this one function. */

import { createHash } from 'node:crypto';
import { access } from 'node:fs/promises';
import path from 'node:path';
import { bundleDifferences, type Difference } from '../core/comparability.js';
import { type BenchmarkComparison, type CompareSide, compareBenchmark, metricsToCompare } from '../core/compare.js';
import { type CompareReport, compareReport } from '../core/compare-report.js';
import { NelError } from '../core/errors.js';
import type { CompareSample } from '../core/flips.js';
import { metricNamed } from '../core/metric.js';
import { ItemTable, type ProblemId } from '../core/pairing.js';
import { type Discovery, discoverBundles, type FoundBundle } from './discover.js';
import { readJsonLines } from './jsonl.js';
import { duplicateRow, labelOf, readResults } from './read-results.js';

export interface CompareDirectoriesInput {
  /** Results directories, searched at any depth, or single bundle files; the report names them as they are given here. */
  readonly baseline: string;
  readonly candidate: string;
  /** Largest drop that is no regression; default 0.05, as the documents have it. */
  readonly maxDrop?: number | undefined;
  /** A sample is right when its reward is above this; default 0, as the documents have it. */
  readonly correctAbove?: number | undefined;
  /** Compare runs over different data sets. */
  readonly force?: boolean | undefined;
  /** What relative paths are relative to; default: the process's directory. */
  readonly cwd?: string | undefined;
}

/** Longest part of an answer that is kept for the flips. */
const ANSWER_LENGTH = 200;

/**
 * Compares two runs, benchmark by benchmark.
 * @throws NelError of kind `data` for broken files, duplicates, paths that do not exist, and different data sets without `force`
 */
export async function compareDirectories(input: CompareDirectoriesInput): Promise<CompareReport> {
  const { cwd = process.cwd(), maxDrop = 0.05 } = input;
  const baseline = await discovered(path.resolve(cwd, input.baseline), input.baseline);
  const candidate = await discovered(path.resolve(cwd, input.candidate), input.candidate);
  const benchmarks: BenchmarkComparison[] = [];
  for (const name of [...baseline.benchmarks.keys()].sort()) {
    const left = baseline.benchmarks.get(name);
    const right = candidate.benchmarks.get(name);
    if (left !== undefined && right !== undefined) benchmarks.push(await compareOne(left, right, input));
  }
  const only = (one: Discovery, other: Discovery) => [...one.benchmarks.keys()].filter((name) => !other.benchmarks.has(name)).sort();
  return compareReport({
    baseline: { path: input.baseline, run_ids: runIds(baseline) },
    candidate: { path: input.candidate, run_ids: runIds(candidate) },
    max_drop: maxDrop,
    benchmarks,
    baseline_only: only(baseline, candidate),
    candidate_only: only(candidate, baseline),
    warnings: only(candidate, baseline).map((name) => `${name}: only in the candidate, not compared`),
  });
}

async function discovered(root: string, shown: string): Promise<Discovery> {
  const found = await discoverBundles(root);
  if (!found.exists) throw new NelError('data', 'no such file or directory', { at: { file: shown } });
  if (found.benchmarks.size === 0) {
    throw new NelError('data', 'no bundle (eval-*.json) is in it', {
      at: { file: shown },
      hint: 'Give the output directory of a finished run.',
    });
  }
  return found;
}

function runIds({ benchmarks }: Discovery): string[] {
  return [...new Set([...benchmarks.values()].flatMap(({ bundle }) => bundle.run_id ?? []))].sort();
}

async function compareOne(left: FoundBundle, right: FoundBundle, input: CompareDirectoriesInput): Promise<BenchmarkComparison> {
  const bundles = bundleDifferences(left.bundle, right.bundle);
  const metrics = metricsToCompare(left.bundle, right.bundle);
  const baseline = await readSide('baseline', left, metrics);
  const candidate = await readSide('candidate', right, metrics);
  const known = left.bundle.dataset.fingerprint !== null && left.bundle.dataset.fingerprint === right.bundle.dataset.fingerprint;
  const answers = known ? null : answerDifference(baseline.samples, candidate.samples);
  const prompts = await promptDifference(left, right);
  const differences = [...(answers === null ? [] : [answers]), ...bundles, ...(prompts === null ? [] : [prompts])].sort(
    (a, b) => Number(b.kind === 'dataset') - Number(a.kind === 'dataset') || Number(b.kind === 'prompt') - Number(a.kind === 'prompt'),
  );
  const dataset = differences.find(({ kind }) => kind === 'dataset');
  if (dataset !== undefined && input.force !== true) {
    const { field, baseline: before, candidate: after } = dataset;
    throw new NelError(
      'data',
      `${left.bundle.name}: Different data sets: ${field} is ${JSON.stringify(before)} in the baseline and ${JSON.stringify(after)} in the candidate (${left.file} and ${right.file})`,
      { hint: 'Their problems do not pair. Compare them all the same with --force.' },
    );
  }
  return compareBenchmark({ baseline, candidate, differences, maxDrop: input.maxDrop ?? 0.05, correctAbove: input.correctAbove ?? 0 });
}

async function readSide(side: string, found: FoundBundle, metrics: readonly string[]): Promise<CompareSide> {
  const without = (problem: string): CompareSide => ({ bundle: found.bundle, tables: null, samples: new Map(), problem });
  if (found.shares_folder_with.length > 0) {
    return without(`The ${side} keeps several benchmarks in one folder: whose results.jsonl it is cannot be told`);
  }
  if (!(await exists(found.results))) return without(`results.jsonl of the ${side} is missing`);
  const readers = metrics.map((name) => ({ metric: metricNamed(name), table: new ItemTable() }));
  const samples = new Map<ProblemId, CompareSample[]>();
  await readResults(found.results, ({ problem_idx, repeat, reward, error, fields }, line) => {
    const category = labelOf(fields, 'category');
    for (const { metric, table } of readers) {
      const value = error ? null : metric.value(reward, fields);
      if (!table.add({ problem_idx, repeat, value, cluster: category, expected: null }))
        throw duplicateRow(found.results, line, problem_idx, repeat);
    }
    const sample = { repeat, reward, error, category, expected: short(fields.expected_answer), answer: short(fields.extracted_answer) };
    const earlier = samples.get(problem_idx);
    if (earlier === undefined) samples.set(problem_idx, [sample]);
    else earlier.push(sample);
  });
  if (samples.size === 0) return without(`results.jsonl of the ${side} is empty`);
  return { bundle: found.bundle, tables: new Map(readers.map(({ metric, table }) => [metric.name, table])), samples, problem: null };
}

async function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return false;
      throw new NelError('data', `cannot be read (${error.code})`, { at: { file }, cause: error });
    },
  );
}

function short(value: unknown): string | null {
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (typeof value !== 'string') return null;
  return value.length <= ANSWER_LENGTH ? value : `${value.slice(0, ANSWER_LENGTH)}…`;
}

type Samples = ReadonlyMap<ProblemId, readonly CompareSample[]>;

/** Same problem_idx, other right answer: the two sides were not asked the same questions. */
function answerDifference(baseline: Samples, candidate: Samples): Difference | null {
  for (const [id, [before]] of baseline) {
    const left = before?.expected ?? null;
    const right = candidate.get(id)?.[0]?.expected ?? null;
    if (left === null || right === null || left === right) continue;
    return { kind: 'dataset', field: `expected_answer of problem_idx ${JSON.stringify(id)}`, baseline: left, candidate: right };
  }
  return null;
}

/** How many questions were put differently, by the trajectories of both sides; null where one has none or all prompts agree. */
async function promptDifference(left: FoundBundle, right: FoundBundle): Promise<Difference | null> {
  const files = [left, right].map(({ file }) => path.join(path.dirname(file), 'trajectories.jsonl'));
  if (!(await Promise.all(files.map(exists))).every(Boolean)) return null;
  const [before, after] = [await promptHashes(files[0] as string), await promptHashes(files[1] as string)];
  let compared = 0;
  let different = 0;
  for (const [id, hash] of before) {
    const other = after.get(id);
    if (other === undefined) continue;
    compared++;
    if (other !== hash) different++;
  }
  if (different === 0) return null;
  return { kind: 'prompt', field: `prompts of ${different} of ${compared} problems`, baseline: 'one text', candidate: 'another text' };
}

async function promptHashes(file: string): Promise<Map<ProblemId, string>> {
  const hashes = new Map<ProblemId, string>();
  await readJsonLines(file, ({ problem_idx: id, prompt, messages }) => {
    if ((typeof id !== 'number' && typeof id !== 'string') || hashes.has(id)) return;
    const asked = JSON.stringify([prompt ?? null, messages ?? null]);
    hashes.set(id, createHash('sha256').update(asked).digest('base64url').slice(0, 16));
  });
  return hashes;
}
