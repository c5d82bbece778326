/** Reads the rows of one data file, the format told by its name; every row keeps the place where it stands. */

import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { createGunzip, gunzipSync } from 'node:zlib';
import type { Row } from '../../core/benchmark.js';
import { errorMessage, NelError, type SourcePosition } from '../../core/errors.js';
import { isJsonObject } from '../../core/json.js';
import { parseExactJson } from './exact-json.js';
import { readParquetRows } from './parquet.js';
import { readSeparated } from './separated.js';

export interface FileRows {
  readonly rows: readonly Row[];
  /** Where row `index` stands, for errors. */
  at(index: number): SourcePosition;
}

/** What a data file's name may end in; all but Parquet also with `.gz`. */
export const DATA_EXTENSIONS = ['.parquet', '.jsonl', '.ndjson', '.json', '.csv', '.tsv'] as const;

type DataExtension = (typeof DATA_EXTENSIONS)[number];

/** The format of a file by its name, or undefined. */
export function dataExtension(file: string): DataExtension | undefined {
  const name = file.toLowerCase();
  return DATA_EXTENSIONS.find((extension) => name.endsWith(extension) || (extension !== '.parquet' && name.endsWith(`${extension}.gz`)));
}

/**
 * @param columns names for a CSV or TSV file without a header
 * @throws NelError of kind `data` with file, line and column of what is broken
 */
export async function readDataFile(file: string, columns?: readonly string[]): Promise<FileRows> {
  switch (dataExtension(file)) {
    case '.jsonl':
    case '.ndjson':
      return readJsonLines(file);
    case '.json':
      return readJson(file);
    case '.csv':
      return readCells(file, ',', columns);
    case '.tsv':
      return readCells(file, '\t', columns);
    case '.parquet':
      return readParquet(file);
    default:
      throw new NelError('data', `${file}: the data set's format is not known by its name`, {
        hint: `Known: ${DATA_EXTENSIONS.join(', ')}, all but .parquet also with .gz.`,
      });
  }
}

async function readJsonLines(file: string): Promise<FileRows> {
  const rows: Row[] = [];
  const lineOf: number[] = [];
  let number = 0;
  for await (const bytes of lines(file)) {
    number++;
    const text = decode(bytes, { file, line: number });
    if (text.trim() === '') continue;
    const value = parseJson(text, file, number - 1);
    if (!isJsonObject(value))
      throw new NelError('data', `expected one JSON object a line, found ${kindOf(value)}`, { at: { file, line: number } });
    rows.push(value);
    lineOf.push(number);
  }
  return { rows, at: (index) => at(file, lineOf[index]) };
}

/** Lines end at `\n` and nowhere else: texts in JSON may hold U+2028, which other splitters take for a line end. */
async function* lines(file: string): AsyncGenerator<Buffer> {
  let rest: Buffer[] = [];
  for await (const chunk of byteChunks(file)) {
    let from = 0;
    for (let end = chunk.indexOf(10); end !== -1; end = chunk.indexOf(10, from)) {
      yield Buffer.concat([...rest, chunk.subarray(from, end)]);
      rest = [];
      from = end + 1;
    }
    if (from < chunk.length) rest.push(chunk.subarray(from));
  }
  if (rest.length > 0) yield Buffer.concat(rest);
}

async function* byteChunks(file: string): AsyncGenerator<Buffer> {
  const stream = createReadStream(file, { highWaterMark: 1 << 20 });
  if (!file.toLowerCase().endsWith('.gz')) {
    yield* stream as AsyncIterable<Buffer>;
    return;
  }
  const gunzip = createGunzip();
  stream.on('error', (error) => gunzip.destroy(error));
  try {
    yield* stream.pipe(gunzip) as AsyncIterable<Buffer>;
  } catch (error) {
    throw new NelError('data', `the compressed file cannot be read: ${errorMessage(error)}`, { at: { file }, cause: error });
  }
}

async function readJson(file: string): Promise<FileRows> {
  const text = await readText(file);
  let value: unknown;
  try {
    value = parseJson(text, file, 0);
  } catch (error) {
    // JSON Lines often go by this name.
    if (isWholeObject(/\S[^\n]*/.exec(text)?.[0] ?? '')) return readJsonLines(file);
    throw error;
  }
  const list = Array.isArray(value) ? value : isJsonObject(value) ? (value['rows'] ?? value['data']) : undefined;
  if (!Array.isArray(list)) {
    throw new NelError('data', `expected an array of objects (or an object with it under "rows" or "data"), found ${kindOf(value)}`, {
      at: { file },
    });
  }
  const wrong = list.findIndex((item) => !isJsonObject(item));
  if (wrong !== -1) throw new NelError('data', `item ${wrong} is ${kindOf(list[wrong])}, not an object`, { at: { file } });
  return { rows: list as Row[], at: () => ({ file }) };
}

function isWholeObject(line: string): boolean {
  try {
    return isJsonObject(JSON.parse(line));
  } catch {
    return false;
  }
}

async function readCells(file: string, delimiter: ',' | '\t', columns?: readonly string[]): Promise<FileRows> {
  const { rows, lines: lineOf } = readSeparated(await readText(file), file, delimiter, columns);
  return { rows, at: (index) => at(file, lineOf[index]) };
}

async function readParquet(file: string): Promise<FileRows> {
  try {
    return { rows: await readParquetRows(file), at: () => ({ file }) };
  } catch (error) {
    throw new NelError('data', `the Parquet file cannot be read: ${errorMessage(error)}`, {
      at: { file },
      hint: 'If the file was downloaded, delete it and run again.',
      cause: error,
    });
  }
}

async function readText(file: string): Promise<string> {
  const bytes = await readFile(file);
  if (!file.toLowerCase().endsWith('.gz')) return decode(bytes, { file });
  let plain: Buffer;
  try {
    plain = gunzipSync(bytes);
  } catch (error) {
    throw new NelError('data', `the compressed file cannot be read: ${errorMessage(error)}`, { at: { file }, cause: error });
  }
  return decode(plain, { file });
}

/** Broken UTF-8 is an error: replacement characters would change a prompt in silence. A byte order mark is dropped. */
function decode(bytes: Buffer, where: SourcePosition): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    throw new NelError('data', 'not valid UTF-8', { at: where, cause: error });
  }
}

/** @param linesBefore lines of the file that stand before `text` */
function parseJson(text: string, file: string, linesBefore: number): unknown {
  try {
    return parseExactJson(text);
  } catch (error) {
    const message = errorMessage(error);
    const offset = Number(/at position (\d+)/.exec(message)?.[1] ?? unexpectedAt(text, message));
    const before = text.slice(0, offset).split('\n');
    const position = { file, line: linesBefore + before.length, column: (before.at(-1) as string).length + 1 };
    const problem = message.replace(/ in JSON at position.*$|, (?:\.\.\.)?".*$/s, '').slice(0, 200);
    throw new NelError('data', `not valid JSON: ${problem}`, { at: position, cause: error });
  }
}

/** Node gives no position for an unexpected token: the shortest text that fails in the same way ends with it. */
function unexpectedAt(text: string, message: string): number {
  const token = /^Unexpected token '(.)'/su.exec(message)?.[1];
  if (token === undefined) return text.length;
  const failsBefore = (end: number): boolean => {
    try {
      JSON.parse(text.slice(0, end));
      return false;
    } catch (error) {
      return errorMessage(error).startsWith('Unexpected token');
    }
  };
  let low = 0;
  let high = text.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (failsBefore(middle)) high = middle;
    else low = middle + 1;
  }
  return Math.max(0, low - token.length);
}

function at(file: string, line: number | undefined): SourcePosition {
  return line === undefined ? { file } : { file, line };
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'an array' : `${typeof value === 'object' ? 'an' : 'a'} ${typeof value}`;
}

/** Where a data set's path may lie: as given, or with `.gz` added or taken away. */
export function pathVariants(file: string): readonly string[] {
  return file.endsWith('.gz') ? [file, file.slice(0, -3)] : path.extname(file) === '.parquet' ? [file] : [file, `${file}.gz`];
}
