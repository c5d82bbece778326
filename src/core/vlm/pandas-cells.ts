/** What pandas makes of the cells of a text file, and Python writes for them: missing cells, and columns of numbers (`007` → `7`, `4` → `4.0`). */

import { floatText } from '../scoring/vlm/python-text.js';

/** Cells that pandas takes for missing: its documented default of `read_csv`. An option `None` is one: it is not asked, there as here. */
const MISSING = new Set([
  '',
  '#N/A',
  '#N/A N/A',
  '#NA',
  '-1.#IND',
  '-1.#QNAN',
  '-NaN',
  '-nan',
  '1.#IND',
  '1.#QNAN',
  '<NA>',
  'N/A',
  'NA',
  'NULL',
  'NaN',
  'None',
  'n/a',
  'nan',
  'null',
]);

// No two repetitions beside each other that could share a character: linear in cells of megabytes.
const INTEGER = /^ *([+-]?)(\d+) *$/;
const FLOAT = /^ *[+-]?(?:(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?|[iI][nN][fF](?:[iI][nN][iI][tT][yY])?) *$/;
const TRUTH: Readonly<Record<string, string>> = {
  true: 'True',
  True: 'True',
  TRUE: 'True',
  false: 'False',
  False: 'False',
  FALSE: 'False',
};

/** Sign and digits without leading zeros, or null where the cell is no integer. */
function integerParts(cell: string): { sign: string; digits: string } | null {
  const [, sign = '', digits] = INTEGER.exec(cell) ?? [];
  return digits === undefined ? null : { sign, digits: digits.replace(/^0+(?=\d)/, '') };
}

export function isMissingCell(text: string): boolean {
  return MISSING.has(text);
}

/** What a column holds: every cell that is there is of this form. */
export type ColumnForm = 'integer' | 'integer_with_gaps' | 'float' | 'truth' | 'text';

/** Learns a column's form cell by cell, so that a column need not be held. */
export class ColumnFormReader {
  private integer = true;
  private float = true;
  private truth = true;
  private present = 0;
  private missing = 0;

  add(cell: string): void {
    if (isMissingCell(cell)) {
      this.missing++;
      return;
    }
    this.present++;
    if (!this.integer && !this.float && !this.truth) return;
    this.integer &&= INTEGER.test(cell);
    this.float &&= this.integer || FLOAT.test(cell);
    this.truth &&= Object.hasOwn(TRUTH, cell);
  }

  /** A column of integers with a missing cell becomes one of floats (`4.0`). */
  form(): ColumnForm {
    if (this.present === 0) return 'text';
    if (this.truth) return 'truth';
    if (this.integer) return this.missing === 0 ? 'integer' : 'integer_with_gaps';
    return this.float ? 'float' : 'text';
  }
}

/** Python's text of a cell in a column of that form; undefined for a missing one. */
export function cellText(cell: string, form: ColumnForm): string | undefined {
  if (isMissingCell(cell)) return undefined;
  switch (form) {
    case 'integer': {
      const { sign, digits } = integerParts(cell) ?? { sign: '', digits: '0' };
      return sign === '-' && digits !== '0' ? `-${digits}` : digits;
    }
    case 'integer_with_gaps':
      // Read as an integer first, which has no negative zero.
      return floatText(Number(cell) || 0);
    case 'float':
      return floatText(/inf/i.test(cell) ? (cell.includes('-') ? -Infinity : Infinity) : Number(cell));
    case 'truth':
      return TRUTH[cell];
    case 'text':
      return cell;
  }
}
