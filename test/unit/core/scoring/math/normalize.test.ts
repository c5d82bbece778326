/** LaTeX clean-up before parsing. */

import { expect, it } from 'vitest';
import { normalizeLatex } from '../../../../../src/core/scoring/math/normalize.js';

const tex = String.raw;

it.each([
  [tex`\left( 1, 2 \right)`, '( 1, 2 )'],
  [tex`\dfrac12`, tex`\frac{1}{2}`],
  [tex`\frac 1{23}`, tex`\frac{1}{23}`],
  [tex`\sqrt5`, tex`\sqrt{5}`],
  ['3/4', tex`\frac{3}{4}`],
  ['0.5', tex`\frac{1}{2}`],
  ['.5x', '0.5x'],
  [tex`5\text{ cm}^2`, '5'],
  ['5 square cm', '5'],
  ['12 minutes', '12'],
  [tex`\$12.50`, '12.50'],
  ['1 and 2', '1, 2'],
  [tex`10{,}000`, '10,000'],
  ['50 percent', tex`50\%`],
  [tex`\text{east}`, tex`\text{east}`],
  [tex`\mathrm{A}B`, tex`\text{A}B`],
])('%j becomes %j', (text, expected) => {
  expect(normalizeLatex(text)).toBe(expected);
});
