/** Python's patterns as JavaScript's. Expected values were taken from Python's re. */

import { describe, expect, it } from 'vitest';
import { countMatches, pythonRegex } from '../../../../../src/core/scoring/ifeval/python-regex.js';

describe('a Python pattern', () => {
  it.each([
    ['a.c', 'abc a\nc a\rc', 2],
    ['^a', 'a\na', 1],
    ['a$', 'a\na\n', 1],
    ['\\bé\\b', 'é cafés é', 2],
    ['\\w+', 'a-b नि', 3],
    ['\\s', 'a\u001cb\u0085c\ufeffd', 2],
    ['\\d', '1٣²', 2],
    ['x{2}', 'xxx{2}', 1],
    ['x{a}', 'x{a}', 1],
    ['x{,2}y', 'xxy y', 2],
    ['[]a]', ']a[', 2],
    ['[^]a]', ']ab', 1],
    ['[\\w-]+', 'a-b c', 2],
    ["\\'\\-\\#", "'-#", 1],
    ['(?P<n>a)b', 'ab', 1],
    ['a++b', 'aab', 1],
    ['', 'ab', 3],
  ])('%j in %j matches %i times', (pattern, text, count) => expect(countMatches(pythonRegex(pattern), text)).toBe(count));

  it.each([
    ['i', 'iIİı', 4],
    ['[i]', 'iIİı', 4],
    ['s', 'sSſ', 3],
    ['k', 'kK\u212a', 3],
    ['ss', 'ß', 0],
  ])('%j in any case in %j matches %i times', (pattern, text, count) => {
    expect(countMatches(pythonRegex(pattern, { ignoreCase: true }), text)).toBe(count);
  });

  it.each(['(', '[', '*', '\\', '\\y', 'a**'])('%j is an error that shows it', (pattern) => {
    expect(() => pythonRegex(pattern)).toThrow(`the pattern ${JSON.stringify(pattern)} is no regular expression`);
  });
});
