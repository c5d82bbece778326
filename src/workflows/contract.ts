/** What workflows, activities and clients agree on: names, arguments, results, queries, signals, updates. Only ids, ranges, counts and references travel. */

import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';

export const WORKFLOWS = { runSuite: 'runSuite', runBenchmark: 'runBenchmark', runShard: 'runShard', gate: 'gate' } as const;

/** Search attributes that this project sets, with their types; see client/search-attributes.ts for servers that do not know them. */
export const SEARCH_ATTRIBUTES = {
  NelRun: 'KEYWORD',
  NelBenchmark: 'KEYWORD',
  NelModel: 'KEYWORD',
  NelVerdict: 'KEYWORD',
  NelScore: 'DOUBLE',
} as const;
export type SearchAttributeName = keyof typeof SEARCH_ATTRIBUTES;

/** Types of ApplicationFailure that activities and workflows throw; each is non-retryable but where said otherwise. */
export const FAILURES = {
  /** The endpoint does not answer; the shard waits for it. */
  endpointDown: 'EndpointDown',
  /** No call can succeed: wrong key, unknown model, bad request. */
  endpointRefused: 'EndpointRefused',
  /** Config, data set, journal or disk. */
  badInput: 'BadInput',
  /** More errors than max_error_rate. */
  tooManyErrors: 'TooManyErrors',
  /** The worker shuts down (retryable: another one goes on). */
  workerShutdown: 'WorkerShutdown',
  /** The suite's own: details[0] is the SuiteResult. */
  runFailed: 'RunFailed',
} as const;

/** A run on disk. `spec_hash` fails a worker that would read another run.json than the client wrote. */
export interface RunRef {
  readonly run_dir: string;
  readonly run_id: string;
  readonly spec_hash: string;
  readonly generation: number;
}

export interface SuiteInput extends RunRef {
  readonly benchmarks: readonly BenchmarkPlan[];
  readonly batch_size: number;
  readonly max_error_rate: number;
  /** Search attributes that this server knows. */
  readonly search_attributes: readonly SearchAttributeName[];
}

export interface BenchmarkPlan {
  readonly name: string;
  readonly model: string;
  readonly samples: number;
  /** Most calls in flight at its endpoint. */
  readonly concurrency: number;
}

export interface BenchmarkInput extends RunRef {
  readonly benchmark: BenchmarkPlan;
  readonly batch_size: number;
  readonly max_error_rate: number;
  readonly search_attributes: readonly SearchAttributeName[];
}

export interface ShardInput extends RunRef {
  readonly benchmark: string;
  /** Samples [start, end), by ordinal. */
  readonly start: number;
  readonly end: number;
  readonly batch_size: number;
  readonly concurrency: number;
  /** The shard ends early, with what it has, once its errors exceed this. */
  readonly max_errors: number;
  /** What earlier executions of a continued shard came to. */
  readonly carried?: Totals;
  readonly paused?: boolean;
}

export interface BatchRef extends RunRef {
  readonly benchmark: string;
  readonly start: number;
  readonly end: number;
  readonly concurrency: number;
}

/** Sums over samples. */
export interface Totals {
  readonly scored: number;
  readonly errors: number;
  readonly reward_sum: number;
  readonly tokens: number;
}

export const NO_TOTALS: Totals = { scored: 0, errors: 0, reward_sum: 0, tokens: 0 };

export function addTotals(a: Totals, b: Totals): Totals {
  return { scored: a.scored + b.scored, errors: a.errors + b.errors, reward_sum: a.reward_sum + b.reward_sum, tokens: a.tokens + b.tokens };
}

/** Details of a batch's heartbeat. */
export interface BatchHeartbeat {
  readonly totals: Totals;
  /** Calls of this batch that are in flight. */
  readonly in_flight: number;
  /** How many calls the endpoint is thought to bear now, in the batch's thread. */
  readonly limit: number;
}

export interface BenchmarkResult {
  readonly benchmark: string;
  readonly status: 'completed' | 'failed' | 'cancelled';
  /** Why it failed, for people. */
  readonly reason: string | null;
  readonly mean_reward: number | null;
  readonly bundle: string | null;
}

export interface SuiteResult {
  readonly run_id: string;
  readonly benchmarks: readonly BenchmarkResult[];
}

/** Where a shard stands; sums are those of finished batches. */
export interface ShardProgress {
  readonly samples: number;
  readonly totals: Totals;
  readonly state: 'running' | 'paused' | 'waiting' | 'done';
  /** Why it waits, for people. */
  readonly waiting_for: string | null;
}

export const progressQuery = defineQuery<ShardProgress>('progress');
export const pauseSignal = defineSignal('pause');
export const resumeSignal = defineSignal('resume');
export const concurrencySignal = defineSignal<[number]>('concurrency');
/** Most calls in flight at each endpoint from the next batch on; 1 to 100,000. */
export const setConcurrencyUpdate = defineUpdate<number, [number]>('setConcurrency');

export function benchmarkWorkflowId(runWorkflowId: string, benchmark: string): string {
  return `${runWorkflowId}/${benchmark}`;
}

export function shardWorkflowId(runWorkflowId: string, benchmark: string, shard: number): string {
  return `${benchmarkWorkflowId(runWorkflowId, benchmark)}/shard-${shard}`;
}

/** A side of a gate: results that are there, or a run that makes them. */
export type GateSide = { readonly dir: string } | { readonly dir: string; readonly workflow_id: string; readonly suite: SuiteInput };

/** What the gate activity needs; all paths are absolute. */
export interface GateRef {
  readonly baseline_dir: string;
  readonly candidate_dir: string;
  readonly policy_file: string;
  readonly evidence: 'point' | 'confidence' | null;
  readonly force: boolean;
  /** Where the JSON report is written. */
  readonly report_file: string;
}

export interface GateInput {
  readonly baseline: GateSide;
  readonly candidate: GateSide;
  readonly policy_file: string;
  readonly evidence: 'point' | 'confidence' | null;
  readonly force: boolean;
  readonly report_file: string;
  readonly search_attributes: readonly SearchAttributeName[];
}

export interface GateResult {
  readonly verdict: 'GO' | 'NO-GO' | 'INCONCLUSIVE';
  readonly verdict_reasons: readonly string[];
  readonly report_file: string;
}
