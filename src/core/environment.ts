/** The port to a benchmark at work: it gives a problem's prompt (seed) and judges an answer (verify). */

import type { AnswerFailure } from './failures.js';
import type { JsonObject } from './json.js';
import type { ChatMessage } from './model.js';

/** One problem as the model sees it, and what a right answer is. */
export interface Seed {
  /** The whole prompt as one text: what the completions protocol sends. */
  readonly prompt: string;
  /** The same as chat messages: what the chat protocol sends. */
  readonly messages: readonly ChatMessage[];
  readonly expected_answer: string;
  /** Name of the category that the score is also reported under, or null. */
  readonly category: string | null;
  /** Fields of the problem that reports may show; goes to `metadata` and `seed_metadata`. */
  readonly metadata: JsonObject;
}

/** How an answer was judged. */
export interface Verification {
  /** Usually 0 or 1; any finite number. */
  readonly reward: number;
  readonly extracted_answer: string | null;
  /** Name of the scorer. */
  readonly scoring_method: string;
  /** Numbers in here are metrics too: `scoring_details.f1` can be gated on as `f1`. */
  readonly scoring_details: JsonObject;
  readonly failure_category: AnswerFailure | null;
}

/** Where problems came from; the fingerprint tells two data sets apart. */
export interface DatasetInfo {
  /** What was read: `hf://openai/gsm8k?…`, a file's path, `inline`. */
  readonly source: string;
  /** Pinned revision (a commit hash on the Hub), or null. */
  readonly revision: string | null;
  /** `sha256:` over the canonical rows, in order. */
  readonly fingerprint: string;
  /** Problems in the data set, before `max_problems`. */
  readonly size: number;
}

export interface Environment {
  readonly name: string;
  readonly dataset: DatasetInfo;
  seed(problemIdx: number, repeat: number, signal: AbortSignal): Seed | Promise<Seed>;
  /** @throws when the answer could not be judged for a technical reason: the sample becomes an error, never a zero. */
  verify(seed: Seed, response: string, signal: AbortSignal): Verification | Promise<Verification>;
  close(): Promise<void>;
}
