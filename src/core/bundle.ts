/** The artifact types of a benchmark: the bundle, runtime_stats.json, failure_analysis.json. */

import type { FailureCategory } from './failures.js';
import type { JsonObject } from './json.js';
import type { SampleKey } from './sample.js';
import type { ProblemRange, Shard } from './shards.js';

/** A score with its 95% interval; null where n is too small for one. */
export interface Score {
  readonly value: number | null;
  readonly ci_lower: number | null;
  readonly ci_upper: number | null;
  /** How the interval was made: `wilson`, `student-t`, or `none`. */
  readonly method: string;
  /** Items (problems) that the score is over. */
  readonly n: number;
}

export interface CategoryScore {
  readonly mean_reward: number;
  readonly n: number;
  readonly ci_lower: number | null;
  readonly ci_upper: number | null;
}

/** OUT/<benchmark>/eval-<id>.json. */
export interface Bundle {
  readonly schema_version: 1;
  readonly run_id: string;
  readonly config_hash: string;
  readonly nel_version: string;
  readonly timestamp: string;
  /** The benchmark's resolved config, without secrets. */
  readonly config: JsonObject;
  readonly benchmark: {
    readonly name: string;
    /** Samples expected: problems × repeats. */
    readonly samples: number;
    readonly repeats: number;
    /** `mean_reward`, and `pass@k` with k = 1, 2, 4 … repeats. */
    readonly scores: Readonly<Record<string, Score>>;
    readonly categories: Readonly<Record<string, CategoryScore>>;
  };
  readonly dataset: { readonly source: string; readonly fingerprint: string; readonly size: number; readonly revision: string | null };
  readonly coverage: {
    readonly expected: number;
    readonly scored: number;
    readonly errors: number;
    /** Of a merge with --allow-partial: shards that were not there, and how many samples they hold. */
    readonly missing?: { readonly shards: readonly number[]; readonly samples: number };
  };
  /** Of a shard's bundle: its scores are over its problems [start, end) only. */
  readonly shard?: Shard & ProblemRange;
  readonly runtime: RuntimeStats;
  readonly failures: Readonly<Partial<Record<FailureCategory, number>>>;
  readonly n_results: number;
}

/** Percentiles of a phase, milliseconds; null without samples. */
export interface Percentiles {
  readonly p50: number | null;
  readonly p90: number | null;
  readonly p99: number | null;
}

/** OUT/<benchmark>/runtime_stats.json. Token totals are 0 where the endpoint reports none. */
export interface RuntimeStats {
  readonly total_steps: number;
  readonly total_tokens: number;
  readonly total_prompt_tokens: number;
  readonly total_completion_tokens: number;
  readonly total_reasoning_tokens: number;
  /** Seconds in which at least one sample was under way, over all attempts: the time that a run lay still is left out. */
  readonly elapsed_seconds: number;
  readonly latency_percentiles_ms: Percentiles;
  readonly tokens_per_second: number | null;
  readonly steps_per_second: number | null;
  readonly model_errors: number;
  readonly total_retries: number;
  readonly finish_reason_counts: Readonly<Record<string, number>>;
  readonly phase_percentiles_ms: { readonly seed: Percentiles; readonly model: Percentiles; readonly verify: Percentiles };
}

export interface FailureExemplar extends SampleKey {
  /** What the model answered or the endpoint said, cut to 200 characters. */
  readonly text: string;
}

/** OUT/<benchmark>/failure_analysis.json. */
export interface FailureAnalysis {
  readonly total_steps: number;
  readonly total_failures: number;
  /** Share of the steps, 0 to 1. */
  readonly failure_rate: number;
  readonly categories: Readonly<
    Partial<
      Record<FailureCategory, { readonly count: number; readonly percentage: number; readonly exemplars: readonly FailureExemplar[] }>
    >
  >;
}
