/** Reads a TSV file as pandas does, in one pass and without holding it: rows of cells, long ones as places in the file, and the file's digests. */

import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { NelError } from '../../../core/errors.js';

/** A cell: its text, or where it stands in the file. Quoted ones still have their quotes doubled there. */
export type Cell = string | CellPlace;

export interface CellPlace {
  /** Bytes from the file's beginning. */
  readonly offset: number;
  readonly length: number;
  readonly quoted: boolean;
}

export interface TsvRow {
  readonly cells: readonly Cell[];
  /** From 1, of the row's beginning. */
  readonly line: number;
}

export interface TsvDigests {
  /** Of the whole file, lower case hexadecimal. */
  readonly md5: string;
  readonly sha256: string;
  readonly bytes: number;
}

export interface TsvOptions {
  readonly file: string;
  readonly handle: FileHandle;
  /** Called once, with the names in the first row. @returns which columns are left in the file where they are longer than a reference */
  readonly onHeader: (names: readonly string[]) => ReadonlySet<number>;
  readonly onRow: (row: TsvRow) => void;
  readonly signal?: AbortSignal;
}

/** Cells of the columns that stay in the file, up to this many bytes, are references to other rows: they are held. */
export const LONGEST_REFERENCE = 64;
/** A text cell longer than this is a broken quote or an image in the wrong column. Bytes. */
const LONGEST_TEXT = 4 << 20;
const MOST_COLUMNS = 4096;
const CHUNK = 1 << 20;

const TAB = 9;
const NEWLINE = 10;
const RETURN = 13;
const SPACE = 32;
const QUOTE = 34;

/** @throws NelError of kind `data` with file and line where the file is no TSV; the signal's reason when it is aborted */
export async function readTsv(options: TsvOptions): Promise<TsvDigests> {
  const { handle, signal } = options;
  const md5 = createHash('md5');
  const sha256 = createHash('sha256');
  const scanner = new TsvScanner(options);
  const buffer = Buffer.allocUnsafe(CHUNK);
  let position = 0;
  for (;;) {
    signal?.throwIfAborted();
    const { bytesRead } = await handle.read(buffer, 0, CHUNK, position);
    if (bytesRead === 0) break;
    const chunk = buffer.subarray(0, bytesRead);
    md5.update(chunk);
    sha256.update(chunk);
    scanner.scan(chunk, position);
    position += bytesRead;
  }
  scanner.end(position);
  return { md5: md5.digest('hex'), sha256: sha256.digest('hex'), bytes: position };
}

/** A cell as it stands in the file without the quotes around it: doubled quotes become single ones. */
export function cellBytes(raw: Buffer, quoted: boolean): Buffer {
  return quoted && raw.includes('""') ? Buffer.from(raw.toString('latin1').replaceAll('""', '"'), 'latin1') : raw;
}

/** Where the scanner is between two bytes. `quote_seen`: inside quotes, behind a quote that may be the first of two or the end. */
type State = 'row_start' | 'cell_start' | 'plain' | 'quoted' | 'quote_seen';

class TsvScanner {
  private state: State = 'row_start';
  private names: readonly string[] | null = null;
  private inFile: ReadonlySet<number> = new Set();
  private cells: Cell[] = [];
  private line = 1;
  private rowLine = 1;
  /** The cell being read: where its text begins, its bytes as far as they may have to be held, and whether it has begun with a quote. */
  private cellStart = 0;
  private kept: Buffer[] = [];
  private keptBytes = 0;
  private wasQuoted = false;
  /** Text went on behind the closing quote: what the place in the file holds is not the cell. */
  private joined = false;
  private afterReturn = false;

  constructor(private readonly options: TsvOptions) {}

  scan(chunk: Buffer, position: number): void {
    let i = position === 0 && chunk[0] === 0xef && chunk[1] === 0xbb && chunk[2] === 0xbf ? 3 : 0;
    while (i < chunk.length) {
      const byte = chunk[i];
      if (this.afterReturn) {
        this.afterReturn = false;
        if (byte === NEWLINE) {
          i++;
          continue;
        }
      }
      switch (this.state) {
        case 'row_start':
          if (byte === NEWLINE || byte === RETURN) {
            this.newLine(byte);
            i++;
            break;
          }
          this.rowLine = this.line;
          this.state = 'cell_start';
          break;
        case 'cell_start':
          this.wasQuoted = byte === QUOTE;
          this.joined = false;
          if (this.wasQuoted) i++;
          this.cellStart = position + i;
          this.state = this.wasQuoted ? 'quoted' : 'plain';
          break;
        case 'plain':
          i = this.plain(chunk, i, position);
          break;
        case 'quoted':
          i = this.quoted(chunk, i);
          break;
        case 'quote_seen':
          i = this.quoteSeen(chunk, i, position);
          break;
      }
    }
  }

  /** To the cell's end: a tab or a line end. */
  private plain(chunk: Buffer, from: number, position: number): number {
    let i = from;
    let byte = chunk[i];
    while (i < chunk.length && byte !== TAB && byte !== NEWLINE && byte !== RETURN) byte = chunk[++i];
    this.keep(chunk, from, i);
    if (i < chunk.length) {
      this.endCell(position + i);
      this.afterCell(byte);
      i++;
    }
    return i;
  }

  private quoted(chunk: Buffer, from: number): number {
    const end = chunk.indexOf(QUOTE, from);
    const to = end === -1 ? chunk.length : end;
    // Only within the cell: a search to the next line end from every cell would be quadratic in a long line.
    const cell = chunk.subarray(from, to);
    for (let i = cell.indexOf(NEWLINE); i !== -1; i = cell.indexOf(NEWLINE, i + 1)) this.line++;
    this.keep(chunk, from, to);
    if (end === -1) return to;
    this.state = 'quote_seen';
    return end + 1;
  }

  private quoteSeen(chunk: Buffer, i: number, position: number): number {
    const byte = chunk[i];
    if (byte === QUOTE) {
      this.keep(DOUBLED, 0, 2);
      this.state = 'quoted';
      return i + 1;
    }
    if (byte === TAB || byte === NEWLINE || byte === RETURN) {
      this.endCell(position + i - 1);
      this.afterCell(byte);
      return i + 1;
    }
    // `"a"b` is the cell ab, as pandas reads it.
    this.kept = [cellBytes(Buffer.concat(this.kept), true)];
    this.joined = true;
    this.state = 'plain';
    return i;
  }

  private afterCell(byte: number | undefined): void {
    if (byte === TAB) {
      if (this.cells.length >= MOST_COLUMNS) throw this.broken(`more than ${MOST_COLUMNS} cells in a row`);
      this.state = 'cell_start';
      return;
    }
    this.endRow();
    this.newLine(byte);
  }

  private newLine(byte: number | undefined): void {
    this.line++;
    this.afterReturn = byte === RETURN;
    this.state = 'row_start';
  }

  /** Of a column that stays in the file, only as much is held as a reference may be long. */
  private keep(chunk: Buffer, from: number, to: number): void {
    if (to === from) return;
    this.keptBytes += to - from;
    const stays = this.inFile.has(this.cells.length);
    if (stays && this.keptBytes > LONGEST_REFERENCE && !this.joined) {
      this.kept = [];
      return;
    }
    if (this.keptBytes > LONGEST_TEXT) {
      throw this.broken(
        `the cell in ${this.columnName()} is longer than ${LONGEST_TEXT >> 20} MiB`,
        'Is a quote not closed, or does the column hold images?',
      );
    }
    this.kept.push(Buffer.from(chunk.subarray(from, to)));
  }

  private endCell(end: number): void {
    const stays = this.inFile.has(this.cells.length) && this.keptBytes > LONGEST_REFERENCE;
    if (stays && this.joined) throw this.broken(`the cell in ${this.columnName()} goes on behind its closing quote`);
    if (stays) this.cells.push({ offset: this.cellStart, length: end - this.cellStart, quoted: this.wasQuoted });
    else this.cells.push(this.decode(cellBytes(Buffer.concat(this.kept), this.wasQuoted && !this.joined)));
    this.kept = [];
    this.keptBytes = 0;
  }

  private decode(bytes: Buffer): string {
    try {
      return UTF8.decode(bytes);
    } catch {
      throw this.broken(`the cell in ${this.columnName()} is not UTF-8`);
    }
  }

  private endRow(): void {
    const cells = this.cells;
    this.cells = [];
    // A line of spaces is no row.
    if (cells.length === 1 && !this.wasQuoted && typeof cells[0] === 'string' && cells[0] !== '' && isBlank(cells[0])) return;
    if (this.names === null) {
      this.names = cells.map((cell) => (typeof cell === 'string' ? cell : ''));
      this.inFile = this.options.onHeader(this.names);
      return;
    }
    if (cells.length > this.names.length) {
      throw this.broken(`the row has ${cells.length} cells, and the first row names ${this.names.length} columns`);
    }
    this.options.onRow({ cells, line: this.rowLine });
  }

  end(position: number): void {
    if (this.state === 'quoted') throw this.broken('the file ends inside quotes', 'Is the file cut off?');
    if (this.state === 'plain') this.endCell(position);
    else if (this.state === 'quote_seen') this.endCell(position - 1);
    else if (this.state === 'cell_start') this.endCell((this.cellStart = position));
    if (this.state !== 'row_start') this.endRow();
    if (this.names === null) throw this.broken('the file is empty');
  }

  private columnName(): string {
    return `column ${JSON.stringify(this.names?.[this.cells.length] ?? String(this.cells.length + 1))}`;
  }

  private broken(message: string, hint?: string): NelError {
    return new NelError('data', message, { at: { file: this.options.file, line: this.rowLine }, ...(hint === undefined ? {} : { hint }) });
  }
}

const DOUBLED = Buffer.from('""');
const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function isBlank(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) !== SPACE) return false;
  return true;
}
