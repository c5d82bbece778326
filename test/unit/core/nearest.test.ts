/** "Did you mean": close enough to be a slip, never a guess. */

import { describe, expect, it } from 'vitest';
import { didYouMean, nearestName } from '../../../src/core/nearest.js';

const known = ['gsm8k', 'mmlu_pro', 'humaneval'];

describe('nearestName', () => {
  it.each([
    ['gms8k', 'gsm8k', 'two neighbours swapped'],
    ['GSM8K', 'gsm8k', 'another case'],
    ['gsm8', 'gsm8k', 'a letter missing'],
    ['mmlu-prro', 'mmlu_pro', 'a substitution and an insertion'],
    ['humanevla', 'humaneval', 'a swap at the end'],
  ])('takes %s for %s: %s', (typed, meant) => {
    expect(nearestName(typed, known)).toBe(meant);
  });

  it('says nothing when no name is within a third of what was typed', () => {
    expect(nearestName('arc_challenge', known)).toBeUndefined();
    expect(nearestName('gsm8k', [])).toBeUndefined();
    expect(nearestName('abcdef', ['abcxyz'])).toBeUndefined();
  });

  it('allows two edits in a short name and three in one of nine letters', () => {
    expect(nearestName('abc', ['axy'])).toBe('axy');
    expect(nearestName('abcdefghi', ['abcdefxyz'])).toBe('abcdefxyz');
    expect(nearestName('abcdefgh', ['abcdexyz'])).toBeUndefined();
  });

  it('prefers the fewest edits, then the first named', () => {
    expect(nearestName('test', ['texts', 'tests', 'tesst'])).toBe('tests');
  });

  it('counts a swap of neighbours as one edit', () => {
    expect(nearestName('abdc', ['abxy', 'abcd'])).toBe('abcd');
  });
});

it('words the suggestion for the end of an error, or is silent', () => {
  expect(didYouMean('gms8k', known)).toBe(' (did you mean "gsm8k"?)');
  expect(didYouMean('arc_challenge', known)).toBe('');
});
