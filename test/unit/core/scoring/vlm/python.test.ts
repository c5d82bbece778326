/** Python's texts, numbers and literals: checked against CPython 3.11 by hand. */

import { describe, expect, it } from 'vitest';
import { answerList, listOfTexts, parsePythonLiteral } from '../../../../../src/core/scoring/vlm/python-literal.js';
import { codePoints, floatText, strip, toFloat, toInteger, words } from '../../../../../src/core/scoring/vlm/python-text.js';

describe('white space', () => {
  it('is what Python calls so: separators and NEL, but no byte order mark', () => {
    expect(words('\x1ca\x85b\u00a0c\u3000')).toEqual(['a', 'b', 'c']);
    expect(strip('\ufeff a \n')).toBe('\ufeff a');
  });

  it('does not count into the length, which is one of code points', () => {
    expect(codePoints('a🐶é')).toBe(3);
    expect(codePoints('\ud83d')).toBe(1);
  });
});

describe('numbers in text', () => {
  it('are floats with underscores, other digits, infinities and NaN', () => {
    expect([' 1_0.5 ', '.5', '5.', '1e3', '-inf', '٣', '１０'].map(toFloat)).toEqual([10.5, 0.5, 5, 1000, -Infinity, 3, 10]);
    expect(toFloat('NaN')).toBeNaN();
  });

  it('are none with a word, a doubled underscore, a bare point or a sign alone', () => {
    expect(['5 %', '1__0', '_1', '.', '+', '', '0x10', '1e'].map(toFloat)).toEqual(Array(8).fill(null));
  });

  it('are integers only without a point', () => {
    expect([' +5 ', '1_000', '٣', '5.0', '1_', ''].map(toInteger)).toEqual([5n, 1000n, 3n, null, null, null]);
    expect(toInteger('1'.repeat(4301))).toBeNull();
  });

  it('are written as Python writes floats', () => {
    expect([4, 0.1, 1e16, 123456789012345680, 1e-5, 0.0001, 1.5e300, -0].map(floatText)).toEqual([
      '4.0',
      '0.1',
      '1e+16',
      '1.2345678901234568e+17',
      '1e-05',
      '0.0001',
      '1.5e+300',
      '-0.0',
    ]);
  });
});

describe('a Python literal', () => {
  it('is a list of strings of any quoting', () => {
    expect(
      listOfTexts(String.raw`['it\'s', "a 'b'", r'\n', u'x', 'a' 'b', '''c
d''', '\x41\u00e9\101\q',]`),
    ).toEqual(["it's", "a 'b'", '\\n', 'x', 'ab', 'c\nd', 'AéA\\q']);
  });

  it('gives items the text that Python writes for them', () => {
    expect(listOfTexts(`[1, 2.50, None, True, -3, 1e20, 0x1F, 1_000, ['a', (1,), {'k': "it's"}, {1, 2}, b'y']]`)).toEqual([
      '1',
      '2.5',
      'None',
      'True',
      '-3',
      '1e+20',
      '31',
      '1000',
      `['a', (1,), {'k': "it's"}, {1, 2}, b'y']`,
    ]);
  });

  it('leaves a text without brackets at both ends as it is', () => {
    expect(listOfTexts('/x/[1].png')).toEqual(['/x/[1].png']);
    expect(listOfTexts('')).toEqual(['']);
    expect(listOfTexts('[]')).toEqual([]);
  });

  it.each([['[a]'], ["['a]"], ['[1,,2]'], ['[1 2]'], ['[01]'], ['[1a]'], ["[__import__('os')]"], ['[1]x'], ["['\\xg1']"], ["[f'{1}']"]])(
    'is not %s, which runs nothing',
    (text) => {
      expect(() => parsePythonLiteral(text)).toThrow(SyntaxError);
      expect(answerList(text)).toBeNull();
    },
  );

  it('is refused when it is nested beyond measure', () => {
    expect(() => parsePythonLiteral('['.repeat(100_000))).toThrow(/deeper than 100/);
    expect(() => parsePythonLiteral(`[${'-'.repeat(100_000)}1]`)).toThrow(SyntaxError);
  });

  it('of megabytes is read in time that grows with its length', () => {
    const text = `['${'A'.repeat(8 << 20)}', ${"'x' ".repeat(200_000)}]`;
    const before = performance.now();
    expect(listOfTexts(text)).toHaveLength(2);
    expect(performance.now() - before).toBeLessThan(5000);
  });
});
