/** LaTeX to tokens, for the math scorer's grammar. Longest match; an unknown character makes the whole text unreadable. */

import { TooLarge } from './nodes.js';
import { ACCENTS, LONGEST_SPELLING, TOKEN_TYPES } from './vocabulary.js';

export interface Token {
  readonly type: string;
  readonly text: string;
}

/** Answers with more tokens are not parsed. */
const MAX_TOKENS = 600;

const WHITESPACE = ' \t\r\n';
const ACCENT = new RegExp(String.raw`\\(?:${ACCENTS})[ \t\r\n]?\{[^}]*\}`, 'y');
const ARRAY_START = /\\begin\{array\}\{[clr]*\}/y;
const NUMBER = /\d+|\d*\.\d+/y;
const DECIMAL = /\d*\.\d+/y;
const SCIENTIFIC = /(?:\d*\.\d+|\d+)E[-+−∔∸⊕⊞]?\d+/y;
const PERCENT = /(?:\d*\.\d+|\d+)[ \t\r\n]?\\?%/y;
const DIFFERENTIAL = /d[ \t\r\n]*(?:[a-zA-Z]|\\[a-zA-Z]+)/y;
const LETTER = /[a-zA-Z]/y;

/** In order of precedence among matches of the same length; the table of spellings comes before them. */
const PATTERNS: readonly (readonly [type: string, pattern: RegExp])[] = [
  ['array-start', ARRAY_START],
  ['differential', DIFFERENTIAL],
  ['letter', LETTER],
  ['number', DECIMAL],
  ['number', NUMBER],
  ['scientific', SCIENTIFIC],
  ['percent', PERCENT],
  ['accent', ACCENT],
];

/**
 * The tokens of `text`, or null where it has a character that starts none.
 * @throws TooLarge for too many tokens
 */
export function tokenize(text: string): Token[] | null {
  const tokens: Token[] = [];
  for (let at = 0; at < text.length; ) {
    if (WHITESPACE.includes(text[at] as string)) {
      at++;
      continue;
    }
    const token = tokenAt(text, at);
    if (token === null) return null;
    if (tokens.length === MAX_TOKENS) throw new TooLarge();
    if (token.type !== 'skip' && token.type !== 'ignored') tokens.push(token);
    at += token.text.length;
  }
  return tokens;
}

function tokenAt(text: string, at: number): Token | null {
  let best = spellingAt(text, at);
  for (const [type, pattern] of PATTERNS) {
    pattern.lastIndex = at;
    const match = pattern.exec(text)?.[0];
    if (match !== undefined && match.length > (best?.text.length ?? 0)) best = { type, text: match };
  }
  return best;
}

/** A word of the vocabulary; a letter's command takes the space behind it along, which makes `\gamma ` a letter and `\gamma` a function. */
function spellingAt(text: string, at: number): Token | null {
  for (let length = Math.min(LONGEST_SPELLING, text.length - at); length > 0; length--) {
    const word = text.slice(at, at + length);
    const type = TOKEN_TYPES.get(word);
    if (type === undefined) continue;
    if (text[at + length] !== ' ') return { type, text: word };
    if (type === 'greek' || type === 'other') return { type, text: `${word} ` };
    return word === '\\gamma' || word === '\\Gamma' ? { type: 'greek', text: `${word} ` } : { type, text: word };
  }
  return null;
}
