/** The built-in benchmark mmlu_pro: 12,032 multiple-choice questions with up to ten options, in 14 categories. */

import type { Benchmark, Row } from '../core/benchmark.js';
import { mmluPro } from '../core/scoring/mmlu-pro.js';
import { fieldText } from '../core/template.js';
import { defineParametrized } from './define.js';
import { amongOptions, optionLines, optionList } from './options.js';

/** Data set commit on the Hub. It is later than the one that most published results used: white space in options was corrected. */
const REVISION = 'b189ec765aa7ed75c8acfea42df31fdae71f97be';

/**
 * Paper: Wang et al. 2024, MMLU-Pro: A More Robust and Challenging Multi-Task Language Understanding Benchmark, arXiv:2406.01574.
 * Data: TIGER-Lab/MMLU-Pro, split `test` (MIT).
 * Rule: three expressions in order, as TIGER-Lab's `compute_accuracy.py`, but without its random guess (src/core/scoring/mmlu-pro.ts).
 * Prompt: chain of thought, in our words; zero-shot, or questions of the same category from the validation split with the authors'
 * reasoning. The authors report five-shot results: compare theirs with `shots: 5`.
 */
export const mmluProBenchmark: Benchmark = defineParametrized(
  {
    shots: { type: 'integer', default: 0, min: 0, max: 5, description: 'worked questions of the same category before each question' },
    cot: { type: 'boolean', default: true, description: 'ask for the reasoning before the letter' },
  },
  ({ shots, cot }) => ({
    name: 'mmlu_pro',
    description: 'Multiple choice with up to ten options (12,032)',
    dataset: `hf://TIGER-Lab/MMLU-Pro?split=test&revision=${REVISION}`,
    localPath: 'mmlu_pro/test.jsonl.gz',
    requiredFields: ['question', 'options', 'answer', 'category'],
    prompt: (row) => taskOf(row, cot) + questionOf(row),
    target: (row) => amongOptions(fieldText(row, 'answer').trim(), optionList(row, 'options')),
    category: 'category',
    metadataFields: ['question_id', 'src'],
    scorer: mmluPro(),
    about: {
      paper: 'Wang et al. 2024, arXiv:2406.01574',
      licence: 'MIT',
      rule: 'answer is (X), else answer: X, else the last letter; none is guessed (as TIGER-Lab)',
      target: 'field answer: a letter from A to J',
      categories: 'field category: 14 categories',
      sample: {
        question: 'Which force keeps a satellite on its orbit?',
        options: ['Friction', 'Gravity', 'Magnetism', 'Lift', 'Drag'],
        answer: 'B',
        category: 'physics',
        cot_content: '',
      },
    },
    ...(shots === 0
      ? {}
      : {
          fewShot: {
            dataset: `hf://TIGER-Lab/MMLU-Pro?split=validation&revision=${REVISION}`,
            localPath: 'mmlu_pro/validation.jsonl.gz',
            requiredFields: ['question', 'options', 'answer', 'category', 'cot_content'],
            count: shots,
            eligible: (example: Row, row: Row) => example['category'] === row['category'],
            turns: (row: Row) => ({
              user: questionOf(row),
              assistant: cot ? reasoningOf(row) : `The answer is (${fieldText(row, 'answer')}).`,
            }),
          },
        }),
  }),
);

function taskOf(row: Row, cot: boolean): string {
  const end = 'with the sentence "The answer is (X)." where X is the letter of that option.';
  return (
    `Below is a multiple-choice question from the field of ${fieldText(row, 'category')}. Exactly one option is right. ` +
    `${cot ? `Reason step by step, then end ${end}` : `Answer only ${end}`}\n\n`
  );
}

function questionOf(row: Row): string {
  return `Question: ${fieldText(row, 'question')}\n\nOptions:\n${optionLines(optionList(row, 'options'))}`;
}

/** The authors' worked answers begin with a label. */
function reasoningOf(row: Row): string {
  return fieldText(row, 'cot_content').replace(/^A: ?/, '');
}
