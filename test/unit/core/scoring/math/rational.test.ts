/** Exact fractions. */

import { expect, it } from 'vitest';
import { fromDecimal, power, round, toNumber } from '../../../../../src/core/scoring/math/rational.js';

const half = { p: 1n, q: 2n };

it('reads decimals exactly', () => {
  expect(['.5', '007', '1.20', '1E-3', '-2.5', '', '.', '1E99999'].map(fromDecimal)).toEqual([
    half,
    { p: 7n, q: 1n },
    { p: 6n, q: 5n },
    { p: 1n, q: 1000n },
    { p: -5n, q: 2n },
    null,
    null,
    null,
  ]);
});

it('rounds half to even, also below zero', () => {
  expect([half, { p: 3n, q: 2n }, { p: -1n, q: 2n }, { p: -5n, q: 2n }, { p: -7n, q: 4n }].map((value) => round(value, 0).p)).toEqual([
    0n,
    2n,
    0n,
    -2n,
    -2n,
  ]);
});

it('refuses powers that are too long to write out', () => {
  expect([power(half, -3n), power({ p: 0n, q: 1n }, -1n), power({ p: 10n, q: 1n }, 10n ** 9n)]).toEqual([{ p: 8n, q: 1n }, null, null]);
});

it('gives the double of fractions whose parts are beyond doubles', () => {
  expect(toNumber({ p: 3n ** 2000n, q: 2n * 3n ** 2000n })).toBeCloseTo(0.5, 12);
});
