/** How many batches of a shard are under way at once: the same for a shard's workflow and for a shard process. */

const MIN_LANES = 2;
const MAX_LANES = 64;
/** Samples at once of a solver that asks no endpoint: its answers cost no wait, a few at once keep the machine busy. */
export const LOCAL_CONCURRENCY = 16;
/** Samples handed to the engine for each call in flight. */
const QUEUED_PER_CALL = 4;

/**
 * Lanes that keep `concurrency` calls in flight. Between two batches of a lane lie a tenth of a second or two (the result, a
 * workflow task, the journal's folder, prompts), in which a fast endpoint would answer two or three times as many calls as
 * are in flight; the other lanes must hold them.
 */
export function laneCount(concurrency: number, batchSize: number): number {
  return Math.min(MAX_LANES, Math.max(MIN_LANES, Math.ceil((QUEUED_PER_CALL * concurrency) / batchSize) + 1));
}
