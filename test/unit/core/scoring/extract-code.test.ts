/** Which part of an answer is the program. */

import { describe, expect, it } from 'vitest';
import { extractCode } from '../../../../src/core/scoring/extract-code.js';

const fence = '```';

describe('extractCode', () => {
  it.each([
    ['the first Python block', `text ${fence}python\na\n${fence} more ${fence}python\nb\n${fence}`, 'a\n'],
    ['a block in any case', `${fence}Python\na\n${fence}`, 'a\n'],
    ['a block named py', `${fence}py\na\n${fence}`, 'a\n'],
    ['a bare block', `${fence}\na\n${fence}`, 'a\n'],
    ['a Python block behind one of another language', `${fence}bash\npip install x\n${fence}\nThen:\n${fence}python\na\n${fence}`, 'a\n'],
    ['a block that the answer ends in', `${fence}python\ndef f():\n    return 1`, 'def f():\n    return 1'],
    ['a block with Windows line ends', `${fence}python\r\na\r\n${fence}`, 'a\r\n'],
    [
      'a block in a list, without its indentation',
      `1. This:\n   ${fence}python\n   def f():\n       return 1\n   ${fence}`,
      'def f():\n    return 1\n',
    ],
    ['a block between longer fences', `${fence}${'`'}python\na = "${fence}"\n${fence}${'`'}`, `a = "${fence}"\n`],
    ['a block behind code in a line', `Use ${fence}x${fence} so:\n${fence}python\na\n${fence}`, 'a\n'],
    ['a block of another language where there is no other', `${fence}js\na\n${fence}`, 'a\n'],
    ['the whole answer without a fence', 'def f():\n    return 1', 'def f():\n    return 1'],
  ])('takes %s', (_what, answer, code) => {
    expect(extractCode(answer)).toBe(code);
  });

  it('drops blank lines at the start, and keeps the indentation of the first line', () => {
    expect(extractCode(`${fence}python\n\n  \n    return 1\n${fence}`)).toBe('    return 1\n');
  });

  it.each([
    ['does not see another case', `${fence}Python\na\n${fence}`, `${fence}Python\na\n${fence}`],
    ['runs the prose behind a block of another language', `${fence}js\na\n${fence}\nThen:\n${fence}python\nb\n${fence}`, 'Then:\n'],
    ['runs the fence of an answer that was cut off', `${fence}python\na`, `${fence}python\na`],
    ['wants a character between the fences', `${fence}python\n${fence}x${fence}`, `${fence}x`],
  ])('by the reference rule %s', (_what, answer, code) => {
    expect(extractCode(answer, { rule: 'reference' })).toBe(code);
  });
});
