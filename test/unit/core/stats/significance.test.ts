/** The tests of significance: brute force where it is feasible, symmetry, ties, nothing to test. Values are in cases.test.ts. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mannWhitneyU, mcnemar, pAdjust, signFlipExact, wilcoxonSignedRank } from '../../../../src/core/stats/index.js';
import { coinSumAtMost } from '../../../../src/core/stats/sign-flips.js';
import { clean } from './clean.js';

/** All ways to give each number a sign. */
function signed(numbers: readonly number[]): number[][] {
  return numbers.reduce<number[][]>(
    (rows, size) =>
      rows.flatMap((row) => [
        [...row, size],
        [...row, -size],
      ]),
    [[]],
  );
}

const sum = (numbers: readonly number[]) => numbers.reduce((total, value) => total + value, 0);

describe("McNemar's test", () => {
  it('is two-sided the same for b and c, and one-sided small only for degradation', () => {
    fc.assert(
      fc.property(fc.nat(500), fc.nat(500), (b, c) => {
        const there = clean(mcnemar({ b, c }));
        const back = mcnemar({ b: c, c: b });
        expect(back.exact_two_sided).toBe(there.exact_two_sided);
        expect(back.midp_two_sided).toBe(there.midp_two_sided);
        expect(there.midp_two_sided).toBeLessThanOrEqual(there.exact_two_sided);
        if (b > c) expect(there.exact_one_sided_degradation).toBeLessThanOrEqual(back.exact_one_sided_degradation);
      }),
    );
  });

  it('says nothing where no item flipped', () => {
    expect(mcnemar({ b: 0, c: 0 })).toEqual({
      exact_two_sided: 1,
      exact_one_sided_degradation: 1,
      midp_two_sided: 1,
      chi2_cc: null,
      chi2_cc_p: null,
      chi2: null,
      chi2_p: null,
    });
  });

  it('is exact for a handful of flips', () => {
    expect(mcnemar({ b: 5, c: 0 })).toMatchObject({ exact_two_sided: 1 / 16, exact_one_sided_degradation: 1 / 32, midp_two_sided: 1 / 32 });
    expect(mcnemar({ b: 3, c: 3 }).exact_two_sided).toBe(1);
  });

  it('refuses counts that are none', () => {
    expect(() => mcnemar({ b: -1, c: 0 })).toThrow(/^b must be a whole number/);
    expect(() => mcnemar({ b: 0, c: 0.5 })).toThrow(/^c must be a whole number/);
  });
});

describe("Mann-Whitney's test", () => {
  const sample = fc.array(fc.integer({ min: -4, max: 4 }), { minLength: 1, maxLength: 25 });

  it('counts pairs: x above y, and half of the equal ones', () => {
    fc.assert(
      fc.property(sample, sample, (x, y) => {
        const pairs = x.flatMap((a) => y.map((b) => (a > b ? 1 : a === b ? 0.5 : 0)));
        const { U1, p_asymptotic } = clean(mannWhitneyU({ x, y }));
        expect(U1).toBe(sum(pairs));
        expect(p_asymptotic).toBeGreaterThan(0);
        expect(p_asymptotic).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('has the same p-value with the samples swapped', () => {
    fc.assert(
      fc.property(sample, sample, (x, y) => {
        expect(mannWhitneyU({ x, y }).p_asymptotic).toBe(mannWhitneyU({ x: y, y: x }).p_asymptotic);
      }),
    );
  });

  it('is exact where nothing is tied: all orders counted', () => {
    const distinct = fc.uniqueArray(fc.integer({ min: 0, max: 1000 }), { minLength: 2, maxLength: 9 });
    fc.assert(
      fc.property(distinct, fc.nat(), (numbers, cut) => {
        const m = 1 + (cut % (numbers.length - 1));
        const n = numbers.length - m;
        const { U1, p_exact } = mannWhitneyU({ x: numbers.slice(0, m), y: numbers.slice(m) });
        // Every choice of m of the ranks 0 … m + n − 1 is one order; U is its rank sum less the smallest one.
        const choices = Array.from({ length: 2 ** (m + n) }, (_, bits) => bits).filter(
          (bits) => bits.toString(2).replaceAll('0', '').length === m,
        );
        const us = choices.map((bits) => sum(Array.from({ length: m + n }, (_, i) => ((bits >> i) & 1 ? i : 0))) - (m * (m - 1)) / 2);
        const larger = Math.max(U1 as number, m * n - (U1 as number));
        expect(p_exact).toBeCloseTo(Math.min(1, (2 * us.filter((u) => u >= larger).length) / us.length), 14);
      }),
      { numRuns: 50 },
    );
  });

  it('has no exact p-value with ties or for many pairs, and finds nothing where all values are equal', () => {
    expect(mannWhitneyU({ x: [1, 2], y: [2, 3] }).p_exact).toBeNull();
    const x = Array.from({ length: 60 }, (_, i) => i);
    expect(mannWhitneyU({ x, y: x.map((value) => value + 0.5) }).p_exact).toBeNull();
    expect(mannWhitneyU({ x: [0.1, 0.1, 0.1], y: [0.1, 0.1] })).toEqual({ U1: 3, p_asymptotic: 1, p_exact: null });
  });

  it('is null where a side is empty, and certain of nothing with one value a side', () => {
    expect(mannWhitneyU({ x: [], y: [1] })).toEqual({ U1: null, p_asymptotic: null, p_exact: null });
    expect(mannWhitneyU({ x: [2], y: [1] })).toEqual({ U1: 1, p_asymptotic: 1, p_exact: 1 });
  });
});

describe("Wilcoxon's signed ranks", () => {
  const differences = fc.array(fc.integer({ min: -6, max: 6 }), { maxLength: 30 });

  it('do not depend on which side is the baseline', () => {
    fc.assert(
      fc.property(differences, (d) => {
        expect(clean(wilcoxonSignedRank({ d: d.map((value) => 0 - value) }))).toEqual(clean(wilcoxonSignedRank({ d })));
      }),
    );
  });

  it('are exact where nothing is tied: all signs counted', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { minLength: 1, maxLength: 10 }), (signs) => {
        const d = signs.map((up, i) => (up ? 1 : -1) * (i + 1) * 0.7);
        const { statistic, p_exact } = wilcoxonSignedRank({ d });
        const ranks = d.map((_, i) => i + 1);
        const smaller = signed(ranks).filter((row) => sum(row.filter((rank) => rank > 0)) <= statistic).length;
        expect(p_exact).toBe(Math.min(1, (2 * smaller) / 2 ** d.length));
      }),
      { numRuns: 40 },
    );
  });

  it('drop zeros, and are null where nothing is left to approximate', () => {
    expect(wilcoxonSignedRank({ d: [0, 3, -1, 0, 2] })).toEqual(wilcoxonSignedRank({ d: [3, -1, 2] }));
    expect(wilcoxonSignedRank({ d: [0, -0] })).toEqual({ n: 0, statistic: 0, p_asymptotic: null, p_asymptotic_cc: null, p_exact: 1 });
    expect(wilcoxonSignedRank({ d: [-5] })).toMatchObject({ n: 1, statistic: 0, p_exact: 1 });
  });
});

describe('the exact sign-flip test', () => {
  it('counts all signs, of decimals as they are written', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -30, max: 30 }), { maxLength: 10 }), (tenths) => {
        const observed = sum(tenths);
        const rows = signed(tenths.map(Math.abs));
        const share = (hit: (total: number) => boolean) => rows.filter((row) => hit(sum(row))).length / rows.length;
        expect(clean(signFlipExact({ d: tenths.map((value) => value / 10) }))).toEqual({
          p_greater: share((total) => total >= observed),
          p_two_sided: share((total) => Math.abs(total) >= Math.abs(observed)),
        });
      }),
      { numRuns: 60 },
    );
  });

  it('ties 0.1 + 0.2 with 0.3', () => {
    expect(signFlipExact({ d: [0.1, 0.2, -0.3] }).p_greater).toBe(5 / 8);
  });

  it('counts the same by table (small steps) and by enumeration (steps of any size)', () => {
    const weights = fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 10 });
    // A common factor keeps the subsets' order; the table for it would have more cells than memory.
    const factor = 10n ** 15n;
    fc.assert(
      fc.property(weights, fc.nat(500), (sizes, limit) => {
        const subsets = Array.from({ length: 2 ** sizes.length }, (_, bits) => sum(sizes.filter((_size, i) => (bits >> i) & 1)));
        const share = subsets.filter((subset) => subset <= limit).length / subsets.length;
        expect(coinSumAtMost(sizes.map(BigInt), BigInt(limit))).toBe(share);
        expect(
          coinSumAtMost(
            sizes.map((size) => BigInt(size) * factor),
            BigInt(limit) * factor,
          ),
        ).toBe(share);
      }),
    );
  });

  it('is certain of nothing without differences, exact for thousands of equal ones, null where no count is feasible', () => {
    expect(signFlipExact({ d: [] })).toEqual({ p_greater: 1, p_two_sided: 1 });
    expect(signFlipExact({ d: [0, 0] })).toEqual({ p_greater: 1, p_two_sided: 1 });
    expect(signFlipExact({ d: Array<number>(50).fill(0.25) })).toEqual({ p_greater: 2 ** -50, p_two_sided: 2 ** -49 });
    expect(signFlipExact({ d: Array.from({ length: 40 }, (_, i) => Math.sin(i + 1)) })).toEqual({ p_greater: null, p_two_sided: null });
  });
});

describe('adjusted p-values', () => {
  const ps = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 20 });

  it('never fall below p, keep its order, and stand from weakest to strictest', () => {
    fc.assert(
      fc.property(ps, (p) => {
        const { holm, bh, bonferroni } = clean(pAdjust({ p }));
        p.forEach((value, i) => {
          expect(bh[i]).toBeGreaterThanOrEqual(value * (1 - 1e-15));
          expect(holm[i]).toBeGreaterThanOrEqual((bh[i] as number) * (1 - 1e-15));
          expect(bonferroni[i]).toBeGreaterThanOrEqual((holm[i] as number) * (1 - 1e-15));
          p.forEach((other, j) => {
            if (value < other) expect(holm[i]).toBeLessThanOrEqual(holm[j] as number);
            if (value < other) expect(bh[i]).toBeLessThanOrEqual(bh[j] as number);
          });
        });
      }),
    );
  });

  it('are the p-values themselves for one test, and lists without elements for none', () => {
    expect(pAdjust({ p: [0.03] })).toEqual({ holm: [0.03], bh: [0.03], bonferroni: [0.03] });
    expect(pAdjust({ p: [] })).toEqual({ holm: [], bh: [], bonferroni: [] });
    expect(clean(pAdjust({ p: [-0, 1] }))).toEqual({ holm: [0, 1], bh: [0, 1], bonferroni: [0, 1] });
    expect(() => pAdjust({ p: [0.5, 1.1] })).toThrow(/^p\[1\] must be from 0 to 1/);
  });
});
