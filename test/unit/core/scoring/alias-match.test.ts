/** TriviaQA's rule: where the answer ends, which writings of a name are the same, and what is no answer. */

import { describe, expect, it } from 'vitest';
import type { ScorerResult } from '../../../../src/core/benchmark.js';
import { aliasMatch, shortAnswer } from '../../../../src/core/scoring/alias-match.js';
import { targetOf } from '../../../../src/core/scoring/targets.js';

const score = (response: string, aliases: string | readonly string[], stop?: readonly string[]) =>
  aliasMatch(stop === undefined ? {} : { stop }).score({
    response,
    target: typeof aliases === 'string' ? aliases : targetOf(aliases),
    row: {},
  }) as ScorerResult;

describe('aliasMatch', () => {
  it.each([
    ['Paris, France', ['Paris'], 'Paris'],
    ['  PARIS.\nIt lies on the Seine', ['London', 'paris'], 'PARIS'],
    ['JK Rowling', ['J. K. Rowling', 'J.K. Rowling'], 'JK Rowling'],
    ['7', ['7'], '7'],
  ])('takes %j for one of %j', (response, aliases, extracted) => {
    expect(score(response, aliases)).toEqual({ reward: 1, extracted });
  });

  it.each([
    ['Rowling', ['Joanne Rowling']],
    ['the Beatles', ['Beatles']],
    ['Rock and Roll', ['Rock & Roll']],
    ['U.S.A.', ['U.S.A.']],
  ])('does not take %j for %j', (response, aliases) => {
    expect(score(response, aliases).reward).toBe(0);
  });

  it('reads the whole answer where nothing stops it', () => {
    expect(score('U.S.A.', ['USA'], [])).toEqual({ reward: 1, extracted: 'U.S.A.' });
    expect(aliasMatch({ stop: [] }).name).toBe('alias_match(stop=[])');
  });

  it('takes a plain text as the one alias', () => {
    expect(score('paris', 'Paris').reward).toBe(1);
  });

  it('finds no answer before the first stop, also where an alias is all punctuation', () => {
    expect(score('\n\nParis', ['Paris'])).toEqual({ reward: 0, extracted: null, failure: 'format_error' });
    expect(score('', ['...'])).toEqual({ reward: 0, extracted: null, failure: 'empty_response' });
  });

  it('has an ideal answer that earns full credit where an alias would be cut', () => {
    const target = targetOf(['J. K. Rowling', 'U.S. author']);
    expect(score(aliasMatch().idealAnswer?.(target, {}) ?? '', ['J. K. Rowling', 'U.S. author']).reward).toBe(1);
  });
});

describe('shortAnswer', () => {
  it('ends at the earliest stop text', () => {
    expect(shortAnswer('a b, c. d\ne')).toBe('a b');
    expect(shortAnswer('a b, c', ['c', 'b'])).toBe('a');
  });
});
