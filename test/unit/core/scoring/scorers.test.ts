/** What each scorer takes from an answer, and which answers earn the reward. */

import { describe, expect, it } from 'vitest';
import type { Scorer, ScorerResult } from '../../../../src/core/benchmark.js';
import { answerLine } from '../../../../src/core/scoring/answer-line.js';
import { exactMatch } from '../../../../src/core/scoring/exact-match.js';
import { gsm8k, gsm8kGold } from '../../../../src/core/scoring/gsm8k.js';
import { mmluPro } from '../../../../src/core/scoring/mmlu-pro.js';
import { multipleChoice } from '../../../../src/core/scoring/multiple-choice.js';
import { numericMatch } from '../../../../src/core/scoring/numeric.js';

const score = (scorer: Scorer, response: string, target: string) => scorer.score({ response, target, row: {} }) as ScorerResult;

describe('answerLine', () => {
  it.each([
    ['Work.\nAnswer: 42', '42', '42'],
    ['**Answer:** 42', '42', '42'],
    ['**Answer: Paris.**', 'paris', 'Paris'],
    ['ANSWER : the  Nile', 'The Nile', 'the  Nile'],
    ['Answer: 3\nNo, wait.\nAnswer: 4', '4', '4'],
    ['Answer:\n\n  $\\boxed{1{,}5}$', '1{,}5', '1{,}5'],
    ['Final Answer: $1,200.00', '1200', '1,200.00'],
    ['Answer: 40%', '40', '40%'],
    ['答え Answer： 東京', '東京', '東京'],
    ['Answer: 5\nAnswer:', '5', '5'],
  ])('reads %j as right for %j', (response, target, extracted) => {
    expect(score(answerLine(), response, target)).toEqual({ reward: 1, extracted });
  });

  it('gives no reward for another answer', () => {
    expect(score(answerLine(), 'Answer: London', 'Paris')).toEqual({ reward: 0, extracted: 'London' });
  });

  it('finds no answer without the label, or with it inside a word', () => {
    expect(score(answerLine(), 'It is Paris.', 'Paris')).toEqual({ reward: 0, extracted: null, failure: 'format_error' });
    expect(score(answerLine(), 'Nonanswer: Paris', 'Paris').extracted).toBeNull();
  });

  it('looks for the label that it was given, also one with special characters', () => {
    expect(score(answerLine({ label: 'Result (EUR)' }), 'Answer: 1\nresult (EUR): 7', '7')).toEqual({ reward: 1, extracted: '7' });
    expect(answerLine({ label: 'Result' }).name).toBe('answer_line(label=Result)');
  });
});

describe('exactMatch', () => {
  it.each([
    ['  Paris.  ', 'paris'],
    ['The Nile', 'nile'],
    ['**Rio de Janeiro**', 'Rio de Janeiro'],
    ['-5', '-5'],
    ['3.14', '3.14'],
  ])('takes %j for %j', (response, target) => {
    expect(score(exactMatch(), response, target)).toEqual({ reward: 1, extracted: response.trim() });
  });

  it.each([
    ['5', '-5'],
    ['314', '3.14'],
    ['The capital is Paris', 'Paris'],
    ['+', '-'],
    ['an', 'the'],
  ])('does not take %j for %j', (response, target) => {
    expect(score(exactMatch(), response, target)).toEqual({ reward: 0, extracted: response });
  });

  it('tells case, punctuation and articles apart when asked to', () => {
    expect(score(exactMatch({ caseSensitive: true }), 'paris', 'Paris').reward).toBe(0);
    expect(score(exactMatch({ keepPunctuation: true }), 'Paris.', 'Paris').reward).toBe(0);
    expect(score(exactMatch({ keepArticles: true }), 'the Nile', 'Nile').reward).toBe(0);
    expect(exactMatch({ caseSensitive: true }).name).toBe('exact_match(case_sensitive=true)');
  });
});

describe('numericMatch', () => {
  it.each([
    ['It costs $1,200.50 in all.', '1200.5', '$1,200.50'],
    ['3 apples and 4 pears make 7.', '7', '7'],
    ['-0.5', '-.5', '-0.5'],
    ['x = −12', '-12', '−12'],
    ['about 1.2e3', '1200', '1.2e3'],
    ['12,34', '34', '34'],
    ['.25', '0.25', '.25'],
    ['from 3-5', '5', '5'],
  ])('reads %j as %j', (response, target, extracted) => {
    expect(score(numericMatch(), response, target)).toEqual({ reward: 1, extracted });
  });

  it('allows the tolerance and no more', () => {
    expect(score(numericMatch({ tolerance: 0.5 }), '10.5', '10').reward).toBe(1);
    expect(score(numericMatch({ tolerance: 0.5 }), '10.51', '10').reward).toBe(0);
  });

  it('takes the first number when asked to', () => {
    expect(score(numericMatch({ pick: 'first' }), '3 of 4', '3')).toEqual({ reward: 1, extracted: '3' });
  });

  it('reports an answer without a number as a format error and a target that is none as an error', () => {
    expect(score(numericMatch(), 'many', '3')).toEqual({ reward: 0, extracted: null, failure: 'format_error' });
    expect(() => score(numericMatch(), '3', 'three')).toThrow(/the target "three" is not a number/);
  });
});

describe('multipleChoice', () => {
  it.each([
    ['B'],
    ['b'],
    ['(B)'],
    ['**B**'],
    ['B.'],
    ['B) Paris'],
    ['B. Paris'],
    ['**B. Paris**'],
    ['Answer: B'],
    ['answer: b'],
    ['**Answer:** (B)'],
    ['**Answer: B**'],
    ['Answer: $\\boxed{B}$'],
    ['Answer: $\\text{B}$'],
    ['Answer:   \n\n B'],
    ['答案 Answer：B'],
    ['The answer is B because A dog barks.'],
    ['The correct answer is (B).'],
    ['Answer: A\nNo, I was wrong.\nAnswer: B'],
    ['A is wrong, C is wrong.\n\nB'],
    ['B\n\nBecause A is a river and C is a lake.'],
    ['It cannot be (A) or (C), so (B).'],
    ['I would say **B**'],
    ['Therefore $\\boxed{B}$.'],
    ['The only fit is B'],
    ['The answer is option B'],
  ])('reads B from %j', (response) => {
    expect(score(multipleChoice(), response, 'B')).toEqual({ reward: 1, extracted: 'B' });
  });

  it.each([['Because of rain'], ['A dog is a good pet.'], ['Answer: None'], ['Éa ñC'], ['E']])('finds no option in %j', (response) => {
    expect(score(multipleChoice(), response, 'B')).toEqual({ reward: 0, extracted: null, failure: 'format_error' });
  });

  it('takes the article A for an option only where it is stated', () => {
    expect(score(multipleChoice(), 'The answer is A because it fits.', 'A').reward).toBe(1);
    expect(score(multipleChoice(), 'A good guess would be C here', 'A').extracted).toBe('C');
  });

  it.each(['I **cannot** help with this.', 'Sorry, I _cannot_ help with that.', 'Sorry, but I *can’t* assist.'])(
    'takes no refusal for the option I: %s',
    (response) => {
      expect(score(multipleChoice({ letters: 'ABCDEFGHI' }), response, 'I')).toEqual({ reward: 0, extracted: null, failure: 'refusal' });
    },
  );

  it('knows the letters it was given and refuses a target outside them', () => {
    expect(score(multipleChoice({ letters: 'ABCDEFGHIJ' }), 'Answer: J', 'j')).toEqual({ reward: 1, extracted: 'J' });
    expect(() => score(multipleChoice(), 'A', 'E')).toThrow(/not one of the letters ABCD/);
    expect(() => multipleChoice({ letters: 'abc' })).toThrow(/different capitals/);
  });

  it("knows each row's own letters where it is told how", () => {
    const scorer = multipleChoice({ letters: (row) => 'ABCDEFGHIJKL'.slice(0, Number(row.options)) });
    const response = 'The true one is B, as shown by Vitamin K studies.';
    expect(scorer.score({ response, target: 'B', row: { options: 4 } })).toEqual({ reward: 1, extracted: 'B' });
    expect(scorer.score({ response, target: 'B', row: { options: 12 } })).toEqual({ reward: 0, extracted: 'K' });
    expect(scorer.name).toBe('multiple_choice(letters=row)');
  });
});

describe('gsm8k', () => {
  it('takes the last number that has a digit, unlike the reference, which takes dots', () => {
    expect(score(gsm8k(), 'It is 5, right?...', '5')).toEqual({ reward: 1, extracted: '5,' });
  });

  it('compares without thousands separators, dollars and a final period', () => {
    expect(score(gsm8k(), 'A: $70,000.', '70000')).toEqual({ reward: 1, extracted: '$70,000.' });
    expect(score(gsm8k(), 'A: 40%', '40')).toEqual({ reward: 1, extracted: '40' });
    expect(score(gsm8k(), '10-5', '-5')).toEqual({ reward: 1, extracted: '-5' });
  });

  it('finds the gold answer of a solution', () => {
    expect(gsm8kGold('2+2 = <<2+2=4>>4\n#### 1,004')).toBe('1004');
    expect(gsm8kGold('no mark')).toBeNull();
    expect(gsm8kGold('#### ')).toBeNull();
  });
});

describe('mmluPro', () => {
  it.each([
    ['The answer is (C). Others say the answer is (D).', 'C'],
    ['answer is J', 'J'],
    ['Answer: B, so not answer: D', 'B'],
    ['answer:\n\n E', 'E'],
    ['First A, then B, at last C.', 'C'],
    ['C is near, éA is not', 'C'],
    ['C is near, 𝒳A and A𝒳 are not', 'C'],
    ['B_1 and A', 'A'],
  ])('reads %j as %s', (response, letter) => {
    expect(score(mmluPro(), response, letter)).toEqual({ reward: 1, extracted: letter });
  });

  it('never guesses', () => {
    expect(score(mmluPro(), 'none of these', 'A')).toEqual({ reward: 0, extracted: null, failure: 'format_error' });
  });

  it('takes any other letter of an answer that opens like a refusal', () => {
    expect(score(mmluPro(), "I can't share all my reasoning, but B it is.", 'B')).toEqual({ reward: 1, extracted: 'B' });
  });

  it('does not take the I of a refusal for an option', () => {
    expect(score(mmluPro(), "I'm sorry, but I can't help with that.", 'I')).toEqual({ reward: 0, extracted: null, failure: 'refusal' });
  });
});
