/** One sample: seed → solve → verify → record. What goes wrong on the way becomes part of the record or stops the batch. */

import type { Environment, Seed, Verification } from '../core/environment.js';
import { errorMessage, NelError } from '../core/errors.js';
import type { AnswerFailure } from '../core/failures.js';
import { type JudgeCall, NoVerdictError } from '../core/judge.js';
import { type ChatMessage, type Model, ModelCallError, type ModelRequest, type ModelResponse } from '../core/model.js';
import type { RecordedModelError, SampleKey, SampleRecord } from '../core/sample.js';
import type { Solution, Solver } from '../core/solver.js';
import { type CallRuntime, type CallSignals, type CallTally, callWithRetries, type RetryPolicy } from './call.js';
import { type Endpoint, EndpointDownError } from './endpoint.js';
import { hashJson, sha256 } from './hash.js';

/** Longest that scoring one answer may take where no judge is asked; code execution has its own, shorter limits. */
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
 * @param onUnjudged takes the record of a paid answer that is not judged: while its judge takes its time, or before its failure is thrown
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
  const done = { context, sample, solution, tally, asked, answered: runtime.now() };
  if (solution === undefined) return makeRecord({ ...done, modelError });
  return judge(done, solution.response, signals, onUnjudged);
}

/** Scores the answer. A paid answer is never lost: not to a judge that fails, and not to a process that dies while a judge takes its time. */
async function judge(
  done: Omit<RecordInput, 'verification' | 'modelError' | 'judgeCalls'>,
  response: string,
  { abort }: CallSignals,
  onUnjudged: (record: SampleRecord) => Promise<void>,
): Promise<SampleRecord> {
  const { context, sample } = done;
  let noted = sample.paid !== null;
  /** Writes the answer down as one that an earlier generation could not judge: when the batch is tried again, it is judged and not asked. */
  const note = async (message: string): Promise<void> => {
    if (noted) return;
    noted = true;
    const record = makeRecord({ ...done, modelError: { category: 'verify_error', message, status: null } });
    await onUnjudged({ ...record, generation: context.generation - 1 });
  };
  try {
    const judging = context.environment.verify(sample.seed, response, abort);
    if (judging instanceof Promise && (await takesLonger(judging))) await note('not judged yet');
    const limit = context.environment.asksJudge ? null : VERIFY_LIMIT_MS;
    const verification = judging instanceof Promise ? await withinLimit(judging, limit, abort) : judging;
    if (!Number.isFinite(verification.reward))
      throw new Error(`the scorer ${verification.scoring_method} gave the reward ${verification.reward}`);
    return makeRecord({ ...done, modelError: null, verification });
  } catch (error) {
    const message = errorMessage(error);
    if (abort.aborted || endsBatch(error)) {
      await note(message);
      throw error;
    }
    const modelError: RecordedModelError = { category: 'verify_error', message, status: null };
    return makeRecord({ ...done, modelError, ...(error instanceof NoVerdictError ? { judgeCalls: error.judgeCalls } : {}) });
  }
}

const PENDING = Symbol('pending');

/** Whether a judgement is still out after a turn of the event loop; pure scorers are done by then. @throws what it throws */
async function takesLonger(judging: Promise<Verification>): Promise<boolean> {
  const turn = new Promise<typeof PENDING>((resolve) => setImmediate(resolve, PENDING));
  return (await Promise.race([judging, turn])) === PENDING;
}

/**
 * A judge that is down or refuses every call is no fault of the sample: the batch waits or the run stops, as for the model itself. Nor is
 * a config that lacks what the scorer needs.
 */
export function endsBatch(error: unknown): boolean {
  if (error instanceof NelError) return error.kind === 'config';
  return error instanceof EndpointDownError || (error instanceof ModelCallError && error.disposition === 'stop_run');
}

interface RecordInput {
  readonly context: SampleContext;
  readonly sample: PreparedSample;
  readonly solution: Solution | undefined;
  readonly modelError: RecordedModelError | null;
  readonly tally: CallTally;
  readonly asked: number;
  readonly answered: number;
  readonly verification?: Verification;
  /** What a judge was asked in vain. */
  readonly judgeCalls?: readonly JudgeCall[];
}

function makeRecord(input: RecordInput): SampleRecord {
  const { context, sample, solution, verification, modelError, tally, asked, answered } = input;
  const { paid } = sample;
  const judgeCalls = verification?.judge_calls ?? input.judgeCalls;
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
    // With the turns of the solver that was paid.
    messages: paid?.messages ?? recordedMessages([...sample.seed.messages, ...(solution?.turns ?? [])]),
    request_hash: sample.requestHash,
    attempts: Math.max(1, tally.attempts),
    timing: {
      seed_ms: round(sample.seedMs),
      model_ms: paid?.timing.model_ms ?? round(answered - asked),
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
    ...(judgeCalls === undefined ? {} : { judge_calls: judgeCalls }),
  };
}

/** A scorer that never settles must not hold the run: it ends with the abort, or as an error of its sample. */
async function withinLimit<T>(judging: Promise<T>, limitMs: number | null, abort: AbortSignal): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  let onAbort: (() => void) | undefined;
  try {
    return await Promise.race([
      judging,
      new Promise<never>((_, reject) => {
        if (limitMs !== null) timer = setTimeout(() => reject(new Error(`the scorer gave no result within ${limitMs / 1000} s`)), limitMs);
        onAbort = () => reject(abort.reason instanceof Error ? abort.reason : new Error('aborted'));
        if (abort.aborted) onAbort();
        else abort.addEventListener('abort', onAbort, { once: true });
      }),
    ]);
  } finally {
    clearTimeout(timer);
    if (onAbort) abort.removeEventListener('abort', onAbort);
  }
}

/** A cut answer is named so whatever the scorer made of its stump, unless it earned full credit. */
export function answerFailure(
  verification: Pick<Verification, 'reward' | 'failure_category'>,
  response: Pick<ModelResponse, 'finish_reason'> | null,
): AnswerFailure | null {
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
