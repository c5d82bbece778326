/**
 * Copies files over SFTP: in pipelined chunks into `<name>.part…`, which a later try continues, checked by SHA-256 and then renamed.
 *
 * At most WINDOW bytes are under way at once, so that all bytes of a part file but the last WINDOW are there without a hole: that is where
 * to go on, whoever wrote it.
 */

import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import type { Client, SFTPWrapper } from 'ssh2';
import { ClusterUnreachable } from '../../../core/cluster.js';
import { errorMessage, NelError } from '../../../core/errors.js';
import { NoChannel } from './connection.js';

/** What every server takes in one packet. */
const CHUNK = 32 * 1024;
const CHUNKS_AT_ONCE = 32;
const WINDOW = CHUNK * CHUNKS_AT_ONCE;

/** Status codes of SFTP (draft-ietf-secsh-filexfer-02, section 7) that concern the file; others come with a broken connection. */
const NO_SUCH_FILE = 2;
const FILE_ERRORS: Readonly<Record<number, string>> = {
  2: 'there is no such file',
  3: 'permission denied',
  4: 'the server failed (is its disk full?)',
};

type Progress = (done: number, total: number) => void;

/** SHA-256 of a local file, in hex. */
export async function sha256OfFile(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const part of createReadStream(file)) hash.update(part as Buffer);
  return hash.digest('hex');
}

/** An SFTP channel, and the promise that rejects when it is gone: ssh2 leaves calls unanswered then. */
export interface Sftp {
  readonly wrapper: SFTPWrapper;
  readonly lost: Promise<never>;
}

/** Opens an SFTP channel for `use` and closes it. */
export async function withSftp<T>(client: Client, use: (sftp: Sftp) => Promise<T>): Promise<T> {
  const wrapper = await new Promise<SFTPWrapper>((resolve, reject) => {
    client.sftp((error, opened) => {
      if (error === undefined) resolve(opened);
      else reject(new NoChannel(`no channel for a transfer: ${error.message}`, { cause: error }));
    });
  });
  let lose = (): void => {};
  const lost = new Promise<never>((_, reject) => {
    lose = () => reject(new ClusterUnreachable('the connection broke in mid-transfer'));
  });
  // Nobody may be waiting when it breaks, or when it is closed in the end.
  lost.catch(() => {});
  wrapper.on('error', lose);
  wrapper.on('close', lose);
  client.on('close', lose);
  try {
    return await use({ wrapper, lost });
  } finally {
    client.off('close', lose);
    wrapper.end();
  }
}

type Start<T> = (wrapper: SFTPWrapper, done: (error: Error | null | undefined, value: T) => void) => void;

/** One call of SFTP as a promise. @throws NelError about the file, ClusterUnreachable about the connection */
function call<T>({ wrapper, lost }: Sftp, file: string, start: Start<T>): Promise<T> {
  const answer = new Promise<T>((resolve, reject) => {
    try {
      start(wrapper, (error, value) => {
        if (error === undefined || error === null) resolve(value);
        else reject(sftpError(file, error));
      });
    } catch (error) {
      // ssh2 throws when the channel is closed already.
      reject(new ClusterUnreachable(`${file}: ${errorMessage(error)}`, { cause: error }));
    }
  });
  return Promise.race([answer, lost]);
}

function sftpError(what: string, error: Error): Error {
  const code = (error as { readonly code?: unknown }).code;
  const about = typeof code === 'number' ? FILE_ERRORS[code] : undefined;
  if (about === undefined) return new ClusterUnreachable(`${what}: ${error.message}`, { cause: error });
  return new NelError(code === NO_SUCH_FILE ? 'data' : 'run', `${what}: ${about}`, { cause: error });
}

/** Size of a remote file, or null when there is none. */
async function remoteSize(sftp: Sftp, file: string): Promise<number | null> {
  try {
    return (await call<{ size: number }>(sftp, file, (wrapper, done) => wrapper.stat(file, done))).size;
  } catch (error) {
    if (error instanceof NelError && error.kind === 'data') return null;
    throw error;
  }
}

/** Where to go on with a part file of that size. */
const resumeAt = (partSize: number, total: number): number => (partSize > total ? 0 : Math.max(0, partSize - WINDOW));

/** Runs `chunk` for each chunk from `from` to `total`, several at once. */
async function eachChunk(
  from: number,
  total: number,
  signal: AbortSignal | undefined,
  chunk: (at: number, length: number) => Promise<void>,
): Promise<void> {
  let next = from;
  const lane = async (): Promise<void> => {
    while (next < total) {
      signal?.throwIfAborted();
      const at = next;
      next = Math.min(total, at + CHUNK);
      await chunk(at, next - at);
    }
  };
  const lanes = await Promise.allSettled(Array.from({ length: CHUNKS_AT_ONCE }, lane));
  for (const result of lanes) if (result.status === 'rejected') throw result.reason;
}

export interface PartTransfer {
  readonly localPath: string;
  readonly remotePath: string;
  /** Start over instead of going on. */
  readonly fromZero: boolean;
  readonly mode: number;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: Progress | undefined;
}

/** Writes (the rest of) a local file to a remote part file. */
export async function sendPart(sftp: Sftp, { localPath, remotePath, fromZero, mode, signal, onProgress }: PartTransfer): Promise<void> {
  const local = await open(localPath, 'r');
  try {
    const total = (await local.stat()).size;
    const partSize = fromZero ? 0 : ((await remoteSize(sftp, remotePath)) ?? 0);
    const from = resumeAt(partSize, total);
    const flags = from === 0 ? 'w' : 'r+';
    const handle = await call<Buffer>(sftp, remotePath, (wrapper, done) => wrapper.open(remotePath, flags, { mode }, done));
    let done = from;
    await eachChunk(from, total, signal, async (at, length) => {
      const bytes = await readExactly(local, at, length, localPath);
      await call<void>(sftp, remotePath, (wrapper, ended) =>
        wrapper.write(handle, bytes, 0, length, at, (error) => ended(error, undefined)),
      );
      done += length;
      onProgress?.(done, total);
    });
    await call<void>(sftp, remotePath, (wrapper, ended) => wrapper.fchmod(handle, mode, (error) => ended(error, undefined)));
    await call<void>(sftp, remotePath, (wrapper, ended) => wrapper.close(handle, (error) => ended(error, undefined)));
  } finally {
    await local.close();
  }
}

async function readExactly(file: FileHandle, at: number, length: number, name: string): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(length);
  const { bytesRead } = await file.read(bytes, 0, length, at);
  if (bytesRead !== length) throw new NelError('data', `${name} became shorter while it was copied`);
  return bytes;
}

/** Reads (the rest of) a remote file into a local part file; gives its size. */
export async function receivePart(
  sftp: Sftp,
  { localPath, remotePath, fromZero, mode, signal, onProgress }: PartTransfer,
): Promise<number> {
  const handle = await call<Buffer>(sftp, remotePath, (wrapper, done) => wrapper.open(remotePath, 'r', done));
  const total = (await call<{ size: number }>(sftp, remotePath, (wrapper, done) => wrapper.fstat(handle, done))).size;
  const local = await openPart(localPath, fromZero, mode);
  try {
    const from = resumeAt((await local.stat()).size, total);
    await local.truncate(from);
    let done = from;
    await eachChunk(from, total, signal, async (at, length) => {
      const bytes = await receiveExactly(sftp, handle, at, length, remotePath);
      await local.write(bytes, 0, length, at);
      done += length;
      onProgress?.(done, total);
    });
    await local.sync();
  } finally {
    await local.close();
  }
  await call<void>(sftp, remotePath, (wrapper, ended) => wrapper.close(handle, (error) => ended(error, undefined)));
  return total;
}

async function openPart(file: string, fromZero: boolean, mode: number): Promise<FileHandle> {
  try {
    return await open(file, fromZero ? 'w' : 'r+', mode);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return open(file, 'w', mode);
    throw error;
  }
}

/** A server may give less than was asked for. */
async function receiveExactly(sftp: Sftp, handle: Buffer, at: number, length: number, name: string): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(length);
  for (let have = 0; have < length; ) {
    const offset = have;
    const got = await call<number>(sftp, name, (wrapper, done) =>
      wrapper.read(handle, bytes, offset, length - offset, at + offset, (error, count) => done(error, count)),
    );
    if (got <= 0) throw new NelError('data', `${name} became shorter while it was copied`);
    have += got;
  }
  return bytes;
}
