/**
 * Many files over a few SFTP channels: one command tells the hashes of hundreds of them. A command for each would cost a login shell each
 * time, which takes longer than a small file.
 */

import { mkdir, rename, stat } from 'node:fs/promises';
import path from 'node:path';
import type { CommandOptions, CommandResult, RemoteFile } from '../../../core/cluster.js';
import { receivePart, type Sftp, sha256OfFile } from './transfer.js';

/** Channels that copy side by side. */
const LANES = 3;
/** Files whose hashes one command tells. */
const HASHED_AT_ONCE = 300;
const HASH_TIMEOUT_MS = 1_800_000;

/** Arguments: a folder, then files below it. Prints a line a file: its hash, or `-` where there is none to be had. */
const HASH_SCRIPT = `cd -- "$1" || exit 1
shift
for file; do
  line=$(sha256sum -- "$file" 2>/dev/null) || line=-
  line=\${line#\\\\}
  printf '%s\\n' "\${line%% *}"
done`;

export interface DownloadChannel {
  run(command: readonly string[], options: CommandOptions): Promise<CommandResult>;
  /** Opens an SFTP channel; calls `use` again with another one when the connection broke. */
  sftp(use: (sftp: Sftp) => Promise<void>): Promise<void>;
  /** One file by itself, with a hash taken at that moment. */
  single(remotePath: string, localPath: string): Promise<void>;
}

export interface FilesToDownload {
  readonly folder: string;
  readonly files: readonly RemoteFile[];
  readonly localFolder: string;
  readonly signal?: AbortSignal | undefined;
  readonly onFile?: ((file: string) => void) | undefined;
}

/** Each file appears whole, with the hash that the original had when this began, or as it is now where it changed meanwhile. */
export async function downloadAll(
  channel: DownloadChannel,
  { folder, files, localFolder, signal, onFile }: FilesToDownload,
): Promise<void> {
  for (let at = 0; at < files.length; at += HASHED_AT_ONCE) {
    const some = files.slice(at, at + HASHED_AT_ONCE);
    const hashes = await hashesOf(channel, folder, some, signal);
    const open = new Set<number>();
    for (const [i, file] of some.entries()) {
      if (await isThere(path.join(localFolder, file.path), file.size, hashes[i])) onFile?.(file.path);
      else open.add(i);
    }
    const queue = [...open];
    const lane = (): Promise<void> =>
      channel.sftp(async (sftp) => {
        for (let i = next(queue, open); i !== undefined; i = next(queue, open)) {
          signal?.throwIfAborted();
          const { path: file } = some[i] as RemoteFile;
          try {
            await copyOne(channel, sftp, { from: `${folder}/${file}`, to: path.join(localFolder, file), hash: hashes[i], signal });
          } catch (error) {
            // Another lane, or this one on another channel, takes it up again.
            queue.push(i);
            throw error;
          }
          open.delete(i);
          onFile?.(file);
        }
      });
    await Promise.all(Array.from({ length: Math.min(LANES, queue.length) }, lane));
  }
}

function next(queue: number[], open: ReadonlySet<number>): number | undefined {
  const i = queue.shift();
  return i === undefined || open.has(i) ? i : next(queue, open);
}

async function copyOne(
  channel: DownloadChannel,
  sftp: Sftp,
  file: { readonly from: string; readonly to: string; readonly hash: string | undefined; readonly signal: AbortSignal | undefined },
): Promise<void> {
  const { from, to, hash, signal } = file;
  const part = `${to}.part`;
  await mkdir(path.dirname(to), { recursive: true });
  await receivePart(sftp, { localPath: part, remotePath: from, fromZero: false, mode: 0o644, signal });
  if (hash === undefined || hash === (await sha256OfFile(part))) await rename(part, to);
  else await channel.single(from, to);
}

async function hashesOf(
  { run }: DownloadChannel,
  folder: string,
  files: readonly RemoteFile[],
  signal: AbortSignal | undefined,
): Promise<readonly (string | undefined)[]> {
  const { stdout } = await run(['bash', '-c', HASH_SCRIPT, 'nel-hashes', folder, ...files.map((file) => file.path)], {
    timeoutMs: HASH_TIMEOUT_MS,
    ...(signal === undefined ? {} : { signal }),
  });
  const lines = stdout.split('\n');
  return files.map((_, i) => (/^[0-9a-f]{64}$/.test(lines[i] ?? '') ? lines[i] : undefined));
}

/** Whether an earlier try has brought it. */
async function isThere(file: string, size: number, hash: string | undefined): Promise<boolean> {
  const known = await stat(file).catch(() => null);
  return known !== null && known.size === size && hash !== undefined && (await sha256OfFile(file)) === hash;
}
