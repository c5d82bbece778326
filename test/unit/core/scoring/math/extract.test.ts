/** The answer of a text without a box, as math-verify 0.9.0 extracts it from these sentences. */

import { describe, expect, it } from 'vitest';
import { boxContents, extractAnswer } from '../../../../../src/core/scoring/math/extract.js';

const tex = String.raw;

describe('the answer of a text', () => {
  it.each([
    ['The answer is 5.', '5'],
    ['The answer is $5$.', '5'],
    [tex`So the final answer is $x=5$. I hope it is correct.`, 'x=5'],
    [tex`Final Answer: The final answer is $\frac{3}{4}$. I hope it is correct.`, tex`\frac{3}{4}`],
    ['We get 3 apples and 4 pears, so 7 fruits.', '7'],
    ['The cost is $1,234.50 in total.', '1234.50'],
    [tex`The probability is \(\frac{1}{2}\).`, tex`\frac{1}{2}`],
    [tex`The probability is \frac{1}{2}.`, tex`\frac{1}{2}`],
    ['**Answer:** 17', '17'],
    ['answer = 3 + 4 = 7', '7'],
    ['The solutions are $x=1$ and $x=2$.', 'x=1 and x=2'],
    [tex`Therefore, $\boxed{5}$ is the answer.`, '5'],
    ['The answer is 1,234,567.', '1234567'],
  ])('%j is %j', (text, expected) => {
    expect(extractAnswer(text).text).toBe(expected);
  });

  it.each(['no numbers here', "I don't know.", ''])('%j has none', (text) => {
    expect(extractAnswer(text)).toEqual({ node: null, text: null, source: null });
  });

  it('joins neighbouring boxes and leaves distant ones', () => {
    expect(boxContents(tex`\boxed{1} and \boxed{2}`, 'last')).toBe('1,2');
    expect(boxContents(tex`\boxed{1} was the first thing that we had found on our way to \boxed{2}`, 'last')).toBe('2');
  });
});
