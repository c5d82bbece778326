/** MGSM: which number of an answer in eleven languages is the answer. */

import { describe, expect, it } from 'vitest';
import type { ScorerResult } from '../../../../src/core/benchmark.js';
import { MGSM_ANSWER_PREFIX, mgsm, parseMgsmAnswer, sameMgsmAnswer } from '../../../../src/core/scoring/mgsm.js';

const score = (response: string, target: string, lang?: string) =>
  mgsm().score({ response, target, row: lang === undefined ? {} : { lang } }) as ScorerResult;

describe('mgsm', () => {
  it('looks for the word of the row or of the option', () => {
    expect(score('答え: 8', '8', 'ja')).toEqual({ reward: 1, extracted: '8' });
    expect(score('Answer: 8', '8', 'ja')).toEqual({ reward: 0, extracted: null, failure: 'format_error' });
    expect(mgsm({ language: 'de' }).score({ response: 'Antwort: 1.234', target: '1234', row: {} })).toEqual({
      reward: 0,
      extracted: '1.234',
    });
    expect(mgsm({ language: 'de' }).name).toBe('mgsm(language=de)');
  });

  it('reads the last number after the last word', () => {
    expect(score('Answer: 3\nAnswer: 5 or 6', '6', 'en')).toEqual({ reward: 1, extracted: '6' });
    expect(score('Answer: 5\nAnswer:', '5', 'en')).toEqual({ reward: 0, extracted: null, failure: 'format_error' });
  });

  it('refuses a row without a language that it knows', () => {
    expect(() => score('x', '1')).toThrow(/language is missing, not one of bn, de/);
    expect(() => score('x', '1', 'toString')).toThrow(/not one of/);
    expect(() => mgsm({ language: 'xx' as 'en' })).toThrow(/unknown language "xx"/);
  });

  it.each(Object.keys(MGSM_ANSWER_PREFIX))('has an ideal answer in %s that earns full credit', (lang) => {
    expect(score(mgsm().idealAnswer?.('1,200', { lang }) ?? '', '1,200', lang).reward).toBe(1);
  });
});

describe('parseMgsmAnswer and sameMgsmAnswer', () => {
  it('leave out commas, and zeros at the end of a fraction only', () => {
    expect(parseMgsmAnswer('Answer: 1,200.', 'Answer')).toBe('1200');
    expect(sameMgsmAnswer('42.50', '42.5')).toBe(true);
    expect(sameMgsmAnswer('42.00', '42')).toBe(true);
    expect(sameMgsmAnswer('420', '42')).toBe(false);
    expect(sameMgsmAnswer('042', '42')).toBe(false);
  });
});
