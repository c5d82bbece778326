/** One sample: seed → solve → verify → record. What goes wrong on the way becomes part of the record or stops the batch. */

import type { Environment, Seed, Verification } from '../core/environment.js';
import { errorMessage } from '../core/errors.js';
import type { AnswerFailure } from '../core/failures.js';
import { type ChatMessage, type Model, ModelCallError, type ModelRequest, type ModelResponse } from '../core/model.js';
import type { RecordedModelError, SampleKey, SampleRecord } from '../core/sample.js';
import type { Solution, Solver } from '../core/solver.js';
import { type CallRuntime, type CallSignals, type CallTally, callWithRetries, type RetryPolicy } from './call.js';
import { type Endpoint, EndpointDownError } from './endpoint.js';
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
 * @param onUnjudged takes the record of a paid answer whose judge failed, before the failure is thrown
 * @throws ModelCallError with disposition `stop_run`, EndpointDownError, or an abort: the batch ends, the sample is not recorded
 */
export async function runSample(
  context: SampleContext,
  sample: PreparedSample,
  signals: CallSignals,
  onUnjudged: (record: SampleRecord) => Promise<void> = () => Promise.resolve(),
): Promise<SampleRecord> {
  const { runtime } = context;
  const paid = sample.paid?.model ?? null;
  const tally: CallTally = { attempts: sample.paid?.attempts ?? 0, latencyMs: paid?.latency_ms ?? 0 };
  const asked = runtime.now();
  let solution: Solution | undefined;
  let modelError: RecordedModelError | null = null;
  let judgeFailure: unknown;
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
      judgeFailure = endsBatch(error) ? error : undefined;
    }
  }
  const record = makeRecord({ context, sample, solution, verification, modelError, tally, asked, answered });
  if (judgeFailure !== undefined) {
    // The answer is paid for: it is written down as one that an earlier generation could not judge, and judged when the batch is tried again.
    await onUnjudged({ ...record, generation: context.generation - 1 });
    throw judgeFailure;
  }
  return record;
}

/** A judge that is down or refuses every call is no fault of the sample: the batch waits or the run stops, as for the model itself. */
function endsBatch(error: unknown): boolean {
  return error instanceof EndpointDownError || (error instanceof ModelCallError && error.disposition === 'stop_run');
}

function makeRecord(input: {
  readonly context: SampleContext;
  readonly sample: PreparedSample;
  readonly solution: Solution | undefined;
  readonly verification: Verification | undefined;
  readonly modelError: RecordedModelError | null;
  readonly tally: CallTally;
  readonly asked: number;
  readonly answered: number;
}): SampleRecord {
  const { context, sample, solution, verification, modelError, tally, asked, answered } = input;
  const verified = context.runtime.now();
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
    messages: recordedMessages(solution?.turns === undefined ? sample.seed.messages : [...sample.seed.messages, ...solution.turns]),
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
    ...(verification?.judge_calls === undefined ? {} : { judge_calls: verification.judge_calls }),
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

/** Images are recorded by their hash: a trajectory would carry megabytes of each. */
function recordedMessages(messages: readonly ChatMessage[]): readonly ChatMessage[] {
  if (messages.every(({ content }) => typeof content === 'string')) return messages;
  return messages.map((message) =>
    typeof message.content === 'string'
      ? message
      : {
          ...message,
          content: message.content.map((part) =>
            part.type === 'image_url' && part.image_url.url.startsWith('data:')
              ? {
                  ...part,
                  image_url: {
                    ...part.image_url,
                    url: `${part.image_url.url.slice(0, part.image_url.url.indexOf(',') + 1)}${sha256(part.image_url.url)}`,
                  },
                }
              : part,
          ),
        },
  );
}

/** Milliseconds to microsecond precision: enough for any percentile, short in the files. */
function round(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}
