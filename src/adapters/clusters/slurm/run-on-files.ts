/** Commands on a cluster about a file of each shard, which can be some thousand. */

import type { ClusterShell, CommandResult } from '../../../core/cluster.js';

/** Shared file systems take milliseconds a file. */
const FILES_TIMEOUT_MS = 180_000;

export interface FilesCommand {
  readonly script: string;
  /** What lists of processes show. */
  readonly name: string;
  readonly args?: readonly string[];
  /** Paths without line breaks; to be read with `while IFS= read -r file && [ -n "$file" ]`. */
  readonly files: readonly string[];
  readonly rest?: string;
}

/**
 * Runs bash on a list of files, which it reads from its standard input, one a line: a run of some thousand shards has more of them than a
 * command line takes.
 * @param rest what follows the list on its standard input, behind an empty line
 */
export async function runOnFiles(
  shell: ClusterShell,
  { script, name, args = [], files, rest = '' }: FilesCommand,
  { signal }: { readonly signal?: AbortSignal | undefined } = {},
): Promise<CommandResult> {
  return shell.run(['bash', '-c', script, name, ...args], {
    timeoutMs: FILES_TIMEOUT_MS,
    stdin: `${files.map((file) => `${file}\n`).join('')}\n${rest}`,
    ...(signal === undefined ? {} : { signal }),
  });
}
