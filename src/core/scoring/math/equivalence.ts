/** Mathematical equivalence of two short answers: the rule that the math scorer judges by. */

import { sameAnswer } from './compare.js';
import { type Extraction, extractAnswer } from './extract.js';

/**
 * True when `answer` means the same as `gold`, both as they stand inside a `\boxed{}`: the rule of math-verify 0.9.0,
 * `verify(parse("\boxed{gold}"), parse("\boxed{answer}"))` with its default settings under the ANTLR 4.11 runtime that
 * lm-evaluation-harness 0.4.13 pins.
 *
 * Followed although one might expect otherwise: `50\%` has no reading under that runtime and equals only `50\%` itself; letters'
 * case does not count; `\log` has base 10; `2^3^4` is `(2^3)^4`; `i` is a letter and `I` the imaginary unit; a decimal equals what
 * rounds to the same six places, so that `3.14159` is not `\pi` and `3.141593` is; a whole number next to a positive one is a mixed
 * number, so that `1 234` reads as 1 + 234 and `2(3)` as 2 + 3; unit words such as `t`, `h` or `c` at the end are dropped; `2x = 10`
 * is not `x = 5`, nor `2x > 10` `x > 5`; an interval answers the inequality that it solves, not the other way round; and a box that
 * cannot be read counts by the last number behind a space or `=` in it.
 *
 * Different on purpose, where the reference is plainly wrong: `6 - 5 i` is `6-5i` (a free-standing i makes every letter another one
 * there); decimals are exact (`0.1 + 0.2` is `\frac{3}{10}`); sets are simplified before they are compared; a bare `1, 2` does not
 * answer `1 < x < 2`. Integrals, limits and sums without whole bounds are not worked out.
 *
 * Bounded work: answers of more than 2,000 characters, deep nesting and huge powers equal only what is written the same way, or nothing.
 */
export function mathEquivalent(answer: string, gold: string): boolean {
  return sameExtraction(readBoxed(answer), readBoxed(gold));
}

/** What the content of a box says. */
export function readBoxed(content: string): Extraction {
  return extractAnswer(`\\boxed{${content}}`);
}

/** True when both were parsed and are equal, or when both are the same text. */
export function sameExtraction(answer: Extraction, gold: Extraction): boolean {
  if (answer.text !== null && answer.text === gold.text) return true;
  return answer.node !== null && gold.node !== null && sameAnswer(gold.node, answer.node);
}
