/** The built-in benchmark aime_2025: the 30 problems of the American Invitational Mathematics Examination 2025, answers from 0 to 999. */

import type { Benchmark, Row } from '../core/benchmark.js';
import { NelError } from '../core/errors.js';
import { mathBoxed } from '../core/scoring/math/scorer.js';
import { fieldText } from '../core/template.js';
import { defineBenchmark } from './define.js';

const REVISION = '563bb8404243c5f09de6ec262f2db674fe5bce9b';

/**
 * Source: Mathematical Association of America, AIME I and II, February 2025.
 * Data: math-ai/aime25, split `test` (Apache-2.0).
 * Rule: the last \boxed{} of the answer, else its final statement, equals the number (src/core/scoring/math). With 30 problems one
 * more right answer is 3.3 points: use `repeats`, and read the interval.
 * Prompt: zero-shot chain of thought, in our words.
 */
export const aime2025Benchmark: Benchmark = defineBenchmark({
  name: 'aime_2025',
  description: 'Mathematics examination AIME 2025 (30), whole numbers',
  dataset: `hf://math-ai/aime25?split=test&revision=${REVISION}`,
  localPath: 'aime_2025/test.jsonl',
  requiredFields: ['problem', 'answer'],
  prompt: (row) =>
    'Solve the problem below step by step. The answer is a whole number from 0 to 999: put it inside \\boxed{} at the end.\n\n' +
    fieldText(row, 'problem'),
  target: wholeNumber,
  scorer: mathBoxed({ withoutBox: 'extract' }),
  about: {
    paper: 'MAA, American Invitational Mathematics Examination I and II, February 2025',
    licence: 'Apache-2.0',
    rule: 'last \\boxed{}, else the final statement, equal as mathematics (as math-verify)',
    target: 'whole number from 0 to 999',
    sample: { problem: 'Find the remainder when $7^{4}$ is divided by $1000$.', answer: '401', id: '0' },
  },
});

/** `073` and `73` are one number; an answer in degrees may carry their sign. */
function wholeNumber(row: Row): string {
  const answer = fieldText(row, 'answer').trim();
  const digits = /^(\d{1,3})(?:\^\{?\\circ\}?|°)?$/.exec(answer)?.[1];
  if (digits !== undefined) return String(Number(digits));
  throw new NelError('data', `field "answer" is ${JSON.stringify(answer.slice(0, 40))}, not a whole number from 0 to 999`);
}
