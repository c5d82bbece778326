/** Names of letters in the math scorer: case, accents, subscripts, and the letters that are constants. */

import { constant, type Expr, symbol } from './nodes.js';
import { letterName } from './vocabulary.js';

/**
 * The symbol that a letter with its subscript (`_1`, `_{12}` or nothing) stands for. As in math-verify 0.9.0 the case of letters
 * does not count, but a capital `I` is the imaginary unit and a lower-case `i` a symbol; `\Pi` is π, and `γ` Euler's constant.
 */
export function symbolOf(name: string, subscript: string): Expr {
  if (name === 'I') return constant('i');
  const spelled = subscript === '' ? letterName(name) : `${name.replace(/^\\/, '')}${subscript}`;
  const lower = spelled.toLowerCase();
  if (lower === 'pi') return constant('pi');
  if (lower === 'gamma') return constant('gamma');
  return symbol(lower);
}

/** What an accent or a text command around letters is called: `\text{(A)}` is `A`, `\overline{AB}` is `bar{AB}`. */
export function accentName(text: string): string {
  const brace = text.indexOf('{');
  const command = text.slice(1, brace).trim();
  const inner = text.slice(brace + 1, -1).replaceAll(' ', '');
  if (command.includes('text') || command.includes('mbox')) return inner.replace(/[()]/g, '');
  if (command === 'bar' || command === 'overline') return `bar{${inner}}`;
  if (command === 'vec' || command === 'overrightarrow') return `vec{${inner}}`;
  if (command === 'tilde' || command === 'widetilde') return `tilde{${inner}}`;
  return `${command.includes('math') ? 'math' : command}{${inner}}`;
}
