/** A walltime that shards need several times over, on a real Slurm: jobs drain before it, the next ones go on, nothing is asked twice. */

import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { spawnFakeEndpoint } from '../fakes/spawn-endpoint.js';
import { Lab, readBundle } from '../integration/runs/lab.js';
import { clusterRun } from '../integration/slurm/cluster-config.js';
import { hasSlurm, type SlurmLab, startSlurmLab } from '../integration/slurm/lab.js';

describe.skipIf(!hasSlurm)('a walltime (install slurm-wlm slurmdbd munge openssh-server openssh-client mariadb-server)', () => {
  const lab = new Lab();
  let slurm: SlurmLab;
  beforeAll(() => {
    slurm = startSlurmLab();
  }, 90_000);
  afterAll(async () => {
    await lab.close();
    slurm?.close();
  });

  it('ends no run: each job goes on where the one before it stopped', { timeout: 900_000 }, async () => {
    const endpoint = await spawnFakeEndpoint({ answer: { gsm8k: '175b_verification' }, latencyMs: 4_000 });
    try {
      const run = clusterRun(lab, slurm, {
        name: 'walltime',
        url: endpoint.url,
        benchmarks: [{ name: 'gsm8k', max_problems: 90 }],
        service: { concurrency: 1 },
        // Slurm sends its signal 20 to 80 seconds before the end: a job has 40 to 100 seconds, a shard needs 180.
        cluster: { walltime: '2', shards: 2, max_attempts: 2 },
      });
      const finished = await lab.nel(['eval', 'run', run.config]);
      expect(finished, finished.stderr).toMatchObject({ code: 0 });
      expect(readBundle(path.join(run.out, 'gsm8k'))?.coverage).toEqual({ expected: 90, scored: 90, errors: 0 });
      const counts = Object.values((await endpoint.stats()).byBody);
      expect(counts).toEqual(Array(90).fill(1));
      for (const shard of [0, 1]) {
        const { generation } = JSON.parse(readFileSync(path.join(run.out, `shard_${shard}/run.json`), 'utf8')) as { generation: number };
        expect(generation).toBeGreaterThanOrEqual(1);
        expect(readFileSync(path.join(run.out, `logs/attempt-1-shard-${shard}.log`), 'utf8')).toMatch(/TERM: draining[^]*exit code 75/);
      }
    } finally {
      await endpoint.close();
    }
  });
});
