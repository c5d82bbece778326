/** Mathematical equivalence against pairs judged by math-verify 0.9.0, and where we differ from it on purpose. */

import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mathEquivalent } from '../../../../../src/core/scoring/math/equivalence.js';
import { DATA_DIR } from '../../../../data-dir.js';

type Pair = [answer: string, gold: string, equivalent: boolean];

interface Case {
  input: string;
  gold: string;
  expected: boolean;
}

const tex = String.raw;

describe('equivalence of answers', () => {
  const file = path.join(DATA_DIR, 'scorers', 'math-equivalence.json');
  const cases = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as { cases: Case[] }).cases : [];
  it.skipIf(cases.length === 0)('has its reference cases', () => expect(cases.length).toBeGreaterThan(10));
  it.each(cases)('of $input and $gold is what the reference says', ({ input, gold, expected }) => {
    expect(mathEquivalent(input, gold)).toBe(expected);
  });

  const pairs = (JSON.parse(readFileSync(new URL('./equivalence-pairs.json', import.meta.url), 'utf8')) as { pairs: Pair[] }).pairs;
  it('has many pairs of either kind', () => {
    const equal = pairs.filter(([, , equivalent]) => equivalent).length;
    expect([equal > 400, pairs.length - equal > 400]).toEqual([true, true]);
  });
  it.each(pairs)('of %j and %j is %s, as math-verify says', (answer, gold, equivalent) => {
    expect(mathEquivalent(answer, gold)).toBe(equivalent);
  });
});

/** Answer, gold, what the reference says, and why we say the opposite. */
const DIFFERENCES: readonly (readonly [answer: string, gold: string, reference: boolean, why: string])[] = [
  ['3 + 4 i', '3+4i', false, 'a free-standing i makes all letters complex there, and complex letters differ from real ones'],
  ['-i', '-1i', false, 'the same'],
  [tex`\frac{1+i}{2}`, '0.5+0.5i', false, 'the same'],
  ['I^2', '-1', false, 'the power of the imaginary unit is dropped there'],
  ['0.1 + 0.2', tex`\frac{3}{10}`, false, 'binary rounding there; decimals are exact here'],
  [tex`6.02 \times 10^{23}`, '602000000000000000000000', false, 'the same'],
  ['50^{0.5}', tex`\sqrt{50}`, false, 'the same, in an exponent'],
  [tex`x\in[0,1]`, tex`x\in[0,1.0]`, false, 'memberships are compared as written there'],
  [tex`[0,1)\cap(0.5,2]`, '(0.5,1)', false, 'decimal ends are not merged there'],
  [tex`\mathbb{R}\setminus\emptyset`, tex`\mathbb{R}`, false, 'not simplified there'],
  ['1,2', '1<x<2', true, 'a list of two is no open interval'],
  [tex`\{1,2\}`, '1<x<2', true, 'the same'],
  [tex`\int_0^1 x dx`, tex`\frac12`, true, 'integrals are not worked out here: no final answer is one'],
  [tex`\lim_{x\to 0} \frac{\sin x}{x}`, '1', true, 'limits neither'],
  [tex`\sum_{k=1}^n k`, tex`\frac{n(n+1)}{2}`, true, 'sums only over whole bounds'],
];

describe('a difference from the reference', () => {
  it.each(DIFFERENCES)('on %j and %j: there %s, because %s', (answer, gold, reference) => {
    expect(mathEquivalent(answer, gold)).toBe(!reference);
  });
});

describe('hostile answers', () => {
  const repeat = (part: string, times: number): string => part.repeat(times);
  const HOSTILE = [
    repeat('(', 100_000),
    `${repeat('(', 300)}1${repeat(')', 300)}`,
    `${repeat('{', 300)}1${repeat('}', 300)}`,
    repeat('\\sin', 300),
    `${repeat('\\frac{1}{', 150)}2${repeat('}', 150)}`,
    `${repeat('x^', 200)}x`,
    repeat('|x', 200),
    repeat('[', 500),
    repeat('x', 200_000),
    repeat('\\boxed{', 30_000),
    repeat('answer: $', 200),
    repeat('$1', 900),
    repeat('\\pm', 500),
    repeat('(1,2)\\cup', 180),
    repeat('\\left(', 300),
    '10^{10^9}',
    '9^{9^{9^{9}}}',
    '(x+1)^{1000000000}',
    '(a+b+c+d+e+f)^{12}(a-b)^{20}',
    '1000000000!',
    '\\binom{1000000000}{500000000}',
    '\\sum_{i=1}^{1000000000} i',
    '\\sum_{i=1}^{400}\\sum_{j=1}^{400}\\sum_{k=1}^{400} ijk',
    '1E999999999',
    `${repeat('\\begin{pmatrix}1&1\\\\1&1\\end{pmatrix}', 40)}`,
    '\u0000\uffff\ud800',
  ];

  it.each(HOSTILE.map((text): [string, string] => [text.slice(0, 30), text]))('end quickly and equal nothing: %s', (_, text) => {
    const started = performance.now();
    expect([mathEquivalent(text, '5'), mathEquivalent('5', text), mathEquivalent(text, `${text}+1`)]).toEqual([false, false, false]);
    expect(performance.now() - started).toBeLessThan(1500);
  });

  it('never throw, whatever is put together', () => {
    const parts = [
      '1',
      '0.5',
      'x',
      'I',
      '+',
      '-',
      '*',
      '/',
      '^',
      '_',
      '{',
      '}',
      '(',
      ')',
      '[',
      ']',
      '\\{',
      '\\}',
      '|',
      '=',
      '<',
      '\\le',
      ',',
      ';',
      '!',
      '%',
    ];
    const commands = [
      '\\frac',
      '\\sqrt',
      '\\sin ',
      '\\log_2',
      '\\pi',
      '\\infty',
      '\\pm',
      '\\cup',
      '\\setminus',
      '\\text{a}',
      '\\begin{pmatrix}',
      '\\\\',
      '&',
    ];
    const piece = fc.constantFrom(
      ...parts,
      ...commands,
      '\\end{pmatrix}',
      '\\sum_{i=1}^{3}',
      '\\binom',
      '\\mathbb{R}',
      'f(x)',
      '$',
      '\\boxed{',
      ' ',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 14 }), fc.array(piece, { maxLength: 8 }), (a, b) => {
        expect(typeof mathEquivalent(a.join(''), b.join(''))).toBe('boolean');
      }),
      { numRuns: 400 },
    );
  });
});

describe('equivalence', () => {
  const whole = fc.integer({ min: -9999, max: 9999 });
  const positive = fc.integer({ min: 1, max: 999 });
  const number = fc.oneof(
    whole.map(String),
    fc.tuple(whole, positive).map(([p, q]) => tex`\frac{${p}}{${q}}`),
    fc.tuple(whole, positive).map(([p, q]) => `${p}/${q}`),
    positive.map((n) => tex`\sqrt{${n}}`),
    fc.tuple(positive, positive).map(([a, n]) => tex`${a}\sqrt{${n}}\pi`),
  );
  const polynomial = fc.array(fc.tuple(positive, fc.integer({ min: 1, max: 6 })), { minLength: 1, maxLength: 4 });
  const written = (terms: readonly (readonly [number, number])[]): string => terms.map(([c, n]) => `${c}x^{${n}}`).join('+');

  it('holds between an answer and itself', () => {
    fc.assert(fc.property(fc.oneof(number, polynomial.map(written)), (text) => mathEquivalent(text, text)));
  });

  it('is symmetric for numbers, lists and sets', () => {
    const answer = fc.oneof(
      number,
      fc.array(number, { minLength: 2, maxLength: 4 }).map((items) => items.join(', ')),
      fc.array(whole, { minLength: 1, maxLength: 4 }).map((items) => tex`\{${items.join(',')}\}`),
    );
    fc.assert(fc.property(answer, answer, (a, b) => mathEquivalent(a, b) === mathEquivalent(b, a)));
  });

  it('holds between a fraction and its exact decimal', () => {
    const denominator = fc.constantFrom(2, 4, 5, 8, 10, 16, 20, 25, 40, 50, 100);
    fc.assert(fc.property(whole, denominator, (p, q) => mathEquivalent(`${p / q}`, tex`\frac{${p}}{${q}}`)));
  });

  it('holds between a fraction and its decimal of six places, not of two', () => {
    expect([mathEquivalent((2 / 3).toFixed(6), '2/3'), mathEquivalent((2 / 3).toFixed(2), '2/3')]).toEqual([true, false]);
  });

  it('holds between a fraction and its multiples, and not with a neighbour', () => {
    fc.assert(
      fc.property(whole, positive, positive, (p, q, k) => {
        expect(mathEquivalent(tex`\frac{${p * k}}{${q * k}}`, `${p}/${q}`)).toBe(true);
        expect(mathEquivalent(tex`\frac{${p * k + 1}}{${q * k}}`, tex`\frac{${p}}{${q}}`)).toBe(false);
      }),
    );
  });

  it('holds between a product of brackets and its expansion', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 99 }), fc.integer({ min: 1, max: 99 }), (a, b) => {
        expect(mathEquivalent(`(x+${a})(x-${b})`, `x^2+${a - b}x-${a * b}`.replace('+-', '-'))).toBe(true);
        expect(mathEquivalent(`(x+${a})(x-${b})`, `x^2+${a - b}x+${a * b}`.replace('+-', '-'))).toBe(false);
      }),
    );
  });

  it('does not depend on the order of a sum or of a set', () => {
    fc.assert(
      fc.property(polynomial, (terms) => {
        const reversed = [...terms].reverse();
        expect(mathEquivalent(written(reversed), written(terms))).toBe(true);
        expect(mathEquivalent(tex`\{${reversed.map(String).join(';')}\}`, tex`\{${terms.map(String).join(';')}\}`)).toBe(true);
      }),
    );
  });
});
