/** Which journal line of a sample counts. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isSettled, mergeRecords } from '../../../src/core/journal.js';
import { type SampleRecord, sampleOrdinal } from '../../../src/core/sample.js';
import { errorRecord, sampleRecord } from '../records.js';

/** The winner of several lines about one sample, in the order written. */
function winner(...records: SampleRecord[]): SampleRecord | undefined {
  return mergeRecords(records, 1).get(0);
}

/** Lines of each sample, in the order written. */
function bySample(records: readonly SampleRecord[]): Map<number, SampleRecord[]> {
  const groups = new Map<number, SampleRecord[]>();
  for (const record of records) {
    const ordinal = sampleOrdinal(record, 2);
    groups.set(ordinal, [...(groups.get(ordinal) ?? []), record]);
  }
  return groups;
}

describe('mergeRecords', () => {
  it('takes the first scored line: a second answer never replaces the paid first', () => {
    const first = sampleRecord({ reward: 0 });
    expect(winner(first, sampleRecord({ reward: 1 }))).toBe(first);
    expect(winner(first, errorRecord({ generation: 5 }))).toBe(first);
  });

  it('takes a scored line over any error, before or after it', () => {
    const scored = sampleRecord();
    expect(winner(errorRecord({ generation: 3 }), scored)).toBe(scored);
    expect(winner(scored, errorRecord({ generation: 3 }))).toBe(scored);
  });

  it('takes the error of the highest generation, the later written of two in one', () => {
    const [old, first, second] = [errorRecord({ generation: 0 }), errorRecord({ generation: 1 }), errorRecord({ generation: 1 })];
    expect(winner(old, first)).toBe(first);
    expect(winner(first, old)).toBe(first);
    expect(winner(first, second)).toBe(second);
  });

  it('keeps repeats of a problem apart', () => {
    const [a, b] = [sampleRecord({ problem_idx: 1, repeat: 0 }), sampleRecord({ problem_idx: 1, repeat: 2 })];
    expect(mergeRecords([a, b], 3)).toEqual(
      new Map([
        [3, a],
        [5, b],
      ]),
    );
  });

  const record = fc
    .record({
      problem_idx: fc.integer({ min: 0, max: 3 }),
      repeat: fc.integer({ min: 0, max: 1 }),
      generation: fc.integer({ min: 0, max: 3 }),
      scored: fc.boolean(),
    })
    .map(({ scored, ...rest }) => (scored ? sampleRecord(rest) : errorRecord(rest)));

  it('is independent of how the lines of different samples interleave', () => {
    fc.assert(
      fc.property(fc.array(record, { maxLength: 40 }), fc.infiniteStream(fc.nat()), (records, picks) => {
        // Only the order within a sample is kept: its lines are dealt out to one queue a sample, then drawn at random.
        const queues = [...bySample(records).values()];
        const interleaved: SampleRecord[] = [];
        while (queues.some((queue) => queue.length > 0)) {
          const open = queues.filter((queue) => queue.length > 0);
          interleaved.push((open[(picks.next().value as number) % open.length] as SampleRecord[]).shift() as SampleRecord);
        }
        expect(mergeRecords(interleaved, 2)).toEqual(mergeRecords(records, 2));
      }),
    );
  });

  it('agrees with merging in two steps, as an attempt reads what the earlier ones merged to', () => {
    fc.assert(
      fc.property(fc.array(record, { maxLength: 20 }), fc.array(record, { maxLength: 20 }), (earlier, later) => {
        expect(mergeRecords([...mergeRecords(earlier, 2).values(), ...later], 2)).toEqual(mergeRecords([...earlier, ...later], 2));
      }),
    );
  });

  it('does not depend on the order of lines as to whether a sample is scored and in which generation it failed', () => {
    fc.assert(
      fc.property(fc.array(record, { maxLength: 20 }), (records) => {
        const seen = (list: SampleRecord[]) =>
          new Map([...mergeRecords(list, 2)].map(([at, { status, generation }]) => [at, status === 'scored' ? status : generation]));
        expect(seen([...records].reverse())).toEqual(seen(records));
      }),
    );
  });
});

it('calls a sample settled when it was scored, or failed in this generation or a later one', () => {
  expect(isSettled(sampleRecord({ generation: 0 }), 7)).toBe(true);
  expect(isSettled(errorRecord({ generation: 1 }), 1)).toBe(true);
  expect(isSettled(errorRecord({ generation: 2 }), 1)).toBe(true);
  expect(isSettled(errorRecord({ generation: 0 }), 1)).toBe(false);
});
