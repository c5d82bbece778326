/** Where a cluster's jobs are handed in: the shell that its config asks for, and what is done with whole folders over it. */

import path from 'node:path';
import type { ClusterShell, SlurmCluster } from '../../core/cluster.js';
import { NelError } from '../../core/errors.js';
import { createLocalShell } from './local/shell.js';
import type { ConnectionOptions } from './ssh/connection.js';
import { createSshShell } from './ssh/shell.js';

/** Nothing is connected yet: that happens with the first command. Close it in the end. */
export function openClusterShell({ ssh }: Pick<SlurmCluster, 'ssh'>, options: ConnectionOptions = {}): ClusterShell {
  return ssh === null ? createLocalShell(options.env === undefined ? {} : { env: options.env }) : createSshShell(ssh, options);
}

/** `~/x` as the absolute path that job scripts need. @throws NelError when it is neither that nor absolute */
export async function absoluteWorkdir(shell: ClusterShell, workdir: string): Promise<string> {
  if (workdir.startsWith('/')) return workdir;
  if (!workdir.startsWith('~/')) {
    throw new NelError('config', `cluster.workdir: ${JSON.stringify(workdir.slice(0, 200))} is not absolute`, {
      hint: 'Begin it with / or ~/.',
    });
  }
  const { code, stdout } = await shell.run(['bash', '-c', 'printf %s "$HOME"']);
  if (code !== 0 || !stdout.startsWith('/')) throw new NelError('run', `${shell.name}: the home directory is not known`);
  return path.posix.join(stdout, workdir.slice(2));
}

export interface FolderDownload {
  readonly remoteFolder: string;
  readonly localFolder: string;
  /** Which files, by their path below the folder; default all. */
  readonly include?: (file: string) => boolean;
  readonly signal?: AbortSignal | undefined;
  /** Called after each file. */
  readonly onFile?: (file: string, done: number, total: number) => void;
}

/** Copies what is in a folder there to a folder here, each file whole or not at all; again and again if need be. Gives the number of files. */
export async function downloadFolder(shell: ClusterShell, options: FolderDownload): Promise<number> {
  const { remoteFolder, localFolder, include = () => true, signal, onFile } = options;
  const files = (await shell.list(remoteFolder)).filter((file) => include(file.path));
  let done = 0;
  await shell.downloadAll({ remoteFolder, files }, localFolder, {
    ...(signal === undefined ? {} : { signal }),
    onFile: (file) => onFile?.(file, ++done, files.length),
  });
  return files.length;
}
