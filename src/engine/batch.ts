/**
 * A batch of samples: reads what the journal already holds, asks the rest side by side, journals each answer before it
 * counts. The same code runs under a Temporal activity and in a shard process on a cluster node.
 */

import { batchFolder, JournalWriter, type OrdinalRange, readBatchJournal } from '../artifacts/journal.js';
import { NelError } from '../core/errors.js';
import { isSettled } from '../core/journal.js';
import type { TokenCounts } from '../core/model.js';
import { type SampleRecord, sampleAt } from '../core/sample.js';
import type { CallSignals } from './call.js';
import { type PreparedSample, prepareSample, runSample, type SampleContext } from './sample.js';

/** What a batch came to, over all attempts at it; sums, so that they add up over batches. */
export interface BatchTotals {
  readonly scored: number;
  readonly errors: number;
  readonly reward_sum: number;
  readonly tokens: number;
}

export interface BatchInput {
  readonly context: SampleContext;
  /** OUT/<benchmark> */
  readonly benchmarkDir: string;
  readonly range: OrdinalRange;
  readonly repeats: number;
  /** Unique name of this attempt, beginning with its time. */
  readonly attempt: string;
  readonly redact: (text: string) => string;
  readonly signals: CallSignals;
  /** Ends the batch early, letting calls that are out finish (see CallSignals.stop). */
  readonly stop: (reason: unknown) => void;
  /** Called as samples complete; for progress only. */
  readonly onProgress: (totals: BatchTotals) => void;
}

const NOTHING: BatchTotals = { scored: 0, errors: 0, reward_sum: 0, tokens: 0 };

/** As the statistics count them: the total, else its parts. */
function totalTokens(tokens: TokenCounts | undefined): number {
  return tokens?.total ?? (tokens?.prompt ?? 0) + (tokens?.completion ?? 0);
}

function add(totals: BatchTotals, record: SampleRecord): BatchTotals {
  const scored = record.status === 'scored';
  return {
    scored: totals.scored + (scored ? 1 : 0),
    errors: totals.errors + (scored ? 0 : 1),
    reward_sum: totals.reward_sum + record.reward,
    tokens: totals.tokens + totalTokens(record.model?.tokens),
  };
}

/**
 * @throws what ended the batch before all samples were journaled: an abort, EndpointDownError, ModelCallError (`stop_run`),
 * NelError (journal, data). Samples that were answered by then are journaled.
 */
export async function runBatch(input: BatchInput): Promise<BatchTotals> {
  const { context, range, repeats, signals } = input;
  const known = await readBatchJournal(input.benchmarkDir, range, repeats);
  const missing: PreparedSample[] = [];
  let totals = NOTHING;
  for (let ordinal = range.start; ordinal < range.end; ordinal++) {
    const sample = await prepareSample(context, sampleAt(ordinal, repeats), signals.abort);
    const record = known.get(ordinal);
    if (record !== undefined) assertSameRequest(record, sample);
    if (record !== undefined && isSettled(record, context.generation)) totals = add(totals, record);
    else missing.push(record?.model ? { ...sample, paid: record } : sample);
  }
  input.onProgress(totals);
  if (missing.length === 0) return totals;

  const journal = await JournalWriter.open(batchFolder(input.benchmarkDir, range), input.attempt, input.redact);
  let ended: { readonly reason: unknown } | undefined;
  const end = (reason: unknown): void => {
    ended ??= { reason };
    input.stop(reason);
  };
  try {
    await Promise.all(
      missing.map(async (sample) => {
        try {
          const record = await runSample(context, sample, signals, (unjudged) => journal.append(unjudged));
          await journal.append(record);
          totals = add(totals, record);
          input.onProgress(totals);
        } catch (error) {
          end(error);
        }
      }),
    );
  } finally {
    await journal.close();
  }
  if (ended) throw ended.reason;
  return totals;
}

/** Fails closed where the journal holds an answer to another question than this run would ask. */
function assertSameRequest(record: SampleRecord, sample: PreparedSample): void {
  if (record.request_hash === sample.requestHash) return;
  throw new NelError(
    'data',
    `the journal holds an answer to another request for problem_idx ${record.problem_idx}, repeat ${record.repeat}`,
    {
      hint: 'prompt, model or settings changed since it was written; use a new output directory',
    },
  );
}
