/** MathVista: checks an extracted answer, and whether one can be had from the prediction without a judge. `post_check` of VLMEvalKit. */

import { inferChoice } from './choice.js';
import { type PythonValue, parsePythonLiteral, pythonText } from './python-literal.js';
import { toFloat, toInteger } from './python-text.js';

/** One row with what was answered; values as the TSV has them. */
export interface MathVistaRow {
  readonly question_type: string;
  readonly answer_type?: string;
  readonly answer: string | null;
  /** Letter of the right choice, of multi_choice rows. */
  readonly answer_option?: string | null;
  /** Python list of the choices, of multi_choice rows. */
  readonly choices?: string;
}

/** Letters to choices, from a Python list. @throws SyntaxError where it is none */
export function listedChoices(cell: string): Record<string, string> {
  const value: PythonValue = parsePythonLiteral(cell);
  const items = value.type === 'list' || value.type === 'tuple' ? value.items : [];
  return Object.fromEntries(items.map((item, i) => [String.fromCharCode(65 + i), pythonText(item)]));
}

/** What a prediction says by itself, before any judge; null where a judge has to read it. */
export function mathVistaPrefetch(row: MathVistaRow, prediction: string): string | number | bigint | null {
  if (row.question_type === 'multi_choice') return inferChoice(prediction, listedChoices(row.choices ?? '[]'));
  const { given, wanted } = freeForm(row, prediction);
  return given === wanted ? given : null;
}

/** Whether what was extracted (by the prefetch or a judge) is right. */
export function mathVistaCorrect(row: MathVistaRow, extracted: string): boolean {
  if (row.question_type === 'multi_choice') {
    const letter = inferChoice(extracted, listedChoices(row.choices ?? '[]'));
    return letter !== null && letter === row.answer_option;
  }
  const { given, wanted } = freeForm(row, extracted);
  return given === wanted;
}

/** Both sides as numbers; where either is none they differ, unless the row has no answer either. */
function freeForm(
  row: MathVistaRow,
  response: string,
): { given: string | number | bigint | null; wanted: string | number | bigint | null } {
  const read = row.answer_type === 'integer' ? toInteger : row.answer_type === 'float' ? toFloat : null;
  // A slip of the reference: the response of a text question is never looked at.
  if (read === null) return { given: 'None', wanted: row.answer ?? 'None' };
  const given = read(response);
  if (given === null) return { given: null, wanted: row.answer };
  return { given, wanted: row.answer === null ? null : (read(row.answer) ?? row.answer) };
}
