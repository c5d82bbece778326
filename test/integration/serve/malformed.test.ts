/** A thousand bodies that no client should send: each is refused with a JSON error, and the server is as well as before. */

import http from 'node:http';
import net from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Listening, listen } from '../../../src/serve/listen.js';
import { miniAdd } from '../../unit/serve/mini-add.js';

const MAX_BODY = 200_000;
const ROUTES = ['/verify', '/seed_session', '/aggregate_metrics', '/close_session'] as const;

let server: Listening;
beforeAll(async () => {
  const limits = { maxBodyBytes: MAX_BODY, maxAggregateBytes: MAX_BODY };
  server = await listen(miniAdd(), { host: '127.0.0.1', port: 0, gymCompat: true, limits });
});
afterAll(() => server.drain());

/** Mulberry32: the same bodies in every run. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const next = random(7);
const pick = <T>(values: readonly T[]): T => values[Math.floor(next() * values.length)] as T;
const WRONG = [
  'null',
  '7',
  'true',
  '[]',
  '[1]',
  '{}',
  '{"output":[]}',
  '{"output":[{"type":"message"}]}',
  '{"choices":[]}',
  '{"choices":[{}]}',
];
const BAD_INDEXES = ['-1', '5', '1e9', '1.5', '"x"', 'null', '[]', '{}', 'true', '"1e3"', '9007199254740993', '1e999'];

/** Each kind of body, and the routes on which it is wrong. */
const KINDS: readonly (readonly [string, () => { readonly route: string; readonly body: string | Buffer }])[] = [
  [
    'random bytes',
    () => ({
      route: pick(ROUTES),
      body: Buffer.from(Array.from({ length: 1 + Math.floor(next() * 500) }, () => Math.floor(next() * 256))),
    }),
  ],
  [
    'half of a good body',
    () => ({ route: pick(ROUTES), body: '{"response":"The answer is 7","expected":"7"}'.slice(0, 1 + Math.floor(next() * 42)) }),
  ],
  ['deep lists', () => ({ route: pick(ROUTES), body: '['.repeat(1 + Math.floor(next() * 90_000)) })],
  [
    'deep and whole',
    () => ({ route: '/verify', body: `{"response":"7","expected":"7","metadata":{"a":${'['.repeat(60_000)}${']'.repeat(60_000)}}}` }),
  ],
  [
    'deep objects as response',
    () => ({ route: '/verify', body: `{"expected":"7","response":${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}}` }),
  ],
  ['a body of another type', () => ({ route: pick(ROUTES), body: pick(['null', '7', '"text"', '[]', '[{}]', 'true', '""']) })],
  ['a response without text', () => ({ route: '/verify', body: `{"expected":"7","response":${pick(WRONG)}}` })],
  [
    'a Gym row without text',
    () => ({ route: '/verify', body: `{"responses_create_params":{},"expected_answer":"7","response":${pick(WRONG)}}` }),
  ],
  [
    'metadata of another type',
    () => ({ route: '/verify', body: `{"response":"7","expected":"7","metadata":${pick(['[]', '7', '"x"', 'true'])}}` }),
  ],
  [
    'a right answer of another type',
    () => ({ route: '/verify', body: `{"response":"7","${pick(['expected', 'expected_answer'])}":${pick(['[]', '{}', '["7"]'])}}` }),
  ],
  [
    'no right answer',
    () => ({
      route: '/verify',
      body: pick(['{}', '{"response":"7"}', '{"response":"7","uuid":"other-1"}', '{"response":"7","expected":null}']),
    }),
  ],
  ['a bad index', () => ({ route: '/seed_session', body: `{"idx":${pick(BAD_INDEXES)}}` })],
  [
    'an index that is out of range',
    () => ({ route: '/verify', body: `{"response":"7","expected":"7","idx":${pick(BAD_INDEXES.filter((i) => i !== 'null'))}}` }),
  ],
  [
    'verdicts that are none',
    () => ({
      route: '/aggregate_metrics',
      body: pick([
        '{}',
        '{"verify_responses":7}',
        '{"verify_responses":[7]}',
        '{"verify_responses":[{}]}',
        '{"verify_responses":[{"reward":"1"}]}',
      ]),
    }),
  ],
  [
    'a session id of another type',
    () => ({ route: pick(['/close_session', '/seed_session']), body: `{"resources_session_id":${pick(['7', '[]', '{}', 'true'])}}` }),
  ],
  [
    'a huge body',
    () => ({ route: pick(ROUTES), body: `{"response":"${'x'.repeat(MAX_BODY + Math.floor(next() * 2_000_000))}","expected":"7"}` }),
  ],
];

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
    const bodies = Array.from({ length: 1_000 }, (_, i) => {
      const [kind, make] = KINDS[i % KINDS.length] as (typeof KINDS)[number];
      return { kind, ...make() };
    });
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

  it('that are not HTTP at all are answered with 400', async () => {
    const socket = net.connect(server.port, '127.0.0.1');
    socket.write('hello\r\n\r\n');
    const reply = await new Promise<string>((resolve) => socket.once('data', (chunk: Buffer) => resolve(chunk.toString())));
    expect(reply).toMatch(/^HTTP\/1\.1 400 /);
    socket.destroy();
  });
});
