/** A shared Temporal cluster: runs are served by `nel worker` processes, watched and steered by `nel runs`. */

import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureServer, type ServerLease } from '../../../src/client/embedded/server.js';
import { spawnFakeEndpoint } from '../../fakes/spawn-endpoint.js';
import { journalLines, Lab, readBundle, until } from './lab.js';

const lab = new Lab();
let lease: ServerLease;
let env: Record<string, string>;

beforeAll(async () => {
  // Any server at TEMPORAL_ADDRESS is a cluster to nel; this one is the lab's own.
  lease = await ensureServer({ stateDir: lab.stateDir });
  env = { TEMPORAL_ADDRESS: lease.address };
}, 60_000);
afterAll(async () => {
  await lease.release();
  await lab.close();
});

function args(url: string, out: string, ...more: string[]): string[] {
  const run = ['eval', 'run', '--bench', 'gsm8k', '--model-url', url, '--model-id', 'm'];
  return [...run, '--concurrency', '16', '-o', out, ...more];
}

describe('a namespace that the server does not have', () => {
  it.each(['runs list', 'schedule list', 'worker'])('is an error of the config: nel %s', { timeout: 30_000 }, async (command) => {
    const { code, stderr } = await lab.nel(command.split(' '), { ...env, TEMPORAL_NAMESPACE: 'nowhere' });
    expect(code).toBe(3);
    expect(stderr).toContain(`the Temporal server at ${lease.address} has no namespace "nowhere"`);
    expect(stderr).not.toMatch(/bug|\n {4}at /);
  });

  it('is not what an empty variable names', { timeout: 30_000 }, async () => {
    const empty = { TEMPORAL_NAMESPACE: '', TEMPORAL_API_KEY: '', TEMPORAL_TLS_CLIENT_CERT_PATH: '', NEL_TASK_QUEUE: '' };
    expect(await lab.nel(['runs', 'list'], { ...env, ...empty })).toMatchObject({ code: 0 });
  });
});

describe('nel worker', () => {
  it('finishes a run by another worker when the first is killed', { timeout: 120_000 }, async () => {
    const endpoint = await spawnFakeEndpoint({ answer: { gsm8k: '175b_verification' }, latencyMs: 60 });
    try {
      const out = lab.path('killed-worker');
      const first = lab.start(['worker'], env);
      const run = lab.start(args(endpoint.url, out, '--max-problems', '600'), env);
      await until(`journal lines; nel said: ${run.stderr()}`, () => journalLines(path.join(out, 'gsm8k')) >= 100);
      first.child.kill('SIGKILL');
      const second = lab.start(['worker'], env);
      expect(await run.done).toMatchObject({ code: 0 });
      expect(readBundle(path.join(out, 'gsm8k'))?.coverage).toEqual({ expected: 600, scored: 600, errors: 0 });
      const counts = Object.values((await endpoint.stats()).byBody);
      expect(counts.reduce((sum, n) => sum + n - 1, 0)).toBeLessThanOrEqual(16);
      second.child.kill('SIGTERM');
      expect(await second.done).toMatchObject({ code: 0 });
    } finally {
      await endpoint.close();
    }
  });

  it('is watched, paused, changed and cancelled from another process', { timeout: 120_000 }, async () => {
    const endpoint = await spawnFakeEndpoint({ answer: { gsm8k: '175b_verification' }, latencyMs: 400 });
    try {
      const out = lab.path('steered');
      const worker = lab.start(['worker'], env);
      const run = lab.start(args(endpoint.url, out), env);
      const lines = (): number => journalLines(path.join(out, 'gsm8k'));
      await until('journal lines', () => lines() >= 50);
      const shown = await lab.nel(['runs', 'show', out], env);
      expect(shown.stdout).toMatch(/gsm8k {2}running {2}\d+\/1319 done/);
      expect((await lab.nel(['runs', 'list'], env)).stdout).toContain('gsm8k');
      expect(await lab.nel(['runs', 'concurrency', out, '8'], env)).toMatchObject({
        code: 0,
        stdout: 'at most 8 calls in flight from the next batch on\n',
      });
      expect(await lab.nel(['runs', 'concurrency', out, '0'], env)).toMatchObject({ code: 3 });
      expect(await lab.nel(['runs', 'pause', out], env)).toMatchObject({ code: 0 });
      let still = -1;
      await until('the run to stand still', async () => {
        const before = lines();
        await new Promise((resolve) => setTimeout(resolve, 1_500));
        still = lines();
        return still === before;
      });
      expect(still).toBeLessThan(1319);
      expect((await lab.nel(['runs', 'show', out], env)).stdout).toContain('gsm8k  paused');
      expect(await lab.nel(['runs', 'resume', out], env)).toMatchObject({ code: 0 });
      await until('the run to go on', () => lines() > still);
      expect(await lab.nel(['runs', 'cancel', out], env)).toMatchObject({ code: 0 });
      const finished = await run.done;
      expect(finished.code).toBe(4);
      expect(finished.stderr).toContain('the run was cancelled');
      expect(readBundle(path.join(out, 'gsm8k'))).toBeUndefined();
      expect(lines()).toBe((await endpoint.stats()).requests);
      worker.child.kill('SIGTERM');
      await worker.done;
    } finally {
      await endpoint.close();
    }
  });
});
