/** The numeric scorer: takes a number from the answer, the last one by default, and compares values. */

import type { Scorer, ScorerInput, ScorerResult } from '../benchmark.js';
import { NelError } from '../errors.js';
import { judged, nothingExtracted, scorerName } from './failure.js';
import { parseNumber, sameNumber, undecorated } from './text.js';

export interface NumericMatchOptions {
  /** Largest absolute difference that still counts as equal. Default 0: equal up to floating-point rounding. */
  readonly tolerance?: number;
  /** Which number of the answer is the answer. Default `last`. */
  readonly pick?: 'first' | 'last';
}

/** A number inside running text. The alternatives start with different characters, so that matching is linear. */
const NUMBER_IN_TEXT =
  /(?<![\p{L}\p{N}_])[-+−]?(?:[$€£¥]\s?)?(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+|(?=\.\d))(?:\.\d+)?(?:[eE][-+]?\d{1,3}(?!\d))?/gu;

/**
 * `$1,200`, `1200.0` and `1.2e3` are the same number; `%` is not read.
 * @throws NelError of kind `data` when the target is no number: the sample then is an error, not a zero
 */
export function numericMatch(options: NumericMatchOptions = {}): Scorer {
  const { tolerance = 0, pick = 'last' } = options;
  if (!(tolerance >= 0)) throw new NelError('config', `numericMatch: tolerance must be 0 or more, not ${tolerance}`);
  return {
    name: scorerName('numeric_match', { pick: pick === 'last' ? undefined : pick, tolerance: tolerance || undefined }),
    score({ response, target }: ScorerInput): ScorerResult {
      const wanted = parseNumber(undecorated(target));
      if (wanted === null) {
        throw new NelError('data', `the target ${JSON.stringify(target.slice(0, 80))} is not a number`, {
          hint: 'numericMatch needs numeric targets; use answerLine or exactMatch for text.',
        });
      }
      const found = pick === 'last' ? lastNumber(response) : firstNumber(response);
      const value = found === null ? null : parseNumber(found);
      if (found === null || value === null) return nothingExtracted(response);
      return judged(response, { reward: sameNumber(value, wanted, tolerance) ? 1 : 0, extracted: found });
    },
  };
}

function firstNumber(text: string): string | null {
  NUMBER_IN_TEXT.lastIndex = 0;
  return NUMBER_IN_TEXT.exec(text)?.[0] ?? null;
}

function lastNumber(text: string): string | null {
  let last: string | null = null;
  for (const match of text.matchAll(NUMBER_IN_TEXT)) last = match[0];
  return last;
}
