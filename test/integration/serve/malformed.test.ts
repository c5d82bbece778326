/** A thousand bodies that no client should send: each is refused with a JSON error, and the server is as well as before. */

import http from 'node:http';
import net from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Listening, listen } from '../../../src/serve/listen.js';
import { malformedBodies } from '../../fakes/malformed-bodies.js';
import { miniAdd } from '../../unit/serve/mini-add.js';

const MAX_BODY = 200_000;
let server: Listening;
beforeAll(async () => {
  const limits = { maxBodyBytes: MAX_BODY, maxAggregateBytes: MAX_BODY };
  server = await listen(miniAdd(), { host: '127.0.0.1', port: 0, gymCompat: true, limits });
});
afterAll(() => server.drain());

const agent = new http.Agent({ keepAlive: true, maxSockets: 8 });

function post(route: string, body: string | Buffer): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const request = http.request(`${server.url}${route}`, { method: 'POST', agent }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => void (text += chunk));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
    });
    request.on('error', reject);
    request.end(body);
  });
}

describe('malformed bodies', () => {
  it('are all refused with a status of 4xx and a JSON error', { timeout: 60_000 }, async () => {
    const bodies = malformedBodies({ count: 1_000, size: 5, maxBodyBytes: MAX_BODY });
    const wrong: unknown[] = [];
    const work = bodies.values();
    await Promise.all(
      Array.from({ length: 8 }, async () => {
        for (const { kind, route, body } of work) {
          const { status, text } = await post(route, body);
          let detail: unknown;
          try {
            detail = (JSON.parse(text) as { detail?: unknown }).detail;
          } catch {
            detail = undefined;
          }
          if (status < 400 || status > 499 || typeof detail !== 'string')
            wrong.push({ kind, route, status, text, body: body.toString().slice(0, 100) });
        }
      }),
    );
    expect(wrong).toEqual([]);
    expect(await (await fetch(`${server.url}/health`)).json()).toMatchObject({ status: 'ok', running: 0, queued: 0 });
    const { status, text } = await post('/verify', '{"response":"The answer is 7","expected":"7"}');
    expect([status, (JSON.parse(text) as { reward: number }).reward]).toEqual([200, 1]);
    agent.destroy();
  });

  it('that stop half way end with their connection', async () => {
    const socket = net.connect(server.port, '127.0.0.1');
    socket.write('POST /verify HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{"response":');
    await new Promise((resolve) => setTimeout(resolve, 50));
    socket.destroy();
    expect((await fetch(`${server.url}/health`)).status).toBe(200);
  });

  it('that never end are answered with 408, and their connection ends', async () => {
    const impatient = await listen(miniAdd(), { host: '127.0.0.1', port: 0, limits: { bodyTimeoutMs: 100 } });
    const socket = net.connect(impatient.port, '127.0.0.1');
    socket.write('POST /verify HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{"response":');
    let reply = '';
    socket.on('data', (chunk: Buffer) => void (reply += chunk.toString()));
    await new Promise((resolve) => socket.once('close', resolve));
    expect(reply).toMatch(/^HTTP\/1\.1 408 [^]*connection: close[^]*"detail":"body: not complete after 0\.1 s"/i);
    await impatient.drain();
  });

  it('that are not HTTP at all are answered with 400', async () => {
    const socket = net.connect(server.port, '127.0.0.1');
    socket.write('hello\r\n\r\n');
    const reply = await new Promise<string>((resolve) => socket.once('data', (chunk: Buffer) => resolve(chunk.toString())));
    expect(reply).toMatch(/^HTTP\/1\.1 400 /);
    socket.destroy();
  });
});
