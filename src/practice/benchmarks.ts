/** Three small benchmarks made for practice: they need no network, no account and no real model. The demo and the tests run them. */

import type { Benchmark } from '../core/benchmark.js';
import { answerLine } from '../core/scoring/answer-line.js';
import { multipleChoice } from '../core/scoring/multiple-choice.js';
import { numericMatch } from '../core/scoring/numeric.js';
import { arithmeticProblems } from './arithmetic.js';
import { factProblems } from './facts.js';
import { unitProblems } from './units.js';

/** 100 word problems of ten kinds; the answer is the last number. */
export const practiceArithmetic: Benchmark = {
  name: 'practice_arithmetic',
  description: 'Word problems made for practice (100), exact number',
  dataset: arithmeticProblems(100).map((problem) => ({ ...problem })),
  requiredFields: ['question', 'answer', 'category'],
  prompt:
    'Solve the problem below. Show your working, then end with the sentence "The answer is N." where N is the number alone.\n\n' +
    'Problem: {question}',
  target: 'answer',
  category: 'category',
  scorer: numericMatch(),
};

/** 60 general facts in five categories; the answer is a letter. */
export const practiceFacts: Benchmark = {
  name: 'practice_facts',
  description: 'General facts made for practice (60), multiple choice',
  dataset: factProblems().map(({ question, options: [a, b, c, d], answer, category }) => ({ question, a, b, c, d, answer, category })),
  requiredFields: ['question', 'a', 'b', 'c', 'd', 'answer', 'category'],
  prompt:
    'Choose the one right option. End with the sentence "The answer is (X)." where X is its letter.\n\n' +
    'Question: {question}\nA. {a}\nB. {b}\nC. {c}\nD. {d}',
  target: 'answer',
  category: 'category',
  scorer: multipleChoice(),
};

/** 84 conversions of four quantities; the answer stands on a line of its own. */
export const practiceUnits: Benchmark = {
  name: 'practice_units',
  description: 'Unit conversions made for practice (84), answer line',
  dataset: unitProblems().map((problem) => ({ ...problem })),
  requiredFields: ['question', 'answer', 'category'],
  prompt: 'Convert the units. End with a line "Answer: N" where N is the number without its unit.\n\nQuestion: {question}',
  target: 'answer',
  category: 'category',
  scorer: answerLine(),
};

export const practiceBenchmarks: readonly Benchmark[] = [practiceArithmetic, practiceFacts, practiceUnits];
