/** A VLMEvalKit TSV in memory but for its images: rows with typed cells, and where each row's images stand. */

import type { FileHandle } from 'node:fs/promises';
import { NelError } from '../../../core/errors.js';
import { type ColumnForm, ColumnFormReader, cellText, isMissingCell } from '../../../core/vlm/pandas-cells.js';
import type { Cells } from '../../../core/vlm/prompts.js';
import { type Cell, type CellPlace, readTsv, type TsvDigests } from './tsv.js';

export interface VlmRow {
  /** The index column: unique. */
  readonly index: string;
  /** All cells that are there, but for the image column. */
  readonly cells: Cells;
  /** The image column: a place in the file, or a text (a reference, or a list of them). Absent where the file has no such column. */
  readonly image?: Cell;
  /** In the file, from 1. */
  readonly line: number;
}

export interface VlmTable {
  readonly rows: readonly VlmRow[];
  readonly columns: readonly string[];
  /** Row by index. */
  readonly byIndex: ReadonlyMap<string, VlmRow>;
  readonly digests: TsvDigests;
}

const MOST_ROWS = 5_000_000;

/**
 * Columns are named as VLMEvalKit names them when it scores: in lower case, but for the options' letters. Rows whose image cell is missing are
 * left out, as VLMEvalKit does.
 * @throws NelError of kind `data` for a broken file, a missing column, or an index that is there twice
 */
export async function readVlmTable(file: string, handle: FileHandle, signal?: AbortSignal): Promise<VlmTable> {
  let columns: string[] = [];
  let imageColumn = -1;
  let forms: ColumnFormReader[] = [];
  const read: { cells: readonly Cell[]; line: number }[] = [];
  const digests = await readTsv({
    file,
    handle,
    ...(signal ? { signal } : {}),
    onHeader(names) {
      columns = names.map((name, i) => (name === '' ? `unnamed: ${i}` : /^[A-Z]$/.test(name) ? name : name.toLowerCase()));
      const twice = columns.find((name, i) => columns.indexOf(name) !== i);
      if (twice !== undefined) throw new NelError('data', `there are two columns ${JSON.stringify(twice)}`, { at: { file, line: 1 } });
      if (!columns.includes('index')) throw missingColumn(file, 'index', columns);
      imageColumn = columns.indexOf('image');
      forms = columns.map(() => new ColumnFormReader());
      return new Set(imageColumn === -1 ? [] : [imageColumn]);
    },
    onRow(row) {
      const image = row.cells[imageColumn];
      // The forms of columns are told by all rows, also by those without an image.
      columns.forEach((_, i) => {
        const cell = row.cells[i] ?? '';
        if (i !== imageColumn && typeof cell === 'string') forms[i]?.add(cell);
      });
      if (imageColumn !== -1 && (image === undefined || (typeof image === 'string' && isMissingCell(image)))) return;
      if (read.length >= MOST_ROWS) throw new NelError('data', `more than ${MOST_ROWS} rows`, { at: { file, line: row.line } });
      read.push(row);
    },
  });
  const columnForms = forms.map((form) => form.form());
  const byIndex = new Map<string, VlmRow>();
  const rows = read.map(({ cells, line }) => {
    const row = toRow({ cells, line, columns, columnForms, imageColumn });
    if (row.index === '') throw new NelError('data', 'the row has no index', { at: { file, line } });
    const before = byIndex.get(row.index);
    if (before) {
      throw new NelError('data', `index ${JSON.stringify(row.index)} is already that of line ${before.line}`, { at: { file, line } });
    }
    byIndex.set(row.index, row);
    return row;
  });
  return { rows, columns, byIndex, digests };
}

interface RawRow {
  readonly cells: readonly Cell[];
  readonly line: number;
  readonly columns: readonly string[];
  readonly columnForms: readonly ColumnForm[];
  readonly imageColumn: number;
}

function toRow({ cells, line, columns, columnForms, imageColumn }: RawRow): VlmRow {
  const present = new Map<string, string>();
  columns.forEach((name, i) => {
    const cell = cells[i] ?? '';
    if (i === imageColumn || typeof cell !== 'string') return;
    const text = cellText(cell, columnForms[i] ?? 'text');
    if (text !== undefined) present.set(name, text);
  });
  const image = cells[imageColumn];
  return { index: present.get('index') ?? '', cells: present, ...(image === undefined ? {} : { image }), line };
}

export function missingColumn(file: string, column: string, columns: readonly string[]): NelError {
  return new NelError('data', `there is no column ${JSON.stringify(column)}`, {
    at: { file, line: 1 },
    hint: `The columns are ${columns
      .slice(0, 30)
      .map((name) => JSON.stringify(name.slice(0, 40)))
      .join(', ')}.`,
  });
}

export function isPlace(cell: Cell): cell is CellPlace {
  return typeof cell !== 'string';
}
