/** SQuAD's F1 and EM. */

import { describe, expect, it } from 'vitest';
import type { ScorerResult } from '../../../../src/core/benchmark.js';
import { targetOf } from '../../../../src/core/scoring/targets.js';
import { bestTokenF1, tokenF1 } from '../../../../src/core/scoring/token-f1.js';

const score = (response: string, target: string) => tokenF1().score({ response, target, row: {} }) as ScorerResult;

describe('tokenF1', () => {
  it('rewards with the best F1 over the right answers', () => {
    expect(score('the red cat', targetOf(['dog', 'cat']))).toEqual({
      reward: 2 / 3,
      extracted: 'the red cat',
      details: { em: 0, f1: 2 / 3 },
    });
  });

  it('counts a repeated word as often as both have it', () => {
    expect(bestTokenF1('a cat cat cat', ['cat cat dog']).f1).toBeCloseTo((2 * (2 / 3) * (2 / 3)) / (4 / 3), 12);
  });

  it('takes writings that differ in case, punctuation and articles for the same', () => {
    expect(bestTokenF1('The U.S.', ['us'])).toEqual({ em: 1, f1: 1 });
  });

  it('gives nothing for an empty answer, and all or nothing where a side has no words', () => {
    expect(score('', '')).toEqual({ reward: 0, extracted: null, failure: 'empty_response' });
    expect(bestTokenF1('the', ['a'])).toEqual({ em: 1, f1: 1 });
    expect(bestTokenF1('the', ['cat'])).toEqual({ em: 0, f1: 0 });
  });

  it('is not misled by words that are members of every object', () => {
    expect(bestTokenF1('constructor __proto__', ['toString'])).toEqual({ em: 0, f1: 0 });
  });

  it('has the first right answer as its ideal', () => {
    const target = targetOf(['cat', 'dog']);
    expect(score(tokenF1().idealAnswer?.(target, {}) ?? '', target).reward).toBe(1);
  });
});
