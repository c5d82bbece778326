import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MOST_INDEXES, parseIndexes } from '../../../src/core/kubernetes.js';

describe('the indexes of a status', () => {
  it('are single ones and ranges', () => {
    expect([...(parseIndexes('1,3-5,7') ?? [])]).toEqual([1, 3, 4, 5, 7]);
    expect(parseIndexes('')?.size).toBe(0);
  });

  it.each(['a', '1,', '5-3', '-1', '1--2', '1.5'])('are not %j', (text) => {
    expect(parseIndexes(text)).toBeNull();
  });

  it('are not more than a Job can have, however the text puts it', () => {
    expect(parseIndexes('0-999999')).toBeNull();
    expect(parseIndexes(`0-${MOST_INDEXES - 1}`)?.size).toBe(MOST_INDEXES);
  });

  it('come back as they were written, for any set', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(500)), (indexes) => {
        const sorted = indexes.sort((a, b) => a - b);
        expect([...(parseIndexes(sorted.join(',')) ?? [])]).toEqual(sorted);
      }),
    );
  });
});
