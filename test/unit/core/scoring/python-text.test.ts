/** Python's numbers and white space. The values were printed by Python 3.11 and NumPy 2.4. */

import { describe, expect, it } from 'vitest';
import {
  pythonFloat,
  pythonFloatText,
  pythonStrip,
  pythonWords,
  roundedToHundredths,
  withoutArticles,
} from '../../../../src/core/scoring/python-text.js';

describe('pythonFloat', () => {
  it.each([
    ['5', '5.0'],
    ['5.', '5.0'],
    ['.5', '0.5'],
    [' 5\u00a0', '5.0'],
    ['+1_000', '1000.0'],
    ['1e16', '1e+16'],
    ['123456789012345678', '1.2345678901234568e+17'],
    ['0.00001', '1e-05'],
    ['0.0001', '0.0001'],
    ['1e400', 'inf'],
    ['Infinity', 'inf'],
    ['-0', '-0.0'],
    ['NaN', 'nan'],
    ['१२.५', '12.5'],
    ['𝟝𝟘', '50.0'],
  ])('reads %j as %s', (text, printed) => {
    expect(pythonFloatText(pythonFloat(text) as number)).toBe(printed);
  });

  it.each([[''], ['1,000'], ['1__0'], ['_1'], ['1_'], ['0x10'], ['½'], ['5%'], ['e5'], ['5\u001c'], ['1e'], ['in'], ['5 5'], ['.']])(
    'finds no number in %j',
    (text) => {
      expect(pythonFloat(text)).toBeNull();
    },
  );
});

describe('white space', () => {
  it('is what Python takes for it', () => {
    expect(pythonStrip('\u001c\u0085 a b \u3000\n')).toBe('a b');
    expect(pythonStrip('\ufeffa\u200b')).toBe('\ufeffa\u200b');
    expect(pythonWords(' a\u001fb  c\n')).toEqual(['a', 'b', 'c']);
    expect(pythonWords(' ')).toEqual([]);
  });
});

describe('withoutArticles', () => {
  it('takes whole words, by Unicode', () => {
    expect(withoutArticles('the cat, an ode, a éa thé the5 a_b')).toBe('  cat,   ode,   éa thé the5 a_b');
  });
});

describe('roundedToHundredths', () => {
  it.each([
    [0.125, 0.12],
    [0.375, 0.38],
    [2 / 3, 0.67],
    [0.285, 0.28],
    [1, 1],
  ])('rounds %d to %d', (value, rounded) => {
    expect(roundedToHundredths(value)).toBe(rounded);
  });
});
