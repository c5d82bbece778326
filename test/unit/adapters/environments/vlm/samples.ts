/** Small images and TSV files for the tests of VLMEvalKit's environment. */

import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { crc32, deflateSync } from 'node:zlib';
import { onTestFinished } from 'vitest';

/** A PNG of one pixel of that colour: its base64 is longer than a reference. */
export function png(red: number, green = 0, blue = 0): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(1, 0);
  header.writeUInt32BE(1, 4);
  header.set([8, 2, 0, 0, 0], 8);
  const pixel = deflateSync(Buffer.from([0, red, green, blue]));
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    piece('IHDR', header),
    piece('IDAT', pixel),
    piece('IEND', Buffer.alloc(0)),
  ]);
}

function piece(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type), data]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32BE(crc(body));
  return Buffer.concat([length, body, checksum]);
}

function crc(data: Buffer): number {
  // zlib.crc32 is missing in the first releases of Node 20.
  if (typeof crc32 === 'function') return crc32(data);
  let value = ~0;
  for (const byte of data) {
    value ^= byte;
    for (let i = 0; i < 8; i++) value = (value >>> 1) ^ (value & 1 ? 0xedb88320 : 0);
  }
  return ~value >>> 0;
}

export const base64 = (image: Buffer): string => image.toString('base64');
export const uri = (image: Buffer): string => `data:image/png;base64,${base64(image)}`;

function tsvCell(text: string): string {
  return /["\t\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Rows as a TSV; the columns are those of the first row. */
export function tsv(rows: readonly Readonly<Record<string, string>>[]): string {
  const columns = Object.keys(rows[0] ?? {});
  return [columns, ...rows.map((row) => columns.map((column) => row[column] ?? ''))]
    .map((cells) => `${cells.map(tsvCell).join('\t')}\n`)
    .join('');
}

export interface Places {
  readonly dir: string;
  /** Stands for $LMUData. */
  readonly data: string;
  readonly env: Readonly<Record<string, string>>;
}

/** A folder of the test's own, with an LMUData folder in it and a home that has none. */
export async function places(): Promise<Places> {
  const dir = await mkdtemp(path.join(os.tmpdir(), 'nel-vlm-'));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  const data = path.join(dir, 'data');
  await mkdir(data);
  return { dir, data, env: { LMUData: data, HOME: path.join(dir, 'home') } };
}

export async function put(file: string, content: string | Buffer): Promise<string> {
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, content);
  return file;
}
