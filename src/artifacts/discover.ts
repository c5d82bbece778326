/** Finds the bundles of a results directory: every `eval-*.json` at any depth, one a benchmark. */

import { existsSync } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import type { BundleSummary } from '../core/comparability.js';
import { errorMessage, NelError } from '../core/errors.js';
import { shardOfFolder } from '../core/shards.js';
import { readBundle } from './read-bundle.js';

export interface FoundBundle {
  /** Path under the directory that was given. */
  readonly file: string;
  readonly bundle: BundleSummary;
  /** results.jsonl beside the bundle; whether it is there is for the reader to find out. */
  readonly results: string;
  /** Other benchmarks whose bundles stand in the same folder: results.jsonl cannot be told to be this one's. */
  readonly shares_folder_with: readonly string[];
}

export interface Discovery {
  /** By `benchmark.name`, exactly as written. */
  readonly benchmarks: ReadonlyMap<string, FoundBundle>;
  /** False where the directory does not exist: nothing was found in it. */
  readonly exists: boolean;
}

/**
 * @param root a results directory, or one bundle file
 * @throws NelError of kind `data`: two bundles of the same benchmark (both are named), shards that are not merged, a bundle that is none, a
 *   folder that cannot be read
 */
export async function discoverBundles(root: string): Promise<Discovery> {
  const files = await bundleFiles(root);
  if (files === null) return { benchmarks: new Map(), exists: false };
  const found = new Map<string, { file: string; bundle: BundleSummary }>();
  for (const file of files) {
    const bundle = await readBundle(file);
    const earlier = found.get(bundle.name);
    if (earlier !== undefined) {
      throw new NelError('data', `Duplicate benchmark ${JSON.stringify(bundle.name)}: ${earlier.file} and ${file}`, {
        hint: 'Remove the bundle of the older run, or point at a narrower directory.',
      });
    }
    found.set(bundle.name, { file, bundle });
  }
  const benchmarks = new Map<string, FoundBundle>();
  for (const [name, { file, bundle }] of found) {
    const folder = path.dirname(file);
    const others = [...found.values()].filter((other) => other.file !== file && path.dirname(other.file) === folder);
    benchmarks.set(name, {
      file,
      bundle,
      results: path.join(folder, 'results.jsonl'),
      shares_folder_with: others.map((other) => other.bundle.name),
    });
  }
  return { benchmarks, exists: true };
}

/** Bundle files under `root`, sorted; null where there is no such directory. */
async function bundleFiles(root: string): Promise<string[] | null> {
  const kind = await stat(root).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw unreadable(root, error);
  });
  if (kind === null) return null;
  if (kind.isFile()) return [root];
  const found: Walk = { visited: new Set(), files: [], shards: [] };
  await walk(root, found);
  if (found.files.length === 0 && found.shards.length > 0) {
    throw new NelError('data', `${root} holds shards that are not merged`, {
      hint: `Merge them first: nel eval merge ${path.dirname(found.shards[0] ?? root)}`,
    });
  }
  return found.files.sort();
}

interface Walk {
  readonly visited: Set<string>;
  readonly files: string[];
  /** Folders of shards, whose bundles tell of a part of the run only: they are not looked into. */
  readonly shards: string[];
}

/** Follows links, each real folder once: a link may point back up. */
async function walk(folder: string, found: Walk): Promise<void> {
  const { visited, files, shards } = found;
  try {
    const real = await realpath(folder);
    if (visited.has(real)) return;
    visited.add(real);
    for (const entry of await readdir(folder, { withFileTypes: true })) {
      const full = path.join(folder, entry.name);
      const isBundle = entry.name.startsWith('eval-') && entry.name.endsWith('.json');
      const target = entry.isSymbolicLink() ? await stat(full).catch(() => null) : entry;
      if (target?.isDirectory() && isShard(full)) shards.push(full);
      else if (target?.isDirectory()) await walk(full, found);
      else if (target?.isFile() && isBundle) files.push(full);
    }
  } catch (error) {
    throw error instanceof NelError ? error : unreadable(folder, error);
  }
}

function isShard(folder: string): boolean {
  return shardOfFolder(path.basename(folder)) !== null && existsSync(path.join(folder, 'run.json'));
}

function unreadable(file: string, error: unknown): NelError {
  return new NelError('data', `cannot be read: ${errorMessage(error)}`, { at: { file }, cause: error });
}
