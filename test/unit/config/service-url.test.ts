import { describe, expect, it } from 'vitest';
import { displayUrl, isLocalUrl, parseServiceUrl } from '../../../src/config/service-url.js';

describe("an endpoint's address", () => {
  it.each([
    ['https://host/v1', 'https://host/v1', null],
    ['https://host/v1/', 'https://host/v1', null],
    ['https://host/v1/chat/completions', 'https://host/v1', 'chat_completions'],
    ['https://host/v1/chat/completions/', 'https://host/v1', 'chat_completions'],
    ['https://host/v1/completions', 'https://host/v1', 'completions'],
    ['http://127.0.0.1:8899/completions', 'http://127.0.0.1:8899', 'completions'],
    ['http://localhost:8000', 'http://localhost:8000', null],
    ['  HTTPS://Host:443/proxy//v1  ', 'https://host/proxy//v1', null],
    ['http://[::1]:8000/v1/chat/completions', 'http://[::1]:8000/v1', 'chat_completions'],
    ['https://host/mycompletions', 'https://host/mycompletions', null],
  ])('%s has a base URL and names a protocol or none', (text, url, protocol) => {
    expect(parseServiceUrl(text)).toEqual({ ok: true, url, protocol });
  });

  const way = 'Remove it: addresses are recorded. Put the key into a variable and write api_key: ${NAME}, or give --api-key-env NAME.';
  it.each([
    ['https://user:s3cret@host/v1', 'holds a user name or password', way],
    ['https://s3cret@host/v1', 'holds a user name or password', way],
    ['https://host/v1?api_key=s3cret', 'holds a credential in its query', way],
    ['https://host/v1?x=1&access_token=s3cret', 'holds a credential in its query', way],
    [
      'https://host/v1?version=s3cret',
      'has a query or a fragment',
      "Write the address only up to its path: the protocol's own path is appended to it.",
    ],
    [
      'https://host/v1#s3cret',
      'has a query or a fragment',
      "Write the address only up to its path: the protocol's own path is appended to it.",
    ],
    ['host:8000/v1', 'must start with https:// or http://, got "host:8000/v1"', 'Write https://host:8000/v1 or http://host:8000/v1.'],
    ['me:s3cret@host/v1', 'must start with https:// or http://, got "…@host/v1"', 'Write https://…@host/v1 or http://…@host/v1.'],
    ['ftp://host/v1', 'must start with https:// or http://, got "ftp://host/v1"', 'nel speaks HTTP only.'],
    ['https://me:s3/cret@host/v1', 'is not a URL: "https://…@host/v1"', 'An address looks like https://host:port/v1.'],
    [
      'https://host/v1/responses',
      'names the responses protocol, which nel does not speak',
      'Use the same address without /responses, or with /chat/completions.',
    ],
  ])('%s is refused without repeating a credential', (text, message, hint) => {
    expect(parseServiceUrl(text)).toEqual({ ok: false, message, hint });
    expect(`${message}${hint}`).not.toContain('s3');
  });

  it('is shown without credentials and query', () => {
    expect(displayUrl('https://me:s3cret@host/v1?key=s3cret')).toBe('https://…@host/v1?…');
  });

  it.each([
    ['http://127.0.0.1:8899/v1', true],
    ['http://localhost/v1', true],
    ['http://[::1]/v1', true],
    ['https://localhost.example.com/v1', false],
    ['https://host/v1', false],
  ])('%s: on this machine? %s', (url, local) => {
    expect(isLocalUrl(url)).toBe(local);
  });
});
