/** Runs scorer case files (`{scorer, reference, cases: [{input, gold, expected}]}`): what a reference implementation gave, against our scorers. */

import { errorMessage, NelError } from '../core/errors.js';
import { isJsonObject } from '../core/json.js';
import { didYouMean } from '../core/nearest.js';
import { readCases } from './read-cases.js';
import { SCORER_RULES, type ScorerCase, type ScorerRule } from './scorer-rules.js';

export interface CaseMessage {
  readonly id: string;
  readonly message: string;
}

export interface ScorerCasesResult {
  readonly passed: number;
  readonly failures: readonly CaseMessage[];
  /** Passed cases in which we differ from the reference on purpose, and why. */
  readonly notes: readonly CaseMessage[];
}

/** What one case came to: `note` says why a difference is meant. */
export type ScorerCaseOutcome = { readonly passed: true; readonly note?: string } | { readonly passed: false; readonly message: string };

/** References print what they computed in doubles, in another order of operations. */
const TOLERANCE = 1e-9;

function isScorerCase(value: unknown): boolean {
  return isJsonObject(value) && 'input' in value && 'expected' in value;
}

/** True for the content of a scorer case file; the file's name does not matter. */
export function isScorerCaseFile(json: unknown): boolean {
  return isJsonObject(json) && typeof json['scorer'] === 'string' && Array.isArray(json['cases']) && json['cases'].every(isScorerCase);
}

/**
 * Runs every case of a file.
 * @throws NelError when the file cannot be read, is no scorer case file, or is for a scorer that there is not
 */
export async function runScorerCaseFile(file: string): Promise<ScorerCasesResult> {
  const json = await readCases(file, {
    what: 'scorer',
    accepts: isScorerCaseFile,
    needs: 'It needs a scorer, and cases with input, gold and expected.',
  });
  const { scorer, cases } = json as { scorer: string; cases: ScorerCase[] };
  const rule = ruleFor(scorer);
  const failures: CaseMessage[] = [];
  const notes: CaseMessage[] = [];
  cases.forEach((item, i) => {
    const id = typeof item['id'] === 'string' ? item['id'] : `${scorer}[${i}]`;
    const outcome = runScorerCase(rule, item);
    if (!outcome.passed) failures.push({ id, message: outcome.message });
    else if (outcome.note !== undefined) notes.push({ id, message: outcome.note });
  });
  return { passed: cases.length - failures.length, failures, notes };
}

function ruleFor(scorer: string): ScorerRule {
  const name = scorer.toLowerCase().replaceAll('_', '-');
  const rule = SCORER_RULES.get(name);
  if (rule !== undefined) return rule;
  const names = [...SCORER_RULES.keys()];
  throw new NelError('data', `no scorer ${JSON.stringify(scorer)}${didYouMean(name, names)}`, { hint: `Known: ${names.join(', ')}.` });
}

/** Agrees with what is expected, or differs by a rule that is meant and names its reason. */
export function runScorerCase(rule: ScorerRule, item: ScorerCase): ScorerCaseOutcome {
  let actual: unknown;
  try {
    actual = rule.run(item);
  } catch (error) {
    return { passed: false, message: `threw ${errorMessage(error)}` };
  }
  if (agrees(actual, item.expected)) return { passed: true };
  const difference = rule.differences?.find(({ applies, reference }) => applies(item) && agrees(reference(item), item.expected));
  if (difference !== undefined) {
    return { passed: true, note: `${show(actual)} where the reference gives ${show(item.expected)}, on purpose: ${difference.reason}` };
  }
  return { passed: false, message: `${show(item.input)} gives ${show(actual)}, not ${show(item.expected)}` };
}

/** Numbers up to rounding; 0 and 1 are also false and true; of an object all expected members. */
function agrees(actual: unknown, expected: unknown): boolean {
  if (typeof expected === 'number' && typeof actual === 'number') return Math.abs(actual - expected) <= TOLERANCE;
  if (typeof expected === 'boolean' && typeof actual === 'number') return actual === Number(expected);
  if (typeof expected === 'number' && typeof actual === 'boolean') return Number(actual) === expected;
  if (isJsonObject(expected)) {
    return isJsonObject(actual) && Object.entries(expected).every(([key, value]) => agrees(actual[key], value));
  }
  return JSON.stringify(actual) === JSON.stringify(expected);
}

function show(value: unknown): string {
  const json = JSON.stringify(value) ?? 'undefined';
  return json.length > 200 ? `${json.slice(0, 200)}…` : json;
}
