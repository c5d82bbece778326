/** GPQA and MMLU: the letter after the word for "answer". */

import { describe, expect, it } from 'vitest';
import { gpqa, gpqaLetter } from '../../../../src/core/scoring/gpqa.js';
import { mmlu, mmluLetter } from '../../../../src/core/scoring/mmlu.js';

describe.each([
  ['gpqa', gpqa()],
  ['mmlu', mmlu()],
])('%s', (name, scorer) => {
  it('gives the reward for the target letter, and says what is missing', () => {
    expect(scorer.name).toBe(name);
    expect(scorer.score({ response: 'So.\n**Answer: C**', target: 'C', row: {} })).toEqual({ reward: 1, extracted: 'C' });
    expect(scorer.score({ response: 'Answer: C', target: 'D', row: {} })).toEqual({ reward: 0, extracted: 'C' });
    expect(scorer.score({ response: 'It is C.', target: 'C', row: {} })).toEqual({ reward: 0, extracted: null, failure: 'format_error' });
    expect(scorer.score({ response: ' ', target: 'C', row: {} })).toEqual({ reward: 0, extracted: null, failure: 'empty_response' });
  });

  it('has an ideal answer that earns full credit', () => {
    expect(scorer.score({ response: scorer.idealAnswer?.('B', {}) ?? '', target: 'B', row: {} })).toEqual({ reward: 1, extracted: 'B' });
  });

  it('takes the first answer, and a lower-case letter as it is written', () => {
    expect(scorer.score({ response: 'Answer: A\nAnswer: B', target: 'B', row: {} })).toEqual({ reward: 0, extracted: 'A' });
    expect(scorer.score({ response: 'answer: b', target: 'B', row: {} })).toEqual({ reward: 0, extracted: 'b' });
  });
});

describe('gpqaLetter', () => {
  it('reads a dollar sign before the letter, and no other decoration', () => {
    expect(gpqaLetter('Answer: $D$')).toBe('D');
    expect(gpqaLetter('Answer: **D**')).toBeNull();
    expect(gpqaLetter('Réponse: D')).toBeNull();
  });
});

describe('mmluLetter', () => {
  it.each([
    ['Réponse : D', 'D'],
    ['答案：B', 'B'],
    ['الإجابة الصحيحة هي: ب', 'B'],
    ['উত্তর: ঢ', 'D'],
    ['答え：Ｃ', 'C'],
    ['Àṣàyàn: A', 'A'],
    [`Answer:${'\u200b'.repeat(6)} B`, 'B'],
    ['Answer: $\\boxed{\\text{B}}$', 'B'],
    ['\\(\\mathbf{Answer: A}\\)', 'A'],
  ])('reads %j as %s', (response, letter) => {
    expect(mmluLetter(response)).toBe(letter);
  });

  it('prefers the earlier form of its list to the earlier place', () => {
    expect(mmluLetter('Respuesta: A\nAnswer: B')).toBe('B');
  });

  it('wants the letter on the same line', () => {
    expect(mmluLetter('Answer:\nB')).toBeNull();
  });
});
