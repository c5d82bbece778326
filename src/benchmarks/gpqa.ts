/** The built-in benchmark gpqa: graduate-level science questions of four options, by default the 198 of the diamond set. */

import type { Benchmark, Row } from '../core/benchmark.js';
import { gpqa } from '../core/scoring/gpqa.js';
import { fieldText } from '../core/template.js';
import { defineParametrized } from './define.js';
import { closingLine, letterOf, optionLines, orderOf } from './options.js';

const REVISION = '5233cd1db58884ed0bf678c7c6be731722a23f84';
const RIGHT = 'Correct Answer';
const OPTIONS = [RIGHT, 'Incorrect Answer 1', 'Incorrect Answer 2', 'Incorrect Answer 3'] as const;

/**
 * Paper: Rein et al. 2023, GPQA: A Graduate-Level Google-Proof Q&A Benchmark, arXiv:2311.12022.
 * Data: Idavidrein/gpqa (CC BY 4.0), gated: its terms have to be accepted on the Hub, and HF_TOKEN has to be set. The authors ask that the
 * questions are not published: neither are trajectories of this benchmark to be.
 * Rule: the letter behind `Answer:`, as OpenAI's simple-evals `gpqa_eval.py` (src/core/scoring/gpqa.ts).
 * Prompt: zero-shot chain of thought, in our words. The files put the right option first: the order is drawn from the question's text
 * and `order`, so that it is the same in every run; another `order` shows how much a model goes by position.
 */
export const gpqaBenchmark: Benchmark = defineParametrized(
  {
    subset: { type: 'choice', default: 'diamond', choices: ['diamond', 'main', 'extended'], description: 'which questions' },
    cot: { type: 'boolean', default: true, description: 'ask for the reasoning before the letter' },
    order: { type: 'integer', default: 0, min: 0, max: 1_000_000, description: 'seed of the order of the options' },
  },
  ({ subset, cot, order }) => ({
    name: 'gpqa',
    description: 'Graduate-level science (198 in diamond), multiple choice',
    dataset: `hf://Idavidrein/gpqa/gpqa_${subset}.csv?revision=${REVISION}`,
    localPath: `gpqa/gpqa_${subset}.csv`,
    requiredFields: ['Question', ...OPTIONS],
    prompt: (row) =>
      `Answer the multiple-choice question below. ${cot ? 'Think step by step before you decide. ' : 'Give no explanation. '}` +
      `${closingLine('A, B, C, D')}\n\n${fieldText(row, 'Question').trim()}\n\n` +
      optionLines(ordered(row, order).map((name) => fieldText(row, name).trim())),
    target: (row) => letterOf(ordered(row, order).indexOf(RIGHT)),
    category: (row) => (typeof row['High-level domain'] === 'string' ? row['High-level domain'] : null),
    metadataFields: ['Record ID', 'Subdomain'],
    scorer: gpqa(),
    about: {
      paper: 'Rein et al. 2023, arXiv:2311.12022',
      licence: 'CC BY 4.0; gated: accept its terms on the Hub and set HF_TOKEN. Do not publish its questions',
      rule: "letter behind Answer: (as OpenAI's simple-evals)",
      target: 'letter of the right option, in the order that the model sees',
      categories: 'field "High-level domain": Biology, Chemistry, Physics',
      sample: {
        Question: 'Which of these has the longest wavelength?',
        'Correct Answer': 'Microwaves',
        'Incorrect Answer 1': 'X-rays',
        'Incorrect Answer 2': 'Green light',
        'Incorrect Answer 3': 'Ultraviolet light',
        'High-level domain': 'Physics',
      },
    },
  }),
);

/** The names of the option fields in the order that the model sees. */
function ordered(row: Row, seed: number): readonly string[] {
  return orderOf(fieldText(row, 'Question'), OPTIONS.length, seed).map((i) => OPTIONS[i] as string);
}
