/** Intervals of means and proportions: what they are at n = 0 and 1, without spread, and under symmetry. Values are in cases.test.ts. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  clusteredMeanCi,
  pairedMeanCi,
  pairedProportionDiffCi,
  pairedRepeatsCi,
  passAtK,
  passAtKCi,
  studentMeanCi,
  varianceDecomposition,
  wilson,
} from '../../../../src/core/stats/index.js';
import { accurateMean, accurateSum, moments } from '../../../../src/core/stats/moments.js';
import { clean } from './clean.js';

const value = fc.double({ min: -1e6, max: 1e6, noNaN: true });
const values = fc.array(value, { minLength: 2, maxLength: 40 });
const confidence = fc.double({ min: 0.01, max: 0.9999, noNaN: true });
const counts = fc.integer({ min: 1, max: 10_000 }).chain((n) => fc.record({ n: fc.constant(n), k: fc.integer({ min: 0, max: n }) }));

describe('moments', () => {
  it('sums exactly what cancels', () => {
    expect(accurateSum([1e16, 1, -1e16, 1])).toBe(2);
    expect(accurateMean(Array<number>(10).fill(0.1))).toBe(0.1);
    expect(accurateMean([1, 2])).toBe(1.5);
  });

  it('has no variance where all values are equal, however odd the value', () => {
    fc.assert(
      fc.property(value, fc.integer({ min: 2, max: 50 }), (constant, n) => {
        expect(moments(Array<number>(n).fill(constant))).toEqual({ n, mean: constant, m2: 0, variance: 0 });
      }),
    );
  });

  it('keeps its variance when all values move far away', () => {
    expect(moments([1, 2, 4, 8].map((x) => x + 2 ** 40)).variance).toBe(moments([1, 2, 4, 8]).variance);
  });
});

describe("Wilson's interval", () => {
  it('lies in [0, 1] around the share, and is mirrored by counting failures', () => {
    fc.assert(
      fc.property(counts, confidence, ({ k, n }, level) => {
        const [lower, upper] = clean(wilson({ k, n, confidence: level })) as [number, number];
        expect(lower).toBeGreaterThanOrEqual(0);
        expect(upper).toBeLessThanOrEqual(1);
        expect(lower).toBeLessThanOrEqual(k / n);
        expect(upper).toBeGreaterThanOrEqual(k / n);
        expect(upper).toBeGreaterThan(lower);
        const [otherLower, otherUpper] = wilson({ k: n - k, n, confidence: level }) as [number, number];
        expect(lower).toBeCloseTo(1 - otherUpper, 14);
        expect(upper).toBeCloseTo(1 - otherLower, 14);
      }),
    );
  });

  it('solves the score equation at both ends', () => {
    const [lower, upper] = wilson({ k: 17, n: 90, confidence: 0.95 }) as [number, number];
    for (const p of [lower, upper]) expect(Math.abs(17 / 90 - p) / Math.sqrt((p * (1 - p)) / 90)).toBeCloseTo(1.959963984540054, 12);
  });

  it('ends exactly at 0 and 1', () => {
    expect(wilson({ k: 0, n: 7, confidence: 0.95 })?.[0]).toBe(0);
    expect(wilson({ k: 7, n: 7, confidence: 0.95 })?.[1]).toBe(1);
  });

  it('is null where nothing was tried', () => {
    expect(wilson({ k: 0, n: 0, confidence: 0.95 })).toBeNull();
  });

  it('names the field that is out of range', () => {
    expect(() => wilson({ k: 8, n: 7, confidence: 0.95 })).toThrow(new RangeError('k must be a whole number from 0 to 7, not 8'));
    expect(() => wilson({ k: -1, n: 7, confidence: 0.95 })).toThrow(/^k must/);
    expect(() => wilson({ k: 1, n: 7, confidence: 1 })).toThrow(/^confidence must be above 0 and below 1/);
    expect(() => wilson({ k: 1, n: Number.NaN, confidence: 0.95 })).toThrow(/^n must/);
  });
});

describe('pass@k', () => {
  it('equals the formula with binomial coefficients', () => {
    const choose = (n: number, k: number): bigint => {
      let result = 1n;
      for (let i = 1; i <= k; i++) result = (result * BigInt(n - k + i)) / BigInt(i);
      return result;
    };
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 60 }), fc.nat(60), fc.integer({ min: 1, max: 60 }), (n, c, k) => {
        fc.pre(c <= n && k <= n);
        const allWrong = n - c < k ? 0n : choose(n - c, k);
        const expected = Number(((choose(n, k) - allWrong) * 10n ** 20n) / choose(n, k)) / 1e20;
        expect(clean(passAtK({ n, c, k }))).toBeCloseTo(expected, 15);
      }),
    );
  });

  it('rises with k and with c', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 500 }), fc.nat(498), fc.integer({ min: 1, max: 499 }), (n, c, k) => {
        fc.pre(c < n && k < n);
        const here = passAtK({ n, c, k }) as number;
        expect(passAtK({ n, c, k: k + 1 })).toBeGreaterThanOrEqual(here - 1e-14);
        expect(passAtK({ n, c: c + 1, k })).toBeGreaterThanOrEqual(here - 1e-14);
      }),
    );
  });

  it('is the share of right answers for k = 1, 0 without one, 1 where all draws of k hit', () => {
    expect([passAtK({ n: 7, c: 3, k: 1 }), passAtK({ n: 7, c: 0, k: 7 }), passAtK({ n: 7, c: 3, k: 5 })]).toEqual([3 / 7, 0, 1]);
  });

  it('is null for more draws than repeats', () => {
    expect([passAtK({ n: 0, c: 0, k: 1 }), passAtK({ n: 3, c: 3, k: 4 })]).toEqual([null, null]);
    expect(() => passAtK({ n: 3, c: 4, k: 1 })).toThrow(/^c must be a whole number from 0 to 3/);
    expect(() => passAtK({ n: 3, c: 1, k: 0 })).toThrow(/^k must be a whole number of at least 1/);
  });

  it('takes items as pairs or by name, leaves out those with too few repeats, and needs two for an interval', () => {
    const none = { se: null, ci_t: null, ci_z: null };
    expect(passAtKCi({ items: [], k: 2, confidence: 0.95 })).toEqual({ n_items: 0, n_excluded: 0, value: null, ...none });
    expect(passAtKCi({ items: [[1, 1], { n: 4, c: 1 }], k: 2, confidence: 0.95 })).toEqual({
      n_items: 1,
      n_excluded: 1,
      value: 0.5,
      ...none,
    });
    const same = passAtKCi({
      items: [
        [4, 4],
        [4, 4],
      ],
      k: 2,
      confidence: 0.95,
    });
    expect(clean(same)).toEqual({ n_items: 2, n_excluded: 0, value: 1, se: 0, ci_t: [1, 1], ci_z: [1, 1] });
    expect(() => passAtKCi({ items: [[4, 5]], k: 2, confidence: 0.95 })).toThrow(/^items\[0\]\.c must/);
  });
});

describe('the mean of items', () => {
  it('has the same interval from its sums as from its values', () => {
    fc.assert(
      fc.property(values, (items) => {
        const { n, mean, m2 } = moments(items);
        const interval = clean(studentMeanCi({ n, mean: mean as number, m2, confidence: 0.95 }));
        const paired = pairedMeanCi({ baseline: items.map(() => 0), candidate: items, confidence: 0.95 });
        expect(interval?.[0]).toBeCloseTo(paired.ci_lower as number, 6);
        expect(interval?.[1]).toBeCloseTo(paired.ci_upper as number, 6);
      }),
    );
  });

  it('has none for fewer than two items, and no width without spread', () => {
    expect(studentMeanCi({ n: 0, mean: 0, m2: 0, confidence: 0.95 })).toBeNull();
    expect(studentMeanCi({ n: 1, mean: 0.5, m2: 0, confidence: 0.95 })).toBeNull();
    expect(studentMeanCi({ n: 5, mean: 0.5, m2: 0, confidence: 0.95 })).toEqual([0.5, 0.5]);
    expect(() => studentMeanCi({ n: 5, mean: Number.NaN, m2: 0, confidence: 0.95 })).toThrow(/^mean must be a finite number/);
    expect(() => studentMeanCi({ n: 5, mean: 0, m2: -1, confidence: 0.95 })).toThrow(/^m2 must not be negative/);
  });
});

describe('the paired mean', () => {
  const pairs = fc.array(fc.tuple(value, value), { minLength: 2, maxLength: 40 });

  it('changes sign when the sides are swapped, and damage when the direction is', () => {
    fc.assert(
      fc.property(pairs, confidence, (items, level) => {
        const baseline = items.map(([a]) => a);
        const candidate = items.map(([, b]) => b);
        const there = clean(pairedMeanCi({ baseline, candidate, confidence: level, direction: 'higher_is_better' }));
        const back = clean(pairedMeanCi({ baseline: candidate, candidate: baseline, confidence: level, direction: 'lower_is_better' }));
        expect(back.delta).toBe(0 - (there.delta as number));
        expect(back.ci_lower).toBe(0 - (there.ci_upper as number));
        expect([back.damage, back.damage_ci_lower, back.damage_ci_upper]).toEqual([
          there.damage,
          there.damage_ci_lower,
          there.damage_ci_upper,
        ]);
      }),
    );
  });

  it('does not depend on the order of the items', () => {
    fc.assert(
      fc.property(pairs, (items) => {
        const run = (list: typeof items) =>
          pairedMeanCi({ baseline: list.map(([a]) => a), candidate: list.map(([, b]) => b), confidence: 0.95 });
        const forward = run(items);
        const backward = run(items.toReversed());
        expect(backward.delta).toBeCloseTo(forward.delta as number, 9);
        expect(backward.se).toBeCloseTo(forward.se as number, 6);
      }),
    );
  });

  it('has means without an interval for one item, and nothing for none', () => {
    const nothing = { sd: null, se: null, t_crit: null, ci_lower: null, ci_upper: null, damage_ci_lower: null, damage_ci_upper: null };
    expect(pairedMeanCi({ baseline: [], candidate: [], confidence: 0.95 })).toEqual({
      n: 0,
      mean_baseline: null,
      mean_candidate: null,
      delta: null,
      df: null,
      damage: null,
      ...nothing,
    });
    expect(pairedMeanCi({ baseline: [1], candidate: [0.25], confidence: 0.95 })).toEqual({
      n: 1,
      mean_baseline: 1,
      mean_candidate: 0.25,
      delta: -0.75,
      df: 0,
      damage: 0.75,
      ...nothing,
    });
  });

  it('is 0, not −0, for equal sides', () => {
    const same = clean(pairedMeanCi({ baseline: [0.3, 0.3], candidate: [0.3, 0.3], confidence: 0.95 }));
    expect([same.delta, same.sd, same.ci_lower, same.damage]).toEqual([0, 0, 0, 0]);
  });

  it('gives null, not an infinity, for values at the end of the doubles', () => {
    const huge = clean(pairedMeanCi({ baseline: [-1e308, 1, 2], candidate: [1e308, 1, 2], confidence: 0.95 }));
    expect([huge.delta, huge.ci_upper]).toEqual([null, null]);
  });

  it('names what is wrong with its input', () => {
    expect(() => pairedMeanCi({ baseline: [1], candidate: [], confidence: 0.95 })).toThrow(
      'baseline (1) and candidate (0) must be equally long',
    );
    expect(() => pairedMeanCi({ baseline: [1], candidate: [Number.NaN], confidence: 0.95 })).toThrow(/^candidate\[0\] must be a finite/);
    expect(() => pairedMeanCi({ baseline: [1], candidate: [1], confidence: 0 })).toThrow(/^confidence must/);
    expect(() => pairedMeanCi({ baseline: [1], candidate: [1], confidence: 0.9, direction: 'up' as never })).toThrow(/^direction must/);
  });
});

describe('items with repeats', () => {
  it('weigh equally, however often they were asked', () => {
    const result = clean(pairedRepeatsCi({ baseline: [[1], [0, 0, 0, 0]], candidate: [[0, 1], [1]], confidence: 0.95 }));
    expect(result).toMatchObject({ n_items: 2, mean_baseline: 0.5, mean_candidate: 0.75, delta: 0.25 });
  });

  it('are the paired mean where each was asked once', () => {
    fc.assert(
      fc.property(values, (items) => {
        const repeats = pairedRepeatsCi({ baseline: items.map(() => [0]), candidate: items.map((x) => [x]), confidence: 0.9 });
        const paired = pairedMeanCi({ baseline: items.map(() => 0), candidate: items, confidence: 0.9 });
        expect([repeats.delta, repeats.se, repeats.ci_lower]).toEqual([paired.delta, paired.se, paired.ci_lower]);
      }),
    );
  });

  it('are left out and counted where one side has none', () => {
    expect(pairedRepeatsCi({ baseline: [[1], [], [0]], candidate: [[1], [1], []], confidence: 0.95 })).toMatchObject({
      n_items: 1,
      n_excluded: 2,
      delta: 0,
      se: null,
    });
  });

  it('split into variance between items and within them', () => {
    // Item means 0 and 1 without spread within: all of it is between.
    expect(
      varianceDecomposition({
        items: [
          [0, 0],
          [1, 1],
        ],
      }),
    ).toEqual({ n_items: 2, mean: 0.5, se_total: 0.5, se_within_rerun_only: 0, var_between: 0.25 });
    // Equal item means: nothing between, and the estimate is cut at 0.
    expect(
      varianceDecomposition({
        items: [
          [0, 1],
          [1, 0],
        ],
      }),
    ).toMatchObject({ se_total: 0, var_between: 0 });
  });

  it('have no within variance with one repeat, and none at all without items', () => {
    expect(varianceDecomposition({ items: [[1], [0]] })).toMatchObject({ se_total: 0.5, se_within_rerun_only: null, var_between: null });
    expect(varianceDecomposition({ items: [] })).toEqual({
      n_items: 0,
      mean: null,
      se_total: null,
      se_within_rerun_only: null,
      var_between: null,
    });
  });
});

describe('the clustered mean', () => {
  it('has the naive error where every value is its own cluster', () => {
    fc.assert(
      fc.property(values, (items) => {
        const result = clean(clusteredMeanCi({ values: items, clusters: items.map((_, i) => i), confidence: 0.95 }));
        expect(result.se_cr1).toBeCloseTo(result.se_naive as number, 6);
      }),
    );
  });

  it('does not get more certain when every value is said twice', () => {
    fc.assert(
      fc.property(values, (items) => {
        const clusters = items.map((_, i) => `c${i}`);
        const once = clusteredMeanCi({ values: items, clusters, confidence: 0.95 });
        const twice = clusteredMeanCi({ values: [...items, ...items], clusters: [...clusters, ...clusters], confidence: 0.95 });
        expect(twice.se_cr1).toBeCloseTo(once.se_cr1 as number, 6);
        expect(twice.df).toBe(once.df);
      }),
    );
  });

  it('has no interval for one cluster, and nothing without values', () => {
    expect(clusteredMeanCi({ values: [0.1, 0.7, 0.4], clusters: ['a', 'a', 'a'], confidence: 0.95 })).toMatchObject({
      n_clusters: 1,
      se_cr0: 0,
      se_cr1: null,
      df: 0,
      ci_t: null,
      ci_z: null,
    });
    expect(clusteredMeanCi({ values: [], clusters: [], confidence: 0.95 })).toEqual({
      n: 0,
      n_clusters: 0,
      mean: null,
      se_naive: null,
      se_cr0: null,
      se_cr1: null,
      df: null,
      ci_z: null,
      ci_t: null,
    });
  });
});

describe('the difference of paired proportions', () => {
  const flips = fc.record({ b: fc.nat(200), c: fc.nat(200), same: fc.nat(200) }).filter(({ b, c, same }) => b + c + same > 0);

  it('is mirrored by swapping the sides, and Bonett-Price always has width', () => {
    fc.assert(
      fc.property(flips, confidence, ({ b, c, same }, level) => {
        const n = b + c + same;
        const there = clean(pairedProportionDiffCi({ b, c, n, confidence: level }));
        const back = clean(pairedProportionDiffCi({ b: c, c: b, n, confidence: level }));
        const [lower, upper] = there.bonett_price as [number, number];
        expect(upper).toBeGreaterThan(lower);
        expect(back.bonett_price).toEqual([0 - upper, 0 - lower]);
        expect(back.delta).toBe(0 - (there.delta as number));
      }),
    );
  });

  it('leaves Wald without width where all items agree', () => {
    expect(pairedProportionDiffCi({ b: 0, c: 0, n: 49, confidence: 0.95 }).wald).toEqual([0, 0]);
    expect(pairedProportionDiffCi({ b: 49, c: 0, n: 49, confidence: 0.95 }).wald).toEqual([-1, -1]);
  });

  it('is null without items, and refuses more flips than items', () => {
    expect(pairedProportionDiffCi({ b: 0, c: 0, n: 0, confidence: 0.95 })).toEqual({ delta: null, wald: null, bonett_price: null });
    expect(() => pairedProportionDiffCi({ b: 3, c: 3, n: 5, confidence: 0.95 })).toThrow('n (5) must be at least b + c (6)');
  });
});
