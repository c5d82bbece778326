/** What workflows, activities and clients agree on: names, arguments, results, queries, signals, updates. Only ids, ranges, counts and references travel. */

import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { SubmittedShards } from '../core/cluster.js';
import type { ClusterShard, ClusterShardReport } from '../core/cluster-shards.js';

export const WORKFLOWS = {
  runSuite: 'runSuite',
  runBenchmark: 'runBenchmark',
  runShard: 'runShard',
  gate: 'gate',
  nightly: 'nightly',
  slurmRun: 'slurmRun',
} as const;

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
  /** The cluster cannot be reached now (retryable). */
  clusterUnreachable: 'ClusterUnreachable',
  /** No job of the cluster has ended (retryable: that is how the next look is waited for). */
  nothingNew: 'NothingNew',
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
  /** Set when shards are jobs of a cluster. */
  readonly cluster?: { readonly shards: number; readonly max_attempts: number };
  /** Search attributes that this server knows. */
  readonly search_attributes: readonly SearchAttributeName[];
}

export interface BenchmarkPlan {
  readonly name: string;
  readonly model: string;
  /** 0: not known before the run, because another program makes them (core/harness.ts). */
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

/** Details of the heartbeat of another program's run. */
export interface HarnessHeartbeat {
  /** What it printed last, without credentials. */
  readonly last_line: string;
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

export interface NightlyInput {
  readonly schedule: string;
  /** DIR/<schedule>, absolute: its schedule.json says what is evaluated, held against what, and who is told. */
  readonly dir: string;
  /** Milliseconds after which the evaluation is given up: a night that hangs would keep all later ones from starting. */
  readonly time_limit_ms: number;
  readonly search_attributes: readonly SearchAttributeName[];
}

/** One night of a schedule. */
export interface NightRef {
  readonly schedule: string;
  readonly dir: string;
  /** Id of the night's run, also the name of its folder in `dir`. */
  readonly run_id: string;
  /** ISO time. */
  readonly started: string;
}

/** A night's run as it is to be started: run.json is written. */
export interface PreparedNight {
  readonly workflow_id: string;
  /** Its search_attributes are the workflow's to fill in. */
  readonly suite: SuiteInput;
  /** What gateRuns is to be given beside the baseline. */
  readonly gate: Omit<GateRef, 'baseline_dir'>;
}

/** What a night is held against. `none`: there is nothing yet, for the reason given. */
export type NightBaseline =
  | { readonly kind: 'run'; readonly dir: string; readonly run_id: string | null }
  | { readonly kind: 'none'; readonly reason: string };

/** How a night came to its end; only `gated` has held anything against a baseline. */
export type NightOutcome =
  | { readonly kind: 'gated'; readonly gate: GateResult; readonly baseline: { readonly dir: string; readonly run_id: string | null } }
  | { readonly kind: 'no-baseline'; readonly reason: string }
  | { readonly kind: 'failed'; readonly reason: string; readonly timed_out: boolean }
  | { readonly kind: 'cancelled'; readonly reason: string };

export interface NightResult {
  readonly run_id: string;
  /** null: the night came to no verdict. */
  readonly verdict: GateResult['verdict'] | null;
  readonly reasons: readonly string[];
  readonly score: number | null;
  readonly became_last_go: boolean;
  readonly notification: 'sent' | 'failed' | 'none';
}

/** What each activity of a night is given and gives; the engine carries them out (workers/night.ts). */
export interface NightSteps {
  prepareNight: { readonly ref: NightRef; readonly result: PreparedNight };
  nightBaseline: { readonly ref: NightRef; readonly result: NightBaseline };
  finishNight: { readonly ref: NightRef & { readonly outcome: NightOutcome }; readonly result: Omit<NightResult, 'notification'> };
  notifyNight: { readonly ref: NightRef; readonly result: NightResult['notification'] };
}

/** A run whose shards are jobs of a cluster. */
export interface ClusterRunInput extends RunRef {
  readonly benchmarks: readonly BenchmarkPlan[];
  readonly shards: number;
  readonly max_attempts: number;
  readonly max_error_rate: number;
  readonly search_attributes: readonly SearchAttributeName[];
  /** What earlier executions of a continued workflow know. */
  readonly carried?: ClusterState;
}

/** What a cluster run knows of its shards; small enough to be carried on. */
export interface ClusterState {
  /** Number of the attempt whose jobs were submitted last; 0: none yet. */
  readonly attempt: number;
  /** Attempts of which a job has not ended. */
  readonly submitted: readonly SubmittedShards[];
  readonly shards: readonly ClusterShard[];
}

/** A start of a run on a cluster: all its jobs carry the run's workflow id and its generation. */
export type ClusterRef = RunRef;

export interface ClusterSubmitRef extends ClusterRef {
  readonly attempt: number;
  readonly shards: readonly number[];
  readonly total: number;
}

export interface ClusterPollRef extends ClusterRef {
  readonly submitted: readonly SubmittedShards[];
}

/** Details of the heartbeat of a watch: what its last look saw. */
export interface ClusterHeartbeat {
  readonly shards: Readonly<Record<number, ClusterGlimpse>>;
  /** Milliseconds since the epoch of that look; absent before the first. */
  readonly looked_at?: number;
  /** Milliseconds since the epoch. */
  readonly changed_at: number;
}

export interface ClusterGlimpse extends Omit<ClusterShardReport, 'shard'> {
  /** Milliseconds since the epoch since when the cluster knows nothing of its job; absent: it does. */
  readonly unknown_since?: number;
}

export const clusterQuery = defineQuery<readonly ClusterShard[]>('cluster');

export function clusterWorkflowId(runWorkflowId: string): string {
  return `${runWorkflowId}/cluster`;
}
