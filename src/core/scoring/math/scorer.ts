/** The math scorer: takes the boxed answer out of a response and decides by mathematical equivalence. */

import type { Scorer, ScorerInput, ScorerResult } from '../../benchmark.js';
import { judged, nothingExtracted, scorerName } from '../failure.js';
import { lastBoxed, unboxed } from './boxed.js';
import { readBoxed, sameExtraction } from './equivalence.js';
import { type Extraction, extractAnswer } from './extract.js';

export interface MathBoxedOptions {
  /**
   * What happens to a response without `\boxed{}`: `fail` (default) is a format error; `extract` takes the final-answer
   * statement, else the last LaTeX or number, from its last 1,900 characters, as math-verify does.
   */
  readonly withoutBox?: 'fail' | 'extract';
}

/** How much of the end of a response is searched where it has no box. Characters. */
const TAIL = 1900;

/**
 * MATH and its kin (Hendrycks et al. 2021, arXiv:2103.03874): the last `\boxed{}` (`lastBoxed`), then equivalence
 * (`mathEquivalent`). The target is the bare answer; a target that is itself boxed is opened. Linear in the response.
 */
export function mathBoxed(options: MathBoxedOptions = {}): Scorer {
  const { withoutBox = 'fail' } = options;
  return {
    name: scorerName('math_boxed', { without_box: withoutBox === 'fail' ? undefined : withoutBox }),
    idealAnswer: (target) => (target.includes('\\boxed') ? target : `\\boxed{${target}}`),
    score({ response, target }: ScorerInput): ScorerResult {
      const content = contentOf(response);
      if (content === null && withoutBox === 'fail') return nothingExtracted(response);
      const answer: Extraction = content === null ? extractAnswer(response.slice(-TAIL)) : readBoxed(content);
      const extracted = content?.trim() ?? answer.source;
      if (extracted === null || extracted === '') return nothingExtracted(response);
      const gold = readBoxed(contentOf(target) ?? target);
      return judged(response, { reward: extracted === target.trim() || sameExtraction(answer, gold) ? 1 : 0, extracted });
    },
  };
}

/** The content of the last box, an `\fbox` included. */
function contentOf(text: string): string | null {
  const box = lastBoxed(text);
  return box?.startsWith('\\fbox{') ? box.slice('\\fbox{'.length, -1) : unboxed(text);
}
