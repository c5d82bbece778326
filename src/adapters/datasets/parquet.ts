/**
 * Reads the rows of a Parquet file as plain JSON values, by each column's type as the file's schema says it
 * (Apache Parquet, LogicalTypes.md): the reader behind it would round decimals, cut microseconds and take bytes for text.
 */

import { isUtf8 } from 'node:buffer';
import { asyncBufferFromFile, type ParquetParsers, parquetMetadataAsync, parquetReadObjects, parquetSchema } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import type { Row } from '../../core/benchmark.js';
import { parseExactJson } from './exact-json.js';
import { toRow } from './values.js';

type SchemaTree = ReturnType<typeof parquetSchema>;
type SchemaElement = SchemaTree['element'];
type Convert = (value: unknown) => unknown;

/**
 * - Decimals are numbers where these are exact, else texts (`"12345678901234567.89"`).
 * - Dates are `2024-01-31`, times `03:04:05.678901`, timestamps `2024-01-31T03:04:05.678901Z`.
 * - Byte arrays are text where the schema says so. Those of which it says nothing are text where all of the file's column is UTF-8
 *   (old writers did not mark texts), else base64.
 *
 * @throws Error where the file is broken, or a text in it is not UTF-8
 */
export async function readParquetRows(path: string): Promise<Row[]> {
  const file = await asyncBufferFromFile(path);
  const metadata = await parquetMetadataAsync(file);
  const schema = parquetSchema(metadata);
  const columns = takeOver(schema, new Map());
  const records = await parquetReadObjects({ file, metadata, compressors, utf8: false, parsers: PARSERS });
  const binary = new Set<SchemaElement>();
  const look = converter(schema, (element) =>
    columns.get(element)?.kind === 'bytes' ? (value) => noteBinary(value, element, binary) : undefined,
  );
  if (look !== undefined) for (const record of records) look(record);
  const convert = converter(schema, (element) => leafConverter(columns.get(element), binary.has(element)));
  return records.map((record) => toRow((convert === undefined ? record : convert(record)) as object));
}

/** What the reader would not give as it stands in the file. */
type Column =
  | { readonly kind: 'bytes' }
  | { readonly kind: 'decimal'; readonly scale: number }
  | { readonly kind: 'time'; readonly digits: number };

/** Finds the columns that are converted here, and takes the marks from them by which the reader would convert them itself. */
function takeOver({ element, children }: SchemaTree, columns: Map<SchemaElement, Column>): Map<SchemaElement, Column> {
  // A variant's bytes are the reader's own business.
  if (element.logical_type?.type === 'VARIANT') return columns;
  for (const child of children) takeOver(child, columns);
  if (children.length > 0) return columns;
  const { type, converted_type: converted, logical_type: logical } = element;
  if (converted === 'DECIMAL' || logical?.type === 'DECIMAL') {
    columns.set(element, { kind: 'decimal', scale: element.scale ?? (logical?.type === 'DECIMAL' ? logical.scale : 0) });
    delete element.converted_type;
    delete element.logical_type;
  } else if (converted === 'TIME_MILLIS' || converted === 'TIME_MICROS' || logical?.type === 'TIME') {
    const unit = logical?.type === 'TIME' ? logical.unit : converted === 'TIME_MILLIS' ? 'MILLIS' : 'MICROS';
    columns.set(element, { kind: 'time', digits: DIGITS[unit] });
  } else if (converted === 'ENUM' || logical?.type === 'ENUM') {
    element.converted_type = 'UTF8';
  } else if (logical?.type === 'JSON') {
    element.converted_type = 'JSON';
  } else if (type === 'BYTE_ARRAY' && converted === undefined && logical === undefined) {
    columns.set(element, { kind: 'bytes' });
  }
  return columns;
}

const DIGITS = { MILLIS: 3, MICROS: 6, NANOS: 9 } as const;

/** A function over assembled values of `node`: structs are objects, lists arrays, maps objects by key. Undefined: nothing to do. */
function converter(node: SchemaTree, leaf: (element: SchemaElement) => Convert | undefined): Convert | undefined {
  const { element, children } = node;
  if (children.length === 0) return each(leaf(element));
  const [repeated] = children;
  if (repeated?.element.repetition_type === 'REPEATED' && children.length === 1) {
    // In the older of the two forms of a list the repeated group is the item itself.
    if (element.converted_type === 'LIST' && repeated.children.length < 2) return each(converter(repeated.children[0] ?? repeated, leaf));
    const value = repeated.children[1];
    if (element.converted_type === 'MAP' && repeated.children.length === 2 && value !== undefined) {
      const convert = converter(value, leaf);
      return convert && each((map) => Object.fromEntries(Object.entries(map as object).map(([key, item]) => [key, convert(item)])));
    }
  }
  const members = children.flatMap((child) => {
    const convert = converter(child, leaf);
    return convert === undefined ? [] : [[child.element.name, convert] as const];
  });
  if (members.length === 0) return undefined;
  return each((struct) => {
    const converted = { ...(struct as Record<string, unknown>) };
    for (const [name, convert] of members) if (Object.hasOwn(converted, name)) converted[name] = convert(converted[name]);
    return converted;
  });
}

/** Over the items of a list, however deep; what is not there stays so. */
function each(convert: Convert | undefined): Convert | undefined {
  if (convert === undefined) return undefined;
  const over: Convert = (value) =>
    value === null || value === undefined ? value : Array.isArray(value) ? value.map(over) : convert(value);
  return over;
}

function noteBinary(value: unknown, element: SchemaElement, binary: Set<SchemaElement>): void {
  if (!binary.has(element) && value instanceof Uint8Array && !isUtf8(value)) binary.add(element);
}

function leafConverter(column: Column | undefined, binary: boolean): Convert | undefined {
  switch (column?.kind) {
    case 'bytes':
      return (value) => (!(value instanceof Uint8Array) ? value : binary ? Buffer.from(value).toString('base64') : decodeText(value));
    case 'decimal':
      return (value) => decimal(unscaled(value as Uint8Array | number | bigint), column.scale);
    case 'time':
      return (value) => time(BigInt(value as number | bigint), column.digits);
    default:
      return undefined;
  }
}

/** Big-endian two's complement where it is bytes. */
function unscaled(value: Uint8Array | number | bigint): bigint {
  if (!(value instanceof Uint8Array)) return BigInt(value);
  return value.length === 0 ? 0n : BigInt.asIntN(value.length * 8, BigInt(`0x${Buffer.from(value).toString('hex')}`));
}

/** Doubles hold every decimal of 15 significant digits (IEEE 754); what has more is a text. */
function decimal(value: bigint, scale: number): number | string {
  const sign = value < 0n ? '-' : '';
  const digits = String(value < 0n ? -value : value).padStart(scale + 1, '0');
  const point = digits.length - scale;
  const [whole, fraction] = [digits.slice(0, point), digits.slice(point)];
  const text = `${sign}${whole}${scale === 0 ? '' : `.${fraction}`}`;
  const significant = (whole + fraction.replace(/0+$/, '')).replace(/^0+/, '').length;
  return significant <= 15 ? Number(text) : text;
}

/** @param value since midnight, in units of 10^-digits seconds */
function time(value: bigint, digits: number): string {
  const perSecond = 10n ** BigInt(digits);
  const seconds = Number(value / perSecond);
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const fraction = fractionText(value % perSecond, digits);
  return `${parts.map((part) => String(part).padStart(2, '0')).join(':')}${fraction === '' ? '' : `.${fraction}`}`;
}

/** @returns null beyond what dates can hold, as for a broken date */
function timestamp(value: bigint, digits: number): string | null {
  const perMilli = 10n ** BigInt(digits - 3);
  const rest = ((value % perMilli) + perMilli) % perMilli;
  const date = new Date(Number((value - rest) / perMilli));
  if (Number.isNaN(date.getTime())) return null;
  return date.toISOString().replace('Z', `${fractionText(rest, digits - 3)}Z`);
}

/** Thousandths, millionths or billionths: as many groups of three digits as it needs. */
function fractionText(value: bigint, digits: number): string {
  return value === 0n
    ? ''
    : String(value)
        .padStart(digits, '0')
        .replace(/(?:000)+$/, '');
}

const TEXT = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function decodeText(bytes: Uint8Array): string {
  try {
    return TEXT.decode(bytes);
  } catch (error) {
    throw new Error('a text in it is not valid UTF-8', { cause: error });
  }
}

const PARSERS: Partial<ParquetParsers> = {
  stringFromBytes: (bytes: Uint8Array | undefined) => bytes && decodeText(bytes),
  jsonFromBytes: (bytes: Uint8Array | undefined) => bytes && parseExactJson(decodeText(bytes)),
  timestampFromMilliseconds: (value) => timestamp(BigInt(value), 3),
  timestampFromMicroseconds: (value) => timestamp(BigInt(value), 6),
  timestampFromNanoseconds: (value) => timestamp(BigInt(value), 9),
  dateFromDays: (days) => timestamp(BigInt(days) * 86_400_000n, 3)?.replace(/T.*/, '') ?? null,
};
