/** Argument vectors as text for a POSIX shell: quoted by shell-quote where it takes thought, and as a person would write them where it does not. */

import { quote } from 'shell-quote';
import { NelError } from '../../core/errors.js';

/** Characters that no shell reads as anything else, anywhere in a word. */
const PLAIN = /^[A-Za-z0-9_@%+=:,./-]+$/;

/** @throws NelError for NUL, which no argument can hold, and for half a surrogate pair, which has no bytes */
export function quoteWord(word: string): string {
  if (word.includes('\0') || !isWellFormed(word)) {
    throw new NelError('config', `an argument of a command holds a character that no argument can: ${JSON.stringify(word.slice(0, 80))}`);
  }
  if (PLAIN.test(word)) return word;
  // The library sets a backslash before each sign of such a word: right, but nobody can read an image's name in it.
  return word !== '' && !word.includes("'") ? `'${word}'` : quote([word]);
}

/** A command line. The first word is never read as an assignment (`A=b`) or as a word of the shell's grammar (`if`). */
export function quoteCommand(words: readonly string[]): string {
  const [program, ...rest] = words;
  if (program === undefined || program === '') throw new NelError('config', 'a command without a program');
  return [programWord(program), ...rest.map(quoteWord)].join(' ');
}

/** `if`, `time`, `A=b`: quotes make a plain name of them. */
function programWord(program: string): string {
  const isGrammar = RESERVED.has(program) || program.includes('=');
  return isGrammar && PLAIN.test(program) ? `'${program}'` : quoteWord(program);
}

/** Words of the grammar of sh and bash. */
const RESERVED = new Set('if then else elif fi do done case esac while until for in function select time coproc'.split(' '));

/** Half a surrogate pair is lost on the way to UTF-8. */
function isWellFormed(word: string): boolean {
  return Buffer.from(word, 'utf8').toString('utf8') === word;
}
