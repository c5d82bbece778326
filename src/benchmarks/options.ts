/** What the multiple-choice benchmarks share: options with letters, an order that does not depend on the machine, and the closing line. */

import type { Row } from '../core/benchmark.js';
import { NelError } from '../core/errors.js';

/** All letters that options can have, in order. */
export const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';

/** The letter of option `index`, from 0. */
export function letterOf(index: number): string {
  const letter = LETTERS[index];
  if (letter === undefined) throw new NelError('data', `there is no letter for option ${index}`);
  return letter;
}

/** The letters of these options, `ABC`. */
export function lettersOf(options: readonly unknown[]): string {
  return LETTERS.slice(0, options.length);
}

/** `A. first`, `B. second`, … */
export function optionLines(options: readonly string[]): string {
  return options.map((option, i) => `${letterOf(i)}. ${option}`).join('\n');
}

/** A field that holds a list of 2 to 26 texts or numbers. @throws NelError of kind `data` */
export function optionList(row: Row, field: string): readonly string[] {
  const value = row[field];
  const isList = Array.isArray(value) && value.every((item) => typeof item === 'string' || typeof item === 'number');
  if (isList && value.length >= 2 && value.length <= LETTERS.length) return value.map(String);
  throw new NelError('data', `field "${field}" is not a list of 2 to ${LETTERS.length} options`);
}

/** `letter`, a row's right option as its field `answer` gives it, when there is such an option. @throws NelError of kind `data` */
export function amongOptions(letter: string, options: readonly string[]): string {
  if (letter.length !== 1 || !LETTERS.includes(letter)) {
    throw new NelError('data', `field "answer" is ${JSON.stringify(letter.slice(0, 40))}, not a letter`);
  }
  if (LETTERS.indexOf(letter) < options.length) return letter;
  throw new NelError('data', `field "answer" is option ${letter} of ${options.length}`);
}

/** What the answer has to end with: the form that the extraction rules of MMLU and GPQA read. */
export function closingLine(letters: string): string {
  return `End with a line of the form "Answer: X", where X is one of the letters ${letters}.`;
}

/**
 * A permutation of 0 … n − 1 that only `text` and `seed` decide: the same on every machine and in every run. Fisher and Yates' shuffle over a
 * generator (mulberry32) that is seeded with the text's FNV-1a hash.
 */
export function orderOf(text: string, n: number, seed: number): readonly number[] {
  let state = 0x811c9dc5 ^ seed;
  for (let i = 0; i < text.length; i++) state = Math.imul(state ^ text.charCodeAt(i), 0x01000193);
  const random = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const order = Array.from({ length: n }, (_, i) => i);
  for (let i = n - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [order[i], order[j]] = [order[j] as number, order[i] as number];
  }
  return order;
}
