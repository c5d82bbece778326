/** The built-in benchmark aime_2025: the 30 problems of the American Invitational Mathematics Examination 2025, answers from 0 to 999. */

import type { Benchmark } from '../core/benchmark.js';
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
  description: 'Invitational mathematics examination 2025 (30), whole numbers from 0 to 999',
  dataset: `hf://math-ai/aime25?split=test&revision=${REVISION}`,
  localPath: 'aime_2025/test.jsonl',
  requiredFields: ['problem', 'answer'],
  prompt: (row) =>
    'Solve the problem below step by step. The answer is a whole number from 0 to 999: put it inside \\boxed{} at the end.\n\n' +
    fieldText(row, 'problem'),
  // 073 and 73 are one number.
  target: (row) => String(Number(fieldText(row, 'answer'))),
  scorer: mathBoxed({ withoutBox: 'extract' }),
});
