/** OCRBench: an answer counts when it contains one of the right ones. Rule: Liu et al., OCRBench (2023), as in VLMEvalKit. */

import { answerList } from './python-literal.js';
import { strip } from './python-text.js';

/** Formulas are compared without any spaces and with their case. */
export const FORMULA_CATEGORY = 'Handwritten Mathematical Expression Recognition';

/** True when the prediction contains an answer of the cell, which is a Python list (or one answer). */
export function containsAnswer(answerCell: string, prediction: string, category: string): boolean {
  const form = category === FORMULA_CATEGORY ? withoutSpaces : lowered;
  const given = form(prediction);
  return (answerList(answerCell) ?? [answerCell]).some((answer) => given.includes(form(answer)));
}

function withoutSpaces(text: string): string {
  return strip(text).replace(/[\n ]/g, '');
}

function lowered(text: string): string {
  return strip(text.toLowerCase()).replaceAll('\n', ' ');
}
