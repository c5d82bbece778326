import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { openWorkflow, Place, prepare, until, withClient } from './harness.js';

const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

describe('an embedded server', { timeout: 30_000 }, () => {
  let place: Place;
  beforeAll(prepare, 400_000);
  beforeEach(() => {
    place = new Place();
  });
  afterEach(() => {
    vi.unstubAllEnvs();
    return place.clean();
  }, 30_000);

  it('knows the search attributes of runs, before and after it was stopped and started', async () => {
    for (const workflowId of ['first', 'second']) {
      const lease = await place.ensure();
      const searchAttributes = { NelBenchmark: ['b'], NelModel: ['m'], NelVerdict: ['GO'], NelScore: [0.5], NelRun: ['r'] };
      await withClient(lease.address, async (client) => {
        const handle = await client.workflow.start('nobody', { workflowId, taskQueue: 'nobody', searchAttributes });
        expect((await handle.describe()).searchAttributes).toMatchObject(searchAttributes);
        await handle.terminate();
      });
      expect(await place.stop()).toBe('stopped');
      expect(place.servers()).toEqual([]);
    }
  });

  it('is not stopped while a process holds it or a workflow is open, unless by force', async () => {
    const { child, address } = await place.holder();
    await openWorkflow(address, 'open');
    await expect(place.stop()).rejects.toThrow(`the embedded server is in use: process ${child.pid} uses it and 1 workflow is open`);
    child.kill('SIGKILL');
    await until('the lease is released', async () => (await place.serving()).leases.length === 0);
    await expect(place.stop()).rejects.toThrow('the embedded server is in use: 1 workflow is open');
    expect(await place.stop(true)).toBe('stopped');
    expect(await place.stop()).toBe('not running');
    expect(await place.status()).toEqual({ running: false, stateDir: place.stateDir });
    expect(place.servers()).toEqual([]);
  });

  it('is not started again by the leases that were open when it was stopped by force', async () => {
    const lease = await place.ensure();
    await place.stop(true);
    await pause(500);
    expect(await place.status()).toMatchObject({ running: false });
    await lease.release();
  });

  it('stops when its supervisor was killed first', async () => {
    const { child } = await place.holder();
    const before = await place.serving();
    child.kill('SIGKILL');
    process.kill(before.supervisorPid, 'SIGKILL');
    expect(await place.stop()).toBe('stopped');
    expect(place.servers()).toEqual([]);
  });

  it('stops by itself after its idle time, counted from the last release', async () => {
    const lease = await place.ensure(1);
    await pause(1500);
    expect(place.servers()).toHaveLength(1);
    await lease.release();
    await until('it has stopped', async () => !(await place.status()).running && place.servers().length === 0, 6000);
  });

  it('does not stop by itself while a workflow is open or a schedule unpaused', async () => {
    const lease = await place.ensure(0.5);
    await withClient(lease.address, async (client) => {
      const schedule = await client.schedule.create({
        scheduleId: 'nightly',
        spec: { intervals: [{ every: '24h' }] },
        action: { type: 'startWorkflow', workflowType: 'nobody', taskQueue: 'nobody' },
      });
      const workflow = await client.workflow.start('nobody', { workflowId: 'open', taskQueue: 'nobody' });
      await lease.release();
      await pause(1500);
      await schedule.pause();
      await pause(1500);
      expect(await place.status()).toMatchObject({ running: true, open: { workflows: 1, unpausedSchedules: 0 } });
      const other = await client.schedule.create({
        scheduleId: 'hourly',
        spec: { intervals: [{ every: '1h' }] },
        action: { type: 'startWorkflow', workflowType: 'nobody', taskQueue: 'nobody' },
      });
      await workflow.terminate();
      await pause(1500);
      expect(await place.status()).toMatchObject({ running: true, open: { workflows: 0, unpausedSchedules: 1 } });
      await other.pause();
    });
    await until('it has stopped', async () => place.servers().length === 0, 6000);
  });

  it('that does not start is reported with the last words of its log', async () => {
    const program = path.join(place.stateDir, 'broken-cli');
    writeFileSync(program, '#!/bin/sh\necho "Error: no such flag" >&2\nexit 1\n', { mode: 0o755 });
    vi.stubEnv('TEMPORAL_CLI_PATH', program);
    await expect(place.ensure()).rejects.toThrow('the embedded Temporal server does not start: Error: no such flag');
    await until('the supervisor has ended', async () => !(await place.status()).running);
    vi.unstubAllEnvs();
    expect((await place.ensure()).address).toMatch(/^127\.0\.0\.1:2\d{4}$/);
  });

  it('ends when its state folder is removed', async () => {
    const lease = await place.ensure(1);
    rmSync(place.stateDir, { recursive: true, force: true });
    await until('it has stopped', () => place.servers().length === 0);
    await lease.release();
  });

  it('ignores the Ctrl-C of a terminal', async () => {
    await place.ensure();
    const before = await place.serving();
    process.kill(before.supervisorPid, 'SIGINT');
    await pause(300);
    expect(await place.serving()).toEqual(before);
  });

  it('works in a state folder whose path is too long for a socket', async () => {
    await place.clean();
    place = new Place('a'.repeat(90), 'b'.repeat(90));
    const [lease, { address }] = await Promise.all([place.ensure(), place.holder()]);
    expect(address).toBe(lease.address);
  });

  it.skipIf(process.platform !== 'linux')('gets none of the API keys of the shell that started it', async () => {
    await place.holder({ OPENAI_API_KEY: 'sk-canary', TEMPORAL_API_KEY: 'canary-too' });
    const { serverPid, supervisorPid } = await place.serving();
    for (const pid of [serverPid, supervisorPid]) {
      const environment = readFileSync(`/proc/${pid}/environ`, 'utf8');
      expect(environment).toContain('PATH=');
      expect(environment).not.toMatch(/canary|API_KEY/);
    }
  });
});
