/** Python regular expressions as JavaScript ones: IFEval's keywords, section names and markers are patterns, not texts. */

import { NelError } from '../../errors.js';
import { SPACE, WORD } from './python-text.js';

const NOT_WORD = '[^\\p{L}\\p{N}_]';
const NOT_SPACE = `[^${SPACE.slice(1)}`;
const BOUNDARY = `(?:(?<=${WORD})(?!${WORD})|(?<!${WORD})(?=${WORD}))`;
const NO_BOUNDARY = `(?:(?<=${WORD})(?=${WORD})|(?<!${WORD})(?!${WORD}))`;

/** Escapes outside a character class whose meaning differs in the two languages. */
const ESCAPES: Readonly<Record<string, string>> = {
  s: SPACE,
  S: NOT_SPACE,
  w: WORD,
  W: NOT_WORD,
  d: '\\p{Nd}',
  D: '\\P{Nd}',
  b: BOUNDARY,
  B: NO_BOUNDARY,
  A: '(?<![^])',
  Z: '(?![^])',
  a: '\\x07',
};

/** The same inside a class, where `\b` is the backspace and only what can stand in a class is known. */
const CLASS_ESCAPES: Readonly<Record<string, string>> = {
  s: SPACE.slice(1, -1),
  w: WORD.slice(1, -1),
  d: '\\p{Nd}',
  D: '\\P{Nd}',
  b: '\\b',
  a: '\\x07',
};

/** Escapes that both languages read alike. */
const SHARED_ESCAPE = /[tnrfvx0-9u]/;

/** What must be escaped outside a class under the flag u, and stands for itself in Python. */
const LITERAL_OUTSIDE = '}]{/';

/** A quantifier in braces; other braces are plain characters to Python. */
const BRACES = /^\{(?:\d+(?:,\d*)?|,\d+)\}/;

/**
 * A Python pattern (module re, text patterns, Unicode) as a RegExp with the flags `gu`, and `i` where asked.
 * Case-insensitively, i also matches İ and ı, as in Python. Possessive quantifiers are read as greedy ones.
 *
 * @throws NelError (data) where the pattern is none, or uses what JavaScript lacks (inline flags, conditionals, comments).
 */
export function pythonRegex(pattern: string, options: { ignoreCase?: boolean } = {}): RegExp {
  try {
    return new RegExp(translate(pattern, options.ignoreCase ?? false), options.ignoreCase ? 'giu' : 'gu');
  } catch (error) {
    throw new NelError('data', `the pattern ${JSON.stringify(pattern)} is no regular expression that can be searched for`, {
      hint: 'IFEval reads keywords, section names and markers as Python regular expressions: escape special characters in the data set',
      cause: error,
    });
  }
}

/** How many matches there are, without overlaps. */
export function countMatches(pattern: RegExp, text: string): number {
  let count = 0;
  for (const _ of text.matchAll(pattern)) count++;
  return count;
}

function translate(pattern: string, ignoreCase: boolean): string {
  const characters = [...pattern];
  let out = '';
  for (let i = 0; i < characters.length; i++) {
    const character = characters[i] as string;
    if (character === '\\') out += escape(characters[++i], ESCAPES);
    else if (character === '[') {
      const end = classEnd(characters, i);
      // One that never closes is left open, for JavaScript to refuse as well.
      out += end < characters.length ? translateClass(characters.slice(i + 1, end), ignoreCase) : '[';
      i = end;
    } else if (character === '{' && i > 0) {
      const braces = BRACES.exec(characters.slice(i, i + 24).join(''))?.[0];
      out += braces?.replace('{,', '{0,') ?? '\\{';
      if (braces !== undefined) i += braces.length - 1;
      if (braces !== undefined && characters[i + 1] === '+') i++;
    } else if (character === '(' && characters[i + 1] === '?' && characters[i + 2] === 'P') {
      out += '(?';
      i += 2;
    } else {
      out += plain(character, ignoreCase);
      if ('*+?'.includes(character) && characters[i + 1] === '+') i++;
    }
  }
  return out;
}

function plain(character: string, ignoreCase: boolean): string {
  if (character === '.') return '[^\\n]';
  if (character === '^') return '(?<![^])';
  if (character === '$') return '(?=\\n?(?![^]))';
  if (LITERAL_OUTSIDE.includes(character)) return `\\${character}`;
  return ignoreCase && /[iIİı]/.test(character) ? '[iİı]' : character;
}

function escape(character: string | undefined, known: Readonly<Record<string, string>>): string {
  if (character === undefined) return '\\';
  const meaning = known[character];
  if (meaning !== undefined) return meaning;
  if (SHARED_ESCAPE.test(character)) return `\\${character}`;
  // Unknown letters are errors in both languages; anything else stands for itself, which the flag u allows for syntax only.
  if (/[A-Za-z]/.test(character)) return `\\${character}`;
  return /[\^$\\.*+?()[\]{}|/-]/.test(character) ? `\\u{${(character.codePointAt(0) as number).toString(16)}}` : character;
}

/** Where the class that opens at `open` closes: a `]` in first place belongs to it. */
function classEnd(characters: readonly string[], open: number): number {
  let i = open + 1;
  if (characters[i] === '^') i++;
  if (characters[i] === ']') i++;
  while (i < characters.length && characters[i] !== ']') i += characters[i] === '\\' ? 2 : 1;
  return i;
}

function translateClass(members: readonly string[], ignoreCase: boolean): string {
  let out = '[';
  for (let i = 0; i < members.length; i++) {
    const character = members[i] as string;
    if (character === '\\') out += escape(members[++i], CLASS_ESCAPES);
    else if (character === '^' && i === 0) out += '^';
    else if ('[]^'.includes(character)) out += `\\${character}`;
    else out += character;
  }
  return `${out}${ignoreCase && members.some((member) => /[iIİı]/.test(member)) && members[0] !== '^' ? 'İı' : ''}]`;
}
