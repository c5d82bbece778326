/** Counts words in capitals among the tokens that nltk's `word_tokenize` makes of English text. */

import { isSpace, isUpper, SPACE, splitSpaces, WORD } from './python-text.js';
import { splitSentences } from './sentences.js';

/** A replacement within a sentence; the order of all of them matters. */
type Step = readonly [RegExp, string];

const NO_WORD_BEFORE = `(?<!${WORD})`;
const NO_WORD_AFTER = `(?!${WORD})`;

/** Quotation marks that open, and an apostrophe that opens a quotation (not the one of a clitic: 's, 'll, …). */
const OPENING: readonly Step[] = [
  [/([«“‘„]|`+)/gu, ' $1 '],
  [/^"/g, '``'],
  [/``/g, ' `` '],
  [/([ ([{<])(?:"|'')/g, '$1 `` '],
  [new RegExp(`${NO_WORD_BEFORE}'(?!(?:re|ve|ll|m|t|s|d|n)${NO_WORD_AFTER})(?=${WORD})`, 'giu'), "' "],
];

/** Punctuation after the final period: a colon or comma stays inside numbers, a hyphen inside words. */
const PUNCTUATION: readonly Step[] = [
  [/([:,])(\P{Nd})/gu, ' $1 $2'],
  [/([:,])(?=\n?(?![^]))/g, ' $1 '],
  [/\.{2,}/g, ' $& '],
  [/[;@#$%&]/g, ' $& '],
  [/[\u2012-\u2015]/g, ' $& '],
  [/[?!]/g, ' $& '],
  [/([^'])' /gu, "$1 ' "],
  [/[*]/g, ' $& '],
  [/[\][(){}<>]/g, ' $& '],
  [/--/g, ' -- '],
];

/** Quotation marks that close, clitics, and words that are two ("cannot"). They see the sentence between two spaces. */
const CLOSING: readonly Step[] = [
  [/[»”’]/g, ' $& '],
  [/''/g, " '' "],
  [/"/g, " '' "],
  [new RegExp(`${SPACE}+`, 'g'), ' '],
  [/([^' ])('[sSmMdD]|') /gu, '$1 $2 '],
  [/([^' ])('ll|'LL|'re|'RE|'ve|'VE|n't|N'T) /gu, '$1 $2 '],
  ...['(can)(not)', "(d)('ye)", '(gim)(me)', '(gon)(na)', '(got)(ta)', '(lem)(me)', "(more)('n)"].map(
    (parts): Step => [new RegExp(`${NO_WORD_BEFORE}${parts}${NO_WORD_AFTER}`, 'giu'), ' $1 $2 '],
  ),
  [new RegExp(`${NO_WORD_BEFORE}(wan)(na)(?=${SPACE})`, 'giu'), ' $1 $2 '],
  [new RegExp(` ('t)(is|was)${NO_WORD_AFTER}`, 'giu'), ' $1 $2 '],
];

/**
 * How many tokens of a text have capitals only, by the rules of nltk's tokeniser (after the Penn Treebank's): sentence by sentence,
 * punctuation and clitics stand apart, a period at the sentence's end only. Linear in the text's length.
 */
export function countCapitalWords(text: string): number {
  let count = 0;
  for (const sentence of splitSentences(text)) {
    if (/\p{Uppercase}/u.test(sentence)) count += splitSpaces(tokenised(sentence)).filter(isUpper).length;
  }
  return count;
}

function tokenised(sentence: string): string {
  const opened = apply(OPENING, sentence);
  const punctuated = apply(PUNCTUATION, withFinalPeriodApart(opened));
  return apply(CLOSING, ` ${punctuated} `);
}

function apply(steps: readonly Step[], text: string): string {
  return steps.reduce((result, [pattern, replacement]) => result.replace(pattern, replacement), text);
}

const AFTER_FINAL_PERIOD = new Set([...'])}>"\' »”’']);

/** A single period at the end, before closing marks at most, is a token of its own. */
function withFinalPeriodApart(text: string): string {
  let end = text.length;
  while (end > 0 && isSpace(text.charCodeAt(end - 1))) end--;
  while (end > 0 && AFTER_FINAL_PERIOD.has(text[end - 1] as string)) end--;
  const isFinal = end > 1 && text[end - 1] === '.' && text[end - 2] !== '.';
  return isFinal ? `${text.slice(0, end - 1)} . ${text.slice(end)} ` : text;
}
