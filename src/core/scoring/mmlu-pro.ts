/** The MMLU-Pro scorer: the letter that the answer names, by the three rules of the benchmark's authors. */

import type { Scorer, ScorerInput, ScorerResult } from '../benchmark.js';
import { isRefusal, judged, nothingExtracted } from './failure.js';
import { lastStandAloneLetter } from './letters.js';

/** White space as Python's `\s` has it, which the authors' expressions were written for. */
const SPACE = '[\\t-\\r\\x1c- \\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]';
const ANSWER_IS = /answer is \(?([A-J])\)?/;
const ANSWER_COLON = new RegExp(`[aA]nswer:${SPACE}*([A-J])`);
const LETTERS = 'ABCDEFGHIJ';

/**
 * MMLU-Pro (Wang et al. 2024, arXiv:2406.01574), extraction in the order of TIGER-Lab's `compute_accuracy.py`: the first
 * `answer is (X)`; else the first `answer: X`; else the last stand-alone capital A to J, by Unicode's word characters.
 *
 * Two differences on purpose: where there is no letter the authors guess one at random, here it is a format error, reward 0; and
 * the `I` of a plain refusal ("I'm sorry, I can't help with that") is no option, where no rule before the last names it.
 */
export function mmluPro(): Scorer {
  return {
    name: 'mmlu_pro',
    score({ response, target }: ScorerInput): ScorerResult {
      const named = ANSWER_IS.exec(response)?.[1] ?? ANSWER_COLON.exec(response)?.[1];
      const extracted = named ?? lastStandAloneLetter(response, isRefusal(response) ? LETTERS.replace('I', '') : LETTERS);
      if (extracted === null) return nothingExtracted(response);
      return judged(response, { reward: extracted === target ? 1 : 0, extracted });
    },
  };
}
