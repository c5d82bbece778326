/** DROP: what counts as the same answer, whose best is taken, and what never passes. */

import { describe, expect, it } from 'vitest';
import type { ScorerResult } from '../../../../src/core/benchmark.js';
import { bestDropMetrics, drop, dropAnswers, dropMetrics, dropTarget } from '../../../../src/core/scoring/drop.js';

const score = (response: string, target: string, separator?: string) =>
  drop(separator === undefined ? {} : { separator }).score({ response, target, row: {} }) as ScorerResult;

describe('drop', () => {
  it('rewards with F1 and says EM beside it', () => {
    expect(score('Chicago Bears', 'Bears')).toEqual({ reward: 0.67, extracted: 'Chicago Bears', details: { em: 0, f1: 0.67 } });
    expect(drop().name).toBe('drop');
  });

  it('takes the best of the annotators answers', () => {
    const target = dropTarget([['Green Bay'], ['Packers', 'Bears'], ['the Packers']]);
    expect(score('Packers', target).reward).toBe(1);
  });

  it('never passes an answer without visible characters, whatever is right', () => {
    for (const target of ['5', 'the', '""']) {
      expect(score(' \u200b\n', target)).toEqual({ reward: 0, extracted: null, failure: 'empty_response' });
    }
  });

  it('calls a refusal one where it earns less than full credit, and leaves it what it earns', () => {
    const refusal = "I'm sorry, but I can't help with that.";
    expect(score(refusal, '5')).toEqual({ reward: 0, extracted: null, failure: 'refusal', details: { em: 0, f1: 0 } });
    expect(score(refusal, 'help')).toEqual({ reward: 0.22, extracted: refusal, failure: 'refusal', details: { em: 0, f1: 0.22 } });
    expect(score(refusal, refusal).reward).toBe(1);
  });

  it('splits an answer into spans where it is told how', () => {
    const target = dropTarget([['Bears', 'Packers']]);
    expect(score('Packers; Bears', target).reward).toBeLessThan(0.5);
    expect(score('Packers; Bears', target, ';').reward).toBe(1);
    expect(drop({ separator: ';' }).name).toBe('drop(separator=;)');
  });

  it('has an ideal answer that earns full credit, where one span or a separator allows it', () => {
    const spans = dropTarget([['Bears', 'Packers']]);
    const both = dropTarget([['Bears', 'Packers'], ['Packers']]);
    expect(score(drop().idealAnswer?.(both, {}) ?? '', both).reward).toBe(1);
    expect(score(drop({ separator: ';' }).idealAnswer?.(spans, {}) ?? '', spans, ';').reward).toBe(1);
    expect(score(drop().idealAnswer?.('12 May', {}) ?? '', '12 May').reward).toBe(1);
  });
});

describe('dropMetrics', () => {
  it.each([
    ['$10', '10', 1, 1],
    ['10.0', '10', 1, 1],
    ['٥', '5', 1, 1],
    ['5 yards', '5', 0, 0.67],
    ['6 yards', '5 yards', 0, 0],
    ['well-known', 'well known', 1, 1],
    ['the Bears', 'Bears', 1, 1],
    ['1/2', '0.5', 0, 0],
    ['1e400', 'inf', 1, 1],
  ])('gives %j for %j EM %d and F1 %d', (answer, gold, em, f1) => {
    expect(dropMetrics([answer], [gold])).toEqual({ em, f1 });
  });

  it('aligns spans so that the total is greatest', () => {
    // Taken in order, "a b" would take the gold "b c" and leave "b" without a partner.
    expect(dropMetrics(['b x', 'x'], ['x', 'b'])).toEqual({ em: 0, f1: 0.83 });
  });

  it('knows spans in any order, but not more or fewer', () => {
    expect(dropMetrics(['Packers', 'Bears'], ['Bears', 'Packers']).em).toBe(1);
    expect(dropMetrics(['Bears', 'Bears'], ['Bears']).em).toBe(0);
  });
});

describe('dropAnswers', () => {
  it('reads one answer, several answers, and answers of several spans', () => {
    expect(dropAnswers('Bears')).toEqual([['Bears']]);
    expect(dropAnswers('["5", ["Bears", "Packers"]]')).toEqual([['5'], ['Bears', 'Packers']]);
    expect(dropAnswers(dropTarget([['Bears', 'Packers']]))).toEqual([['Bears', 'Packers']]);
  });

  it('takes what is no list of texts for one answer', () => {
    expect(dropAnswers('[1, 2]')).toEqual([['[1, 2]']]);
    expect(dropAnswers('[sic]')).toEqual([['[sic]']]);
  });

  it('leaves out a right answer that is blank', () => {
    expect(bestDropMetrics(['the'], [['']])).toEqual({ em: 0, f1: 0 });
  });
});
