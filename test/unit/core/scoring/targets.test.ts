/** Targets with several right answers. */

import { describe, expect, it } from 'vitest';
import { targetList, targetOf } from '../../../../src/core/scoring/targets.js';

describe('targetList', () => {
  it('reads a JSON array of texts as so many answers, and all else as one', () => {
    expect(targetList('["a", "b"]')).toEqual(['a', 'b']);
    for (const text of ['a', '', '[]', '[1, 2]', '["a", 1]', '[a', '{"a": 1}', 'x ["a"]']) expect(targetList(text)).toEqual([text]);
  });

  it('gives back what targetOf wrote', () => {
    for (const answers of [['a'], ['["a"]'], ['a', 'b "c"']]) expect(targetList(targetOf(answers))).toEqual(answers);
  });
});
