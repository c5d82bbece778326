/** Runs statistics case files (`{topic, cases: [{id, fn, input, expected, tol_rel, tol_abs}]}`) against src/core/stats: reference values from elsewhere. */

import { errorMessage } from '../core/errors.js';
import { isJsonObject } from '../core/json.js';
import * as stats from '../core/stats/index.js';
import { readCases } from './read-cases.js';

export interface StatsCase {
  readonly id: string;
  /** Name of the statistics function, called with `input` as its one argument. */
  readonly fn: string;
  readonly input: unknown;
  readonly expected: unknown;
  readonly tol_rel?: number;
  readonly tol_abs?: number;
}

export interface StatsCaseResult {
  readonly passed: number;
  readonly failures: { id: string; message: string }[];
}

/** The field of a value that only a mistake gives. */
const WRONG = '_WRONG';

const FUNCTIONS = new Map<string, (input: never) => unknown>(Object.entries(stats));

function isStatsCase(value: unknown): value is StatsCase {
  return isJsonObject(value) && typeof value.fn === 'string' && 'input' in value && 'expected' in value;
}

/** True for the content of a statistics case file; the file's name does not matter. */
export function isStatsCaseFile(json: unknown): boolean {
  return isJsonObject(json) && typeof json.topic === 'string' && Array.isArray(json.cases) && json.cases.every(isStatsCase);
}

/**
 * Runs every case of a file.
 * @throws NelError when the file cannot be read or is no statistics case file
 */
export async function runStatsCaseFile(path: string): Promise<StatsCaseResult> {
  const json = await readCases(path, {
    what: 'statistics',
    accepts: isStatsCaseFile,
    needs: 'It needs a topic, and cases with fn, input and expected.',
  });
  const { topic, cases } = json as { topic: string; cases: StatsCase[] };
  const failures: { id: string; message: string }[] = [];
  cases.forEach((item, i) => {
    const message = runStatsCase(item);
    if (message !== null) failures.push({ id: item.id ?? `${topic}[${i}]`, message });
  });
  return { passed: cases.length - failures.length, failures };
}

/** What is wrong with one case's result, or null when it agrees. */
export function runStatsCase(item: StatsCase): string | null {
  const fn = FUNCTIONS.get(item.fn);
  if (fn === undefined) return `no statistics function ${item.fn}`;
  let result: unknown;
  try {
    result = fn(item.input as never);
  } catch (error) {
    return `${item.fn} threw ${errorMessage(error)}`;
  }
  return compareStatsResult(item, result);
}

/** What is wrong with `result` as the outcome of a case, or null when it agrees. */
export function compareStatsResult({ fn, expected, tol_rel = 0, tol_abs = 0 }: StatsCase, result: unknown): string | null {
  const tolerance: Tolerance = { relative: tol_rel, absolute: tol_abs };
  const unclean = uncleanNumber(result, fn);
  if (unclean !== null) return unclean;
  if (!isJsonObject(expected) || !isJsonObject(result)) return difference(result, expected, tolerance, fn);
  let compared = 0;
  for (const [field, value] of Object.entries(expected)) {
    // A field that the function does not return is one it has no use for.
    if (field.endsWith(WRONG) || !(field in result)) continue;
    compared++;
    const message = difference(result[field], value, tolerance, `${fn}.${field}`);
    if (message !== null) return message;
  }
  if (compared === 0) return `${fn} returns none of the expected fields (${Object.keys(expected).join(', ')})`;
  return knownMistake(result, expected, tolerance, fn);
}

interface Tolerance {
  readonly relative: number;
  readonly absolute: number;
}

function numbersAgree(actual: number, expected: number, { absolute, relative }: Tolerance): boolean {
  return Math.abs(actual - expected) <= absolute + relative * Math.abs(expected);
}

/** NaN, an infinity or −0 anywhere in a result, also in fields that no case expects. */
function uncleanNumber(value: unknown, at: string): string | null {
  if (typeof value === 'number') {
    if (Number.isFinite(value) && !Object.is(value, -0)) return null;
    return `${at} is ${Object.is(value, -0) ? '-0' : value}`;
  }
  if (typeof value !== 'object' || value === null) return value === undefined ? `${at} is undefined` : null;
  for (const [key, member] of Object.entries(value)) {
    const message = uncleanNumber(member, Array.isArray(value) ? `${at}[${key}]` : `${at}.${key}`);
    if (message !== null) return message;
  }
  return null;
}

/** Numbers within the tolerance, everything else equal; arrays element by element. */
function difference(actual: unknown, expected: unknown, tolerance: Tolerance, at: string): string | null {
  if (Array.isArray(expected) && Array.isArray(actual)) {
    if (actual.length !== expected.length) return `${at} has ${actual.length} elements, expected ${expected.length}`;
    for (let i = 0; i < expected.length; i++) {
      const message = difference(actual[i], expected[i], tolerance, `${at}[${i}]`);
      if (message !== null) return message;
    }
    return null;
  }
  if (isJsonObject(expected) && isJsonObject(actual)) {
    for (const [key, value] of Object.entries(expected)) {
      const message = difference(actual[key], value, tolerance, `${at}.${key}`);
      if (message !== null) return message;
    }
    return null;
  }
  const agrees =
    typeof actual === 'number' && typeof expected === 'number' ? numbersAgree(actual, expected, tolerance) : actual === expected;
  return agrees ? null : `${at} is ${JSON.stringify(actual)}, expected ${JSON.stringify(expected)}`;
}

/** The fields that a `_WRONG` field is about: of its own name, or of a name that it begins or ends with (`micro_delta_WRONG`: delta). */
function fieldsOf(wrongField: string, fields: readonly string[]): string[] {
  const name = wrongField.slice(0, -WRONG.length);
  return fields.filter((field) => field === name || name.startsWith(`${field}_`) || name.endsWith(`_${field}`));
}

/** A `_WRONG` value that came out although it differs from what is right. */
function knownMistake(result: Record<string, unknown>, expected: Record<string, unknown>, tolerance: Tolerance, at: string): string | null {
  for (const [wrongField, wrong] of Object.entries(expected)) {
    if (!wrongField.endsWith(WRONG)) continue;
    for (const field of fieldsOf(wrongField, Object.keys(result))) {
      // Where the mistake happens to give the right number, it cannot be told from it.
      const right = expected[field];
      if (right !== undefined && difference(right, wrong, tolerance, field) === null) continue;
      if (difference(result[field], wrong, tolerance, field) === null) {
        return `${at}.${field} is ${JSON.stringify(result[field])}, which is the known mistake ${wrongField}`;
      }
    }
  }
  return null;
}
