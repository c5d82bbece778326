/** The gate and the statistics function `gateStatus` are two ways to one answer: they must not part. */

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { gateStatus } from '../../../src/core/stats/gate-status.js';
import { judge, rewards } from './gate-helpers.js';

const items = fc.integer({ min: 5, max: 60 }).chain((n) => {
  const values = (value: fc.Arbitrary<number>) => fc.array(value, { minLength: n, maxLength: n });
  const binary = fc.constantFrom(0, 1);
  const tenths = fc.integer({ min: -10, max: 10 }).map((tenth) => tenth / 10);
  return fc.oneof(fc.tuple(values(binary), values(binary)), fc.tuple(values(tenths), values(tenths)));
});

it('agree on every status, under both rules', () => {
  fc.assert(
    fc.property(
      items,
      fc.constantFrom('higher_is_better' as const, 'lower_is_better' as const),
      fc.constantFrom(0, 0.01, 0.05, 0.1, 0.5),
      ([baseline, candidate], direction, max_drop) => {
        const expected = gateStatus({ baseline, candidate, policy: { direction, max_drop } });
        const status = (evidence: 'point' | 'confidence') =>
          judge(rewards(baseline), rewards(candidate), { direction, max_drop, evidence }).benchmark.status;
        expect({ point: status('point'), ci: status('confidence') }).toEqual(expected);
      },
    ),
    { numRuns: 300 },
  );
});
