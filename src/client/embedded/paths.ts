/** Where the embedded server keeps its files: state folder, binary cache and the private folder of its control socket. */
import { createHash } from 'node:crypto';
import { chmodSync, lstatSync, mkdirSync } from 'node:fs';
import { homedir, hostname, tmpdir, userInfo } from 'node:os';
import path from 'node:path';
import { NelError } from '../../core/errors.js';

/** Kernels refuse longer socket paths (107 bytes on Linux, 103 on macOS); a margin is kept. */
const SOCKET_PATH_BYTES = 100;
/** As long as the names of `socketName`. */
const SOCKET_NAME_BYTES = 'c-01234567.sock'.length;

type Environment = Readonly<Record<string, string | undefined>>;

export { stateDirectory } from '../../config/state-directory.js';

/** `$XDG_CACHE_HOME/nel`, else `~/.cache/nel`. */
export function cacheDirectory(env: Environment = process.env): string {
  return path.join(env['XDG_CACHE_HOME'] || path.join(env['HOME'] || homedir(), '.cache'), 'nel');
}

/**
 * The folder of one server: `temporal/<host>` under the state directory.
 * One a host, because the server listens on 127.0.0.1 only and clusters share home folders: the other hosts can neither reach it nor judge
 * by its process id whether it lives, and SQLite over a network file system must not be opened from two of them.
 * Macs change their host name with the network and keep homes on their own disk, so there the folder has no host.
 */
export function serverFolder(stateDir: string, platform: NodeJS.Platform = process.platform, host: string = hostname()): string {
  const base = path.join(stateDir, 'temporal');
  if (platform === 'darwin') return base;
  return path.join(base, (host.split('.')[0] ?? '').replaceAll(/[^A-Za-z0-9_-]/g, '_') || 'local');
}

/**
 * Folders that may hold the control socket, best first: the server's own folder when the path is short enough for a socket, then a folder in the
 * system's temporary directory, named after the user and the state folder.
 */
export function socketFolders(folder: string, temporary: string = tmpdir(), uid: number = userId()): string[] {
  const name = `nel-${uid}-${createHash('sha256').update(folder).digest('hex').slice(0, 16)}`;
  const candidates = [folder, path.join(temporary, name), path.join('/tmp', name)];
  const fitting = candidates.filter((candidate) => Buffer.byteLength(candidate) + 1 + SOCKET_NAME_BYTES <= SOCKET_PATH_BYTES);
  return [...new Set(fitting)];
}

/**
 * Creates the folder, or checks the one that exists: a real folder, ours, open to nobody else.
 * @throws NelError when it belongs to another user or is a link: another user could then answer in the server's place.
 */
export function makePrivateFolder(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const stat = lstatSync(folder);
  if (!stat.isDirectory() || stat.uid !== userId()) {
    throw new NelError('config', `${folder} is not a folder of this user`, { hint: 'Remove it, or set NEL_STATE_DIR to another folder.' });
  }
  if ((stat.mode & 0o077) !== 0) chmodSync(folder, 0o700);
}

function userId(): number {
  return process.getuid?.() ?? userInfo().uid;
}
