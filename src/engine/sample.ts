/** One sample: seed → solve → verify → record. What goes wrong on the way becomes part of the record or stops the batch. */

import type { Environment, Seed, Verification } from '../core/environment.js';
import { errorMessage } from '../core/errors.js';
import type { AnswerFailure } from '../core/failures.js';
import { type Model, ModelCallError, type ModelRequest, type ModelResponse } from '../core/model.js';
import type { RecordedModelError, SampleKey, SampleRecord } from '../core/sample.js';
import type { Solution, Solver } from '../core/solver.js';
import { type CallRuntime, type CallSignals, type CallTally, callWithRetries, type RetryPolicy } from './call.js';
import type { Endpoint } from './endpoint.js';
import { hashJson, sha256 } from './hash.js';

/** Longest that judging one answer may take; code execution and judges have their own, shorter limits. */
const VERIFY_LIMIT_MS = 600_000;

/** What all samples of a benchmark share. */
export interface SampleContext {
  readonly runId: string;
  readonly benchmark: string;
  readonly environment: Environment;
  readonly solver: Solver;
  readonly model: Model;
  readonly endpoint: Endpoint;
  readonly policy: RetryPolicy;
  readonly runtime: CallRuntime;
  readonly generation: number;
}

/** A sample that is about to be asked: its prompt and the identity of its first request are known, nothing was paid. */
export interface PreparedSample extends SampleKey {
  readonly seed: Seed;
  readonly request: ModelRequest;
  readonly requestHash: string;
  readonly seedMs: number;
  /** An error record that holds a paid answer (judging it failed): it is judged again, not asked again. */
  readonly paid: SampleRecord | null;
}

/** @throws NelError of kind `data` when the row cannot be made into a prompt */
export async function prepareSample(context: SampleContext, key: SampleKey, signal: AbortSignal): Promise<PreparedSample> {
  const begun = context.runtime.now();
  const made = context.environment.seed(key.problem_idx, key.repeat, signal);
  const seed = made instanceof Promise ? await made : made;
  const request = context.solver.request(seed, key.repeat);
  return { ...key, seed, request, requestHash: hashJson(request), seedMs: context.runtime.now() - begun, paid: null };
}

/**
 * Asks and judges one sample.
 * @throws ModelCallError with disposition `stop_run`, EndpointDownError, or an abort: the batch ends, the sample is not recorded
 */
export async function runSample(context: SampleContext, sample: PreparedSample, signals: CallSignals): Promise<SampleRecord> {
  const { runtime } = context;
  const paid = sample.paid?.model ?? null;
  const tally: CallTally = { attempts: sample.paid?.attempts ?? 0, latencyMs: paid?.latency_ms ?? 0 };
  const asked = runtime.now();
  let solution: Solution | undefined;
  let modelError: RecordedModelError | null = null;
  try {
    solution = paid
      ? { response: paid.content, model: paid }
      : await context.solver.solve(sample.seed, {
          problemIdx: sample.problem_idx,
          repeat: sample.repeat,
          request: sample.request,
          signal: signals.abort,
          generate: (request: ModelRequest): Promise<ModelResponse> => callWithRetries({ ...context, signals }, request, tally),
        });
  } catch (error) {
    if (!(error instanceof ModelCallError) || error.disposition === 'stop_run') throw error;
    modelError = { category: error.category, message: error.message, status: error.status };
  }
  const answered = runtime.now();
  let verification: Verification | undefined;
  if (solution !== undefined) {
    try {
      const judged = context.environment.verify(sample.seed, solution.response, signals.abort);
      verification = judged instanceof Promise ? await withinLimit(judged, signals.abort) : judged;
      if (!Number.isFinite(verification.reward))
        throw new Error(`the scorer ${verification.scoring_method} gave the reward ${verification.reward}`);
    } catch (error) {
      if (signals.abort.aborted) throw error;
      verification = undefined;
      modelError = { category: 'verify_error', message: errorMessage(error), status: null };
    }
  }
  const verified = runtime.now();
  const response = solution?.model ?? null;
  return {
    step_id: `${context.benchmark}-${sample.problem_idx}-${sample.repeat}`,
    problem_idx: sample.problem_idx,
    repeat: sample.repeat,
    timestamp: new Date(verified).toISOString(),
    generation: context.generation,
    status: verification === undefined ? 'error' : 'scored',
    reward: verification?.reward ?? 0,
    extracted_answer: verification?.extracted_answer ?? null,
    expected_answer: sample.seed.expected_answer,
    scoring_method: verification?.scoring_method ?? 'none',
    scoring_details: verification?.scoring_details ?? {},
    failure_category: verification === undefined ? (modelError?.category ?? null) : answerFailure(verification, response),
    category: sample.seed.category,
    metadata: sample.seed.metadata,
    prompt: sample.seed.prompt,
    messages: sample.seed.messages,
    request_hash: sample.requestHash,
    attempts: Math.max(1, tally.attempts),
    timing: {
      seed_ms: round(sample.seedMs),
      model_ms: round(answered - asked),
      verify_ms: round(verified - answered),
      total_ms: round(sample.seedMs + verified - asked),
    },
    model: response && {
      content: response.content,
      reasoning_content: response.reasoning_content,
      model: response.model,
      finish_reason: response.finish_reason,
      tokens: response.tokens,
      latency_ms: round(tally.latencyMs),
      request_hash: sample.requestHash,
      response_hash: sha256(response.content),
    },
    model_error: modelError,
  };
}

/** A scorer that never settles must not hold the run: it ends with the abort, or as an error of its sample. */
async function withinLimit<T>(judging: Promise<T>, abort: AbortSignal): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  let onAbort: (() => void) | undefined;
  try {
    return await Promise.race([
      judging,
      new Promise<never>((_, reject) => {
        timer = setTimeout(() => reject(new Error(`the scorer gave no result within ${VERIFY_LIMIT_MS / 1000} s`)), VERIFY_LIMIT_MS);
        onAbort = () => reject(abort.reason instanceof Error ? abort.reason : new Error('aborted'));
        abort.addEventListener('abort', onAbort, { once: true });
      }),
    ]);
  } finally {
    clearTimeout(timer);
    if (onAbort) abort.removeEventListener('abort', onAbort);
  }
}

/** A cut answer is named so whatever the scorer made of its stump, unless it earned full credit. */
function answerFailure(verification: Verification, response: ModelResponse | null): AnswerFailure | null {
  if (verification.reward >= 1) return null;
  if (response?.finish_reason === 'length') return 'truncated';
  if (response?.finish_reason === 'content_filter') return 'content_filter';
  return verification.failure_category;
}

/** Milliseconds to microsecond precision: enough for any percentile, short in the files. */
function round(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}
