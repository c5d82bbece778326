/** A process's hold on a run's place: the lock of its directory and, where the run is kept in a store, the lease there and the working copy here. */

import { hostname } from 'node:os';
import path from 'node:path';
import { writeRunFile } from '../artifacts/run-file.js';
import { StoreLease } from '../artifacts/store-lease.js';
import type { StoreMirror } from '../artifacts/store-mirror.js';
import { patiently } from '../artifacts/store-patience.js';
import { ownIdentity } from '../client/embedded/process-identity.js';
import { type LockOptions, lockRun, type RunLock } from '../client/run-lock.js';
import { stagingDirectory } from '../config/state-directory.js';
import { NelError } from '../core/errors.js';
import type { OutputSpec, RunFile } from '../core/spec.js';
import { isStoreAddress, normalizeStoreAddress } from '../core/store.js';
import { openMirror } from '../workers/stores.js';
import { say } from './drive.js';

/** How long a command waits for a store before it has begun anything. */
const OPENING_MS = 60_000;

export interface HeldRun {
  /** Where the run is, for messages. */
  readonly place: string;
  /** Null for a run that is kept in its directory. */
  readonly mirror: StoreMirror | null;
  /** Aborted when another process has taken the run over: this one was silent for too long. */
  readonly lost: AbortSignal;
  /** Writes run.json, first to the store. @throws NelError of kind `usage` when a new run meets another one there */
  save(run: RunFile, isNew: boolean): Promise<void>;
  /** Makes the bundles here those that count. */
  refresh(run: RunFile): Promise<void>;
  release(): Promise<void>;
}

/** A directory or address that was given to a command, relative to here. @throws NelError of kind `usage` for a bad address */
export function outputAt(given: string): OutputSpec {
  if (!isStoreAddress(given)) return { dir: path.resolve(given) };
  const remote = normalizeStoreAddress(given);
  return { dir: stagingDirectory(remote, process.env), remote };
}

/**
 * Takes hold of an output directory. For one in a store: the store has to answer, take the credentials and let this process write; run.json and
 * bundles are then those of the store.
 * @param benchmarks whose bundles to bring
 * @throws NelError of kind `usage` while another process holds it, `config` for bucket and credentials, `run` when the store does not answer
 */
export async function holdRun(output: OutputSpec, benchmarks: readonly string[], options: LockOptions = {}): Promise<HeldRun> {
  const lock = await lockRun(output.dir, { log: say, ...options });
  try {
    return output.remote === undefined ? holdDirectory(output.dir, lock) : await holdStore(output.remote, benchmarks, lock);
  } catch (error) {
    lock.release();
    throw error;
  }
}

function holdDirectory(dir: string, lock: RunLock): HeldRun {
  return {
    place: dir,
    mirror: null,
    lost: lock.lost,
    save: (run) => writeRunFile(dir, run),
    refresh: () => Promise.resolve(),
    release: () => {
      lock.release();
      return Promise.resolve();
    },
  };
}

async function holdStore(remote: string, benchmarks: readonly string[], lock: RunLock): Promise<HeldRun> {
  const mirror = await openMirror(remote, process.env, say);
  const { store, dir } = mirror;
  const { bootId } = ownIdentity();
  const patience = { log: say, limitMs: OPENING_MS };
  await patiently(() => store.list('run.json'), patience);
  const lease = await patiently(
    () =>
      StoreLease.take({
        store,
        // Whoever else has this host, boot and folder has been shut out by the folder's lock.
        holder: `${hostname()} ${bootId} ${dir}`,
        shown: `process ${process.pid} on ${hostname()}`,
        log: say,
      }),
    patience,
  );
  const refresh = (names: readonly string[]): Promise<void> => mirror.pullBundles(names);
  const end = async (): Promise<void> => {
    await lease.release();
    store.close();
    lock.release();
  };
  try {
    const aside = await mirror.adoptRun();
    if (aside !== null) say(`note: ${remote} holds another run than this machine's copy of it; that copy is now ${aside}`);
    if (await mirror.pullRunFile()) await refresh(benchmarks);
  } catch (error) {
    await end();
    throw error;
  }
  return {
    place: remote,
    mirror,
    lost: AbortSignal.any([lease.lost, lock.lost]),
    save: async (run, isNew) => {
      if (isNew) await refuseForeignFiles(mirror, run);
      await patiently(() => mirror.saveRunFile(`${JSON.stringify(run, null, 2)}\n`, isNew), { log: say });
    },
    refresh: (run) => refresh(run.benchmarks.map(({ name }) => name)),
    release: end,
  };
}

/** A folder that a benchmark would write into, without a run.json that explains it, is somebody else's. */
async function refuseForeignFiles(mirror: StoreMirror, run: RunFile): Promise<void> {
  for (const { name } of run.benchmarks) {
    const [first] = await mirror.list(`${name}/`);
    if (first === undefined) continue;
    throw new NelError('usage', `${mirror.store.address}/${first.path} exists, but no run.json: its files would be mixed with this run's`, {
      hint: 'use another address (-o)',
    });
  }
}
