/** What must hold for every gate, whatever the numbers. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { GateBenchmark } from '../../../src/core/gate.js';
import type { PolicyOverrides } from '../../../src/core/policy.js';
import { judge, type SampleTuple } from './gate-helpers.js';

const reward = fc.oneof(fc.constantFrom(0, 1), fc.double({ min: -2, max: 2, noNaN: true }));
const binary = fc.constantFrom(0, 1);
const repeats = fc.integer({ min: 1, max: 3 });

/** Both sides over the same 10 to 40 items. */
function sides(value: fc.Arbitrary<number>) {
  return fc.tuple(fc.integer({ min: 10, max: 40 }), repeats).chain(([n, r]) => {
    const table = fc.array(value, { minLength: n * r, maxLength: n * r });
    const toSamples = (values: number[]) => values.map((v, i): SampleTuple => [Math.floor(i / r), i % r, v]);
    return fc.tuple(table, table).map(([a, b]) => ({ baseline: toSamples(a), candidate: toSamples(b) }));
  });
}

const rules = fc.record(
  {
    evidence: fc.constantFrom('point' as const, 'confidence' as const),
    direction: fc.constantFrom('higher_is_better' as const, 'lower_is_better' as const),
    max_drop: fc.double({ min: 0, max: 0.5, noNaN: true }),
    max_relative_drop: fc.double({ min: 0, max: 1, noNaN: true }),
    max_error_rate: fc.constant(1),
  },
  { requiredKeys: ['evidence', 'direction', 'max_drop', 'max_error_rate'] },
);

const RANK = { PASS: 0, INSUFFICIENT_EVIDENCE: 1, BREACH: 2, MISSING: 3 } as const;
const rank = ({ status }: GateBenchmark): number => RANK[status];

describe('a gated benchmark', () => {
  it('does not depend on the order of rows or shards', () => {
    fc.assert(
      fc.property(
        sides(reward),
        rules,
        fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })),
        ({ baseline, candidate }, rule, random) => {
          const shuffled = (samples: readonly SampleTuple[]) =>
            samples
              .map((sample) => ({ sample, key: random.next().value as number }))
              .sort((a, b) => a.key - b.key)
              .map(({ sample }) => sample);
          expect(judge(shuffled(baseline), shuffled(candidate), rule)).toEqual(judge(baseline, candidate, rule));
        },
      ),
    );
  });

  it('mirrors delta and interval when the sides are swapped', () => {
    fc.assert(
      fc.property(sides(reward), ({ baseline, candidate }) => {
        const one = judge(baseline, candidate).benchmark;
        const other = judge(candidate, baseline).benchmark;
        const negated = (value: number | null) => (value === null ? null : value === 0 ? 0 : -value);
        expect(other.delta).toBe(negated(one.delta));
        expect(other.delta_ci_lower).toBe(negated(one.delta_ci_upper));
        expect(other.delta_ci_upper).toBe(negated(one.delta_ci_lower));
        expect([other.baseline_score, other.candidate_score]).toEqual([one.candidate_score, one.baseline_score]);
      }),
    );
  });

  it('comes out the same when rewards are negated and the direction is turned', () => {
    fc.assert(
      fc.property(sides(reward), rules, ({ baseline, candidate }, rule) => {
        const negate = (samples: readonly SampleTuple[]) => samples.map(([id, r, v]): SampleTuple => [id, r, v === null ? null : -v]);
        const turned = rule.direction === 'higher_is_better' ? ('lower_is_better' as const) : ('higher_is_better' as const);
        const one = judge(baseline, candidate, rule).benchmark;
        const other = judge(negate(baseline), negate(candidate), { ...rule, direction: turned }).benchmark;
        // 0/1 items get another interval than 0/−1 items where all of them agree; the point rule does not look at it.
        if (rule.evidence === 'point') expect(other.status).toBe(one.status);
        expect(other.delta).toBe(one.delta === 0 ? 0 : -(one.delta as number));
      }),
    );
  });

  it('never gets worse when a limit is widened', () => {
    fc.assert(
      fc.property(sides(reward), rules, fc.double({ min: 0, max: 1, noNaN: true }), ({ baseline, candidate }, rule, more) => {
        const narrow = judge(baseline, candidate, rule).benchmark;
        const wide = judge(baseline, candidate, { ...rule, max_drop: rule.max_drop + more }).benchmark;
        expect(rank(wide)).toBeLessThanOrEqual(rank(narrow));
      }),
    );
  });

  it('passes under point when the drop equals max_drop', () => {
    fc.assert(
      fc.property(sides(binary), ({ baseline, candidate }) => {
        const { delta } = judge(baseline, candidate).benchmark;
        const drop = Math.max(0, -(delta as number));
        expect(judge(baseline, candidate, { max_drop: drop }).benchmark.status).toBe('PASS');
      }),
    );
  });

  it('is never helped by turning an answer of the candidate into an error', () => {
    fc.assert(
      fc.property(sides(reward), rules, fc.nat(), ({ baseline, candidate }, rule, at) => {
        const point: PolicyOverrides = { ...rule, evidence: 'point' };
        const i = at % candidate.length;
        const broken = candidate.map(([id, r, v], j): SampleTuple => [id, r, j === i ? null : v]);
        const before = judge(baseline, candidate, point).benchmark;
        const after = judge(baseline, broken, point).benchmark;
        expect(rank(after)).toBeGreaterThanOrEqual(rank(before));
      }),
    );
  });

  it('holds no NaN, no Infinity and no −0', () => {
    fc.assert(
      fc.property(sides(reward), rules, ({ baseline, candidate }, rule) => {
        const { benchmark, warnings } = judge(baseline, candidate, rule);
        for (const value of Object.values(benchmark)) {
          if (typeof value !== 'number') continue;
          expect(Number.isFinite(value)).toBe(true);
          expect(Object.is(value, -0)).toBe(false);
        }
        expect([...benchmark.reasons, ...warnings].join(' ')).not.toMatch(/NaN|Infinity|undefined|-0\.0+\b(?!\d)/);
      }),
    );
  });
});
