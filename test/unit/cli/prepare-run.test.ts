/** New, resumable, complete, or refused: what a run directory is to a config. */

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { bundlePath } from '../../../src/artifacts/write-artifacts.js';
import { nextGeneration, prepareRun, saveRun } from '../../../src/cli/prepare-run.js';
import type { SlurmCluster } from '../../../src/core/cluster.js';
import { plannedBenchmark, runSpec } from '../records.js';

let dir: string;
beforeEach(() => void (dir = mkdtempSync(path.join(tmpdir(), 'nel-prepare-'))));
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const sums = plannedBenchmark();

it('makes a new run in an empty directory: generation 0, an id that sorts by time, unlike any other', async () => {
  const [a, b] = [await prepareRun(runSpec(dir), [sums]), await prepareRun(runSpec(dir), [sums])];
  expect(a.state).toBe('new');
  expect(a.run).toMatchObject({ schema_version: 1, generation: 0, workflow_id: `nel-${a.run.run_id}`, batch_size: 50, benchmarks: [sums] });
  expect(a.run.run_id).toMatch(/^\d{8}T\d{6}Z-[0-9a-f]{6}$/);
  expect(a.run.run_id).not.toBe(b.run.run_id);
  expect(a.run.spec_hash).toBe(b.run.spec_hash);
  expect(nextGeneration(a).generation).toBe(0);
});

it('cuts the largest benchmark into eight batches of 50 to 200 samples', async () => {
  const size = async (n_problems: number): Promise<number> =>
    (await prepareRun(runSpec(dir), [sums, plannedBenchmark({ n_problems })])).run.batch_size;
  expect([await size(10), await size(800), await size(801), await size(100_000)]).toEqual([50, 100, 101, 200]);
});

it('goes on with the run of the directory, in a new generation, with new limits but the old ids and batches', async () => {
  const first = await prepareRun(runSpec(dir), [sums]);
  await saveRun({ ...first.run, batch_size: 77 });
  const again = await prepareRun(runSpec(dir, { max_error_rate: 0.5 }), [sums]);
  expect(again.state).toBe('resumable');
  expect(again.run).toEqual({ ...first.run, batch_size: 77, spec: runSpec(dir, { max_error_rate: 0.5 }) });
  expect(nextGeneration(again).generation).toBe(1);
});

it('is complete only when every benchmark has the bundle of this very run', async () => {
  const more = plannedBenchmark({ name: 'more' });
  const { run } = await prepareRun(runSpec(dir), [sums, more]);
  await saveRun(run);
  const bundle = (name: string, id = run): void => {
    mkdirSync(path.join(dir, name), { recursive: true });
    writeFileSync(bundlePath(path.join(dir, name), id), '{}');
  };
  bundle('sums');
  bundle('more', { ...run, run_id: 'another' });
  expect((await prepareRun(runSpec(dir), [sums, more])).state).toBe('resumable');
  bundle('more');
  expect((await prepareRun(runSpec(dir), [sums, more])).state).toBe('complete');
});

it('does not care in which order the benchmarks are listed', async () => {
  const more = plannedBenchmark({ name: 'more' });
  await saveRun((await prepareRun(runSpec(dir), [sums, more])).run);
  expect((await prepareRun(runSpec(dir), [more, sums])).state).toBe('resumable');
});

it('refuses another config, showing what differs and the way out', async () => {
  await saveRun((await prepareRun(runSpec(dir), [sums])).run);
  const other = plannedBenchmark({
    config_hash: 'sha256:other',
    identity: { benchmark: 'sums', model: 'x'.repeat(100), seed: 1, n_problems: 3 },
  });
  await expect(prepareRun(runSpec(dir), [other])).rejects.toMatchObject({
    kind: 'usage',
    message: `${dir} holds a run with another config; going on would mix two runs:\n  sums.model: "m" there, "${'x'.repeat(56)}… now\n  sums.seed: absent there, 1 now`,
    hint: expect.stringContaining('-o'),
  });
});

it('refuses a folder of a benchmark that no run.json explains', async () => {
  mkdirSync(path.join(dir, 'sums'));
  await expect(prepareRun(runSpec(dir), [sums])).rejects.toMatchObject({
    kind: 'usage',
    message: expect.stringContaining(path.join(dir, 'sums')),
  });
});

it('refuses another number of shards on a cluster, with the number that goes on', async () => {
  const cluster = (shards: number) => ({ type: 'slurm', shards }) as SlurmCluster;
  await saveRun((await prepareRun(runSpec(dir, { cluster: cluster(4) }), [sums])).run);
  await expect(prepareRun(runSpec(dir, { cluster: cluster(8) }), [sums])).rejects.toMatchObject({
    kind: 'usage',
    message: `${dir} holds a run of 4 shards, and the config says 8`,
    hint: expect.stringContaining('cluster.shards: 4'),
  });
  expect((await prepareRun(runSpec(dir, { cluster: cluster(4) }), [sums])).state).toBe('resumable');
});
