/** The images of a row as data URIs: from its image cell, from the row that the cell refers to, or from files that it names. */

import { constants } from 'node:fs';
import { type FileHandle, open, realpath } from 'node:fs/promises';
import path from 'node:path';
import { errorMessage, NelError } from '../../../core/errors.js';
import { listOfTexts } from '../../../core/scoring/vlm/python-literal.js';
import { imageMediaType, SIGNATURE_BYTES } from '../../../core/vlm/media-type.js';
import { isPlace, type VlmRow, type VlmTable } from './table.js';
import { cellBytes, LONGEST_REFERENCE } from './tsv.js';

/** All images of one prompt, in bytes as they are sent or read. An endpoint would refuse such a request anyway. */
const LARGEST_IMAGES = 256 << 20;
const MOST_IMAGES = 512;

export interface ImageSource {
  readonly file: string;
  readonly handle: FileHandle;
  readonly table: VlmTable;
  /** Folders that files named in image_path may stand in; relative names are looked for in each. */
  readonly roots: readonly string[];
}

/** How many images a row has, and how to get them. */
export async function rowImages(source: ImageSource, row: VlmRow): Promise<string[]> {
  try {
    const images = row.image === undefined ? await fileImages(source, row) : await cellImages(source, row);
    if (images.length > MOST_IMAGES) throw new NelError('data', `the row has ${images.length} images, more than ${MOST_IMAGES}`);
    if (images.reduce((sum, image) => sum + image.length, 0) > 2 * LARGEST_IMAGES)
      throw new NelError('data', `the row's images have more than ${LARGEST_IMAGES >> 20} MiB`);
    return images;
  } catch (error) {
    const hint = error instanceof NelError ? error.hint : undefined;
    throw new NelError('data', `index ${JSON.stringify(row.index)}: ${errorMessage(error)}`, {
      at: { file: source.file, line: row.line },
      cause: error,
      ...(hint === undefined ? {} : { hint }),
    });
  }
}

/** The encoded images of a cell; `mayRefer` is false for a cell that was referred to. */
async function cellImages(source: ImageSource, row: VlmRow, mayRefer = true): Promise<string[]> {
  const { image } = row;
  if (image === undefined) throw new NelError('data', 'the row has no image');
  if (!isPlace(image)) {
    const other = source.table.byIndex.get(image);
    if (other) return referredImages(source, image, mayRefer);
    const items = image.startsWith('[') ? imageList(image) : [image];
    return (await Promise.all(items.map((item) => oneImage(source, item, mayRefer)))).flat();
  }
  const text = await readPlace(source, image);
  const items = text.startsWith('[') ? imageList(text) : [text];
  return (await Promise.all(items.map((item) => oneImage(source, item, mayRefer)))).flat();
}

function imageList(text: string): string[] {
  try {
    return listOfTexts(text.trim());
  } catch (error) {
    throw new NelError('data', `the image cell is no Python list: ${errorMessage(error)}`);
  }
}

async function oneImage(source: ImageSource, text: string, mayRefer: boolean): Promise<string[]> {
  return text.length <= LONGEST_REFERENCE ? referredImages(source, text, mayRefer) : [encodedImage(text)];
}

/** One step only: an image that refers to a row that refers to a third is refused, as VLMEvalKit does. */
async function referredImages(source: ImageSource, index: string, mayRefer: boolean): Promise<string[]> {
  const other = source.table.byIndex.get(index);
  if (other === undefined) throw new NelError('data', `the image is that of row ${JSON.stringify(index)}, which is not there`);
  if (!mayRefer) throw new NelError('data', `the image is that of row ${JSON.stringify(index)}, which is reached by a second reference`);
  return cellImages(source, other, false);
}

async function readPlace({ handle, file }: ImageSource, place: { offset: number; length: number; quoted: boolean }): Promise<string> {
  if (place.length > 2 * LARGEST_IMAGES) throw new NelError('data', `the image cell has ${place.length} bytes, more than is sent`);
  const buffer = Buffer.allocUnsafe(place.length);
  let filled = 0;
  while (filled < place.length) {
    const { bytesRead } = await handle.read(buffer, filled, place.length - filled, place.offset + filled);
    if (bytesRead === 0) throw new NelError('data', `${file} has become shorter while it was read`);
    filled += bytesRead;
  }
  return cellBytes(buffer, place.quoted).toString('latin1');
}

/** Base64 in the TSV as a data URI. */
function encodedImage(text: string): string {
  const stripped = text.startsWith('data:') ? text.slice(text.indexOf(',') + 1) : text;
  const base64 = /\s/.test(stripped) ? stripped.replace(/\s+/g, '') : stripped;
  const data = base64.replace(/={1,2}$/, '');
  // One class, one repetition: linear.
  if (!/^[A-Za-z0-9+/]*$/.test(data) || data.length % 4 === 1) throw new NelError('data', 'an image is not base64');
  const signature = Buffer.from(data.slice(0, 4 * Math.ceil(SIGNATURE_BYTES / 3)), 'base64');
  return dataUri(imageMediaType(signature), data + '='.repeat((4 - (data.length % 4)) % 4));
}

function dataUri(mediaType: string | null, base64: string): string {
  if (mediaType === null) {
    throw new NelError('data', 'an image is of no known kind', { hint: 'Known: PNG, JPEG, GIF, WebP, BMP, TIFF, AVIF, HEIC.' });
  }
  return `data:${mediaType};base64,${base64}`;
}

/** The names in the image_path cell: one, or a Python list of them. */
export function imagePaths(row: VlmRow): string[] {
  const cell = row.cells.get('image_path');
  if (cell === undefined) throw new NelError('data', 'the row has neither an image nor an image_path');
  try {
    return listOfTexts(cell);
  } catch (error) {
    throw new NelError('data', `the image_path cell is no Python list: ${errorMessage(error)}`);
  }
}

async function fileImages({ roots }: ImageSource, row: VlmRow): Promise<string[]> {
  const images: string[] = [];
  let total = 0;
  for (const name of imagePaths(row)) {
    const bytes = await readImageFile(name, roots);
    total += bytes.length;
    if (total > LARGEST_IMAGES) throw new NelError('data', `the row's images have more than ${LARGEST_IMAGES >> 20} MiB`);
    images.push(dataUri(imageMediaType(bytes), bytes.toString('base64')));
  }
  return images;
}

/**
 * An image file by the name that a TSV gives it. The file must stand in one of the folders, after links are followed: a data set must not be
 * able to send any file of this machine to a model.
 */
export async function readImageFile(name: string, roots: readonly string[]): Promise<Buffer> {
  const file = await safePath(name, roots);
  const handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const { size } = await handle.stat().then((stats) => {
      if (!stats.isFile()) throw new NelError('data', `the image file ${JSON.stringify(name)} is no plain file`);
      return stats;
    });
    if (size > LARGEST_IMAGES)
      throw new NelError('data', `the image file ${JSON.stringify(name)} has more than ${LARGEST_IMAGES >> 20} MiB`);
    return await handle.readFile();
  } finally {
    await handle.close();
  }
}

async function safePath(name: string, roots: readonly string[]): Promise<string> {
  const shown = JSON.stringify(name.slice(0, 200));
  if (name === '' || name.includes('\0')) throw new NelError('data', `${shown} is no file name`);
  let outside = false;
  for (const root of roots) {
    const candidate = path.resolve(root, name);
    if (!isWithin(path.resolve(root), candidate)) {
      outside = true;
      continue;
    }
    const real = await realpath(candidate).catch(() => null);
    if (real === null) continue;
    const realRoot = await realpath(root);
    if (isWithin(realRoot, real)) return real;
    outside = true;
  }
  const hint = `Image files are looked for in ${roots.join(' and ')}.`;
  throw new NelError('data', outside ? `the image file ${shown} leads out of the images folder` : `there is no image file ${shown}`, {
    hint,
  });
}

function isWithin(root: string, file: string): boolean {
  const relative = path.relative(root, file);
  return relative !== '' && relative !== '..' && !relative.startsWith(`..${path.sep}`) && !path.isAbsolute(relative);
}
