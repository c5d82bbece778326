/** What the environment says about a Temporal server, and what servers say about us, played by an HTTP/2 server. */

import http2 from 'node:http2';
import type { AddressInfo } from 'node:net';
import type * as Sdk from '@temporalio/client';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { connectClient, findTemporal } from '../../../src/client/connection.js';
import { sharedTaskQueue } from '../../../src/client/task-queue.js';
import { NelError } from '../../../src/core/errors.js';

// The real one loads the failure converter, which only a build has.
vi.mock('@temporalio/client', async (original) => {
  class Client {
    readonly connection: unknown;
    constructor(readonly options: { readonly connection: unknown }) {
      this.connection = options.connection;
    }
  }
  return { ...(await original<typeof Sdk>()), Client };
});

const silent = (): void => undefined;
const servers: http2.Http2Server[] = [];
afterEach(() => Promise.all(servers.splice(0).map((server) => new Promise<void>((resolve) => server.close(() => resolve())))));

/** A gRPC server that answers each method with a status, by the method's name; 0 with an empty message. */
async function play(statuses: Readonly<Record<string, number>>): Promise<string> {
  const server = http2.createServer();
  servers.push(server);
  server.on('stream', (stream, headers) => {
    const status = statuses[String(headers[':path']).split('/').at(-1) ?? ''] ?? 0;
    stream.on('error', silent);
    stream.respond({ ':status': 200, 'content-type': 'application/grpc+proto' }, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': String(status), 'grpc-message': 'said by the server' }));
    stream.end(status === 0 ? Buffer.alloc(5) : undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function connectTo(statuses: Readonly<Record<string, number>>): Promise<string> {
  const env = { TEMPORAL_ADDRESS: await play(statuses), TEMPORAL_NAMESPACE: 'evals' };
  const client = await connectClient(await findTemporal(env, silent), env);
  await client.connection.close();
  return client.options.namespace;
}

describe('a variable that is empty', () => {
  it.each([
    'TEMPORAL_API_KEY',
    'TEMPORAL_NAMESPACE',
    'TEMPORAL_TLS',
    'TEMPORAL_TLS_CLIENT_CERT_PATH',
    'TEMPORAL_TLS_CLIENT_KEY_PATH',
    'TEMPORAL_TLS_SERVER_CA_CERT_PATH',
    'TEMPORAL_UI_URL',
  ])('counts as unset: %s', async (name) => {
    const { release: _, ...target } = await findTemporal({ TEMPORAL_ADDRESS: 'temporal.example:7233', [name]: '' }, silent);
    expect(target).toEqual({
      address: 'temporal.example:7233',
      namespace: 'default',
      uiUrl: null,
      connection: { address: 'temporal.example:7233', tls: false },
      embedded: false,
    });
  });

  it('names no task queue', () => {
    expect(sharedTaskQueue({ NEL_TASK_QUEUE: '' })).toBe('nel');
    expect(sharedTaskQueue({ NEL_TASK_QUEUE: 'gpu' }, '')).toBe('gpu');
    expect(sharedTaskQueue({ NEL_TASK_QUEUE: 'gpu' }, 'cpu')).toBe('cpu');
  });

  it('does not stand for the other half of a client certificate', async () => {
    const env = { TEMPORAL_ADDRESS: 'h:7233', TEMPORAL_TLS_CLIENT_CERT_PATH: '/c', TEMPORAL_TLS_CLIENT_KEY_PATH: '' };
    await expect(findTemporal(env, silent)).rejects.toThrow('go together');
  });
});

describe('a server', () => {
  it('that has the namespace is connected to', async () => {
    expect(await connectTo({})).toBe('evals');
  });

  it('that does not tell of namespaces is connected to', async () => {
    expect(await connectTo({ DescribeNamespace: 12 })).toBe('evals');
  });

  it.each([
    ['has no such namespace', { DescribeNamespace: 5 }, 'has no namespace "evals"', 'TEMPORAL_NAMESPACE'],
    ['takes the name for none', { DescribeNamespace: 3 }, 'has no namespace "evals"', 'TEMPORAL_NAMESPACE'],
    ['lets nobody in without rights', { DescribeNamespace: 7 }, 'gives no access to namespace "evals"', 'TEMPORAL_API_KEY'],
    ['does not know the key', { GetSystemInfo: 16 }, 'gives no access to namespace "evals"', 'TEMPORAL_API_KEY'],
  ])('that %s is an error of the config, with the way out', async (_, statuses, message, hint) => {
    const error = await connectTo(statuses).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(NelError);
    expect(error).toMatchObject({ kind: 'config', message: expect.stringContaining(message), hint: expect.stringContaining(hint) });
  });

  it('that breaks is an error of the run', async () => {
    await expect(connectTo({ DescribeNamespace: 13 })).rejects.toMatchObject({ kind: 'run' });
  });
});
