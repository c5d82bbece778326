/** The built-in benchmark gsm8k: 1,319 grade-school word problems with a number as answer. */

import type { Benchmark, Row } from '../core/benchmark.js';
import { NelError } from '../core/errors.js';
import { gsm8k, gsm8kGold } from '../core/scoring/gsm8k.js';
import { fieldText } from '../core/template.js';
import { defineParametrized } from './define.js';

/** Data set commit on the Hub; rows of another commit would be another data set. */
const REVISION = '740312add88f781978c0658806c59bc2815b9866';

/**
 * Paper: Cobbe et al. 2021, Training Verifiers to Solve Math Word Problems, arXiv:2110.14168.
 * Data: openai/gsm8k, config `main`, split `test` (MIT), or `gsm8k/test.jsonl` of OpenAI's grade-school-math.
 * Rule: the answer's last number, as lm-evaluation-harness' `flexible-extract`; with `strict`, only what follows `#### `
 * (src/core/scoring/gsm8k.ts).
 * Prompt: chain of thought, in our words; zero-shot, or the first problems of the training split with their solutions.
 */
export const gsm8kBenchmark: Benchmark = defineParametrized(
  {
    shots: { type: 'integer', default: 0, min: 0, max: 16, description: 'worked problems before each question' },
    cot: { type: 'boolean', default: true, description: 'ask for the steps before the result' },
    strict: { type: 'boolean', default: false, description: 'count only a number behind "#### "' },
  },
  ({ shots, cot, strict }) => ({
    name: 'gsm8k',
    description: 'Grade-school math word problems (1,319), exact number',
    dataset: `hf://openai/gsm8k?config=main&split=test&revision=${REVISION}`,
    localPath: 'gsm8k/test.jsonl',
    requiredFields: ['question', 'answer'],
    prompt: (row) => `${cot ? WITH_STEPS : WITHOUT_STEPS}Problem: ${fieldText(row, 'question')}`,
    target: goldOf,
    scorer: gsm8k({ strict }),
    about: {
      paper: 'Cobbe et al. 2021, arXiv:2110.14168',
      licence: 'MIT',
      rule: 'last number of the answer; with strict, the number behind "#### " (as lm-evaluation-harness)',
      target: 'number behind "#### " in the field answer',
      sample: { question: 'A box holds 12 eggs. How many eggs are in 5 boxes?', answer: '5 boxes hold 5 * 12 = 60 eggs.\n#### 60' },
    },
    ...(shots === 0
      ? {}
      : {
          fewShot: {
            dataset: `hf://openai/gsm8k?config=main&split=train&revision=${REVISION}`,
            localPath: 'gsm8k/train.jsonl',
            requiredFields: ['question', 'answer'],
            count: shots,
            turns: (row: Row) => ({
              user: `Problem: ${fieldText(row, 'question')}`,
              assistant: cot ? fieldText(row, 'answer').replaceAll(/<<[^<>]*>>/g, '') : `#### ${goldOf(row)}`,
            }),
          },
        }),
  }),
);

const WITH_STEPS =
  'Work out the following word problem step by step. ' +
  'Put the result on the last line, as "#### " and the bare number, without units or other words.\n\n';
const WITHOUT_STEPS = 'Give the result of the following word problem as "#### " and the bare number, and nothing else.\n\n';

function goldOf(row: Row): string {
  const gold = gsm8kGold(String(row['answer']));
  if (gold === null) throw new NelError('data', 'field "answer" has no "#### " with the gold answer behind it');
  return gold;
}
