/** Which bundles of a directory count: shards beside the run that was merged from them do not. */

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { discoverBundles } from '../../../src/artifacts/discover.js';

let dir: string;
beforeEach(() => void (dir = mkdtempSync(path.join(tmpdir(), 'nel-discover-'))));
afterEach(() => rmSync(dir, { recursive: true, force: true }));

function write(file: string, value: unknown): string {
  const full = path.join(dir, file);
  mkdirSync(path.dirname(full), { recursive: true });
  writeFileSync(full, JSON.stringify(value));
  return full;
}

const bundle = (name: string): unknown => ({ benchmark: { name, scores: {} } });

it('leaves out the shards of a merged run', async () => {
  const merged = write('sums/eval-1.json', bundle('sums'));
  write('shard_0/run.json', {});
  write('shard_0/sums/eval-2.json', bundle('sums'));
  const { benchmarks } = await discoverBundles(dir);
  expect([...benchmarks.values()].map(({ file }) => file)).toEqual([merged]);
});

it('says that shards are to be merged first', async () => {
  write('night/shard_1/run.json', {});
  write('night/shard_1/sums/eval-2.json', bundle('sums'));
  await expect(discoverBundles(dir)).rejects.toMatchObject({
    kind: 'data',
    message: `${dir} holds shards that are not merged`,
    hint: `Merge them first: nel eval merge ${path.join(dir, 'night')}`,
  });
});

it('takes a shard for what it is when it is named, and a folder that only looks like one for a folder', async () => {
  const shard = write('shard_1/sums/eval-2.json', bundle('sums'));
  expect((await discoverBundles(dir)).benchmarks.get('sums')?.file).toBe(shard);
  write('shard_1/run.json', {});
  expect((await discoverBundles(path.join(dir, 'shard_1'))).benchmarks.get('sums')?.file).toBe(shard);
});
