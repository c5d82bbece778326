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
 * rounds to the same six places, so that `3.14159` is not `\pi` and `3.141593` is; `1 234` reads as 1 + 234; unit words such as
 * `t`, `h` or `c` at the end are dropped; an interval answers the inequality that it solves, not the other way round.
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
