/** Which answers count as empty, refused or badly formed, and that every scorer says so. */

import { describe, expect, it } from 'vitest';
import { answerLine } from '../../../../src/core/scoring/answer-line.js';
import { exactMatch } from '../../../../src/core/scoring/exact-match.js';
import { answerFailure, isRefusal } from '../../../../src/core/scoring/failure.js';
import { gsm8k } from '../../../../src/core/scoring/gsm8k.js';
import { mmluPro } from '../../../../src/core/scoring/mmlu-pro.js';
import { multipleChoice } from '../../../../src/core/scoring/multiple-choice.js';
import { numericMatch } from '../../../../src/core/scoring/numeric.js';

const SCORERS = [
  [answerLine(), '1'],
  [exactMatch(), '1'],
  [numericMatch(), '1'],
  [multipleChoice(), 'A'],
  [gsm8k(), '1'],
  [gsm8k({ strict: true }), '1'],
  [mmluPro(), 'A'],
] as const;

describe('isRefusal', () => {
  it.each([
    ["I'm sorry, but I can't help with that."],
    ['I’m sorry, I cannot assist with that request.'],
    ['Sorry, but I am unable to provide that information.'],
    ['I cannot comply with this request.'],
    ['I apologize, but I will not discuss this.'],
    ['As an AI language model, I am not able to answer that.'],
    ["**I can't assist with that.**"],
  ])('knows %j for one', (response) => expect(isRefusal(response)).toBe(true));

  it.each([
    ['I cannot solve this.'],
    ['We cannot help but notice that the answer is 4.'],
    ['The patient said: I cannot help it.'],
    ['Sorry, the sum is 5.'],
    ["I can't tell which of them it is."],
    [`I'm sorry, I can't help with that. ${'But the sum is 5. '.repeat(60)}`],
  ])('leaves %j alone', (response) => expect(isRefusal(response)).toBe(false));
});

describe('answerFailure', () => {
  it('tells empty answers, also of invisible characters, from badly formed ones', () => {
    expect(['', ' \n\t', '\u200b\ufeff', 'hm'].map(answerFailure)).toEqual([
      'empty_response',
      'empty_response',
      'empty_response',
      'format_error',
    ]);
  });
});

describe.each(SCORERS.map(([scorer, target]) => ({ name: scorer.name, scorer, target })))('$name', ({ scorer, target }) => {
  it('reports an empty answer', () => {
    expect(scorer.score({ response: ' \n', target, row: {} })).toEqual({ reward: 0, extracted: null, failure: 'empty_response' });
  });

  it('judges an answer that opens like a refusal, and calls it one only where it is wrong', () => {
    const opening = "I can't share all my reasoning, but here it is.";
    const ending = { '1': 'Answer: 1', A: 'Answer: A' };
    const right = scorer.name === 'exact_match' ? opening : `${opening}\n${scorer.name.startsWith('gsm8k') ? '#### 1' : ending[target]}`;
    const goal = scorer.name === 'exact_match' ? opening : target;
    expect(scorer.score({ response: right, target: goal, row: {} })).toMatchObject({ reward: 1 });
    expect(scorer.score({ response: right, target: target === '1' ? '2' : 'B', row: {} })).toEqual({
      reward: 0,
      extracted: scorer.name === 'exact_match' ? null : target,
      failure: 'refusal',
    });
  });

  it('reports a refusal', () => {
    const response = "I'm sorry, but I can't help with that.";
    expect(scorer.score({ response, target, row: {} })).toEqual({ reward: 0, extracted: null, failure: 'refusal' });
  });

  const N = 200_000;
  it.each([
    ['spaces', ' '.repeat(N)],
    ['spaces after a label', `Answer:${' '.repeat(N)}`],
    ['labels', 'Answer: '.repeat(N / 8)],
    ['statements', 'the answer is ('.repeat(N / 15)],
    ['digits', '9'.repeat(N)],
    ['groups of digits', '111,'.repeat(N / 4)],
    ['dots', '.'.repeat(N)],
    ['dollars', '$'.repeat(N)],
    ['minus signs', '-'.repeat(N)],
    ['exponents', '1e'.repeat(N / 2)],
    ['stars', '*'.repeat(N)],
    ['opening brackets', '('.repeat(N)],
    ['open boxes', '\\boxed{'.repeat(N / 7)],
    ['letters', 'A'.repeat(N)],
    ['letters and spaces', 'I '.repeat(N / 2)],
    ['accented letters', 'éA'.repeat(N / 2)],
    ['halves of characters', '\ud835A'.repeat(N / 2)],
    ['hashes', '#### '.repeat(N / 5)],
    ['lines', 'Answer:\n'.repeat(N / 8)],
    ['apologies', 'sorry, '.repeat(N / 7)],
  ])('is linear in an answer of 200,000 %s', (_, response) => {
    const started = performance.now();
    void scorer.score({ response, target, row: {} });
    expect(performance.now() - started).toBeLessThan(500);
  });
});
