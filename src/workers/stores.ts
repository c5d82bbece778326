/** Runs behind an address (`s3://…`): the store, this machine's working copy of it, and copies for reading. The client library is loaded with the first of them. */

import { mkdir } from 'node:fs/promises';
import { StoreMirror } from '../artifacts/store-mirror.js';
import { patiently } from '../artifacts/store-patience.js';
import { stagingDirectory } from '../config/state-directory.js';
import { NelError } from '../core/errors.js';
import { type ArtifactStore, isStoreAddress, normalizeStoreAddress } from '../core/store.js';
import type { Env } from './open-benchmark.js';

/** How long a command waits for a store before it has begun anything. */
const OPENING_MS = 60_000;

export const warn = (line: string): void => void process.stderr.write(`${line}\n`);

async function openStore(address: string, env: Env): Promise<ArtifactStore> {
  const { openS3Store } = await import('../adapters/stores/s3.js');
  return openS3Store({ address: normalizeStoreAddress(address), env });
}

/** The working copy of the run at an address; nothing is brought yet. */
export async function openMirror(address: string, env: Env, log: (line: string) => void = warn): Promise<StoreMirror> {
  const dir = stagingDirectory(address, env);
  await mkdir(dir, { recursive: true, mode: 0o700 });
  return new StoreMirror(await openStore(address, env), dir, log);
}

/** Part of a run that only its own process needs: journals, and the shards that were merged into it. */
function isWorkInProgress(file: string): boolean {
  return /(^|\/)journal\//.test(file) || /^shard_\d+\//.test(file);
}

/**
 * A directory of results to be read: a local one as it is, one behind an address as a copy that is brought up to date first. The copy is
 * not the working copy: a run may be writing into that.
 * @throws NelError of kind `data` where nothing stands at the address, `config` for credentials and bucket
 */
export async function readableDirectory(given: string, env: Env, signal?: AbortSignal): Promise<string> {
  if (!isStoreAddress(given)) return given;
  const dir = `${stagingDirectory(given, env)}.read`;
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const store = await openStore(given, env);
  try {
    const mirror = new StoreMirror(store, dir, warn);
    await patiently(() => store.list('run.json'), { log: warn, signal, limitMs: OPENING_MS });
    const files = await mirror.pullExactly((file) => !isWorkInProgress(file), signal);
    if (files === 0)
      throw new NelError('data', `${store.address}: nothing is there`, { hint: 'Check the address, or wait for the run to end.' });
    return dir;
  } finally {
    store.close();
  }
}
