import { afterEach, expect, test } from 'vitest';
import { type FakeEndpointOptions, sha256, startFakeEndpoint } from '../../fakes/endpoint.js';
import { spawnFakeEndpoint } from '../../fakes/spawn-endpoint.js';

const opened: { close(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((one) => one.close()));
});

async function start(options: FakeEndpointOptions = {}) {
  const endpoint = await startFakeEndpoint(options);
  opened.push(endpoint);
  return endpoint;
}

const bodyOf = (n: number) => JSON.stringify({ model: 'm', messages: [{ role: 'user', content: `question ${n}` }] });

async function ask(url: string, body: string, init: RequestInit = {}) {
  return fetch(`${url}/chat/completions`, { method: 'POST', body, headers: { 'content-type': 'application/json' }, ...init });
}

test('requests are counted by the SHA-256 of their body, and by how many were in flight', async () => {
  const endpoint = await start({ latencyMs: 50 });
  await Promise.all([1, 2, 3, 1].map((n) => ask(endpoint.url, bodyOf(n))));
  expect(endpoint.requests).toBe(4);
  expect(endpoint.maxInFlight).toBe(4);
  expect(Object.fromEntries(endpoint.requestsByBody)).toEqual({ [sha256(bodyOf(1))]: 2, [sha256(bodyOf(2))]: 1, [sha256(bodyOf(3))]: 1 });
});

test('the same share of bodies meets the same faults in every run, on the first attempt only', async () => {
  const faults = { seed: 7, rate429: 0.1, rate500: 0.1, retryAfterS: 0.5 };
  const runs: number[][] = [];
  for (let run = 0; run < 2; run++) {
    const endpoint = await start({ faults });
    const first: number[] = [];
    for (let n = 0; n < 300; n++) first.push((await ask(endpoint.url, bodyOf(n))).status);
    const failed = first.flatMap((status, n) => (status === 200 ? [] : [n]));
    for (const n of failed) expect((await ask(endpoint.url, bodyOf(n))).status).toBe(200);
    runs.push(first);
  }
  expect(runs[0]).toEqual(runs[1]);
  const count = (status: number) => runs[0]?.filter((seen) => seen === status).length ?? 0;
  expect(count(429)).toBeGreaterThan(15);
  expect(count(429)).toBeLessThan(45);
  expect(count(500)).toBeGreaterThan(15);
  expect(count(500)).toBeLessThan(45);
});

test('a 429 carries Retry-After, and a chosen body hangs until the client gives up', async () => {
  const limited = await start({ faults: { rate429: 1, retryAfterS: 0.5 } });
  expect((await ask(limited.url, bodyOf(1))).headers.get('retry-after')).toBe('0.5');
  const hanging = await start({ faults: { hangRate: 1 } });
  await expect(ask(hanging.url, bodyOf(1), { signal: AbortSignal.timeout(100) })).rejects.toThrow();
  expect((await ask(hanging.url, bodyOf(1))).status).toBe(200);
});

test('a wrong key is refused with the key in the message, as real endpoints do, and is not counted', async () => {
  const endpoint = await start({ apiKey: 'right' });
  const refused = await ask(endpoint.url, bodyOf(1), { headers: { authorization: 'Bearer wrong' } });
  expect(refused.status).toBe(401);
  expect(await refused.text()).toContain('wrong');
  expect((await ask(endpoint.url, bodyOf(1), { headers: { authorization: 'Bearer right' } })).status).toBe(200);
  expect(endpoint.requests).toBe(1);
});

test('the model list is served, and other paths are not found', async () => {
  const endpoint = await start({ models: ['a', 'b'] });
  const list = (await (await fetch(`${endpoint.url}/models`)).json()) as { data: { id: string }[] };
  expect(list.data.map(({ id }) => id)).toEqual(['a', 'b']);
  expect((await fetch(`${endpoint.url}/nothing`)).status).toBe(404);
});

test('in a process of its own it takes options as JSON and gives its counts over HTTP', async () => {
  const endpoint = await spawnFakeEndpoint({ answer: 'from afar', alwaysFail: ['question 2'] });
  opened.push(endpoint);
  const reply = (await (await ask(endpoint.url, bodyOf(1))).json()) as { choices: { message: { content: string } }[] };
  expect(reply.choices[0]?.message.content).toBe('from afar');
  expect((await ask(endpoint.url, bodyOf(2))).status).toBe(500);
  expect(await endpoint.stats()).toEqual({
    requests: 2,
    inFlight: 0,
    maxInFlight: 1,
    byBody: { [sha256(bodyOf(1))]: 1, [sha256(bodyOf(2))]: 1 },
    byStatus: { 200: 1, 500: 1 },
  });
});
