/** Which of several journal lines about one sample counts: the rule behind "never pay twice, never mix". */

import { type SampleRecord, sampleOrdinal } from './sample.js';

/**
 * Merges journal lines, in the order they were written, into at most one record a sample:
 * the first scored line wins; without one, the latest error (of the highest generation).
 * @returns records by ordinal (see sampleOrdinal)
 */
export function mergeRecords(records: Iterable<SampleRecord>, repeats: number): Map<number, SampleRecord> {
  const merged = new Map<number, SampleRecord>();
  for (const record of records) {
    const ordinal = sampleOrdinal(record, repeats);
    const known = merged.get(ordinal);
    const wins = known === undefined || (known.status === 'error' && (record.status === 'scored' || record.generation >= known.generation));
    if (wins) merged.set(ordinal, record);
  }
  return merged;
}

/** True when the sample needs no further call in this generation: it was scored, or ended as an error in this very generation. */
export function isSettled(record: SampleRecord, generation: number): boolean {
  return record.status === 'scored' || record.generation >= generation;
}
