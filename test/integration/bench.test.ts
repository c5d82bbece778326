/** The benchmarks run and report what they promise; how fast the machine is, is no matter here. */

import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { expect, it } from 'vitest';

const ROOT = path.resolve(import.meta.dirname, '../..');

it('bench/run.mjs prints both rates, the CPU of worker and server, and peak memory', { timeout: 120_000 }, () => {
  const { stdout, stderr } = spawnSync(process.execPath, ['bench/run.mjs', '--samples', '1000', '--latency', '5'], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  expect(stderr).toBe('');
  expect(stdout).toMatch(/bare loop +[\d,]+ samples\/s/);
  expect(stdout).toMatch(/nel eval run +[\d,]+ samples\/s/);
  expect(stdout).toMatch(/ratio +\d\.\d\d\n/);
  expect(stdout).toMatch(/CPU a sample +\d\.\d{3} ms worker \+ \d\.\d{3} ms Temporal server/);
  expect(stdout).toMatch(/peak memory +[1-9]\d* MiB/);
});

it('bench/gate.mjs prints the ratio to plain parsing and to bare node', { timeout: 120_000 }, () => {
  const { stdout, stderr } = spawnSync(process.execPath, ['bench/gate.mjs', '--small'], { cwd: ROOT, encoding: 'utf8' });
  expect(stderr).toBe('');
  expect(stdout).toContain('lines');
});

it('bench/merge.mjs merges in memory that does not grow with the lines', { timeout: 120_000 }, () => {
  const { stdout, stderr, status } = spawnSync(process.execPath, ['bench/merge.mjs', '--small'], { cwd: ROOT, encoding: 'utf8' });
  expect(stderr).toBe('');
  expect(stdout).toMatch(/nel eval merge +[\d.]+ s, [\d,]+ lines\/s, peak \d+ MB/);
  expect(stdout).toContain('all limits kept');
  expect(status).toBe(0);
});
