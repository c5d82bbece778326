/** Sample sizes and smallest effects: exact decimals, inverses, order, and what no number of items can do. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mdeMcNemar, nItemsMcNemar, nItemsNonInferiority, nItemsPairedT } from '../../../../src/core/stats/index.js';
import { clean } from './clean.js';

const usual = { alpha_two_sided: 0.05, power: 0.8 };
const oneSided = { alpha_one_sided: 0.025, power: 0.8 };
const thousandth = (min: number, max: number) => fc.integer({ min, max }).map((value) => value / 1000);

describe('items for non-inferiority', () => {
  it('depend on margin − damage as decimals, not on its float noise', () => {
    // 0.03 − 0.01, 0.12 − 0.1 and 0.02 − 0 differ in doubles; ψ − d² is made the same.
    const of = (margin: number, true_damage: number, discordance: number) =>
      nItemsNonInferiority({ margin, true_damage, discordance, ...oneSided });
    expect([of(0.02, 0, 0.16), of(0.03, 0.01, 0.1601), of(0.12, 0.1, 0.17)]).toEqual([3140, 3140, 3140]);
  });

  it('fall with the margin and rise with the discordance', () => {
    fc.assert(
      fc.property(thousandth(1, 500), thousandth(1, 100), (discordance, margin) => {
        const here = clean(nItemsNonInferiority({ discordance, margin, true_damage: 0, ...oneSided })) as number;
        expect(nItemsNonInferiority({ discordance, margin: margin + 0.01, true_damage: 0, ...oneSided })).toBeLessThanOrEqual(here);
        expect(nItemsNonInferiority({ discordance: discordance + 0.01, margin, true_damage: 0, ...oneSided })).toBeGreaterThanOrEqual(here);
      }),
    );
  });

  it('do not exist for a candidate as bad as the margin', () => {
    expect(nItemsNonInferiority({ discordance: 0.1, margin: 0.02, true_damage: 0.02, ...oneSided })).toBeNull();
    expect(nItemsNonInferiority({ discordance: 0.1, margin: 0.01, true_damage: 0.02, ...oneSided })).toBeNull();
  });

  it('are at least 1, also where nothing flips', () => {
    expect(nItemsNonInferiority({ discordance: 0, margin: 0.02, true_damage: 0, ...oneSided })).toBe(1);
    expect(nItemsNonInferiority({ discordance: 0.5, margin: 0.5, true_damage: 0, alpha_one_sided: 0.6, power: 0.3 })).toBe(1);
  });

  it('refuse a damage beyond the discordance', () => {
    expect(() => nItemsNonInferiority({ discordance: 0.01, margin: 0.05, true_damage: 0.02, ...oneSided })).toThrow(
      /^true_damage \(0.02\) cannot exceed/,
    );
    expect(() => nItemsNonInferiority({ discordance: 2, margin: 0.05, true_damage: 0, ...oneSided })).toThrow(
      /^discordance must be from 0 to 1/,
    );
  });
});

describe("McNemar's test planned", () => {
  it('sees its smallest effect with the items that it was asked for', () => {
    fc.assert(
      fc.property(fc.integer({ min: 50, max: 100_000 }), thousandth(20, 600), (n, discordance) => {
        const delta = clean(mdeMcNemar({ n, discordance, ...usual }));
        fc.pre(delta !== null);
        const needed = nItemsMcNemar({ discordance, delta, ...usual }) as number;
        expect(Math.abs(needed - n)).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('needs as many items for a loss as for a gain, and none shows no effect', () => {
    expect(nItemsMcNemar({ discordance: 0.16, delta: -0.02, ...usual })).toBe(3138);
    expect(nItemsMcNemar({ discordance: 0.16, delta: 0, ...usual })).toBeNull();
    expect(() => nItemsMcNemar({ discordance: 0.1, delta: 0.2, ...usual })).toThrow(/^delta \(0.2\) cannot exceed discordance/);
  });

  it('takes all flips one way exactly', () => {
    // δ = ψ = ½: z² / δ² · ψ = 1.96² × 2 + … = (1.96 √½ + 0.8416 √¼)² / ¼.
    expect(nItemsMcNemar({ discordance: 0.5, delta: 0.5, ...usual })).toBe(
      Math.ceil((1.959964 * Math.SQRT1_2 + 0.841621 * 0.5) ** 2 / 0.25),
    );
  });

  it('has no smallest effect where even all flips one way would not show', () => {
    expect(mdeMcNemar({ n: 10, discordance: 0.05, ...usual })).toBeNull();
    expect(mdeMcNemar({ n: 0, discordance: 0.05, ...usual })).toBeNull();
    expect(mdeMcNemar({ n: 1, discordance: 1, ...usual })).toBeNull();
    expect(mdeMcNemar({ n: 1000, discordance: 0, ...usual })).toBeNull();
  });
});

describe('the paired t-test planned', () => {
  it.each([
    // Textbook values (two-sided 5%, power 80%), n − 1 degrees of freedom.
    [0.2, 199],
    [0.5, 34],
    [0.8, 15],
    [1, 10],
  ])('needs for an effect of %s standard deviations %s items', (delta, n) => {
    expect(nItemsPairedT({ sd: 1, delta, ...usual })).toBe(n);
  });

  it('needs what the noncentral t distribution says also for few items and a strict test', () => {
    // Power 0.785 at 8 items and 0.902 at 9, by numerical integration elsewhere.
    expect(nItemsPairedT({ sd: 1, delta: 2.324633932278344, alpha_two_sided: 0.001, power: 0.9 })).toBe(9);
  });

  it('depends on delta / sd only', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.integer({ min: -20, max: 20 }), (tenths, scale) => {
        const delta = tenths / 16;
        expect(clean(nItemsPairedT({ sd: 2 ** scale, delta: -delta * 2 ** scale, ...usual }))).toBe(
          nItemsPairedT({ sd: 1, delta, ...usual }),
        );
      }),
      { numRuns: 20 },
    );
  });

  it('adds some two items to the normal formula', () => {
    const normal = ((1.959963984540054 + 0.8416212335729143) / 0.01) ** 2;
    const extra = (nItemsPairedT({ sd: 1, delta: 0.01, ...usual }) as number) - normal;
    expect(extra).toBeGreaterThan(1.4);
    expect(extra).toBeLessThan(3.4);
  });

  it('is null for no effect, and 2 where there is no spread', () => {
    expect(nItemsPairedT({ sd: 1, delta: 0, ...usual })).toBeNull();
    expect(nItemsPairedT({ sd: 1, delta: 1e-12, ...usual })).toBeNull();
    expect(nItemsPairedT({ sd: 0, delta: 0.1, ...usual })).toBe(2);
    expect(() => nItemsPairedT({ sd: -1, delta: 1, ...usual })).toThrow(/^sd must not be negative/);
    expect(() => nItemsPairedT({ sd: 1, delta: 1, alpha_two_sided: 0.05, power: 1 })).toThrow(/^power must/);
  });
});
