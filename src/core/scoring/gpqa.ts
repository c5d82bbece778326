/** The GPQA scorer: the letter after the first `Answer:`. */

import type { Scorer, ScorerInput, ScorerResult } from '../benchmark.js';
import { nothingExtracted } from './failure.js';

/** Any case, the long s among it, as Python's IGNORECASE has it. */
const ANSWER = /Answer[ \t]*:[ \t]*\$?([A-D])/iu;

/**
 * GPQA (Rein et al. 2023, arXiv:2311.12022) as OpenAI's simple-evals reads it, `gpqa_eval.py`: the first `Answer:` in any case that a
 * letter A to D follows on the same line, with or without a dollar sign. What comes after the letter is not looked at ("Answer: Because"
 * reads B), and a lower-case letter is extracted but is not the target.
 */
export function gpqa(): Scorer {
  return {
    name: 'gpqa',
    score({ response, target }: ScorerInput): ScorerResult {
      const extracted = gpqaLetter(response);
      return extracted === null ? nothingExtracted(response) : { reward: extracted === target ? 1 : 0, extracted };
    },
    idealAnswer: (target) => `Answer: ${target}`,
  };
}

/** The letter as written, or null. */
export function gpqaLetter(response: string): string | null {
  return ANSWER.exec(response)?.[1] ?? null;
}
