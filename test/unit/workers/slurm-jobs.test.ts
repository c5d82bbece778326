/** The example of the guide, as `--dry-run` writes it: the scripts that people look at before they hand them in. */

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { evalRun } from '../../../src/cli/eval-run.js';
import type { RunFile } from '../../../src/core/spec.js';
import { assumedPath, generationKey } from '../../../src/workers/slurm-jobs.js';

const EXAMPLE = path.resolve(import.meta.dirname, '../../../examples/configs/07_slurm.yaml');
const GOLDEN = path.resolve(import.meta.dirname, '../../golden/slurm/scripts');
const hasShellcheck = spawnSync('shellcheck', ['--version']).error === undefined;

describe("the documents' example", () => {
  const out = mkdtempSync(path.join(os.tmpdir(), 'nel-example-'));
  beforeAll(async () => {
    vi.spyOn(process.stdout, 'write').mockReturnValue(true);
    vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    try {
      // Its own benchmark needs a data set; scripts do not name benchmarks.
      await evalRun(EXAMPLE, { bench: ['practice_arithmetic'], dryRun: true, outputDir: out });
    } finally {
      vi.restoreAllMocks();
    }
  });
  afterAll(() => rmSync(out, { recursive: true }));

  const written = (file: string): string => readFileSync(path.join(out, 'slurm', file), 'utf8');

  describe.each([
    ['shards', 'attempt-1/shards.sh'],
    ['merge', 'merge.sh'],
    ['submit', 'submit.sh'],
  ])('script: %s', (name, file) => {
    it('is the golden file', async () => {
      const run = JSON.parse(written('run.json')) as RunFile;
      const text = written(file).replaceAll(generationKey(run, 0), 'nel-KEY-g0').replaceAll(run.run_id, 'RUN');
      await expect(text).toMatchFileSnapshot(path.join(GOLDEN, `the-documents-example-${name}.sh`));
    });

    it.skipIf(!hasShellcheck)('passes shellcheck (install shellcheck)', () => {
      const { stdout, status } = spawnSync('shellcheck', [path.join(out, 'slurm', file)], { encoding: 'utf8' });
      expect([stdout, status]).toEqual(['', 0]);
    });
  });

  it('evaluates a shard of the run that was planned', () => {
    expect(written('attempt-1/shards.sh')).toMatch(/^nel eval shard run\.json -o out &$/m);
  });
});

describe('assumedPath', () => {
  it('takes ~ for this home directory where sbatch is on this machine, and for one in /home elsewhere', () => {
    const ssh = { user: 'ada' } as Parameters<typeof assumedPath>[0]['ssh'];
    expect(assumedPath({ workdir: '~/nel', ssh: null })).toBe(path.join(os.homedir(), 'nel'));
    expect(assumedPath({ workdir: '~/nel', ssh })).toBe('/home/ada/nel');
    expect(assumedPath({ workdir: '/lustre/nel', ssh })).toBe('/lustre/nel');
  });
});
