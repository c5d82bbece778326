import { createHmac } from 'node:crypto';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Delivery, postWebhook, RETRY_DELAYS_MS, signature, type WebhookCall } from '../../../../src/adapters/notifiers/webhook.js';

let server: http.Server;
let seen: { headers: http.IncomingHttpHeaders; body: string }[];
/** What the receiver answers, one after the other; the last one again. */
let answers: { status: number; headers?: http.OutgoingHttpHeaders }[];
let slept: number[];
let url: string;

beforeEach(async () => {
  [seen, slept, answers] = [[], [], [{ status: 200 }]];
  server = http.createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => void (body += chunk.toString()));
    request.on('end', () => {
      seen.push({ headers: request.headers, body });
      const { status, headers } = answers[Math.min(seen.length, answers.length) - 1] as (typeof answers)[number];
      response.writeHead(status, headers).end('a secret of the receiver');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/services/HUSH`;
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

function post(change: Partial<WebhookCall> = {}): Promise<Delivery> {
  return postWebhook({
    url,
    body: '{"text":"GO"}',
    secret: null,
    delivery: 'run-1',
    signal: new AbortController().signal,
    now: () => 1_767_319_200_500,
    sleep: async (ms) => void slept.push(ms),
    ...change,
  });
}

describe('a message', () => {
  it('is posted as JSON, with an id that stays the same when it is repeated', async () => {
    answers = [{ status: 503 }, { status: 200 }];
    expect(await post()).toEqual({ delivered: true, attempts: 2 });
    expect(seen.map(({ body, headers }) => [body, headers['content-type'], headers['x-nel-delivery']])).toEqual([
      ['{"text":"GO"}', 'application/json', 'run-1'],
      ['{"text":"GO"}', 'application/json', 'run-1'],
    ]);
  });

  it('is unsigned without a key', async () => {
    await post();
    expect(seen[0]?.headers['x-nel-signature']).toBeUndefined();
  });

  it('is signed over time and body', async () => {
    await post({ secret: 'key' });
    const v1 = createHmac('sha256', 'key').update('1767319200.{"text":"GO"}').digest('hex');
    expect(seen[0]?.headers['x-nel-signature']).toBe(`t=1767319200,v1=${v1}`);
  });

  it('has the signature that openssl gives', () => {
    // printf '1.{}' | openssl dgst -sha256 -hmac key
    expect(signature('key', '{}', 1)).toBe('t=1,v1=1ba6b8171186efc613e8bcc0cbdab2748f24984d7c5a84faa2637afa0e40d224');
  });
});

describe('a failure', () => {
  it.each([408, 429, 500, 503])('of status %d is tried again, four times in all', async (status) => {
    answers = [{ status }];
    expect(await post()).toEqual({ delivered: false, attempts: 4, reason: `the receiver answered ${status}` });
    expect(slept).toEqual(RETRY_DELAYS_MS);
  });

  it.each([400, 403, 404, 410])('of status %d is final', async (status) => {
    answers = [{ status }];
    expect(await post()).toEqual({ delivered: false, attempts: 1, reason: `the receiver answered ${status}` });
  });

  it('waits as long as the receiver asks for, up to a minute', async () => {
    answers = [{ status: 429, headers: { 'retry-after': '5' } }, { status: 429, headers: { 'retry-after': '9999' } }, { status: 200 }];
    await post();
    expect(slept).toEqual([5000, 60_000]);
  });

  it('is not followed to another place', async () => {
    answers = [{ status: 307, headers: { location: 'http://127.0.0.1:9/' } }];
    expect(await post()).toEqual({ delivered: false, attempts: 1, reason: 'the receiver answered 307' });
  });

  it('of the connection is tried again, and told without the address', async () => {
    await new Promise((resolve) => server.close(resolve));
    const delivery = await post();
    expect(delivery).toEqual({ delivered: false, attempts: 4, reason: 'no connection (ECONNREFUSED)' });
  });

  it('tells neither what the receiver said nor the address', async () => {
    answers = [{ status: 400 }];
    expect(JSON.stringify(await post())).not.toMatch(/HUSH|secret/);
  });

  it('ends with the signal while it waits', async () => {
    answers = [{ status: 500 }];
    const abort = new AbortController();
    const sleep = async (): Promise<void> => abort.abort(new Error('worker is going'));
    await expect(post({ signal: abort.signal, sleep })).rejects.toThrow('worker is going');
    expect(seen).toHaveLength(1);
  });
});
