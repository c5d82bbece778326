/** The built-in benchmark math500: 500 competition problems of the MATH test set, answers in \boxed{}. */

import type { Benchmark } from '../core/benchmark.js';
import { mathBoxed } from '../core/scoring/math/scorer.js';
import { fieldText } from '../core/template.js';
import { defineParametrized } from './define.js';

const REVISION = '6e4ed1a2a79af7d8630a6b768ec859cb5af4d3be';

/** Worked examples of ours, for few-shot prompts. */
const EXAMPLES = [
  {
    problem: 'What is the sum of the solutions of $x^2 - 9x + 14 = 0$?',
    solution: 'The left side factors as $(x - 2)(x - 7)$, so the solutions are $2$ and $7$, and their sum is $9$.',
    answer: '9',
  },
  {
    problem: 'A fair six-sided die is rolled twice. What is the probability that the two rolls differ?',
    solution: 'Of the $36$ outcomes $6$ are doubles, so $30$ are not, and $\\frac{30}{36} = \\frac{5}{6}$.',
    answer: '\\frac{5}{6}',
  },
  {
    problem: 'Find the greatest common divisor of $84$ and $126$.',
    solution:
      'We have $84 = 2^2 \\cdot 3 \\cdot 7$ and $126 = 2 \\cdot 3^2 \\cdot 7$, so the greatest common divisor is $2 \\cdot 3 \\cdot 7 = 42$.',
    answer: '42',
  },
  {
    problem: 'For which values of $t$ is $\\sqrt{5 - 2t}$ real? Give the answer in interval notation.',
    solution: 'We need $5 - 2t \\ge 0$, which means $t \\le \\frac{5}{2}$.',
    answer: '(-\\infty, \\frac{5}{2}]',
  },
] as const;

/**
 * Papers: Hendrycks et al. 2021, Measuring Mathematical Problem Solving With the MATH Dataset, arXiv:2103.03874; the 500 are those that Lightman
 * et al. 2023, Let's Verify Step by Step, arXiv:2305.20050, held out.
 * Data: HuggingFaceH4/MATH-500, split `test` (MIT). Categories are the subjects.
 * Rule: the last \boxed{}, then mathematical equivalence as math-verify decides it (src/core/scoring/math).
 * Prompt: zero-shot chain of thought, in our words; `shots` puts worked examples of ours before it.
 */
export const math500Benchmark: Benchmark = defineParametrized(
  {
    shots: { type: 'integer', default: 0, min: 0, max: 4, description: 'worked examples of ours before each problem' },
    cot: { type: 'boolean', default: true, description: 'ask for the steps before the answer' },
  },
  ({ shots, cot }) => ({
    name: 'math500',
    description: 'Competition mathematics (500), the boxed answer',
    dataset: `hf://HuggingFaceH4/MATH-500/test.jsonl?revision=${REVISION}`,
    localPath: 'math500/test.jsonl',
    requiredFields: ['problem', 'answer', 'subject'],
    prompt: (row) =>
      `Solve the problem below. ${cot ? 'Reason step by step, and put' : 'Give no explanation: put'} the final answer inside \\boxed{}.\n\n${fieldText(row, 'problem')}`,
    targetField: 'answer',
    category: 'subject',
    metadataFields: ['level', 'unique_id'],
    scorer: mathBoxed(),
    about: {
      paper: 'Hendrycks et al. 2021, arXiv:2103.03874; Lightman et al. 2023, arXiv:2305.20050',
      licence: 'MIT',
      rule: 'last \\boxed{}, equal as mathematics (as math-verify)',
      target: 'field answer, TeX',
      categories: 'field subject: 7 subjects',
      sample: {
        problem: 'What is $\\frac{1}{2} + \\frac{1}{3}$?',
        answer: '\\frac{5}{6}',
        subject: 'Prealgebra',
        level: 1,
        unique_id: 'none',
      },
    },
    fewShot: EXAMPLES.slice(0, shots).flatMap(({ problem, solution, answer }) => [
      { role: 'user' as const, content: problem },
      { role: 'assistant' as const, content: cot ? `${solution} The answer is $\\boxed{${answer}}$.` : `$\\boxed{${answer}}$` },
    ]),
  }),
);
