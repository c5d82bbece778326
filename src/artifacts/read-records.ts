/** Samples out of finished artifacts: results.jsonl and trajectories.jsonl, read side by side, hold all that a journal line holds. */

import path from 'node:path';
import { NelError, type SourcePosition } from '../core/errors.js';
import { isJsonObject, type JsonObject } from '../core/json.js';
import { type ResultLine, type SampleRecord, sampleOrdinal, type TrajectoryLine } from '../core/sample.js';
import { jsonLines } from './jsonl.js';

export interface ReadRecordsOptions {
  /** OUT/<benchmark> */
  readonly benchmarkDir: string;
  readonly repeats: number;
  /** Whether a sample's `metadata.category` is the category that scores are reported under, or a field like any other. */
  readonly hasCategories: boolean;
  /** Ordinals [start, end) that the files have to hold. */
  readonly range: { readonly start: number; readonly end: number };
  /** What to do about files that are damaged, for the errors: sentences. */
  readonly mend: string;
}

/** Records handed on at once. */
const BATCH = 512;

/**
 * Yields the samples in order, in constant memory.
 * @throws NelError of kind `data` with file and line: a sample that is missing, doubled, out of order or outside the range, or two files
 *   that do not hold the same samples
 */
export async function* readRecords(options: ReadRecordsOptions): AsyncGenerator<readonly SampleRecord[]> {
  const { benchmarkDir, repeats, hasCategories, range, mend } = options;
  const files = { results: path.join(benchmarkDir, 'results.jsonl'), trajectories: path.join(benchmarkDir, 'trajectories.jsonl') };
  const trajectories = each(files.trajectories, mend);
  let expected = range.start;
  let batch: SampleRecord[] = [];
  try {
    for await (const { value, line } of each(files.results, mend)) {
      const result = value as unknown as ResultLine;
      const at = { file: files.results, line };
      const ordinal = keyOf(value, repeats, { at, mend });
      if (ordinal !== expected) throw misplaced(ordinal, expected, { repeats, range, at, mend });
      expected++;
      const next = await trajectories.next();
      const trajectory = next.done ? undefined : next.value;
      const beside = { file: files.trajectories, ...(trajectory === undefined ? {} : { line: trajectory.line }) };
      if (trajectory === undefined || keyOf(trajectory.value, repeats, { at: beside, mend }) !== ordinal) {
        throw new NelError('data', `does not hold the sample of line ${line} of results.jsonl`, {
          at: beside,
          hint: `The two files are not of one run. ${mend}`,
        });
      }
      batch.push(toRecord(result, trajectory.value as unknown as TrajectoryLine, hasCategories));
      if (batch.length < BATCH) continue;
      yield batch;
      batch = [];
    }
    if (expected !== range.end) throw misplaced(range.end, expected, { repeats, range, at: { file: files.results }, mend });
    if (!(await trajectories.next()).done) {
      throw new NelError('data', 'holds more samples than results.jsonl beside it', { at: { file: files.trajectories }, hint: mend });
    }
    yield batch;
  } finally {
    await trajectories.return(undefined);
  }
}

/** @throws NelError for a line that is torn, or a file that is not there, with what to do */
async function* each(
  file: string,
  mend: string,
): AsyncGenerator<{ readonly value: Readonly<Record<string, unknown>>; readonly line: number }> {
  try {
    for await (const lines of jsonLines(file)) yield* lines;
  } catch (error) {
    if (error instanceof NelError && error.hint === undefined) throw new NelError(error.kind, error.message, { hint: mend, cause: error });
    throw error;
  }
}

/** Where a file is wrong, and what to do about it. */
interface Fault {
  readonly at: SourcePosition;
  readonly mend: string;
}

function keyOf(fields: Readonly<Record<string, unknown>>, repeats: number, { at, mend }: Fault): number {
  const { problem_idx, repeat } = fields;
  const isIndex = (value: unknown): value is number => typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
  if (!isIndex(problem_idx) || !isIndex(repeat) || repeat >= repeats) {
    throw new NelError('data', `problem_idx and repeat (below ${repeats}) must be whole numbers from 0`, { at, hint: mend });
  }
  return sampleOrdinal({ problem_idx, repeat }, repeats);
}

function misplaced(found: number, expected: number, where: Fault & Pick<ReadRecordsOptions, 'repeats' | 'range'>): NelError {
  const { repeats, range, at, mend } = where;
  const name = (ordinal: number): string => `problem_idx ${Math.floor(ordinal / repeats)}, repeat ${ordinal % repeats}`;
  const problem =
    expected >= range.end
      ? `holds ${name(found)}, which is beyond its range`
      : found < expected
        ? `holds ${name(found)} twice or out of order`
        : `lacks ${name(expected)}`;
  return new NelError('data', problem, { at, hint: mend });
}

function toRecord(result: ResultLine, trajectory: TrajectoryLine, hasCategories: boolean): SampleRecord {
  const category = hasCategories && isJsonObject(result.metadata) ? result.metadata['category'] : undefined;
  return {
    step_id: trajectory.step_id,
    problem_idx: result.problem_idx,
    repeat: result.repeat,
    timestamp: trajectory.timestamp,
    generation: 0,
    status: result.status,
    reward: result.reward,
    extracted_answer: result.extracted_answer,
    expected_answer: result.expected_answer,
    scoring_method: trajectory.scoring_method,
    scoring_details: result.scoring_details,
    failure_category: result.failure_category,
    category: typeof category === 'string' ? category : null,
    metadata: trajectory.seed_metadata as JsonObject,
    prompt: trajectory.prompt,
    messages: trajectory.messages,
    request_hash: trajectory.model?.request_hash ?? '',
    attempts: result.attempts,
    timing: trajectory.timing,
    model: trajectory.model,
    model_error: trajectory.model_error,
    ...(trajectory.judge_calls === undefined ? {} : { judge_calls: trajectory.judge_calls }),
  };
}
