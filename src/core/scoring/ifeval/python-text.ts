/** Python's text methods, whose definitions of white space, words and letter case IFEval's reference counts with. Used by all of its checks. */

/** What `\s`, `str.strip` and `str.split` take for white space: JavaScript's differs at U+001C to U+001F, U+0085 and U+FEFF. */
export const SPACE = '[\\t-\\r\\x1c- \\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]';

/** What `\w` takes for a word character: letters, numbers and `_`, but no combining marks, so that Hindi vowel signs end a word. */
export const WORD = '[\\p{L}\\p{N}_]';

const SPACES = new RegExp(`${SPACE}+`);

/** What nltk 3.10 counts as words: unlike `\w` with combining marks, and without superscripts and fractions. */
const WORDS = /[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\u200c\u200d]+/gu;

const SPACE_CODES = new Set([0x85, 0xa0, 0x1680, 0x2028, 0x2029, 0x202f, 0x205f, 0x3000]);

export function isSpace(code: number): boolean {
  return (code >= 9 && code <= 13) || (code >= 0x1c && code <= 0x20) || (code >= 0x2000 && code <= 0x200a) || SPACE_CODES.has(code);
}

export function strip(text: string): string {
  let from = 0;
  while (from < text.length && isSpace(text.charCodeAt(from))) from++;
  return stripEnd(text.slice(from));
}

export function stripEnd(text: string): string {
  let to = text.length;
  while (to > 0 && isSpace(text.charCodeAt(to - 1))) to--;
  return text.slice(0, to);
}

/** True where nothing but white space is left: such an answer follows no instruction. */
export function isBlank(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (!isSpace(text.charCodeAt(i))) return false;
  return true;
}

/** The parts between runs of white space, without empty ones. */
export function splitSpaces(text: string): string[] {
  return text.split(SPACES).filter((part) => part !== '');
}

/** How many runs of word characters there are. */
export function countWords(text: string): number {
  let count = 0;
  for (const _ of text.matchAll(WORDS)) count++;
  return count;
}

/** At least one letter with case, and none of them in another case: `A1` is upper, `1` and `Aa` are not. */
export function isUpper(text: string): boolean {
  return /\p{Uppercase}/u.test(text) && !/[\p{Lowercase}\p{Lt}]/u.test(text);
}

export function isLower(text: string): boolean {
  return /\p{Lowercase}/u.test(text) && !/[\p{Uppercase}\p{Lt}]/u.test(text);
}

/** `text` without the given character at either end. */
export function stripCharacter(text: string, character: string): string {
  let from = 0;
  let to = text.length;
  while (from < to && text[from] === character) from++;
  while (to > from && text[to - 1] === character) to--;
  return text.slice(from, to);
}
