/** A sample, (problem, repeat), from its journal line to its line in results.jsonl and trajectories.jsonl. */

import type { FailureCategory } from './failures.js';
import type { JsonObject } from './json.js';
import type { JudgeCall } from './judge.js';
import type { ChatMessage, TokenCounts } from './model.js';

export interface SampleKey {
  /** Index of the problem in the data set, from 0. */
  readonly problem_idx: number;
  /** From 0 to repeats − 1. */
  readonly repeat: number;
}

/** `scored`: the model answered and the answer was judged. `error`: there is no judged answer; reward 0, retried by `--resume`. */
export type SampleStatus = 'scored' | 'error';

/** Wall time by phase, milliseconds. `model_ms` includes waiting for a slot and retries; `latency_ms` does not. */
export interface SampleTiming {
  readonly seed_ms: number;
  readonly model_ms: number;
  readonly verify_ms: number;
  readonly total_ms: number;
}

/** The model's reply as kept in the trajectory. `latency_ms` is that of the attempt that answered. */
export interface RecordedResponse {
  readonly content: string;
  readonly reasoning_content: string | null;
  readonly model: string;
  readonly finish_reason: string | null;
  readonly tokens: TokenCounts;
  readonly latency_ms: number;
  readonly request_hash: string;
  readonly response_hash: string;
}

export interface RecordedModelError {
  readonly category: FailureCategory;
  readonly message: string;
  readonly status: number | null;
}

/** All that is known of a completed sample: one line of a shard's journal. Both artifacts are views of it. */
export interface SampleRecord extends SampleKey {
  readonly step_id: string;
  /** When the sample was completed, ISO 8601 UTC. */
  readonly timestamp: string;
  /** Counts the resumes of the run: an error of an earlier generation is tried again. */
  readonly generation: number;
  readonly status: SampleStatus;
  readonly reward: number;
  readonly extracted_answer: string | null;
  readonly expected_answer: string;
  readonly scoring_method: string;
  readonly scoring_details: JsonObject;
  readonly failure_category: FailureCategory | null;
  readonly category: string | null;
  readonly metadata: JsonObject;
  readonly prompt: string;
  readonly messages: readonly ChatMessage[];
  /** `sha256:` of the canonical first request: an answer to another request is never taken for this sample's. */
  readonly request_hash: string;
  /** Model calls made, answered or not; at least 1. */
  readonly attempts: number;
  readonly timing: SampleTiming;
  readonly model: RecordedResponse | null;
  readonly model_error: RecordedModelError | null;
  /** Absent where no judge was asked. */
  readonly judge_calls?: readonly JudgeCall[];
}

/** One line of results.jsonl. */
export interface ResultLine extends SampleKey {
  readonly reward: number;
  readonly status: SampleStatus;
  readonly extracted_answer: string | null;
  readonly expected_answer: string;
  readonly scoring_details: JsonObject;
  readonly metadata: JsonObject;
  readonly tokens: TokenCounts | null;
  readonly latency_ms: number | null;
  readonly finish_reason: string | null;
  readonly failure_category: FailureCategory | null;
  readonly attempts: number;
}

/** One line of trajectories.jsonl. */
export interface TrajectoryLine extends SampleKey {
  readonly step_id: string;
  readonly timestamp: string;
  readonly prompt: string;
  readonly messages: readonly ChatMessage[];
  readonly expected_answer: string;
  readonly reward: number;
  readonly extracted_answer: string | null;
  readonly scoring_method: string;
  readonly scoring_details: JsonObject;
  readonly seed_metadata: JsonObject;
  readonly timing: SampleTiming;
  readonly failure_category: FailureCategory | null;
  /** Model calls beyond the first. */
  readonly retries: number;
  readonly model: RecordedResponse | null;
  readonly model_error: RecordedModelError | null;
  readonly judge_calls?: readonly JudgeCall[];
}

export function toResultLine(record: SampleRecord): ResultLine {
  return {
    problem_idx: record.problem_idx,
    repeat: record.repeat,
    reward: record.reward,
    status: record.status,
    extracted_answer: record.extracted_answer,
    expected_answer: record.expected_answer,
    scoring_details: record.scoring_details,
    metadata: record.category === null ? record.metadata : { ...record.metadata, category: record.category },
    tokens: record.model?.tokens ?? null,
    latency_ms: record.model?.latency_ms ?? null,
    finish_reason: record.model?.finish_reason ?? null,
    failure_category: record.failure_category,
    attempts: record.attempts,
  };
}

export function toTrajectoryLine(record: SampleRecord): TrajectoryLine {
  return {
    step_id: record.step_id,
    problem_idx: record.problem_idx,
    repeat: record.repeat,
    timestamp: record.timestamp,
    prompt: record.prompt,
    messages: record.messages,
    expected_answer: record.expected_answer,
    reward: record.reward,
    extracted_answer: record.extracted_answer,
    scoring_method: record.scoring_method,
    scoring_details: record.scoring_details,
    seed_metadata: record.metadata,
    timing: record.timing,
    failure_category: record.failure_category,
    retries: record.attempts - 1,
    model: record.model,
    model_error: record.model_error,
    ...(record.judge_calls === undefined ? {} : { judge_calls: record.judge_calls }),
  };
}

/** Samples of a benchmark stand in one line, ordered by (problem_idx, repeat); `ordinal` is a sample's place in it. */
export function sampleOrdinal(key: SampleKey, repeats: number): number {
  return key.problem_idx * repeats + key.repeat;
}

/** The inverse of sampleOrdinal. */
export function sampleAt(ordinal: number, repeats: number): SampleKey {
  return { problem_idx: Math.floor(ordinal / repeats), repeat: ordinal % repeats };
}

/** Most samples of `samples` that may end as errors; 0.29 × 100 is 28.999… in doubles, and means 29. */
export function allowedErrors(maxErrorRate: number, samples: number): number {
  return Math.floor(maxErrorRate * samples + 1e-9);
}
