/** Scorers made of scorers. */

import { describe, expect, it } from 'vitest';
import type { Scorer, ScorerResult, ScorerTools } from '../../../../src/core/benchmark.js';
import { answerLine } from '../../../../src/core/scoring/answer-line.js';
import { allOf, anyOf, weighted } from '../../../../src/core/scoring/combine.js';
import { exactMatch } from '../../../../src/core/scoring/exact-match.js';
import { gsm8k } from '../../../../src/core/scoring/gsm8k.js';

const fixed = (name: string, result: ScorerResult): Scorer => ({ name, score: () => result });
const later = (name: string, result: ScorerResult): Scorer => ({ name, score: () => Promise.resolve(result) });
const half = fixed('half', { reward: 0.5, extracted: 'h' });
const full = fixed('full', { reward: 1, extracted: 'f' });
const none = fixed('none', { reward: 0, extracted: null, failure: 'format_error' });
const input = { response: 'x', target: 'y', row: {} };

describe('weighted', () => {
  it('is the mean by weight, with each part under its name', () => {
    expect(
      weighted([
        { scorer: half, weight: 3 },
        { scorer: full, weight: 1 },
      ]).score(input),
    ).toEqual({
      reward: 0.625,
      extracted: 'h',
      details: { half: 0.5, full: 1 },
    });
  });

  it('refuses weights that are not above 0, and no parts', () => {
    expect(() => weighted([{ scorer: full, weight: 0 }])).toThrow('the weight of full must be a number above 0, not 0');
    expect(() => weighted([{ scorer: full, weight: Number.NaN }])).toThrow(/above 0/);
    expect(() => weighted([])).toThrow('weighted: no scorers are given');
  });

  it('says its weights in its name and its settings', () => {
    const scorer = weighted([
      { scorer: half, weight: 0.3 },
      { scorer: full, weight: 0.7 },
    ]);
    expect(scorer.name).toBe('weighted(half:0.3,full:0.7)');
    expect(scorer.settings).toEqual({ weights: [0.3, 0.7] });
  });
});

describe('allOf and anyOf', () => {
  it('are the least and the greatest reward', () => {
    expect((allOf([full, half]).score(input) as ScorerResult).reward).toBe(0.5);
    expect((anyOf([full, half]).score(input) as ScorerResult).reward).toBe(1);
  });

  it('fail only where all parts failed', () => {
    expect(anyOf([none, full]).score(input)).toEqual({ reward: 1, extracted: 'f', details: { none: 0, full: 1 } });
    expect(allOf([none, none]).score(input)).toEqual({
      reward: 0,
      extracted: null,
      details: { none: 0, 'none#2': 0 },
      failure: 'format_error',
    });
  });

  it('answer at once unless a part takes time', async () => {
    expect(allOf([full, half]).score(input)).not.toBeInstanceOf(Promise);
    const pending = allOf([full, later('slow', { reward: 0.25, extracted: null })]).score(input);
    expect(pending).toBeInstanceOf(Promise);
    expect(await pending).toEqual({ reward: 0.25, extracted: 'f', details: { full: 1, slow: 0.25 } });
  });

  it('fail with the error of a part', async () => {
    const broken: Scorer = { name: 'broken', score: () => Promise.reject(new Error('no sandbox')) };
    await expect(allOf([full, broken]).score(input)).rejects.toThrow('no sandbox');
  });

  it('hand on the tools, and need what their parts need', () => {
    const seen: unknown[] = [];
    const user: Scorer = {
      name: 'user',
      needs: ['judge'],
      settings: { rubric: 'r' },
      score: (_input, tools) => {
        seen.push(tools);
        return { reward: 1, extracted: null };
      },
    };
    const tools = {} as ScorerTools;
    const scorer = anyOf([user, user, full]);
    void scorer.score(input, tools);
    expect(seen).toEqual([tools, tools]);
    expect(scorer.needs).toEqual(['judge']);
    expect(scorer.settings).toEqual({ parts: { user: { rubric: 'r' }, 'user#2': { rubric: 'r' } } });
    expect(full.needs).toBeUndefined();
  });

  it('nest, and say so in their name', () => {
    expect(allOf([anyOf([half, full]), none]).name).toBe('all_of(any_of(half,full),none)');
  });

  it('show the text of parts that are functions of a user', () => {
    const own: Scorer & { toString(): string } = { ...full, toString: () => '(input) => input.response.length' };
    expect(String(allOf([own, half]))).toContain('input.response.length');
  });

  it('answer ideally as their first part with an ideal answer, or as they are told', () => {
    const scorer = allOf([exactMatch(), answerLine(), gsm8k()]);
    expect(scorer.idealAnswer?.('4', {})).toBe('Answer: 4');
    expect(allOf([answerLine()], { idealAnswer: (target) => `!${target}` }).idealAnswer?.('4', {})).toBe('!4');
    expect(allOf([full]).idealAnswer).toBeUndefined();
  });
});
