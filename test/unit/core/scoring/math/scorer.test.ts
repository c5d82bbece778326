/** The math scorer on whole responses. */

import { describe, expect, it } from 'vitest';
import type { ScorerResult } from '../../../../../src/core/benchmark.js';
import { type MathBoxedOptions, mathBoxed } from '../../../../../src/core/scoring/math/scorer.js';

const tex = String.raw;

function score(response: string, target: string, options?: MathBoxedOptions): ScorerResult {
  return mathBoxed(options).score({ response, target, row: {} }) as ScorerResult;
}

describe('the math scorer', () => {
  it('judges the last box by equivalence', () => {
    expect(score(tex`First $\boxed{3}$. No: $\boxed{\frac{1}{2}}$.`, '0.5')).toEqual({ reward: 1, extracted: tex`\frac{1}{2}` });
    expect(score(tex`$\boxed{0.5}$, or rather $\boxed{3}$`, '0.5')).toEqual({ reward: 0, extracted: '3' });
  });

  it('opens an fbox', () => {
    expect(score(tex`\fbox{7}`, '7')).toEqual({ reward: 1, extracted: '7' });
  });

  it('calls a response without a box a format error, and names refusals and emptiness', () => {
    expect(score('The answer is 7.', '7')).toEqual({ reward: 0, extracted: null, failure: 'format_error' });
    expect(score(tex`\boxed{7`, '7').failure).toBe('format_error');
    expect(score(tex`so \boxed{}`, '7').failure).toBe('format_error');
    expect(score(' ', '7').failure).toBe('empty_response');
    expect(score("I'm sorry, I can't help with that.", '7').failure).toBe('refusal');
  });

  it('judges an answer that opens like a refusal, and calls it one only where it is wrong', () => {
    const response = "I can't provide a drawing, but the final answer is $42$.";
    expect(score(response, '42', { withoutBox: 'extract' })).toEqual({ reward: 1, extracted: '$42$' });
    expect(score(response, '41', { withoutBox: 'extract' })).toEqual({ reward: 0, extracted: '$42$', failure: 'refusal' });
  });

  it('takes the final statement, else the last number, where it is asked to', () => {
    const options = { withoutBox: 'extract' } as const;
    expect(score('The answer is $x = 7$, not 8.', '7', options)).toEqual({ reward: 1, extracted: '$x = 7$' });
    expect(score('2, 3, so 7', '7', options)).toEqual({ reward: 1, extracted: '7' });
    expect(score('no idea', '7', options).failure).toBe('format_error');
    expect(score(tex`\boxed{8}. The answer is 7.`, '7', options).reward).toBe(0);
  });

  it('names itself with the option that differs', () => {
    expect([mathBoxed().name, mathBoxed({ withoutBox: 'extract' }).name]).toEqual(['math_boxed', 'math_boxed(without_box=extract)']);
  });

  it.each(['5', tex`\frac{3}{4}`, '(1,2]', tex`\text{east}`, tex`50\%`, tex`x \in \{1, 2\}`, tex`\boxed{9}`])(
    'gives its ideal answer to %j full credit',
    (target) => {
      expect(score(mathBoxed().idealAnswer?.(target, {}) ?? '', target).reward).toBe(1);
    },
  );

  it('is linear in the response', () => {
    const started = performance.now();
    score(`${'\\boxed{1} some $x$ text '.repeat(20_000)}\\boxed{7}`, '7');
    score('1 and $2$ so '.repeat(40_000), '7', { withoutBox: 'extract' });
    expect(performance.now() - started).toBeLessThan(1500);
  });
});
