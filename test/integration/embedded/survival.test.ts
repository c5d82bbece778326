import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openWorkflow, openWorkflows, Place, prepare, until } from './harness.js';

describe('an embedded server whose processes are killed', { timeout: 30_000 }, () => {
  let place: Place;
  beforeAll(prepare, 400_000);
  beforeEach(() => {
    place = new Place();
  });
  afterEach(() => place.clean(), 30_000);

  it('is one server for eight processes that start at once', async () => {
    const holders = await Promise.all(Array.from({ length: 8 }, () => place.holder()));
    expect(new Set(holders.map(({ address }) => address)).size).toBe(1);
    expect(place.servers()).toHaveLength(1);
    const { leases } = await place.serving();
    const pids = holders.map(({ child }) => child.pid);
    expect(new Set(leases)).toEqual(new Set(pids));
    expect(leases).toHaveLength(pids.length);
  });

  it('comes back on its port with its workflows when the server is killed, and a connected client goes on', async () => {
    const lease = await place.ensure();
    const connection = await Connection.connect({ address: lease.address });
    const client = new Client({ connection });
    await client.workflow.start('nobody', { workflowId: 'before', taskQueue: 'nobody' });
    const before = await place.serving();
    process.kill(before.serverPid, 'SIGKILL');
    await until('the old server is gone', () => !place.servers().includes(before.serverPid));
    const again = await place.ensure();
    expect(again.address).toBe(lease.address);
    expect((await place.serving()).supervisorPid).toBe(before.supervisorPid);
    expect((await client.workflow.getHandle('before').describe()).status.name).toBe('RUNNING');
    await connection.close();
  });

  it('is adopted by a new supervisor, which the lease holders start themselves, when the supervisor is killed', async () => {
    const lease = await place.ensure();
    const before = await place.serving();
    process.kill(before.supervisorPid, 'SIGKILL');
    await until('a new supervisor serves', async () => {
      const status = await place.status();
      return status.running && status.supervisorPid !== before.supervisorPid && status.server !== undefined;
    });
    const after = await place.serving();
    expect(after).toMatchObject({ serverPid: before.serverPid, address: before.address, leases: [process.pid] });
    await lease.release();
  });

  it('is started again by its new supervisor when the adopted server is killed', async () => {
    await place.ensure();
    const before = await place.serving();
    process.kill(before.supervisorPid, 'SIGKILL');
    await place.ensure();
    process.kill(before.serverPid, 'SIGKILL');
    await until('another server serves', async () => {
      const status = await place.status();
      return status.running && status.server !== undefined && status.server.pid !== before.serverPid;
    });
    expect((await place.serving()).address).toBe(before.address);
    expect(place.servers()).toHaveLength(1);
  });

  it('comes back on its port with its workflows when server and supervisor are killed', async () => {
    const { child, address } = await place.holder();
    await openWorkflow(address, 'before');
    const before = await place.serving();
    child.kill('SIGKILL');
    process.kill(before.supervisorPid, 'SIGKILL');
    process.kill(before.serverPid, 'SIGKILL');
    const lease = await place.ensure();
    expect(lease.address).toBe(address);
    expect(await openWorkflows(lease.address)).toEqual(['before']);
  });

  it('is ended when its supervisor was killed before it recorded it, so that the database is free', async () => {
    const { child } = await place.holder();
    const before = await place.serving();
    child.kill('SIGKILL');
    process.kill(before.supervisorPid, 'SIGKILL');
    rmSync(path.join(place.folder, 'server.json'));
    await place.ensure();
    expect(place.servers()).toHaveLength(1);
    expect(place.servers()).not.toContain(before.serverPid);
  });

  it('moves to another port when another program has taken its own meanwhile', async () => {
    const { child, address } = await place.holder();
    await openWorkflow(address, 'before');
    const before = await place.serving();
    child.kill('SIGKILL');
    process.kill(before.supervisorPid, 'SIGKILL');
    process.kill(before.serverPid, 'SIGKILL');
    await until('the server is gone', () => place.servers().length === 0);
    const squatter = createServer();
    // The kernel may still be closing the dead server's socket.
    await until('the port is free', () =>
      once(squatter.listen(Number(address.split(':')[1]), '127.0.0.1'), 'listening').then(
        () => true,
        () => false,
      ),
    );
    const lease = await place.ensure();
    expect(lease.address).not.toBe(address);
    expect(await openWorkflows(lease.address)).toEqual(['before']);
    squatter.close();
  });

  it('has no lease of a process that was killed', async () => {
    const { child } = await place.holder();
    expect((await place.serving()).leases).toEqual([child.pid]);
    child.kill('SIGKILL');
    await until('the lease is released', async () => (await place.serving()).leases.length === 0, 2000);
  });
});
