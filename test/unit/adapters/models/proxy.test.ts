import { expect, test } from 'vitest';
import { proxyFor } from '../../../../src/adapters/models/proxy.js';

const of = (url: string, env: Record<string, string>) => proxyFor(new URL(url), env);
const both = { HTTPS_PROXY: 'http://secure:1', http_proxy: 'http://plain:2' };

test('the variable of the scheme counts, in either case', () => {
  expect(of('https://api.example/v1', both)).toBe('http://secure:1');
  expect(of('http://api.example/v1', both)).toBe('http://plain:2');
  expect(of('http://api.example/v1', { HTTPS_PROXY: 'http://secure:1' })).toBeNull();
  expect(of('https://api.example/v1', { HTTPS_PROXY: '' })).toBeNull();
});

test('a proxy without a scheme is an HTTP proxy', () => {
  expect(of('https://api.example/v1', { HTTPS_PROXY: 'proxy:3128' })).toBe('http://proxy:3128');
});

test.each([
  ['api.example', true],
  ['.example', true],
  ['*.example', true],
  ['example', true],
  ['*', true],
  ['foo,  api.example:443', true],
  ['api.example:8443', false],
  ['pi.example', false],
  ['other.example', false],
  ['', false],
])('NO_PROXY=%s bypasses for api.example: %s', (noProxy, bypassed) => {
  expect(of('https://api.example/v1', { ...both, NO_PROXY: noProxy })).toBe(bypassed ? null : 'http://secure:1');
});

test('addresses of this machine never go through a proxy', () => {
  for (const host of ['localhost', '127.0.0.1', '[::1]', 'a.localhost']) expect(of(`http://${host}:8000/v1`, both)).toBeNull();
  expect(of('http://127.example/v1', both)).toBe('http://plain:2');
});

test('IPv6 addresses can be bypassed', () => {
  expect(of('http://[fd00::1]:8000/v1', { ...both, no_proxy: 'fd00::1' })).toBeNull();
});
