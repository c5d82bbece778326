/** Opens a split of a Hub data set: revision to commit, commit to files, files to the cache, from where they are read. */

import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { NelError } from '../../core/errors.js';
import { isJsonObject } from '../../core/json.js';
import { formatHubAddress, type HubAddress } from './hub-address.js';
import { type Environment, type HubClient, openHubClient } from './hub-client.js';
import { type HubFile, type HubSnapshot, splitFiles } from './hub-files.js';

/** The Hub's own conversion to Parquet, kept on a branch of every public data set. */
const CONVERTED = 'refs/convert/parquet';
const COMMIT = /^[0-9a-f]{40}$/;

export interface HubSplit {
  /** Paths in the cache, in order. */
  readonly files: readonly string[];
  readonly commit: string;
}

/**
 * With a commit as revision and the files in the cache no request is made.
 * @throws NelError of kind `data` when data set, config or split do not exist or may not be read; HubUnreachableError
 */
export async function fetchHubSplit(address: HubAddress, env: Environment, pauseScale?: number): Promise<HubSplit> {
  const client = openHubClient(pauseScale === undefined ? { env } : { env, pauseScale });
  try {
    const cache = path.join(cacheFolder(env), address.repo);
    const { snapshot, files } = await locate(client, address, cache);
    const folder = path.join(cache, snapshot.commit);
    const paths: string[] = [];
    for (const file of files) {
      const target = path.join(folder, file.path);
      await client.download(address.repo, snapshot.commit, file, target);
      paths.push(target);
    }
    return { files: paths, commit: snapshot.commit };
  } finally {
    await client.close();
  }
}

/** `$XDG_CACHE_HOME/nel/datasets`, by default under ~/.cache. */
export function cacheFolder(env: Environment): string {
  return path.join(env['XDG_CACHE_HOME'] || path.join(env['HOME'] || os.homedir(), '.cache'), 'nel', 'datasets');
}

async function locate(
  client: HubClient,
  address: HubAddress,
  cache: string,
): Promise<{ snapshot: HubSnapshot; files: readonly HubFile[] }> {
  const snapshot = await snapshotAt(client, address.repo, address.revision ?? 'main', cache);
  const files = splitFiles(snapshot, address);
  if (files.length > 0) return { snapshot, files };
  const what = formatHubAddress(address);
  if (address.file !== null) {
    throw new NelError('data', `${what}: no such data file at revision ${snapshot.commit}`, {
      hint: 'Parquet, JSON Lines, JSON, CSV and TSV can be read.',
    });
  }
  if (address.revision !== null) {
    const conversion = "the Hub's converted Parquet is no substitute: it follows the newest revision, whichever is pinned";
    throw new NelError('data', `${what}: no data files of it at revision ${snapshot.commit}, and ${conversion}`, {
      hint: `To use the conversion, name it as the revision: ?revision=${CONVERTED}, or the commit that a run with it records.`,
    });
  }
  const converted = await snapshotAt(client, address.repo, CONVERTED, cache);
  const convertedFiles = splitFiles(converted, address);
  if (convertedFiles.length > 0) return { snapshot: converted, files: convertedFiles };
  throw new NelError('data', `${what}: neither the repository nor the Hub's converted Parquet has files of it`, {
    hint: "Check split and config on the data set's page.",
  });
}

/** A commit never changes: what was once said about it is kept beside its files. */
async function snapshotAt(client: HubClient, repo: string, revision: string, cache: string): Promise<HubSnapshot> {
  const kept = (commit: string): string => path.join(cache, commit, '.nel-snapshot.json');
  if (COMMIT.test(revision) && existsSync(kept(revision))) {
    const snapshot = await readKept(kept(revision));
    if (snapshot !== undefined) return snapshot;
  }
  const snapshot = await client.snapshot(repo, revision);
  if (COMMIT.test(revision) && snapshot.commit !== revision) {
    throw new NelError('data', `the Hub answers for commit ${snapshot.commit} when asked for ${revision} of ${repo}`, {
      hint: 'Is HF_ENDPOINT a true mirror?',
    });
  }
  const target = kept(snapshot.commit);
  await mkdir(path.dirname(target), { recursive: true });
  await writeFile(`${target}.${process.pid}`, JSON.stringify(snapshot));
  await rename(`${target}.${process.pid}`, target);
  return snapshot;
}

/** Undefined when the kept file is unreadable: it is then asked for again. */
async function readKept(file: string): Promise<HubSnapshot | undefined> {
  try {
    const value: unknown = JSON.parse(await readFile(file, 'utf8'));
    return isJsonObject(value) && typeof value['commit'] === 'string' && Array.isArray(value['files'])
      ? (value as unknown as HubSnapshot)
      : undefined;
  } catch {
    return undefined;
  }
}
