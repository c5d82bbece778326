/** Rows of CSV and TSV text: quoted as RFC 4180 has it; tab-separated text is mostly written without any quoting, and then read so. */

import { CsvError, type Info, parse } from 'csv-parse/sync';
import type { Row } from '../../core/benchmark.js';
import { errorMessage, NelError } from '../../core/errors.js';

interface Line {
  readonly cells: readonly string[];
  /** Of the file, from 1; of a row over several lines the last. */
  readonly line: number;
}

export interface SeparatedRows {
  readonly rows: readonly Row[];
  /** The line of each row. */
  readonly lines: readonly number[];
}

/**
 * @param columns names for text without a header
 * @throws NelError of kind `data` with file and line: a row of more or fewer cells than there are columns, or quotes that do not match
 */
export function readSeparated(text: string, file: string, delimiter: ',' | '\t', columns?: readonly string[]): SeparatedRows {
  const all = delimiter === '\t' ? tabbed(text, file, columns?.length) : quoted(text, file, delimiter);
  const names = columns ?? all[0]?.cells ?? [];
  const body = columns === undefined ? all.slice(1) : all;
  const wrong = body.find(({ cells }) => cells.length !== names.length);
  if (wrong !== undefined) throw wrongCount(wrong, names.length, file);
  return {
    rows: body.map(({ cells }) => Object.fromEntries(names.map((name, i) => [name, cells[i]]))),
    lines: body.map(({ line }) => line),
  };
}

/**
 * Where every line has as many cells as there are columns, a quote is a character like others (`"Twas the night`), and only a cell
 * that is quoted as a whole loses its quotes. Else cells may hold tabs and line ends, and a quote that opens a cell must be closed.
 */
function tabbed(text: string, file: string, columns: number | undefined): readonly Line[] {
  const plain = text
    .split(text.includes('\n') ? '\n' : '\r')
    .map((content, i) => ({ cells: (content.endsWith('\r') ? content.slice(0, -1) : content).split('\t'), line: i + 1 }))
    .filter(({ cells }) => cells.length > 1 || cells[0] !== '');
  const count = columns ?? plain[0]?.cells.length ?? 0;
  const wrong = plain.findIndex(({ cells }) => cells.length !== count);
  // One column has no tabs to count by.
  if (wrong === -1 && count > 1) return plain.map(({ cells, line }) => ({ cells: cells.map(unquoted), line }));
  const odd = plain[wrong];
  if (odd !== undefined && !plain.slice(0, wrong + 1).some(({ cells }) => cells.some(opensQuote))) throw wrongCount(odd, count, file);
  return quoted(text, file, '\t', odd && ` (quotes count in this file, since line ${odd.line} has ${cellsText(odd)}, not ${count})`);
}

/** @param note said behind an error about quotes */
function quoted(text: string, file: string, delimiter: string, note = ''): readonly Line[] {
  let done = 0;
  try {
    const records = parse(text, {
      delimiter,
      info: true,
      skip_empty_lines: true,
      // Tab-separated text is mostly written without quoting: there a quote within a cell, or behind a quoted part of it, is a character.
      relax_quotes: delimiter === '\t',
      relax_column_count: true,
      on_record: (record: string[], { lines }) => {
        done = lines;
        return record;
      },
    }) as unknown as { record: string[]; info: Info }[];
    return records.map(({ record, info }) => ({ cells: record, line: info.lines }));
  } catch (error) {
    if (!(error instanceof CsvError)) throw new NelError('data', errorMessage(error), { at: { file }, cause: error });
    // The parser names the line where it gave up; the row with the quote begins behind the last good one.
    const problem = error.message.replace(/ at line \d+/, '');
    throw new NelError('data', `${problem}${note}`, { at: { file, line: rowAfter(text, done) }, cause: error });
  }
}

/** The first line behind `line` that is not empty. */
function rowAfter(text: string, line: number): number {
  const lines = text.split('\n');
  let next = line;
  while (lines[next]?.trim() === '') next++;
  return next + 1;
}

function unquoted(cell: string): string {
  return cell.length > 1 && cell.startsWith('"') && !opensQuote(cell) ? cell.slice(1, -1).replaceAll('""', '"') : cell;
}

/** A quote opens the cell, and the cell does not end with the one that closes it. */
function opensQuote(cell: string): boolean {
  return cell.startsWith('"') && (cell.length === 1 || !cell.endsWith('"') || cell.slice(1, -1).replaceAll('""', '').includes('"'));
}

function wrongCount(line: Line, count: number, file: string): NelError {
  return new NelError('data', `the row has ${cellsText(line)}, where the file has ${count} columns`, { at: { file, line: line.line } });
}

function cellsText({ cells }: Line): string {
  return `${cells.length} cell${cells.length === 1 ? '' : 's'}`;
}
