/** Credentials leave no text, in whatever form they took. */

import { expect, it } from 'vitest';
import { Redactor } from '../../../src/workers/redactor.js';

function knowing(...secrets: string[]): (text: string) => string {
  const redactor = new Redactor();
  for (const secret of secrets) redactor.learn(secret);
  return redactor.redact;
}

it('takes a secret out wherever it stands, as often as it stands there', () => {
  expect(knowing('sk-123456')('a sk-123456 b sk-123456sk-123456')).toBe('a [redacted] b [redacted][redacted]');
});

it('knows it in a URL, in JSON and in base64', () => {
  const secret = 'p&ss "w/rd"';
  const redact = knowing(secret);
  for (const form of [encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1), Buffer.from(secret).toString('base64')]) {
    expect(redact(`<${form}>`)).toBe('<[redacted]>');
  }
  expect(JSON.parse(redact(JSON.stringify({ content: `it is ${secret}` })))).toEqual({ content: 'it is [redacted]' });
});

it('ignores the white space that a file left around it', () => {
  expect(knowing('  sk-123456\n')('key=sk-123456;')).toBe('key=[redacted];');
});

it('leaves words alone that are too short to be a secret, and text without one', () => {
  expect(knowing('short', '')('a short text')).toBe('a short text');
  expect(new Redactor().redact('nothing learnt')).toBe('nothing learnt');
});

it('can be handed on as a function, and learns later', () => {
  const redactor = new Redactor();
  const { redact } = redactor;
  redactor.learn('sk-654321');
  expect(redact('sk-654321')).toBe('[redacted]');
});

it('takes characters of a pattern literally', () => {
  expect(knowing('a.c$&d+e')('abc$&d+e a.c$&d+e')).toBe('abc$&d+e [redacted]');
});
