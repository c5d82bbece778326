/** The built-in benchmark mmlu_pro: 12,032 multiple-choice questions with up to ten options, in 14 categories. */

import type { Benchmark, Row } from '../core/benchmark.js';
import { NelError } from '../core/errors.js';
import { mmluPro } from '../core/scoring/mmlu-pro.js';
import { fieldText } from '../core/template.js';
import { defineBenchmark } from './define.js';

/** Data set commit on the Hub. It is later than the one that most published results used: white space in options was corrected. */
const REVISION = 'b189ec765aa7ed75c8acfea42df31fdae71f97be';

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';

/**
 * Paper: Wang et al. 2024, MMLU-Pro: A More Robust and Challenging Multi-Task Language Understanding Benchmark, arXiv:2406.01574.
 * Data: TIGER-Lab/MMLU-Pro, split `test`.
 * Rule: three expressions in order, as TIGER-Lab's `compute_accuracy.py`, but without its random guess (src/core/scoring/mmlu-pro.ts).
 * Prompt: zero-shot, chain of thought, in our words. The authors report five-shot results: scores are not comparable with theirs.
 */
export const mmluProBenchmark: Benchmark = defineBenchmark({
  name: 'mmlu_pro',
  description: 'Professional multiple choice with up to ten options (12,032), 14 categories',
  dataset: `hf://TIGER-Lab/MMLU-Pro?split=test&revision=${REVISION}`,
  localPath: 'mmlu_pro/test.jsonl.gz',
  requiredFields: ['question', 'options', 'answer'],
  prompt: promptOf,
  targetField: 'answer',
  category: 'category',
  metadataFields: ['question_id', 'src'],
  scorer: mmluPro(),
});

function promptOf(row: Row): string {
  const options = row['options'];
  if (!Array.isArray(options) || options.length < 2 || options.length > LETTERS.length) {
    throw new NelError('data', 'field "options" is not a list of 2 to 26 options');
  }
  const lines = options.map((option, i) => `${LETTERS[i]}. ${String(option)}`);
  return (
    `Below is a multiple-choice question from the field of ${fieldText(row, 'category')}. Exactly one option is right. ` +
    'Reason step by step, then end with the sentence "The answer is (X)." where X is the letter of that option.\n\n' +
    `Question: ${fieldText(row, 'question')}\n\nOptions:\n${lines.join('\n')}`
  );
}
