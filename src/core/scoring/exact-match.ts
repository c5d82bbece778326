/** The exact-match scorer: the whole answer is the target, up to writing. */

import type { Scorer, ScorerInput, ScorerResult } from '../benchmark.js';
import { isEmptyAnswer, judged, nothingExtracted, scorerName } from './failure.js';

export interface ExactMatchOptions {
  /** Tell `Paris` from `paris`. Default false. */
  readonly caseSensitive?: boolean;
  /** Tell `Paris.` from `Paris`. Default false. */
  readonly keepPunctuation?: boolean;
  /** Tell `the Nile` from `Nile`. Default false. */
  readonly keepArticles?: boolean;
}

/**
 * By default case, punctuation, white space and the articles a, an and the do not matter, as the documented `exact_match` of the
 * reference (NVIDIA NeMo Evaluator, Scoring) and SQuAD's normalisation have it; each can be made to matter.
 * A target that is nothing but punctuation or an article is compared with those kept, so that `+` never equals `-`.
 */
export function exactMatch(options: ExactMatchOptions = {}): Scorer {
  return {
    name: scorerName('exact_match', {
      case_sensitive: options.caseSensitive || undefined,
      keep_articles: options.keepArticles || undefined,
      keep_punctuation: options.keepPunctuation || undefined,
    }),
    score({ response, target }: ScorerInput): ScorerResult {
      if (isEmptyAnswer(response)) return nothingExtracted(response);
      return judged(response, { reward: matches(response, target, options) ? 1 : 0, extracted: response.trim() });
    },
  };
}

function matches(response: string, target: string, options: ExactMatchOptions): boolean {
  const wanted = normalise(target, options);
  if (wanted !== '') return normalise(response, options) === wanted;
  const literal = { ...options, keepPunctuation: true, keepArticles: true };
  return normalise(response, literal) === normalise(target, literal);
}

function normalise(text: string, { caseSensitive, keepPunctuation, keepArticles }: ExactMatchOptions): string {
  let result = text.normalize('NFKC');
  if (!caseSensitive) result = result.toLowerCase();
  if (!keepPunctuation) result = result.replace(/[\p{P}\p{S}]/gu, (sign, at: number, whole: string) => punctuation(sign, at, whole));
  if (!keepArticles) result = result.replace(/(?<![\p{L}\p{N}])(?:a|an|the)(?![\p{L}\p{N}])/giu, ' ');
  return result.replace(/\s+/g, ' ').trim();
}

/** Signs and separators inside a number are part of it (`-5`, `3.14`); all other punctuation goes. */
function punctuation(sign: string, at: number, whole: string): string {
  const digitAfter = /\d/.test(whole[at + sign.length] ?? '');
  const digitBefore = /\d/.test(whole[at - 1] ?? '');
  if (sign === '.' && digitAfter) return '.';
  if ((sign === '-' || sign === '−') && digitAfter && !digitBefore) return '-';
  return '';
}
