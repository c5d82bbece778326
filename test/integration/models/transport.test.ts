/** What lies between us and an endpoint: TLS, redirects, proxies. */

import { execFile, execFileSync } from 'node:child_process';
import fs from 'node:fs';
import http from 'node:http';
import net, { type AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type FakeEndpointOptions, startFakeEndpoint } from '../../fakes/endpoint.js';

const KEY = 'sk-transport-0123456789abcdef';

const opened: { close(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((one) => one.close()));
});

async function endpoint(options: FakeEndpointOptions = {}) {
  const started = await startFakeEndpoint({ answer: (_body, info) => `key: ${info.headers.authorization ?? 'none'}`, ...options });
  opened.push(started);
  return started;
}

async function server(
  listener: http.RequestListener,
  onConnect?: (request: http.IncomingMessage, socket: net.Socket, head: Buffer) => void,
) {
  const started = http.createServer(listener);
  if (onConnect) started.on('connect', onConnect);
  await new Promise<void>((resolve) => started.listen(0, '127.0.0.1', resolve));
  opened.push({
    close: () =>
      new Promise((resolve) => {
        started.close(() => resolve());
        started.closeAllConnections();
      }),
  });
  return (started.address() as AddressInfo).port;
}

/** Calls `url` from a fresh process with these variables set. */
async function callOnce(url: string, env: Record<string, string> = {}): Promise<Record<string, unknown>> {
  const clean = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/proxy$/i.test(name)));
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--import', 'jiti/register', path.join(import.meta.dirname, 'call-once.ts')],
    { cwd: path.resolve(import.meta.dirname, '../../..'), env: { ...clean, CALL_URL: url, CALL_KEY: KEY, ...env } },
  );
  return JSON.parse(stdout) as Record<string, unknown>;
}

describe('TLS', () => {
  let dir = '';
  const file = (name: string) => path.join(dir, name);
  const pair = (name: string) => ({
    key: fs.readFileSync(file(`${name}.key`), 'utf8'),
    cert: fs.readFileSync(file(`${name}.crt`), 'utf8'),
  });

  beforeAll(() => {
    dir = fs.mkdtempSync(path.join(os.tmpdir(), 'nel-tls-'));
    for (const [name, san] of [
      ['right', 'IP:127.0.0.1'],
      ['other', 'DNS:elsewhere.example'],
    ]) {
      const args = [
        'req',
        '-x509',
        '-newkey',
        'rsa:2048',
        '-nodes',
        '-days',
        '2',
        '-subj',
        `/CN=${name}`,
        '-addext',
        `subjectAltName=${san}`,
      ];
      execFileSync('openssl', [...args, '-keyout', file(`${name}.key`), '-out', file(`${name}.crt`)], { stdio: 'ignore' });
    }
  });
  afterAll(() => fs.rmSync(dir, { recursive: true, force: true }));

  test('a certificate whose authority is trusted serves calls', async () => {
    const { url } = await endpoint({ tls: pair('right') });
    expect(await callOnce(url, { NODE_EXTRA_CA_CERTS: file('right.crt') })).toEqual({ content: `key: Bearer ${KEY}`, probe: { up: true } });
  });

  test('an unknown authority stops the run, says so and sends no request', async () => {
    const started = await endpoint({ tls: pair('right') });
    const result = await callOnce(started.url);
    expect(result).toMatchObject({ category: 'connection', disposition: 'stop_run', status: null, probe: { up: false } });
    expect(result['message']).toMatch(
      /^the TLS certificate of https:\/\/127\.0\.0\.1:\d+\/v1\/chat\/completions is not valid: self-signed certificate/,
    );
    expect(result['message']).toContain('NODE_EXTRA_CA_CERTS');
    expect(started.requests).toBe(0);
  });

  test("another host's certificate stops the run", async () => {
    const { url } = await endpoint({ tls: pair('other') });
    const result = await callOnce(url, { NODE_EXTRA_CA_CERTS: file('other.crt') });
    expect(result).toMatchObject({ disposition: 'stop_run' });
    expect(result['message']).toContain('ERR_TLS_CERT_ALTNAME_INVALID');
  });

  test('https:// to a port without TLS stops the run and says how to write the URL', async () => {
    const { port } = await endpoint();
    const result = await callOnce(`https://127.0.0.1:${port}/v1`);
    expect(result).toMatchObject({ category: 'connection', disposition: 'stop_run' });
    expect(result['message']).toContain('use http://');
  });
});

test('a host name that nobody knows is a connection error', async () => {
  const result = await callOnce('http://no-such-host.invalid/v1');
  expect(result).toMatchObject({ category: 'connection', disposition: 'retry', status: null, probe: { up: false } });
});

describe('redirects', () => {
  const redirecting = (status: number, target: string) =>
    server((request, response) => {
      response.writeHead(status, { location: `${target}${request.url}` });
      response.end();
    });

  test('307 and 308 are followed with method and body; the key does not go to another origin', async () => {
    for (const status of [307, 308]) {
      const target = await endpoint();
      const port = await redirecting(status, `http://127.0.0.1:${target.port}`);
      expect(await callOnce(`http://127.0.0.1:${port}/v1`)).toMatchObject({ content: 'key: none' });
      expect(target.requests).toBe(1);
    }
  });

  test('a redirect within the origin keeps the key', async () => {
    const target = await endpoint();
    const port = await server((request, response) => {
      if (request.url?.startsWith('/v1/')) {
        response.writeHead(308, { location: `/real${request.url}` });
        response.end();
        return;
      }
      const onward = http.request({ port: target.port, path: request.url, method: request.method, headers: request.headers }, (reply) => {
        response.writeHead(reply.statusCode ?? 500, reply.headers);
        reply.pipe(response);
      });
      request.pipe(onward);
    });
    expect(await callOnce(`http://127.0.0.1:${port}/v1`)).toMatchObject({ content: `key: Bearer ${KEY}` });
  });

  test('301 would lose the body: the run stops and names the new address', async () => {
    const target = await endpoint();
    const port = await redirecting(301, `http://127.0.0.1:${target.port}`);
    const result = await callOnce(`http://127.0.0.1:${port}/v1`);
    expect(result).toMatchObject({ disposition: 'stop_run', status: 301 });
    expect(result['message']).toContain(`it redirects to http://127.0.0.1:${target.port}/v1/chat/completions`);
    expect(target.requests).toBe(0);
  });

  test('redirects in a circle stop the run', async () => {
    const port = await server((request, response) => {
      response.writeHead(307, { location: request.url ?? '/' });
      response.end();
    });
    expect(await callOnce(`http://127.0.0.1:${port}/v1`)).toMatchObject({ disposition: 'stop_run' });
  });
});

describe('proxies', () => {
  /** A proxy that sends everything to `port`, whatever host it is asked for, and notes what it was asked. */
  async function proxy(port: number, status = 200) {
    const asked: string[] = [];
    const proxyPort = await server(
      (request, response) => {
        asked.push(`${request.method} ${request.url}`);
        if (status !== 200) {
          response.writeHead(status);
          response.end();
          return;
        }
        const target = new URL(request.url ?? '');
        const onward = http.request({ port, path: target.pathname, method: request.method, headers: request.headers }, (reply) => {
          response.writeHead(reply.statusCode ?? 500, reply.headers);
          reply.pipe(response);
        });
        request.pipe(onward);
      },
      (request, socket, head) => {
        asked.push(`CONNECT ${request.url}`);
        if (status !== 200) {
          socket.end(`HTTP/1.1 ${status} no\r\ncontent-length: 0\r\n\r\n`);
          return;
        }
        const onward = net.connect(port, '127.0.0.1', () => {
          socket.write('HTTP/1.1 200 ok\r\n\r\n');
          onward.write(head);
          onward.pipe(socket);
          socket.pipe(onward);
        });
        onward.on('error', () => socket.destroy());
        socket.on('error', () => onward.destroy());
      },
    );
    return { asked, url: `http://127.0.0.1:${proxyPort}` };
  }

  test('HTTP_PROXY carries calls to other hosts', async () => {
    const { port } = await endpoint();
    const { asked, url } = await proxy(port);
    expect(await callOnce('http://model.example/v1', { HTTP_PROXY: url })).toEqual({ content: `key: Bearer ${KEY}`, probe: { up: true } });
    expect(asked.join(' ')).toContain('model.example');
  });

  test('NO_PROXY and loopback addresses go straight', async () => {
    const { url, port } = await endpoint();
    const { asked, url: proxyUrl } = await proxy(port);
    expect(await callOnce(url, { HTTP_PROXY: proxyUrl })).toMatchObject({ content: `key: Bearer ${KEY}` });
    expect(await callOnce('http://model.invalid/v1', { HTTP_PROXY: proxyUrl, NO_PROXY: '.invalid' })).toMatchObject({
      category: 'connection',
    });
    expect(asked).toEqual([]);
  });

  test("a proxy that refuses or is down is an error without the proxy's password", async () => {
    const { asked, url } = await proxy(1, 407);
    const address = url.replace('http://', 'http://user:proxy-password@');
    for (const target of ['https://model.example/v1', 'http://model.example/v1']) {
      const result = await callOnce(target, { HTTPS_PROXY: address, HTTP_PROXY: address });
      expect(JSON.stringify(result)).not.toContain('proxy-password');
      expect(result).toMatchObject({ category: 'connection', disposition: 'stop_run' });
      expect(result['message']).toContain('Proxy response (407)');
    }
    expect(asked.length).toBeGreaterThanOrEqual(2);
    expect(await callOnce('https://model.example/v1', { HTTPS_PROXY: 'http://user:proxy-password@127.0.0.1:1' })).toMatchObject({
      category: 'connection',
    });
  });
});
