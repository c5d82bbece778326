import { describe, expect, test } from 'vitest';
import { createScrub, readErrorBody, shownUrl } from '../../../../src/adapters/models/endpoint-words.js';

const KEY = 'sk-secret-0123456789';
const scrub = createScrub(KEY, (text) => text.replaceAll('other-secret', '***'));

describe('scrub', () => {
  test('takes out the key, also as a URL or JSON writes it, and what the run redacts', () => {
    const odd = createScrub('a+b/c"d=', (text) => text);
    expect(scrub(`Incorrect API key provided: ${KEY}. Was other-secret?`)).toBe('Incorrect API key provided: [redacted]. Was ***?');
    expect(odd('plain a+b/c"d= url a%2Bb%2Fc%22d%3D json a+b/c\\"d=')).toBe('plain [redacted] url [redacted] json [redacted]');
  });

  test('takes out a key that control or zero-width characters break up', () => {
    expect(scrub('key sk-secret\u200b-0123\u00076789\u0000 x'.replace('0123\u00076789', '01234\u000756789'))).toBe('key [redacted] x');
  });

  test('takes out any bearer token and credentials in a URL', () => {
    expect(scrub('Authorization: Bearer eyJhbGciOi.J9 from http://user:pass@proxy:3128/')).toBe(
      'Authorization: Bearer [redacted] from http://proxy:3128/',
    );
  });

  test('leaves no control characters, so that a terminal cannot be driven', () => {
    expect(scrub('a\u001b[2Jb\r\nc\u009bd\u202ee')).toBe('a[2Jb cde');
  });

  test('cuts after redacting: no part of a key is left at the cut', () => {
    const text = `${'x'.repeat(490)}${KEY} and more`;
    expect(scrub(text)).toBe(`${'x'.repeat(490)}[redacted]…`);
  });

  test('leaves no part of a key that stands at the end of what is read', () => {
    const short = createScrub(KEY, (text) => text.replace(/x+/, ''));
    expect(short(`${'x'.repeat(65_536 - 5)}${KEY}`)).toBe('');
  });

  test('is quick on a hostile megabyte', () => {
    const start = performance.now();
    for (const unit of ['<', '//', 'Bearer ', ' ', '\u0000', '@']) scrub(readErrorBody(unit.repeat(1_000_000)).text);
    expect(performance.now() - start).toBeLessThan(2000);
  });
});

describe('readErrorBody', () => {
  test.each([
    [
      '{"error":{"message":"No such model","type":"Invalid_Request","code":"Model_Not_Found"}}',
      'No such model',
      'model_not_found',
      'invalid_request',
    ],
    ['{"error":"overloaded"}', 'overloaded', '', ''],
    ['{"object":"error","message":"too long","type":"BadRequestError","code":400}', 'too long', '', 'badrequesterror'],
    ['{"detail":"Not Found"}', 'Not Found', '', ''],
    ['{"detail":[{"loc":["body"],"msg":"field required"},{"msg":"no"}]}', 'field required; no', '', ''],
    ['[{"error":{"message":"quota","status":"RESOURCE_EXHAUSTED"}}]', 'quota', '', 'resource_exhausted'],
    [
      '{"error":{"message":"filtered","innererror":{"code":"ResponsibleAIPolicyViolation"}}}',
      'filtered',
      'responsibleaipolicyviolation',
      '',
    ],
    ['plain words', 'plain words', '', ''],
    ['', '', '', ''],
  ])('reads %s', (body, text, code, type) => {
    expect(readErrorBody(body)).toEqual({ text, code, type });
  });

  test('takes the words out of an HTML page', () => {
    expect(scrub(readErrorBody('<html><head><title>404 Not Found</title></head><body><h1>nginx</h1></body></html>').text)).toBe(
      '404 Not Found nginx',
    );
  });

  test('shows a body of no known shape as it is', () => {
    expect(readErrorBody('{"oops":1}').text).toBe('{"oops":1}');
  });
});

test('a URL is shown without query, credentials and trailing slash', () => {
  expect(shownUrl(new URL('https://u:p@host:8443/v1/?key=1#x'))).toBe('https://host:8443/v1');
});
