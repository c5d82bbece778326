/** The multiple-choice scorer: the option letter that an answer settles on, however it is written. */

import type { Row, Scorer, ScorerInput, ScorerResult } from '../benchmark.js';
import { NelError } from '../errors.js';
import { judged, nothingExtracted, scorerName } from './failure.js';
import { lastStandAloneLetter } from './letters.js';
import { undecorated } from './text.js';

export interface MultipleChoiceOptions {
  /** The option letters, capitals in order: the same for all rows or each row's own. Default `ABCD`. */
  readonly letters?: string | ((row: Row) => string);
}

const DEFAULT_LETTERS = 'ABCD';

/** What may stand between a statement and its letter: brackets, emphasis, TeX. Bounded, so that matching stays linear. */
const OPENING = String.raw`(?:\\(?:boxed|text|textbf|mathrm|mathbf)\s?\{|[\s([{*_"'$“‘]){0,12}`;
const AFTER = String.raw`(?![\p{L}\p{N}_])`;
/** "A dog" and "I think" are words, "A. dog" and "A" are options. */
const NO_WORD = String.raw`(?!\s{1,3}\p{Ll})`;

/**
 * In order: the last `answer is X` or `Answer: X` (also `**Answer:** B`, `answer: (B)`, `Answer: $\boxed{B}$`, a lower-case
 * letter); else a one-line answer that is or opens with the option (`B`, `(B)`, `**B**`, `B. Paris`), or a last or first line that is
 * nothing but a letter; else the last letter in `(B)`, `**B**` or `\boxed{B}`; else the last stand-alone capital, where the words "A" and "I" do not count.
 * The last statement counts because models correct themselves.
 *
 * @throws NelError of kind `config` when `letters` are not 2 to 26 different capitals
 */
export function multipleChoice(options: MultipleChoiceOptions = {}): Scorer {
  const { letters: given = DEFAULT_LETTERS } = options;
  const extractors = new Map<string, (response: string) => string | null>();
  const extractorOf = (letters: string): ((response: string) => string | null) => {
    const extract = extractors.get(letters) ?? extractor(checkedLetters(letters));
    extractors.set(letters, extract);
    return extract;
  };
  if (typeof given === 'string') extractorOf(given);
  const name = typeof given === 'function' ? 'row' : given === DEFAULT_LETTERS ? undefined : given;
  return {
    name: scorerName('multiple_choice', { letters: name }),
    score({ response, target, row }: ScorerInput): ScorerResult {
      const letters = typeof given === 'function' ? given(row) : given;
      const extracted = extractorOf(letters)(response);
      if (extracted === null) return nothingExtracted(response);
      return judged(response, { reward: extracted === targetLetter(target, letters) ? 1 : 0, extracted });
    },
    // The definition hash is made over them: other letters are another rule.
    settings: { letters: given.toString() },
  };
}

function checkedLetters(letters: string): string {
  if (/^[A-Z]{2,26}$/.test(letters) && new Set(letters).size === letters.length) return letters;
  throw new NelError('config', `multipleChoice: letters must be 2 to 26 different capitals like "ABCD", not ${JSON.stringify(letters)}`);
}

/** Targets are written `B`, `b` or `(B)`; an index would be ambiguous. */
function targetLetter(target: string, letters: string): string {
  const letter = undecorated(target)
    .replace(/[()[\].:]/g, '')
    .trim()
    .toUpperCase();
  if (letter.length === 1 && letters.includes(letter)) return letter;
  throw new NelError('data', `the target ${JSON.stringify(target.slice(0, 80))} is not one of the letters ${letters}`, {
    hint: 'Give the target as a letter, or name the letters: multipleChoice({ letters: "ABCDE" }).',
  });
}

function extractor(letters: string): (response: string) => string | null {
  const lower = letters.toLowerCase();
  const one = `[${letters}${lower}]`;
  const capital = `[${letters}]`;
  const stated = new RegExp(
    String.raw`(?:[Aa]nswer|ANSWER)(?:\s{0,3}(?:\*\*|__)?\s{0,3}[:：]|\s{1,3}(?:is|IS|was)\s{0,3}:?)${OPENING}(?:[Oo]ption\s)?${OPENING}(${one})${AFTER}(?:(?<=[A-Z])|${NO_WORD})`,
    'gu',
  );
  const closing = String.raw`[)\]}*_"'$”’.]{0,12}`;
  const alone = new RegExp(`^${OPENING}(${one})${closing}$`, 'u');
  const opening = new RegExp(String.raw`^${OPENING}(${one})(?:[)\]}*_"$”]{1,12}|\.)${AFTER}`, 'u');
  const marked = new RegExp(String.raw`(?:\(|\*\*\(?|\\boxed\s?\{(?:\\text\s?\{)?)(${capital})(?:\)|\*\*|\.\s?\*\*|\}|[.:)])`, 'gu');
  return (response) => {
    const trimmed = response.trim();
    const letter =
      lastGroup(trimmed, stated) ??
      (trimmed.includes('\n') ? letterLine(trimmed, alone) : (alone.exec(trimmed)?.[1] ?? opening.exec(trimmed)?.[1])) ??
      lastGroup(trimmed, marked) ??
      lastStandAloneLetter(trimmed, letters, (at) => !isEnglishWord(trimmed, at));
    return letter?.toUpperCase() ?? null;
  };
}

/** The letter that stands alone on the last line, or on the first. */
function letterLine(text: string, alone: RegExp): string | undefined {
  const last = text.slice(text.lastIndexOf('\n') + 1).trim();
  return alone.exec(last)?.[1] ?? alone.exec(text.slice(0, text.indexOf('\n')).trim())?.[1];
}

function lastGroup(text: string, pattern: RegExp): string | undefined {
  let last: string | undefined;
  for (const match of text.matchAll(pattern)) last = match[1];
  return last;
}

/** The article "A" or the pronoun "I": followed by a lower-case word, which may be emphasised, or an apostrophe. */
function isEnglishWord(text: string, at: number): boolean {
  const letter = text[at];
  return (letter === 'A' || letter === 'I') && /^(?:\s{1,3}[*_]{0,3}\p{Ll}|['’])/u.test(text.slice(at + 1, at + 9));
}
