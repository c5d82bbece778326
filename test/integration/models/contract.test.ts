/** One suite over every way a request can travel: the model gives the same answers and the same errors over each. */

import OpenAI from 'openai';
import { Pool } from 'undici';
import { afterEach, describe, expect, test } from 'vitest';
import { createLightFetch } from '../../../src/adapters/models/light-fetch.js';
import { createOpenAiModel } from '../../../src/adapters/models/openai.js';
import { createDefaultTransport, createTransport, type Transport } from '../../../src/adapters/models/transport.js';
import { buildRequest, type Model, ModelCallError } from '../../../src/core/model.js';
import type { ServiceSpec } from '../../../src/core/spec.js';
import { type Answer, type FakeEndpoint, type FakeEndpointOptions, startFakeEndpoint } from '../../fakes/endpoint.js';

const KEY = 'sk-contract-0123456789abcdef';

const opened: { close(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((one) => one.close()));
});

const transports: Record<string, (url: string, concurrency: number) => Transport> = {
  'light fetch': (url) => createTransport({ url: new URL(url), env: {} }),
  'default fetch': (_url, concurrency) => createDefaultTransport({ concurrency }),
};

interface Setup extends FakeEndpointOptions {
  readonly protocol?: ServiceSpec['protocol'];
  readonly concurrency?: number;
  readonly timeoutS?: number;
  readonly key?: string | null;
}

async function setUp(
  transport: (url: string, concurrency: number) => Transport,
  setup: Setup,
): Promise<{ model: Model; endpoint: FakeEndpoint }> {
  const endpoint = await startFakeEndpoint(setup);
  const concurrency = setup.concurrency ?? 4;
  const service: ServiceSpec = {
    type: 'api',
    url: `${endpoint.url}/?api-version=1`,
    protocol: setup.protocol ?? 'chat_completions',
    model: 'fake-model',
    api_key_env: 'CONTRACT_KEY',
    generation: {},
    concurrency,
    request_timeout: setup.timeoutS ?? 10,
    max_retries: 0,
  };
  const model = createOpenAiModel({
    service,
    apiKey: setup.key === undefined ? KEY : setup.key,
    redact: (text) => text,
    transport: transport(endpoint.url, concurrency),
  });
  opened.push(model, endpoint);
  return { model, endpoint };
}

const request = (protocol: ServiceSpec['protocol'] = 'chat_completions', content = 'What is 6 times 7?') =>
  buildRequest({
    protocol,
    model: 'fake-model',
    messages: [{ role: 'user', content }],
    prompt: content,
    generation: { seed: 5 },
    repeat: 2,
  });
const never = new AbortController().signal;

async function failure(promise: Promise<unknown>): Promise<ModelCallError> {
  const error: unknown = await promise.then(
    () => new Error('it gave an answer'),
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(ModelCallError);
  return error as ModelCallError;
}

const always =
  (reply: ReturnType<Answer>): Answer =>
  () =>
    reply;

describe.each(Object.entries(transports))('over the %s', (_name, transport) => {
  test('a chat call gives the whole answer, and sends the body, the key and the query of the URL', async () => {
    let seen: unknown;
    const answer: Answer = (body, info) => {
      seen = { body, key: info.headers.authorization, encoding: info.headers['accept-encoding'] };
      return { content: 'It is 42 – ж 🙂.', reasoning_content: '6 × 7', finish_reason: 'length' };
    };
    const { model } = await setUp(transport, { answer });
    expect(await model.call(request(), never)).toEqual({
      content: 'It is 42 – ж 🙂.',
      reasoning_content: '6 × 7',
      model: 'fake-model',
      finish_reason: 'length',
      tokens: { prompt: expect.any(Number), completion: 6, reasoning: 2, total: expect.any(Number) },
    });
    expect(seen).toEqual({ body: request().body, key: `Bearer ${KEY}`, encoding: 'identity' });
  });

  test('a completions call sends the prompt and reads the text', async () => {
    const answer: Answer = (body, info) => `${info.path} ${String(body['prompt'])}`;
    const { model } = await setUp(transport, { answer, protocol: 'completions' });
    const reply = await model.call(request('completions'), never);
    expect(reply).toMatchObject({ content: '/v1/completions What is 6 times 7?', reasoning_content: null, finish_reason: 'stop' });
  });

  test('no Authorization header goes to an endpoint without a key', async () => {
    const answer: Answer = (_body, info) => String(info.headers.authorization);
    const { model } = await setUp(transport, { answer, key: null });
    expect((await model.call(request(), never)).content).toBe('undefined');
  });

  test('JSON under a wrong content type is still an answer', async () => {
    const raw = JSON.stringify({ choices: [{ message: { content: 'yes' } }] });
    const { model } = await setUp(transport, { answer: always({ raw, headers: { 'content-type': 'text/plain' } }) });
    expect((await model.call(request(), never)).content).toBe('yes');
  });

  test('a large answer arrives whole', async () => {
    const content = 'ä'.repeat(3_000_000);
    const { model } = await setUp(transport, { answer: always(content) });
    expect((await model.call(request(), never)).content).toBe(content);
  });

  test('a 429 is a rate limit with its Retry-After', async () => {
    const { model } = await setUp(transport, { answer: always({ status: 429, content: 'slow down', headers: { 'retry-after': '2' } }) });
    expect(await failure(model.call(request(), never))).toMatchObject({
      category: 'rate_limit',
      disposition: 'retry',
      status: 429,
      retryAfterMs: 2000,
    });
  });

  test('a 500 is a server error, in the words of the endpoint', async () => {
    const { model, endpoint } = await setUp(transport, { answer: always({ status: 500, content: 'out of memory' }) });
    const error = await failure(model.call(request(), never));
    expect(error).toMatchObject({ category: 'server_error', disposition: 'retry', status: 500, retryAfterMs: null });
    expect(error.message).toBe(`HTTP 500 from ${endpoint.url}/chat/completions: out of memory`);
    expect(endpoint.requests).toBe(1);
  });

  test('a 401 stops the run, and the key that the endpoint echoes is in no part of the error', async () => {
    const { model } = await setUp(transport, { apiKey: 'sk-the-right-one' });
    const error = await failure(model.call(request(), never));
    expect(error).toMatchObject({ disposition: 'stop_run', status: 401 });
    expect(error.message).toContain('Incorrect API key provided: [redacted].');
    expect(error.message).toContain('CONTRACT_KEY');
    expect(everythingIn(error)).not.toContain(KEY);
  });

  test('a body that is not JSON, and one without choices, are bad responses', async () => {
    for (const raw of ['<html>busy</html>', '{"error":"busy"}', '', '{"choices":[]}', '[1', 'null']) {
      const { model } = await setUp(transport, { answer: always({ raw }) });
      expect(await failure(model.call(request(), never)), raw).toMatchObject({
        category: 'bad_response',
        disposition: 'retry',
        status: 200,
      });
    }
  });

  test('a connection that is reset before the reply is a connection error', async () => {
    const { model } = await setUp(transport, { answer: always({ content: 'x', cut: 'headers' }) });
    expect(await failure(model.call(request(), never))).toMatchObject({ category: 'connection', disposition: 'retry', status: null });
  });

  test('a body that is cut off is a connection error, with a length and chunked', async () => {
    for (const headers of [{}, { 'transfer-encoding': 'chunked' }]) {
      const { model } = await setUp(transport, { answer: always({ content: 'x'.repeat(5000), cut: 'body', headers }) });
      expect(await failure(model.call(request(), never))).toMatchObject({ category: 'connection', disposition: 'retry', status: null });
    }
  });

  test('an error status counts even when its body is cut off', async () => {
    const { model } = await setUp(transport, { answer: always({ status: 403, content: 'not for you '.repeat(500), cut: 'body' }) });
    expect(await failure(model.call(request(), never))).toMatchObject({ disposition: 'stop_run', status: 403 });
  });

  test('a refused connection is a connection error', async () => {
    const { model, endpoint } = await setUp(transport, {});
    await endpoint.close();
    const error = await failure(model.call(request(), never));
    expect(error).toMatchObject({ category: 'connection', disposition: 'retry' });
    expect(error.message).toContain('ECONNREFUSED');
  });

  test('an endpoint that does not reply, or stops in the body, is a time-out', async () => {
    for (const hang of ['headers', 'body'] as const) {
      const { model } = await setUp(transport, { answer: always({ content: 'x'.repeat(5000), hang }), timeoutS: 0.3 });
      const start = performance.now();
      expect(await failure(model.call(request(), never)), hang).toMatchObject({ category: 'timeout', disposition: 'retry', status: null });
      expect(performance.now() - start).toBeLessThan(3000);
    }
  });

  test('an abort ends the call at once, before the reply and in its body', async () => {
    for (const hang of ['headers', 'body'] as const) {
      const { model, endpoint } = await setUp(transport, { answer: always({ content: 'x'.repeat(5000), hang }) });
      const controller = new AbortController();
      const call = model.call(request(), controller.signal);
      await until(() => endpoint.requests === 1);
      controller.abort();
      await expect(call).rejects.toMatchObject({ name: 'AbortError' });
      await until(() => endpoint.stats().inFlight === 0); // the endpoint stops working on it
    }
  });

  test('a signal that is aborted already sends nothing', async () => {
    const { model, endpoint } = await setUp(transport, {});
    await expect(model.call(request(), AbortSignal.abort(new Error('why')))).rejects.toMatchObject({ name: 'AbortError' });
    expect(endpoint.requests).toBe(0);
  });

  test('one signal serves a thousand calls at once without a listener each', async () => {
    const warnings: unknown[] = [];
    const onWarning = (warning: unknown) => warnings.push(warning);
    process.on('warning', onWarning);
    const { signal } = new AbortController(); // a signal warns once in its life
    const { model, endpoint } = await setUp(transport, { concurrency: 100 });
    await Promise.all(Array.from({ length: 1000 }, (_, i) => model.call(request('chat_completions', `q${i}`), signal)));
    process.off('warning', onWarning);
    expect(warnings).toEqual([]);
    expect(endpoint.requestsByBody.size).toBe(1000);
    expect(endpoint.maxInFlight).toBeLessThanOrEqual(101);
  });

  test('the probe says up to any reply of the endpoint, also to a 401, and why when there is none', async () => {
    const { model, endpoint } = await setUp(transport, { apiKey: 'another' });
    expect(await model.probe(never)).toEqual({ up: true });
    expect(endpoint.requests).toBe(0);
    await endpoint.close();
    const down = await model.probe(never);
    expect(down).toMatchObject({ up: false });
    expect('detail' in down && down.detail).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/v1\/models: .*ECONNREFUSED/);
    await expect(model.probe(AbortSignal.abort())).rejects.toMatchObject({ name: 'AbortError' });
  });
});

test('the raw client throws the same classes over the light fetch as over the global fetch', async () => {
  const kinds: Record<string, Answer> = {
    429: always({ status: 429, content: 'x', headers: { 'retry-after': '2' } }),
    500: always({ status: 500, content: 'x' }),
    reset: always({ cut: 'headers' }),
    timeout: always({ hang: 'headers' }),
    abort: always({ hang: 'headers' }),
  };
  for (const [kind, answer] of Object.entries(kinds)) {
    const endpoint = await startFakeEndpoint({ answer });
    const transport = createTransport({ url: new URL(endpoint.url), env: {} });
    opened.push(endpoint, transport);
    const seen = [];
    for (const fetch of [transport.fetch, globalThis.fetch]) {
      const client = new OpenAI({ baseURL: endpoint.url, apiKey: KEY, maxRetries: 0, timeout: kind === 'timeout' ? 200 : 5000, fetch });
      const signal = kind === 'abort' ? AbortSignal.timeout(100) : new AbortController().signal;
      const error: unknown = await client.models
        .list({ signal })
        .then(() => client.chat.completions.create({ model: 'm', messages: [] }, { signal }))
        .catch((thrown: unknown) => thrown);
      const { status, headers, message } = error as InstanceType<typeof OpenAI.APIError>;
      seen.push({ name: (error as Error).constructor.name, status, message, retryAfter: headers?.get('retry-after') });
    }
    expect(seen[0], kind).toEqual(seen[1]);
    expect(seen[0]?.name, kind).toMatch(
      /^(RateLimitError|InternalServerError|APIConnectionError|APIConnectionTimeoutError|APIUserAbortError)$/,
    );
  }
});

/** All text that an error holds, own properties, stack and causes included. */
function everythingIn(error: unknown, depth = 0): string {
  if (depth > 5 || typeof error !== 'object' || error === null) return String(error);
  return Object.getOwnPropertyNames(error)
    .map((name) => `${name}=${everythingIn((error as Record<string, unknown>)[name], depth + 1)}`)
    .join('\n');
}

async function until(condition: () => boolean): Promise<void> {
  const end = Date.now() + 5000;
  while (!condition()) {
    if (Date.now() > end) throw new Error('it did not happen within 5 s');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

test('a light fetch that is aborted while it waits for a connection is never sent', async () => {
  const endpoint = await startFakeEndpoint({ answer: always({ content: 'late', latencyMs: 300 }) });
  opened.push(endpoint);
  const { origin } = new URL(endpoint.url);
  const pool = new Pool(origin, { connections: 1, pipelining: 1 });
  const fetch = createLightFetch(pool, origin);
  const ask = (signal?: AbortSignal) =>
    fetch(`${endpoint.url}/chat/completions`, { method: 'POST', body: '{"model":"m","messages":[]}', ...(signal ? { signal } : {}) });
  const first = ask();
  await until(() => endpoint.requests === 1);
  const controller = new AbortController();
  const queued = ask(controller.signal);
  await new Promise((resolve) => setTimeout(resolve, 30));
  controller.abort();
  await expect(queued).rejects.toMatchObject({ name: 'AbortError' });
  await first;
  expect((await ask()).status).toBe(200);
  expect(endpoint.requests).toBe(2);
  await pool.destroy();
});
