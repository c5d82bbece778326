/** The media type of an image by its first bytes: what a data URI has to name. */

/** How many bytes `imageMediaType` looks at. */
export const SIGNATURE_BYTES = 16;

const text = (bytes: Uint8Array, from: number, to: number): string => String.fromCharCode(...bytes.subarray(from, to));

/** `image/png`, `image/jpeg`, `image/gif`, `image/webp`, `image/bmp`, `image/tiff`, `image/avif`, `image/heic`; null for anything else. */
export function imageMediaType(bytes: Uint8Array): string | null {
  if (text(bytes, 0, 8) === '\x89PNG\r\n\x1a\n') return 'image/png';
  if (text(bytes, 0, 3) === '\xff\xd8\xff') return 'image/jpeg';
  if (/^GIF8[79]a$/.test(text(bytes, 0, 6))) return 'image/gif';
  if (text(bytes, 0, 4) === 'RIFF' && text(bytes, 8, 12) === 'WEBP') return 'image/webp';
  if (text(bytes, 0, 2) === 'BM') return 'image/bmp';
  if (/^(?:II\*\0|MM\0\*)$/.test(text(bytes, 0, 4))) return 'image/tiff';
  if (text(bytes, 4, 8) !== 'ftyp') return null;
  const brand = text(bytes, 8, 12);
  if (brand === 'avif' || brand === 'avis') return 'image/avif';
  return /^(?:heic|heix|mif1)$/.test(brand) ? 'image/heic' : null;
}
