import { APIConnectionError, APIConnectionTimeoutError, APIError } from 'openai';
import { describe, expect, test } from 'vitest';
import { type CallContext, toModelCallError } from '../../../../src/adapters/models/classify.js';
import { createScrub } from '../../../../src/adapters/models/endpoint-words.js';
import { LightHeaders, NotJsonError, TransportError } from '../../../../src/adapters/models/light-fetch.js';

const KEY = 'sk-secret-0123456789';
const context: CallContext = {
  url: 'https://host/v1/chat/completions',
  timeoutS: 60,
  keyVariable: 'MODEL_KEY',
  scrub: createScrub(KEY, (text) => text),
  now: 0,
};

/** The error that the client makes of a reply, classified. */
function replied(status: number, body: unknown, headers: Record<string, string> = {}) {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  // LightHeaders has the part of Headers that the client's errors read.
  const error = APIError.generate(status, {}, text, new LightHeaders(headers, text) as unknown as Headers);
  const { category, disposition, retryAfterMs, message, status: seen } = toModelCallError(error, context);
  return { category, disposition, retryAfterMs, message, status: seen };
}
const said = (message: string, code: string | null = null, type = '') => ({ error: { message, code, type } });

describe('statuses', () => {
  test.each([
    [429, 'slow down', null, 'rate_limit', 'retry'],
    [429, 'you are out of credit', 'insufficient_quota', 'rate_limit', 'stop_run'],
    [408, 'x', null, 'server_error', 'retry'],
    [409, 'x', null, 'server_error', 'retry'],
    [425, 'x', null, 'server_error', 'retry'],
    [500, 'x', null, 'server_error', 'retry'],
    [503, 'x', null, 'server_error', 'retry'],
    [529, 'x', null, 'server_error', 'retry'],
    [400, 'temperature must be positive', null, 'bad_response', 'stop_run'],
    [401, 'no', null, 'bad_response', 'stop_run'],
    [402, 'pay', null, 'bad_response', 'stop_run'],
    [403, 'no', null, 'bad_response', 'stop_run'],
    [404, 'no such model', null, 'bad_response', 'stop_run'],
    [405, 'no', null, 'bad_response', 'stop_run'],
    [422, 'no', null, 'bad_response', 'stop_run'],
    [413, 'large', null, 'context_length', 'fail_sample'],
    [301, '', null, 'bad_response', 'stop_run'],
    [400, 'x', 'context_length_exceeded', 'context_length', 'fail_sample'],
    [400, "This model's maximum context length is 8192 tokens, you asked for 9000", null, 'context_length', 'fail_sample'],
    [400, 'The prompt is too long: 210000 tokens > 200000', null, 'context_length', 'fail_sample'],
    [422, 'the input exceeds the context window of this model', null, 'context_length', 'fail_sample'],
    [400, 'x', 'content_filter', 'bad_response', 'fail_sample'],
    [400, 'the response was filtered by our content management policy', null, 'bad_response', 'fail_sample'],
  ])('%i, "%s", code %s: %s, %s', (status, message, code, category, disposition) => {
    expect(replied(status, said(message, code))).toMatchObject({ category, disposition, status });
  });

  test('an exhausted quota is known by its type as well', () => {
    expect(replied(429, said('x', null, 'insufficient_quota')).disposition).toBe('stop_run');
  });
});

test('Retry-After is taken from a 429 and a 503, not from what is never retried', () => {
  const headers = { 'retry-after': '3' };
  expect(replied(429, said('x'), headers).retryAfterMs).toBe(3000);
  expect(replied(503, said('x'), headers).retryAfterMs).toBe(3000);
  expect(replied(429, said('x')).retryAfterMs).toBeNull();
  expect(replied(400, said('x'), headers).retryAfterMs).toBeNull();
});

describe('what a person reads', () => {
  test("the endpoint's own words with status, URL and what to do", () => {
    expect(replied(401, said(`Incorrect API key provided: ${KEY}`)).message).toBe(
      'HTTP 401 from https://host/v1/chat/completions: Incorrect API key provided: [redacted] (check the API key in MODEL_KEY)',
    );
    expect(replied(404, { detail: 'Not Found' }).message).toBe(
      "HTTP 404 from https://host/v1/chat/completions: Not Found (check the service's url, protocol and model)",
    );
  });

  test('an empty body leaves the status', () => {
    expect(replied(500, '').message).toBe('HTTP 500 from https://host/v1/chat/completions');
  });

  test('a redirect that cannot be followed names where it leads, without its query', () => {
    expect(replied(301, '', { location: 'https://new/v1/chat/completions?token=1' }).message).toContain(
      'it redirects to https://new/v1/chat/completions:',
    );
  });

  test('at most 500 characters of the endpoint', () => {
    expect(replied(400, said('y'.repeat(10_000))).message.match(/y+/)?.[0]).toHaveLength(500);
  });
});

describe('no reply', () => {
  const cut = (code: string, detail: string) =>
    toModelCallError(new APIConnectionError({ cause: new TransportError(code, detail) }), context);

  test.each([
    ['ECONNREFUSED', 'connection', 'retry'],
    ['ENOTFOUND', 'connection', 'retry'],
    ['ECONNRESET', 'connection', 'retry'],
    ['ETIMEDOUT', 'connection', 'retry'],
    ['UND_ERR_SOCKET', 'connection', 'retry'],
    ['UND_ERR_CONNECT_TIMEOUT', 'connection', 'retry'],
    ['HPE_INVALID_CONSTANT', 'bad_response', 'retry'],
    ['ERR_REPLY_TOO_LARGE', 'bad_response', 'retry'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'connection', 'stop_run'],
    ['CERT_HAS_EXPIRED', 'connection', 'stop_run'],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'connection', 'stop_run'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'connection', 'stop_run'],
    ['ERR_SSL_WRONG_VERSION_NUMBER', 'connection', 'stop_run'],
  ])('%s: %s, %s', (code, category, disposition) => {
    expect(cut(code, 'what happened')).toMatchObject({ category, disposition, status: null, retryAfterMs: null });
  });

  test('a time-out names the limit', () => {
    expect(toModelCallError(new APIConnectionTimeoutError(), context)).toMatchObject({
      category: 'timeout',
      disposition: 'retry',
      message: 'no answer within 60 s from https://host/v1/chat/completions',
    });
  });
});

test('a body that is not JSON is a bad response with its first words', () => {
  expect(toModelCallError(new NotJsonError('<html>busy'), context)).toMatchObject({
    category: 'bad_response',
    disposition: 'retry',
    message: 'no usable answer from https://host/v1/chat/completions: the body is not JSON: <html>busy',
  });
});

test('an error that no endpoint made stops the run', () => {
  expect(toModelCallError(new TypeError(`invalid header Bearer ${KEY}`), context)).toMatchObject({
    disposition: 'stop_run',
    message: 'the request to https://host/v1/chat/completions cannot be sent: invalid header Bearer [redacted]',
  });
});

test('no error has a cause: the headers with the key hang on those of the client', () => {
  for (const error of [new APIConnectionError({ cause: new TransportError('ECONNRESET', KEY) }), new NotJsonError(KEY), new Error(KEY)]) {
    const made = toModelCallError(error, context);
    expect(made.cause).toBeUndefined();
    expect(`${made.message}${made.stack}`).not.toContain(KEY);
  }
});
