/** The best one-to-one assignment, against trying all of them. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bestAssignment } from '../../../../src/core/scoring/assignment.js';

function bestByTrial(scores: readonly (readonly number[])[], row = 0, used: ReadonlySet<number> = new Set()): number {
  const current = scores[row];
  if (current === undefined) return 0;
  const withColumn = current.map((score, column) =>
    used.has(column) ? 0 : score + bestByTrial(scores, row + 1, new Set([...used, column])),
  );
  return Math.max(bestByTrial(scores, row + 1, used), ...withColumn);
}

const table = fc
  .tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 5 }))
  .chain(([rows, columns]) =>
    fc.array(fc.array(fc.integer({ min: 0, max: 10 }), { minLength: columns, maxLength: columns }), { minLength: rows, maxLength: rows }),
  );

describe('bestAssignment', () => {
  it('has the largest total, and uses no column twice', () => {
    fc.assert(
      fc.property(table, (scores) => {
        const columns = bestAssignment(scores);
        const placed = columns.filter((column) => column !== -1);
        expect(new Set(placed).size).toBe(placed.length);
        expect(placed.length).toBe(Math.min(scores.length, scores[0]?.length ?? 0));
        const total = columns.reduce((sum, column, row) => sum + (scores[row]?.[column] ?? 0), 0);
        expect(total).toBe(bestByTrial(scores));
      }),
    );
  });

  it('takes no rows and no columns', () => {
    expect(bestAssignment([])).toEqual([]);
    expect(bestAssignment([[], []])).toEqual([-1, -1]);
  });
});
