/** bench/serve.mjs runs and reports what it promises; how fast the machine is, is no matter here. */

import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { expect, it } from 'vitest';

it('bench/serve.mjs prints both rates, their ratio, the memory and what became of malformed bodies', { timeout: 60_000 }, () => {
  const { stdout, stderr } = spawnSync(process.execPath, ['bench/serve.mjs', '--small'], {
    cwd: path.resolve(import.meta.dirname, '../../..'),
    encoding: 'utf8',
  });
  expect(stderr).toBe('');
  expect(stdout).toMatch(/bare node:http echo +[\d,]+ requests\/s/);
  expect(stdout).toMatch(/\/verify \(\w+\) +[\d,]+ requests\/s/);
  expect(stdout).toMatch(/ratio +\d\.\d\d /);
  expect(stdout).toMatch(/malformed bodies +1000 of 1000 answered with 4xx, server healthy/);
  expect(stdout).toMatch(/memory +[\d.]+ MiB, after 2,000 requests [\d.]+ MiB/);
});
