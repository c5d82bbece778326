/** Reads results.jsonl, ours or another tool's: only `problem_idx` and `reward` are required of a line. */

import { NelError } from '../core/errors.js';
import type { Metric } from '../core/metric.js';
import { ItemTable, type ProblemId } from '../core/pairing.js';
import { readJsonLines } from './jsonl.js';

/** A line whose required fields were checked; all others are as the file has them. */
export interface CheckedRow {
  readonly problem_idx: ProblemId;
  readonly repeat: number;
  readonly reward: number;
  readonly error: boolean;
  readonly fields: Readonly<Record<string, unknown>>;
}

/**
 * Calls `handle` for every line of results.jsonl.
 * @throws NelError of kind `data` with file and line: not JSON, no problem_idx, a reward that is no finite number, a repeat that is no whole number
 */
export async function readResults(file: string, handle: (row: CheckedRow, line: number) => void): Promise<void> {
  await readJsonLines(file, (fields, line) => {
    const { problem_idx, repeat = 0, reward, status } = fields;
    if (!isProblemId(problem_idx)) throw broken(file, line, 'problem_idx', problem_idx, 'a whole number or a text');
    if (typeof reward !== 'number' || !Number.isFinite(reward)) throw broken(file, line, 'reward', reward, 'a finite number');
    if (typeof repeat !== 'number' || !Number.isSafeInteger(repeat) || repeat < 0) {
      throw broken(file, line, 'repeat', repeat, 'a whole number from 0');
    }
    handle({ problem_idx, repeat, reward, error: status === 'error', fields }, line);
  });
}

/** Collects one side of a benchmark for pairing. @throws as readResults, and where (problem_idx, repeat) stands twice */
export async function collectItems(file: string, metric: Metric, clusterBy: string | null): Promise<ItemTable> {
  const table = new ItemTable();
  await readResults(file, ({ problem_idx, repeat, reward, error, fields }, line) => {
    const added = table.add({
      problem_idx,
      repeat,
      value: error ? null : metric.value(reward, fields),
      cluster: clusterBy === null ? null : labelOf(fields, clusterBy),
      expected: typeof fields.expected_answer === 'string' ? fields.expected_answer : null,
    });
    if (!added) throw duplicateRow(file, line, problem_idx, repeat);
  });
  return table;
}

export function duplicateRow(file: string, line: number, problemIdx: ProblemId, repeat: number): NelError {
  return new NelError(
    'data',
    `Duplicate row: (problem_idx, repeat) = (${JSON.stringify(problemIdx)}, ${repeat}) is a duplicate of an earlier line`,
    {
      at: { file, line },
      hint: 'A sample counts once: remove the rows of the older run.',
    },
  );
}

/** A text or number under `name` in metadata, in scoring_details or at the top of the line. */
export function labelOf(fields: Readonly<Record<string, unknown>>, name: string): string | null {
  for (const holder of [fields.metadata, fields.scoring_details, fields]) {
    if (typeof holder !== 'object' || holder === null || !Object.hasOwn(holder, name)) continue;
    const value = (holder as Record<string, unknown>)[name];
    if (typeof value === 'string' || typeof value === 'number') return String(value);
  }
  return null;
}

function isProblemId(value: unknown): value is ProblemId {
  return typeof value === 'string' ? value !== '' : Number.isSafeInteger(value);
}

function broken(file: string, line: number, field: string, value: unknown, wanted: string): NelError {
  const found = value === undefined ? 'is missing' : `is ${kindOf(value)}`;
  return new NelError('data', `${field} ${found}; it must be ${wanted}`, { at: { file, line } });
}

function kindOf(value: unknown): string {
  if (typeof value === 'number' || typeof value === 'boolean' || value === null) return String(value);
  if (typeof value === 'string') return value === '' ? 'an empty text' : 'a text';
  return Array.isArray(value) ? 'a list' : 'an object';
}
