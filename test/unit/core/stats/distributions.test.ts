/** Normal, t, chi-squared and binomial: symmetry, order, inverses, edges of the range. Their values are in cases.test.ts. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { binomCdf, binomSfGe, chi2Sf, normalCdf, normalQuantile, normalSf, tQuantile, tSf } from '../../../../src/core/stats/index.js';
import { clean, relativeError } from './clean.js';

/** Probabilities down to 1e-300, as often tiny as not. */
const probability = fc.oneof(
  fc.double({ min: 1e-3, max: 1 - 1e-3, noNaN: true }),
  fc.double({ min: -300, max: -1, noNaN: true }).map((exponent) => 10 ** exponent),
);
const df = fc.double({ min: -1, max: 10, noNaN: true }).map((exponent) => 10 ** exponent);
const z = fc.double({ min: -38, max: 38, noNaN: true });

describe('the normal distribution', () => {
  it('has the lower tail of z where −z has the upper one', () => {
    fc.assert(
      fc.property(z, (value) => {
        expect(normalCdf({ z: value })).toBe(normalSf({ z: -value }));
      }),
    );
  });

  it('falls in its upper tail', () => {
    fc.assert(fc.property(z, z, (a, b) => a >= b || normalSf({ z: a }) >= normalSf({ z: b })));
  });

  it('is inverted by its quantile, in both tails', () => {
    fc.assert(
      fc.property(probability, (p) => {
        const quantile = clean(normalQuantile({ p })) as number;
        // p moves by z² times what z moves by: a rounding of z is up to 1400 roundings of p.
        expect(relativeError(normalCdf({ z: quantile }), p)).toBeLessThan(1e-15 * (5 + quantile * quantile));
      }),
    );
  });

  it('has quantiles of opposite sign for p and 1 − p', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1023 }), (k) => {
        const quantile = normalQuantile({ p: k / 1024 }) as number;
        expect(normalQuantile({ p: 1 - k / 1024 })).toBe(0 - quantile);
      }),
    );
  });

  it('has no quantile at 0 and 1', () => {
    expect([normalQuantile({ p: 0 }), normalQuantile({ p: 1 }), normalQuantile({ p: 0.5 })]).toEqual([null, null, 0]);
  });

  it('ends in 0 and 1 far out', () => {
    expect([normalSf({ z: 1e308 }), normalCdf({ z: 1e308 }), normalSf({ z: -60 }), normalCdf({ z: -60 })]).toEqual([0, 1, 1, 0]);
  });

  it('names the field that is out of range', () => {
    expect(() => normalQuantile({ p: 1.5 })).toThrow(new RangeError('p must be from 0 to 1, not 1.5'));
    expect(() => normalQuantile({ p: Number.NaN })).toThrow(RangeError);
    expect(() => normalSf({ z: Number.POSITIVE_INFINITY })).toThrow(/^z must be a finite number/);
  });
});

describe("Student's t", () => {
  it('is inverted by its quantile, for any degrees of freedom', () => {
    fc.assert(
      fc.property(probability, df, (p, nu) => {
        const t = clean(tQuantile({ p, df: nu }));
        if (t === null) {
          expect(nu).toBeLessThan(2);
          return;
        }
        const slope = 5 + Math.min(nu, t * t);
        expect(relativeError(tSf({ t: 0 - t, df: nu }), p)).toBeLessThan(1e-14 + 2e-15 * slope);
      }),
    );
  });

  it('has quantiles of opposite sign for p and 1 − p', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1023 }), fc.integer({ min: 1, max: 1000 }), (k, nu) => {
        const t = tQuantile({ p: k / 1024, df: nu }) as number;
        expect(tQuantile({ p: 1 - k / 1024, df: nu })).toBe(0 - t);
      }),
    );
  });

  it('has tails that sum to 1', () => {
    fc.assert(
      fc.property(fc.double({ min: -50, max: 50, noNaN: true }), df, (t, nu) => {
        expect(tSf({ t, df: nu }) + tSf({ t: -t, df: nu })).toBeCloseTo(1, 14);
      }),
    );
  });

  it('has heavier tails with fewer degrees of freedom', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.1, max: 30, noNaN: true }), df, df, (t, a, b) => {
        const [few, many] = a < b ? [a, b] : [b, a];
        expect(tSf({ t, df: few })).toBeGreaterThanOrEqual(tSf({ t, df: many }) * (1 - 1e-13));
      }),
    );
  });

  it('is the normal distribution at infinite degrees of freedom', () => {
    const infinite = { df: Number.POSITIVE_INFINITY };
    expect(tQuantile({ p: 0.975, ...infinite })).toBe(normalQuantile({ p: 0.975 }));
    expect(tSf({ t: 1.5, ...infinite })).toBe(normalSf({ z: 1.5 }));
    expect(relativeError(tQuantile({ p: 1e-300, df: 1e23 }) as number, normalQuantile({ p: 1e-300 }) as number)).toBeLessThan(1e-14);
  });

  it('gives null where no double holds the quantile', () => {
    expect(tQuantile({ p: 1e-300, df: 0.1 })).toBeNull();
    expect(tQuantile({ p: 0.3, df: 1e-300 })).toBeNull();
    expect([tQuantile({ p: 0, df: 3 }), tQuantile({ p: 1, df: 3 }), tQuantile({ p: 0.5, df: 1e-300 })]).toEqual([null, null, 0]);
  });

  it.each([
    [1e308, 0.1],
    [1e-308, 0.1],
    [5e-324, 5],
    [1e200, 1e-3],
    [38, 1e24],
    [5, 5e-324],
    [1e308, 1e308],
  ])('stays a number at t = %s with %s degrees of freedom', (t, nu) => {
    expect(clean(tSf({ t, df: nu }))).toBeGreaterThanOrEqual(0);
    expect(clean(tSf({ t: -t, df: nu }))).toBeLessThanOrEqual(1);
  });

  it('refuses degrees of freedom that are not above 0', () => {
    expect(() => tSf({ t: 1, df: 0 })).toThrow(/^df must be a finite number above 0/);
    expect(() => tQuantile({ p: 0.5, df: Number.NaN })).toThrow(RangeError);
  });
});

describe('the chi-squared distribution', () => {
  it('falls from 1', () => {
    const x = fc.double({ min: 0, max: 3000, noNaN: true });
    fc.assert(
      fc.property(x, x, df, (a, b, nu) => {
        const [near, far] = a < b ? [a, b] : [b, a];
        expect(clean(chi2Sf({ x: near, df: nu }))).toBeGreaterThanOrEqual(chi2Sf({ x: far, df: nu }) * (1 - 1e-13));
      }),
    );
    expect([chi2Sf({ x: 0, df: 3 }), chi2Sf({ x: -1, df: 3 }), chi2Sf({ x: 1e308, df: 3 })]).toEqual([1, 1, 0]);
  });

  it('is the two-sided normal tail at 1 degree of freedom, and exponential at 2', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.01, max: 36, noNaN: true }), (value) => {
        expect(relativeError(chi2Sf({ x: value * value, df: 1 }), 2 * normalSf({ z: value }))).toBeLessThan(1e-12);
        expect(relativeError(chi2Sf({ x: value * value, df: 2 }), Math.exp((-value * value) / 2))).toBeLessThan(1e-12);
      }),
    );
  });

  it.each([1e8, 1.99999999e8, 2e8, 2.1e8, 1e12, 1e30, 1e40])('goes on smoothly through %s degrees of freedom', (nu) => {
    const x = nu + 3 * Math.sqrt(2 * nu);
    const distance = (x - nu) / Math.sqrt(2 * nu);
    const skew = Math.sqrt(8 / nu);
    // The normal tail with the first Edgeworth term: what is left out is of order 1/df.
    const bell = Math.exp((-distance * distance) / 2) / Math.sqrt(2 * Math.PI);
    const expected = normalSf({ z: distance }) + (skew / 6) * (distance * distance - 1) * bell;
    expect(relativeError(chi2Sf({ x, df: nu }), expected)).toBeLessThan(1e-6 + 200 / nu);
  });
});

describe('the binomial distribution', () => {
  const trials = fc.integer({ min: 1, max: 5000 });

  it('has tails that sum to 1', () => {
    fc.assert(
      fc.property(trials, fc.double({ min: 0, max: 1, noNaN: true }), fc.double({ min: 0, max: 1, noNaN: true }), (n, share, p) => {
        const k = Math.round(share * n);
        expect(clean(binomCdf({ k, n, p })) + clean(binomSfGe({ k: k + 1, n, p }))).toBeCloseTo(1, 14);
      }),
    );
  });

  it('rises by the probability of k, which is exact for few trials', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 0, max: 30 }), fc.integer({ min: 1, max: 15 }), (n, k, sixteenths) => {
        fc.pre(k <= n);
        const p = sixteenths / 16;
        let choose = 1;
        for (let i = 0; i < k; i++) choose = Math.round((choose * (n - i)) / (i + 1));
        const mass = choose * p ** k * (1 - p) ** (n - k);
        expect(binomCdf({ k, n, p }) - binomCdf({ k: k - 1, n, p })).toBeCloseTo(mass, 14);
      }),
    );
  });

  it('is certain outside the support, without trials, and at p = 0 and 1', () => {
    expect(binomCdf({ k: -1, n: 5, p: 0.5 })).toBe(0);
    expect(binomSfGe({ k: 6, n: 5, p: 0.5 })).toBe(0);
    expect([binomCdf({ k: 0, n: 0, p: 0.5 }), binomSfGe({ k: 0, n: 0, p: 0.5 }), binomSfGe({ k: 1, n: 0, p: 0.5 })]).toEqual([1, 1, 0]);
    expect([
      binomCdf({ k: 4, n: 5, p: 1 }),
      binomSfGe({ k: 5, n: 5, p: 1 }),
      binomCdf({ k: 0, n: 5, p: 0 }),
      binomSfGe({ k: 1, n: 5, p: 0 }),
    ]).toEqual([0, 1, 1, 0]);
  });

  it('counts coin flips exactly', () => {
    expect(binomCdf({ k: 27, n: 55, p: 0.5 })).toBe(0.5);
    expect(binomSfGe({ k: 50, n: 50, p: 0.5 })).toBe(2 ** -50);
    expect(binomSfGe({ k: 1, n: 1, p: 0.5 })).toBe(0.5);
  });

  it('names the field that is out of range', () => {
    expect(() => binomCdf({ k: 1.5, n: 5, p: 0.5 })).toThrow(/^k must be a whole number/);
    expect(() => binomCdf({ k: 1, n: -5, p: 0.5 })).toThrow(/^n must be a whole number/);
    expect(() => binomSfGe({ k: 1, n: 5, p: -0.1 })).toThrow(/^p must be from 0 to 1/);
  });
});
