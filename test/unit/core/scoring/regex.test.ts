/** The regex scorer: which group, which match, which comparison. */

import { describe, expect, it } from 'vitest';
import type { ScorerResult } from '../../../../src/core/benchmark.js';
import { type RegexMatchOptions, regexMatch } from '../../../../src/core/scoring/regex.js';

const score = (options: RegexMatchOptions, response: string, target: string) =>
  regexMatch(options).score({ response, target, row: {} }) as ScorerResult;

describe('regexMatch', () => {
  it('takes the first group that took part, or the whole match without groups', () => {
    expect(score({ pattern: 'x=(\\d+)|y=(\\d+)' }, 'y=7', '7')).toEqual({ reward: 1, extracted: '7' });
    expect(score({ pattern: '[A-Z]{3}' }, 'code ABC', 'ABC')).toEqual({ reward: 1, extracted: 'ABC' });
  });

  it('takes the group, by number or by name, that it is told', () => {
    expect(score({ pattern: '(a)(?<b>b)', group: 2 }, 'ab', 'b').reward).toBe(1);
    expect(score({ pattern: '(a)(?<b>b)', group: 'b' }, 'ab', 'b').reward).toBe(1);
    expect(score({ pattern: '(a)(?<b>b)', group: 0 }, 'ab', 'ab').reward).toBe(1);
  });

  it('takes the last match where it is told, and passes over empty ones', () => {
    expect(score({ pattern: 'is (\\d*)' }, 'is , is 1, is 2', '1').reward).toBe(1);
    expect(score({ pattern: 'is (\\d*)', last: true }, 'is 1, is 2, is ', '2').reward).toBe(1);
  });

  it('compares numbers by value, or every character', () => {
    expect(score({ pattern: /= (.+)/ }, '= 1,200.0', '1200').reward).toBe(1);
    expect(score({ pattern: /= (.+)/, compare: 'exact' }, '= 1,200.0', '1200').reward).toBe(0);
    expect(score({ pattern: /= (.+)/ }, '= b', '["a", "b"]').reward).toBe(1);
  });

  it('says why nothing was found', () => {
    expect(score({ pattern: 'x' }, 'abc', 'x')).toEqual({ reward: 0, extracted: null, failure: 'format_error' });
    expect(score({ pattern: '\\w+$' }, "I'm sorry, I can't help with that", 'x')).toEqual({
      reward: 0,
      extracted: 'that',
      failure: 'refusal',
    });
  });

  it('names the rule that it is', () => {
    expect(regexMatch({ pattern: 'a(b)', flags: 'i', group: 1, last: true }).name).toBe('regex_match(group=1,last=true,pattern=/a(b)/i)');
  });

  it('keeps the flags of a RegExp, and no memory of earlier answers', () => {
    const scorer = regexMatch({ pattern: /ANSWER (\d)/gi });
    const once = () => scorer.score({ response: 'answer 4', target: '4', row: {} });
    expect([once(), once()]).toEqual([
      { reward: 1, extracted: '4' },
      { reward: 1, extracted: '4' },
    ]);
  });

  it.each<[RegexMatchOptions, RegExp]>([
    [{ pattern: '(' }, /regexMatch: Invalid regular expression/],
    [{ pattern: 'a', flags: 'g' }, /flags "g" are not of/],
    [{ pattern: /a/, flags: 'i' }, /flags are part of a RegExp/],
    [{ pattern: 'a', group: 1 }, /no group 1/],
    [{ pattern: '(?<x>a)', group: 'toString' }, /no group "toString"/],
  ])('refuses %j', (options, message) => {
    expect(() => regexMatch(options)).toThrow(message);
  });
});
