/** Errors for people: where, what, and what to do. */

import { expect, it } from 'vitest';
import { errorMessage, formatPosition, NelError } from '../../../src/core/errors.js';

it('writes a position as far as it is known, and no column without a line', () => {
  expect(formatPosition({ file: 'a.yaml' })).toBe('a.yaml');
  expect(formatPosition({ file: 'a.yaml', line: 3 })).toBe('a.yaml:3');
  expect(formatPosition({ file: 'a.yaml', line: 3, column: 7 })).toBe('a.yaml:3:7');
  expect(formatPosition({ file: 'a.yaml', column: 7 })).toBe('a.yaml');
});

it('puts the position before the message and keeps kind, hint and cause', () => {
  const cause = new Error('disk');
  const error = new NelError('data', 'not JSON', { at: { file: 'x.jsonl', line: 2 }, hint: 'delete the line', cause });
  expect({ message: error.message, kind: error.kind, hint: error.hint, cause: error.cause, name: error.name }).toEqual({
    message: 'x.jsonl:2: not JSON',
    kind: 'data',
    hint: 'delete the line',
    cause,
    name: 'NelError',
  });
});

it('has no cause member and no hint when none was given', () => {
  const error = new NelError('run', 'it failed');
  expect('cause' in error).toBe(false);
  expect(error.hint).toBeUndefined();
});

it('finds a message in anything thrown', () => {
  expect(errorMessage(new TypeError('no'))).toBe('no');
  expect(errorMessage('plain')).toBe('plain');
  expect(errorMessage(undefined)).toBe('undefined');
});
