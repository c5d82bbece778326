/** gateStatus: boundaries, duality of direction, monotony of the threshold. Many more decisions are in cases.test.ts. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { gateStatus } from '../../../../src/core/stats/index.js';

const UNDECIDED = 'INSUFFICIENT_EVIDENCE';
const binary = (right: number, n: number) => Array.from({ length: n }, (_, i) => (i < right ? 1 : 0));

describe('gateStatus', () => {
  it('passes a drop equal to the limit and breaches one item more, whatever the share', () => {
    fc.assert(
      fc.property(fc.integer({ min: 3, max: 97 }), fc.integer({ min: 1, max: 50 }), (right, drop) => {
        fc.pre(drop < right);
        const policy = { direction: 'higher_is_better', max_drop: drop / 100 } as const;
        expect(gateStatus({ baseline: binary(right, 100), candidate: binary(right - drop, 100), policy }).point).toBe('PASS');
        expect(gateStatus({ baseline: binary(right, 100), candidate: binary(right - drop - 1, 100), policy }).point).toBe('BREACH');
      }),
    );
  });

  const items = fc.array(fc.tuple(fc.integer({ min: 0, max: 4 }), fc.integer({ min: 0, max: 4 })), { minLength: 10, maxLength: 40 });
  const limit = fc.integer({ min: 0, max: 40 }).map((value) => value / 20);

  it('decides alike for higher is better and for its mirror image', () => {
    fc.assert(
      fc.property(items, limit, (pairs, max_drop) => {
        const baseline = pairs.map(([a]) => a / 4);
        const candidate = pairs.map(([, b]) => b / 4);
        const mirror = (values: number[]) => values.map((value) => 1 - value);
        expect(
          gateStatus({ baseline: mirror(baseline), candidate: mirror(candidate), policy: { direction: 'lower_is_better', max_drop } }),
        ).toEqual(gateStatus({ baseline, candidate, policy: { direction: 'higher_is_better', max_drop } }));
      }),
    );
  });

  it('never gets stricter with a wider limit, and its interval never contradicts its point', () => {
    const order = { BREACH: 0, [UNDECIDED]: 1, PASS: 2 } as const;
    fc.assert(
      fc.property(items, limit, limit, (pairs, one, other) => {
        const [tight, wide] = one < other ? [one, other] : [other, one];
        const decide = (max_drop: number) =>
          gateStatus({ baseline: pairs.map(([a]) => a), candidate: pairs.map(([, b]) => b), policy: { max_drop } });
        expect(order[decide(wide).point]).toBeGreaterThanOrEqual(order[decide(tight).point]);
        expect(order[decide(wide).ci]).toBeGreaterThanOrEqual(order[decide(tight).ci]);
        const { point, ci } = decide(tight);
        expect([point, UNDECIDED]).toContain(ci);
      }),
    );
  });

  it('decides nothing on fewer than ten items', () => {
    for (const n of [0, 1, 9]) {
      expect(gateStatus({ baseline: binary(n, n), candidate: binary(0, n), policy: { max_drop: 0.01 } })).toEqual({
        point: UNDECIDED,
        ci: UNDECIDED,
      });
    }
  });

  it('does not take unanimous 0/1 items for certainty', () => {
    const same = binary(5, 30);
    expect(gateStatus({ baseline: same, candidate: same, policy: { max_drop: 0.01 } })).toEqual({ point: 'PASS', ci: UNDECIDED });
    expect(gateStatus({ baseline: binary(30, 30), candidate: binary(0, 30), policy: { max_drop: 0.5 } })).toEqual({
      point: 'BREACH',
      ci: 'BREACH',
    });
    const thousands = binary(2500, 5000);
    expect(gateStatus({ baseline: thousands, candidate: thousands, policy: { max_drop: 0.01 } }).ci).toBe('PASS');
  });

  it('holds the relative limit only below its guard, and never against a baseline of 0', () => {
    const baseline = binary(10, 100);
    const candidate = binary(9, 100);
    const policy = { max_drop: 0.05, max_relative_drop: 0.05 };
    expect(gateStatus({ baseline, candidate, policy }).point).toBe('BREACH');
    expect(gateStatus({ baseline, candidate, policy: { ...policy, max_relative_drop: 0.1 } }).point).toBe('PASS');
    expect(gateStatus({ baseline, candidate, policy: { ...policy, relative_guard_below: 0.1 } }).point).toBe('PASS');
    expect(gateStatus({ baseline, candidate, policy: { ...policy, relative_guard_below: 0.11 } }).point).toBe('BREACH');
    const perplexity = { direction: 'lower_is_better', max_relative_drop: 0.05 } as const;
    expect(gateStatus({ baseline: binary(0, 20), candidate: binary(20, 20), policy: perplexity }).point).toBe('PASS');
  });

  it('is not swayed by the float noise of large values', () => {
    const baseline = Array.from({ length: 12 }, (_, i) => 1e8 + i + 0.3);
    const candidate = baseline.map((value) => value + 0.5);
    expect(gateStatus({ baseline, candidate, policy: { direction: 'lower_is_better', max_drop: 0.5 } })).toEqual({
      point: 'PASS',
      ci: 'PASS',
    });
  });

  it('refuses a policy without a limit or with a negative one', () => {
    const items10 = binary(5, 10);
    expect(() => gateStatus({ baseline: items10, candidate: items10, policy: {} })).toThrow('policy needs max_drop or max_relative_drop');
    expect(() => gateStatus({ baseline: items10, candidate: items10, policy: { max_drop: -0.1 } })).toThrow(
      /^policy.max_drop must not be negative/,
    );
  });
});
