/** Finding and opening the last box of an answer. */

import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { lastBoxed, unboxed } from '../../../../../src/core/scoring/math/boxed.js';
import { DATA_DIR } from '../../../../data-dir.js';

interface Case {
  input: string;
  expected: { last_boxed_only_string: string | null; remove_boxed: string | null };
}

describe('the last box', () => {
  const file = path.join(DATA_DIR, 'scorers', 'math-boxed.json');
  const cases = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as { cases: Case[] }).cases : [];
  it.skipIf(cases.length === 0)('has its reference cases', () => expect(cases.length).toBeGreaterThan(5));
  it.each(cases)('of $input is what the reference finds', ({ input, expected }) => {
    expect({ last_boxed_only_string: lastBoxed(input), remove_boxed: unboxed(input) }).toEqual(expected);
  });

  it('is the last one, whole, with its nested braces', () => {
    expect(lastBoxed(String.raw`\boxed{1}, no: $\boxed{\frac{1}{2}}$.`)).toBe(String.raw`\boxed{\frac{1}{2}}`);
    expect(unboxed(String.raw`\boxed{1}, no: $\boxed{\frac{1}{2}}$.`)).toBe(String.raw`\frac{1}{2}`);
  });

  it('without braces ends at the next dollar sign and wins over braced ones', () => {
    expect(lastBoxed(String.raw`$\boxed 7$ and $\boxed{8}$`)).toBe(String.raw`\boxed 7`);
  });

  it('may be an fbox where no boxed stands, which is found but not opened', () => {
    expect([lastBoxed(String.raw`so \fbox{9}.`), unboxed(String.raw`so \fbox{9}.`)]).toEqual([String.raw`\fbox{9}`, null]);
    expect(lastBoxed(String.raw`\boxed{1} \fbox{2}`)).toBe(String.raw`\boxed{1}`);
  });

  it('is null where there is none or it is not closed', () => {
    expect(['', 'plain', String.raw`\boxed{{1}`, String.raw`\boxed`].map(lastBoxed)).toEqual([null, null, null, null]);
  });

  it('takes time linear in the text', () => {
    const started = performance.now();
    for (const text of ['\\boxed{'.repeat(200_000), '\\fbox'.repeat(200_000), `\\boxed${'{'.repeat(1_000_000)}`]) unboxed(text);
    expect(performance.now() - started).toBeLessThan(1000);
  });
});
