/** The cluster's shell on a login node: commands and files over one SSH connection. */

import { mkdir, rename, stat } from 'node:fs/promises';
import path from 'node:path';
import type { ClusterShell, CommandOptions, CommandResult, RemoteFile, SshTarget, TransferOptions } from '../../../core/cluster.js';
import { errorMessage, NelError } from '../../../core/errors.js';
import { type ConnectionOptions, SshConnection } from './connection.js';
import { downloadAll } from './download-all.js';
import { runRemotely } from './run.js';
import { receivePart, sendPart, sha256OfFile, withSftp } from './transfer.js';

/** Files below this size are copied again rather than looked at. */
const WORTH_COMPARING = 1024 * 1024;

/** Writes standard input to a file that appears at once and whole; an input that was cut off by a broken connection is not taken. */
const WRITE_SCRIPT = `set -e
umask 077
mkdir -p -- "$(dirname -- "$1")"
part=$1.part-$$
trap 'rm -f -- "$part"' EXIT
cat >"$part"
if [ "$(wc -c <"$part")" -ne "$3" ]; then exit 1; fi
chmod "$2" "$part"
mv -f -- "$part" "$1"`;

const LIST_SCRIPT = `if [ -d "$1" ]; then find -P "$1" -type f -printf '%s %P\\0'; fi`;

/** Connects at the first use. @throws nothing: see ClusterShell.run */
export function createSshShell(target: SshTarget, options: ConnectionOptions = {}): ClusterShell {
  return new SshShell(new SshConnection(target, options));
}

class SshShell implements ClusterShell {
  readonly name: string;
  private home: string | null = null;

  constructor(private readonly connection: SshConnection) {
    this.name = connection.name;
  }

  run(command: readonly string[], options: CommandOptions = {}): Promise<CommandResult> {
    return this.connection.use((client) => runRemotely(client, command, options), {
      signal: options.signal,
      repeatable: options.repeatable ?? true,
    });
  }

  async upload(localPath: string, remotePath: string, options: TransferOptions = {}): Promise<void> {
    const size = await localSize(localPath);
    if (size === null) throw new NelError('data', `${localPath}: there is no such file`);
    const to = await this.resolve(remotePath);
    const hash = await sha256OfFile(localPath);
    if (size >= WORTH_COMPARING && (await this.remoteHash(to)) === hash) return;
    await this.must(['mkdir', '-p', '--', path.posix.dirname(to)], options.signal);
    // Named after its content: a part of something else is never continued.
    const part = `${to}.part-${hash.slice(0, 16)}`;
    await this.verified(to, {
      transfer: async (fromZero) => {
        await this.sftp(options.signal, (sftp) =>
          sendPart(sftp, {
            localPath,
            remotePath: part,
            fromZero,
            mode: options.mode ?? 0o644,
            signal: options.signal,
            onProgress: options.onProgress,
          }),
        );
        return hash;
      },
      hashOfCopy: () => this.remoteHash(part),
    });
    const moved = await this.run(['mv', '-f', '--', part, to]);
    // Another try, or its answer that was lost, may have moved it already.
    if (moved.code !== 0 && (await this.remoteHash(to)) !== hash)
      throw new NelError('run', `${this.name}: ${to} cannot be written: ${lastLine(moved.stderr)}`);
  }

  async write(text: string, remotePath: string, { mode = 0o644, signal }: TransferOptions = {}): Promise<void> {
    const to = await this.resolve(remotePath);
    const { code, stderr } = await this.run(
      ['bash', '-c', WRITE_SCRIPT, 'nel-write', to, mode.toString(8), String(Buffer.byteLength(text))],
      {
        stdin: text,
        ...(signal === undefined ? {} : { signal }),
      },
    );
    if (code !== 0) throw new NelError('run', `${this.name}: ${to} cannot be written: ${lastLine(stderr)}`);
  }

  async download(remotePath: string, localPath: string, options: TransferOptions = {}): Promise<void> {
    const from = await this.resolve(remotePath);
    const part = `${localPath}.part`;
    await mkdir(path.dirname(localPath), { recursive: true });
    const size = await localSize(localPath);
    if (size !== null && size >= WORTH_COMPARING && (await this.remoteHash(from)) === (await sha256OfFile(localPath))) return;
    await this.verified(from, {
      transfer: async (fromZero) => {
        await this.sftp(options.signal, (sftp) =>
          receivePart(sftp, {
            localPath: part,
            remotePath: from,
            fromZero,
            mode: options.mode ?? 0o644,
            signal: options.signal,
            onProgress: options.onProgress,
          }),
        );
        return this.remoteHash(from);
      },
      hashOfCopy: () => sha256OfFile(part),
    });
    await rename(part, localPath);
  }

  async downloadAll(
    { remoteFolder, files }: Parameters<ClusterShell['downloadAll']>[0],
    localFolder: string,
    options: Parameters<ClusterShell['downloadAll']>[2] = {},
  ): Promise<void> {
    const folder = await this.resolve(remoteFolder);
    await downloadAll(
      {
        run: (command, commandOptions) => this.run(command, commandOptions),
        sftp: (use) => this.sftp(options.signal, use),
        single: (file, to) => this.download(file, to, options.signal === undefined ? {} : { signal: options.signal }),
      },
      { folder, files, localFolder, ...options },
    );
  }

  async exists(remotePath: string): Promise<boolean> {
    return (await this.run(['test', '-e', await this.resolve(remotePath)])).code === 0;
  }

  async list(remoteFolder: string): Promise<readonly RemoteFile[]> {
    const folder = await this.resolve(remoteFolder);
    const { code, stdout, stderr } = await this.run(['bash', '-c', LIST_SCRIPT, 'nel-list', folder]);
    if (code !== 0) throw new NelError('run', `${this.name}: ${folder} cannot be listed: ${lastLine(stderr)}`);
    return stdout
      .split('\0')
      .flatMap((entry) => {
        const space = entry.indexOf(' ');
        const file = entry.slice(space + 1);
        // A path that leads out of the folder cannot come from find, but it could from a server that wants to write here.
        return space <= 0 || file.split('/').includes('..') || file.startsWith('/')
          ? []
          : [{ path: file, size: Number(entry.slice(0, space)) }];
      })
      .sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
  }

  close(): Promise<void> {
    return this.connection.close();
  }

  /** `~/x` → below the home directory there. */
  private async resolve(file: string): Promise<string> {
    if (!file.startsWith('~/')) return file;
    if (this.home === null) {
      const { code, stdout } = await this.run(['bash', '-c', 'printf %s "$HOME"']);
      if (code !== 0 || !stdout.startsWith('/')) throw new NelError('run', `${this.name}: the home directory is not known`);
      this.home = stdout;
    }
    return path.posix.join(this.home, file.slice(2));
  }

  private sftp<T>(signal: AbortSignal | undefined, use: Parameters<typeof withSftp<T>>[1]): Promise<T> {
    return this.connection.use((client) => withSftp(client, use), { signal, repeatable: true });
  }

  private async must(command: readonly string[], signal?: AbortSignal): Promise<void> {
    const { code, stderr } = await this.run(command, signal === undefined ? {} : { signal });
    if (code !== 0) throw new NelError('run', `${this.name}: ${command[0]} failed: ${lastLine(stderr)}`);
  }

  /** SHA-256 of a remote file in hex; null when there is none, or nothing to compute it with (then the sizes must do). */
  private async remoteHash(file: string): Promise<string | null> {
    const { code, stdout } = await this.run(['sha256sum', '--', file], { timeoutMs: 600_000 });
    return code === 0 ? (/^\\?([0-9a-f]{64})/.exec(stdout)?.[1] ?? null) : null;
  }

  /** Transfers until copy and original have the same hash; the second time from the start. */
  private async verified(
    what: string,
    { transfer, hashOfCopy }: { transfer(fromZero: boolean): Promise<string | null>; hashOfCopy(): Promise<string | null> },
  ): Promise<void> {
    for (const fromZero of [false, true]) {
      const expected = await transfer(fromZero);
      const actual = await hashOfCopy();
      if (expected === null || actual === null || expected === actual) return;
    }
    throw new NelError('data', `${what}: the copy differs from the original, twice`, { hint: 'Is something still writing to the file?' });
  }
}

async function localSize(file: string): Promise<number | null> {
  try {
    return (await stat(file)).size;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw new NelError('data', `${file} cannot be read: ${errorMessage(error)}`);
  }
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1)?.slice(0, 300) || 'no reason was given';
}
