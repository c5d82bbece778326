/** The GSM8K scorers: the last number of the answer (flexible, the default), or only what follows `#### ` (strict). */

import type { Scorer, ScorerInput, ScorerResult } from '../benchmark.js';
import { judged, nothingExtracted } from './failure.js';

export interface Gsm8kOptions {
  /** Accept only an answer after `#### `, as the data set's own solutions end. Default false: the last number counts. */
  readonly strict?: boolean;
}

/**
 * GSM8K (Cobbe et al. 2021, arXiv:2110.14168) under the two filters of EleutherAI's lm-evaluation-harness, task `gsm8k`:
 * `flexible-extract` and `strict-match`. Answer and gold are compared as texts, without `,`, `$`, everything up to `#### ` and
 * one final period: `020` is not `20`.
 *
 * One difference on purpose: the harness takes any run of `$ . ,` for a number, so that "It is 5, right?..." reads as "...".
 * Here a number has a digit.
 */
export function gsm8k(options: Gsm8kOptions = {}): Scorer {
  const extract = options.strict ? afterHashes : lastNumber;
  return {
    name: options.strict ? 'gsm8k_strict' : 'gsm8k_flexible',
    score({ response, target }: ScorerInput): ScorerResult {
      const extracted = extract(response);
      if (extracted === null) return nothingExtracted(response);
      return judged(response, { reward: plain(extracted) === plain(target) ? 1 : 0, extracted });
    },
    ...(options.strict ? { idealAnswer: (target: string) => `#### ${target}` } : {}),
  };
}

/** The gold answer of a GSM8K solution: what follows the last `####`, without thousands separators; null when there is none. */
export function gsm8kGold(solution: string): string | null {
  const mark = solution.lastIndexOf('####');
  const gold =
    mark === -1
      ? ''
      : solution
          .slice(mark + 4)
          .trim()
          .replaceAll(',', '');
  return gold === '' ? null : gold;
}

function plain(text: string): string {
  const mark = text.lastIndexOf('#### ');
  return (mark === -1 ? text : text.slice(mark + 5)).replace(/[,$]/g, '').replace(/\.$/, '').toLowerCase();
}

const isDigit = (char: string | undefined): boolean => char !== undefined && char >= '0' && char <= '9';
const isNumeric = (char: string | undefined): boolean => isDigit(char) || char === '.' || char === ',' || char === '$';

/**
 * The last match of `-?[$0-9.,]{2,}` or `-?[0-9]+` that has a digit. Matches are maximal runs of one character class, so that
 * the last one can be found from the end.
 */
function lastNumber(text: string): string | null {
  let end = text.length;
  while (end > 0 && !isDigit(text[end - 1])) end--;
  if (end === 0) return null;
  let from = end;
  while (from > 0 && isNumeric(text[from - 1])) from--;
  while (isNumeric(text[end])) end++;
  return text.slice(text[from - 1] === '-' ? from - 1 : from, end);
}

/** The first `#### ` that a number follows, as the harness's strict filter takes it. */
function afterHashes(text: string): string | null {
  return /#### (-?[0-9.,]+)/.exec(text)?.[1] ?? null;
}
