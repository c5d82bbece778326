/** The built-in benchmark mmlu: 14,042 multiple-choice questions of four options, in 57 subjects. */

import type { Benchmark, Row } from '../core/benchmark.js';
import { NelError } from '../core/errors.js';
import { mmlu } from '../core/scoring/mmlu.js';
import { fieldText } from '../core/template.js';
import { defineParametrized } from './define.js';
import { amongOptions, closingLine, letterOf, optionLines, optionList } from './options.js';

const REVISION = 'c30699e8356da336a370243923dbaf21066bb9fe';

/**
 * Paper: Hendrycks et al. 2021, Measuring Massive Multitask Language Understanding, arXiv:2009.03300.
 * Data: cais/mmlu, config `all`, split `test` (MIT); `answer` is the index of the right option. Categories are the subjects.
 * Rule: the letter behind `Answer:` in many languages, as OpenAI's simple-evals `mmlu_eval.py` (src/core/scoring/mmlu.ts).
 * Prompt: zero-shot chain of thought in our words, as simple-evals asks; `shots` puts questions of the same subject from the split `dev`
 * before it, without reasoning, as the paper does.
 */
export const mmluBenchmark: Benchmark = defineParametrized(
  {
    shots: {
      type: 'integer',
      default: 0,
      min: 0,
      max: 5,
      description: 'questions of the same subject with their answers before each question',
    },
    cot: { type: 'boolean', default: true, description: 'ask for the reasoning before the letter' },
  },
  ({ shots, cot }) => ({
    name: 'mmlu',
    description: 'Multiple choice over 57 subjects (14,042)',
    dataset: `hf://cais/mmlu?config=all&split=test&revision=${REVISION}`,
    localPath: 'mmlu/test.jsonl',
    requiredFields: ['question', 'choices', 'answer', 'subject'],
    prompt: (row) =>
      `Answer the multiple-choice question below. ${cot ? 'Think step by step before you decide. ' : 'Give no explanation. '}` +
      `${closingLine('A, B, C, D')}\n\n${questionOf(row)}`,
    target: rightLetter,
    category: 'subject',
    scorer: mmlu(),
    about: {
      paper: 'Hendrycks et al. 2021, arXiv:2009.03300',
      licence: 'MIT',
      rule: "letter behind Answer: in many languages (as OpenAI's simple-evals)",
      target: 'letter of the option that the field answer counts from 0',
      categories: 'field subject: 57 subjects',
      sample: {
        question: 'Which planet is nearest to the Sun?',
        choices: ['Venus', 'Mercury', 'Mars', 'Earth'],
        answer: 1,
        subject: 'astronomy',
      },
    },
    ...(shots === 0
      ? {}
      : {
          fewShot: {
            dataset: `hf://cais/mmlu?config=all&split=dev&revision=${REVISION}`,
            localPath: 'mmlu/dev.jsonl',
            requiredFields: ['question', 'choices', 'answer', 'subject'],
            count: shots,
            eligible: (example: Row, row: Row) => example['subject'] === row['subject'],
            turns: (row: Row) => ({ user: questionOf(row), assistant: `Answer: ${rightLetter(row)}` }),
          },
        }),
  }),
);

function questionOf(row: Row): string {
  return `${fieldText(row, 'question')}\n\n${optionLines(optionList(row, 'choices'))}`;
}

/** The right option is an index on the Hub, a letter in the authors' own files. */
function rightLetter(row: Row): string {
  const answer = fieldText(row, 'answer').trim();
  const letter = /^[0-3]$/.test(answer) ? letterOf(Number(answer)) : answer;
  if (/^[A-D]$/.test(letter)) return amongOptions(letter, optionList(row, 'choices'));
  throw new NelError('data', `field "answer" is ${JSON.stringify(answer.slice(0, 40))}, not an index from 0 to 3 or a letter from A to D`);
}
