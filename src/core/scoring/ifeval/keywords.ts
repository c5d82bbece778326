/** IFEval's keyword instructions: words that must, or must not, appear, and how often a word or a letter may. */

import type { Check, Kwargs } from './arguments.js';
import { countArgument, listArgument, NEVER, relationArgument, textArgument, thresholdChecks } from './arguments.js';
import { countMatches, pythonRegex } from './python-regex.js';
import { strip } from './python-text.js';

/** Every keyword appears, in any case, also inside longer words: a keyword is a pattern. */
export function keywordsExist(kwargs: Kwargs): readonly Check[] {
  const patterns = listArgument(kwargs, 'keywords')?.map((keyword) => pythonRegex(keyword, { ignoreCase: true }));
  return patterns === undefined ? NEVER : [(response) => patterns.every((pattern) => found(pattern, response))];
}

/** A keyword appears at least, or fewer than, so many times, in any case, also inside longer words. */
export function keywordFrequency(kwargs: Kwargs): readonly Check[] {
  const threshold = countArgument(kwargs, 'frequency');
  const relation = relationArgument(kwargs, 'relation');
  const keyword = textArgument(kwargs, 'keyword');
  const pattern = keyword === undefined ? undefined : pythonRegex(strip(keyword), { ignoreCase: true });
  const count = (response: string) => (pattern === undefined ? 0 : countMatches(pattern, response));
  return thresholdChecks({ count, threshold, relation, drawn: [1, 3] });
}

/** None of the words appears as a whole word. Without words, none is forbidden. */
export function forbiddenWords(kwargs: Kwargs): readonly Check[] {
  const patterns = (listArgument(kwargs, 'forbidden_words') ?? []).map((word) => pythonRegex(`\\b${word}\\b`, { ignoreCase: true }));
  return [(response) => !patterns.some((pattern) => found(pattern, response))];
}

const LETTERS = [...'abcdefghijklmnopqrstuvwxyz'];

/**
 * A letter appears at least, or fewer than, so many times, in any case.
 *
 * For anything but one of a to z (the data set asks for `#` and `!`) the reference draws a letter at random and counts that. Its
 * verdict is ours where all letters give the same one; otherwise the given character is counted, as the prompt asks.
 */
export function letterFrequency(kwargs: Kwargs): readonly Check[] {
  const letter = textArgument(kwargs, 'letter')?.toLowerCase();
  const threshold = countArgument(kwargs, 'let_frequency');
  const relation = relationArgument(kwargs, 'let_relation');
  const checksFor = (character: string) =>
    thresholdChecks({ count: (response) => occurrences(response.toLowerCase(), character), threshold, relation, drawn: [1, 10] });
  if (letter !== undefined && LETTERS.includes(letter)) return checksFor(letter);
  const drawn = LETTERS.flatMap(checksFor);
  const literal = letter === undefined ? NEVER : checksFor(letter);
  return [
    (response) => {
      const verdicts = new Set(drawn.map((check) => check(response)));
      return verdicts.size === 1 ? verdicts.has(true) : literal.every((check) => check(response));
    },
  ];
}

function found(pattern: RegExp, text: string): boolean {
  pattern.lastIndex = 0;
  return pattern.test(text);
}

function occurrences(text: string, part: string): number {
  let count = 0;
  for (let at = text.indexOf(part); at !== -1; at = text.indexOf(part, at + part.length)) count++;
  return count;
}
