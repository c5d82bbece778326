/** IFEval's length instructions: how many words, sentences and paragraphs an answer has, and how one paragraph begins. */

import type { Check, Kwargs } from './arguments.js';
import { countArgument, NEVER, relationArgument, textArgument, thresholdChecks } from './arguments.js';
import { countWords, isBlank, SPACE, splitSpaces } from './python-text.js';
import { countSentences } from './sentences.js';

export function numberOfWords(kwargs: Kwargs): readonly Check[] {
  const threshold = countArgument(kwargs, 'num_words');
  return thresholdChecks({ count: countWords, threshold, relation: relationArgument(kwargs, 'relation'), drawn: [100, 500] });
}

export function numberOfSentences(kwargs: Kwargs): readonly Check[] {
  const threshold = countArgument(kwargs, 'num_sentences');
  return thresholdChecks({ count: countSentences, threshold, relation: relationArgument(kwargs, 'relation'), drawn: [1, 20] });
}

const DIVIDER = new RegExp(`${SPACE}?\\*\\*\\*${SPACE}?`);

/** Exactly so many paragraphs between `***`. An empty one at either end does not count, one in the middle fails. */
export function numberOfParagraphs(kwargs: Kwargs): readonly Check[] {
  const wanted = countArgument(kwargs, 'num_paragraphs');
  if (wanted === undefined) return NEVER;
  return [
    (response) => {
      const blank = response.split(DIVIDER).map(isBlank);
      if (blank.slice(1, -1).includes(true)) return false;
      return blank.filter((empty) => !empty).length === wanted;
    },
  ];
}

const ENDS_FIRST_WORD = new Set(['.', ',', '?', '!', "'", '"']);

/**
 * Exactly so many paragraphs between empty lines, and the nth begins with the given word, in any case.
 * As in the reference, empty paragraphs do not count as paragraphs but do count in finding the nth.
 */
export function nthParagraphFirstWord(kwargs: Kwargs): readonly Check[] {
  const wanted = countArgument(kwargs, 'num_paragraphs');
  const nth = countArgument(kwargs, 'nth_paragraph');
  const word = textArgument(kwargs, 'first_word')?.toLowerCase();
  if (wanted === undefined || nth === undefined || nth > wanted || word === undefined) return NEVER;
  return [
    (response) => {
      const paragraphs = response.split('\n\n');
      const count = paragraphs.filter((paragraph) => !isBlank(paragraph)).length;
      if (count !== wanted) return false;
      return firstWord(paragraphs[nth - 1] ?? '') === word;
    },
  ];
}

/** The first word up to a punctuation mark, lower case, opening quotation marks left out; null for an empty paragraph. */
function firstWord(paragraph: string): string | null {
  const first = splitSpaces(paragraph)[0];
  if (first === undefined) return null;
  let word = '';
  for (const letter of first.replace(/^'+/, '').replace(/^"+/, '')) {
    if (ENDS_FIRST_WORD.has(letter)) break;
    word += letter.toLowerCase();
  }
  return word;
}
