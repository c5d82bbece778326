import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import os, { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import type { Scorer } from '../../../src/core/benchmark.js';
import { claimFolder, type Listening, type ListenOptions, listen } from '../../../src/serve/listen.js';
import { miniAdd } from './mini-add.js';

const dir = mkdtempSync(path.join(tmpdir(), 'nel-listen-'));
const open: Listening[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.drain();
});
afterAll(() => rmSync(dir, { recursive: true }));

async function served(options: Partial<ListenOptions> = {}, environment = miniAdd()): Promise<Listening> {
  const server = await listen(environment, { host: '127.0.0.1', port: 0, drainMs: 0, ...options });
  open.push(server);
  return server;
}

const noIpv6 = Object.values(os.networkInterfaces()).some((all) => all?.some(({ address }) => address === '::1'))
  ? ''
  : ' (skipped: no IPv6 here)';

/** What a server answers to bytes that are sent as they are, up to the end of the connection. */
function raw(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let reply = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(text));
    socket.on('data', (chunk: Buffer) => void (reply += chunk.toString()));
    socket.on('end', () => resolve(reply)).on('error', reject);
  });
}

describe('listen', () => {
  it.skipIf(noIpv6 !== '')(`takes an IPv6 address as a URL writes it${noIpv6}`, async () => {
    const { url, port } = await served({ host: '[::1]' });
    expect(url).toBe(`http://[::1]:${port}`);
    expect((await fetch(`${url}/health`)).status).toBe(200);
  });

  it.skipIf(noIpv6 !== '')(`names the machine for every way to write all addresses${noIpv6}`, async () => {
    for (const host of ['0:0:0:0:0:0:0:0', '::', '0.0.0.0']) {
      const { url, port } = await served({ host, insecure: true });
      expect(url).toBe(`http://${os.hostname()}:${port}`);
    }
  });

  it('answers a malformed Host as JSON', async () => {
    const { port } = await served();
    const reply = await raw(port, 'GET /dataset_size HTTP/1.1\r\nHost: a b/c\r\nConnection: close\r\n\r\n');
    expect(reply).toMatch(/^HTTP\/1\.1 400 /);
    expect(JSON.parse(reply.slice(reply.indexOf('\r\n\r\n')))).toEqual({ detail: expect.any(String) as string });
  });

  it('aggregates for others while a body is on its way', async () => {
    const { port, url } = await served();
    const half = http.request({
      port,
      host: '127.0.0.1',
      path: '/aggregate_metrics',
      method: 'POST',
      headers: { 'content-length': '500' },
    });
    half.on('error', () => undefined);
    await new Promise<void>((resolve) => half.write('{"verify_responses":', () => resolve()));
    const reply = await fetch(`${url}/aggregate_metrics`, { method: 'POST', body: '{"verify_responses":[{"reward":1}]}' });
    expect(await reply.json()).toMatchObject({ key_metrics: { 'mean/reward': 1 } });
    half.destroy();
  });

  it('says how many requests its end has cut off', async () => {
    let started = 0;
    const scorer: Scorer = { name: 's', score: () => (started++, new Promise<never>(() => undefined)) };
    const { url, drain } = await served({ drainMs: 50 }, miniAdd({ scorer }));
    const answers = [0, 1].map((idx) => fetch(`${url}/verify`, { method: 'POST', body: JSON.stringify({ response: 'x', idx }) }));
    const failed = Promise.allSettled(answers);
    while (started < 2) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(await drain()).toBe(2);
    expect((await failed).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  });

  it('waits at its end for as long as a request may take', async () => {
    let begun = (): void => undefined;
    const started = new Promise<void>((resolve) => void (begun = resolve));
    const scorer: Scorer = { name: 's', score: () => (begun(), new Promise<never>(() => undefined)) };
    const server = await listen(miniAdd({ scorer }), { host: '127.0.0.1', port: 0, limits: { requestTimeoutMs: 100 } });
    const answer = fetch(`${server.url}/verify`, { method: 'POST', body: '{"response":"x","idx":0}' });
    await started;
    const cut = server.drain();
    expect((await answer).status).toBe(504);
    expect(await cut).toBe(0);
  });

  it('ends at once with a connection open that has sent nothing', async () => {
    const { port, drain } = await served({ drainMs: 60_000 });
    const socket = connect(port, '127.0.0.1');
    await new Promise<void>((resolve) => socket.once('connect', resolve));
    const closed = new Promise<void>((resolve) => void socket.on('error', () => undefined).once('close', () => resolve()));
    expect(await drain()).toBe(0);
    await closed;
  });

  it('refuses the folder of a server that answers, and takes it when it has gone', async () => {
    const file = path.join(dir, 'endpoint.txt');
    const first = await served({ dir, token: 'abc' });
    await expect(claimFolder(dir)).rejects.toMatchObject({
      kind: 'usage',
      message: `${file} leads to a server that is running, ${first.url}`,
    });
    expect(readFileSync(file, 'utf8')).toBe(`${first.url}\n`);
    await first.drain();
    writeFileSync(file, `${first.url}\n`);
    await claimFolder(dir);
    expect(existsSync(file)).toBe(false);
    await claimFolder(dir);
  });

  it.each([
    ['text', 'hello'],
    ['JSON', '[1]'],
  ])('takes the folder where another program has the port and answers %s', async (_what, body) => {
    const other = http.createServer((_request, response) => response.end(body));
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const file = path.join(dir, 'endpoint.txt');
    writeFileSync(file, `http://127.0.0.1:${(other.address() as AddressInfo).port}\n`);
    await claimFolder(dir);
    expect(existsSync(file)).toBe(false);
    other.close();
    other.closeAllConnections();
  });

  it('leaves the address of another server that has taken its folder', async () => {
    const file = path.join(dir, 'endpoint.txt');
    const first = await served({ dir });
    const second = await served({ dir });
    await first.drain();
    expect(readFileSync(file, 'utf8')).toBe(`${second.url}\n`);
  });
});
