/** The port to a benchmark at work: it gives a problem's prompt (seed) and judges an answer (verify). */

import type { BenchmarkTool, ScoreSummary } from './benchmark.js';
import type { AnswerFailure } from './failures.js';
import type { JsonObject } from './json.js';
import type { JudgeCall } from './judge.js';
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
  /** Questions that were put to a judge, in order. */
  readonly judge_calls?: readonly JudgeCall[];
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
  /** Judges an answer to a problem that is known by its target and metadata only, and maybe its text: what a stateless server is asked. */
  verifyDetached?(
    answer: { readonly response: string; readonly expected: string; readonly metadata: JsonObject; readonly prompt?: string },
    signal: AbortSignal,
  ): Verification | Promise<Verification>;
  /** Verifying asks other models, whose queue may be long: it is bounded by those calls' own limits, not by the engine's. */
  readonly asksJudge?: boolean;
  /** An answer to this seed that earns full credit; absent: the expected answer does. */
  idealAnswer?(seed: Seed): string;
  /** What the model may call while it works on a seed. */
  readonly tools?: readonly Omit<BenchmarkTool, 'run'>[];
  /** Carries out a call of one of `tools`. @throws when the tool failed: the model is told why */
  callTool?(seed: Seed, name: string, args: JsonObject, signal: AbortSignal): string | Promise<string>;
  /** Metrics over all samples that are no means; see ScoreSummary. */
  createSummary?(): ScoreSummary;
  close(): Promise<void>;
}
