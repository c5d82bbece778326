/** TruthfulQA: which letters an answer can name. */

import { describe, expect, it } from 'vitest';
import { truthfulqaBenchmark } from '../../../src/benchmarks/truthfulqa.js';

const { scorer } = truthfulqaBenchmark;
const RESPONSE = 'The true one is B, as shown by Vitamin K studies.';

describe('the scorer of truthfulqa', () => {
  it("takes no letter for an option that the row's options do not reach", () => {
    const row = { question: 'Which?', mc1_targets: { choices: ['one', 'two', 'three'], labels: [1, 0, 0] } };
    expect(scorer.score({ response: RESPONSE, target: 'B', row })).toEqual({ reward: 1, extracted: 'B' });
  });

  it('takes any letter where the options are not known, as for a server that is given target and answer', () => {
    expect(scorer.score({ response: 'Answer: M', target: 'M', row: {} })).toEqual({ reward: 1, extracted: 'M' });
  });
});
