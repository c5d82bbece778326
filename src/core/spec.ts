/** A run's resolved config: what config/ makes of flags, file and environment, what run.json keeps, what the workflows carry out. */

import type { ParameterValues } from './benchmark.js';
import type { ServedModel, SlurmCluster } from './cluster.js';
import type { DatasetInfo } from './environment.js';
import type { JsonObject } from './json.js';
import type { KubernetesCluster } from './kubernetes.js';
import type { GenerationSettings, Protocol } from './model.js';
import type { SandboxLimits, SandboxType } from './sandbox.js';
import type { Shard } from './shards.js';

/** A model endpoint. Only the name of the variable that holds its key is known here, never the key. */
export interface ServiceSpec {
  /** `vllm`, `command`: each job of a cluster serves it for itself. */
  readonly type: 'api' | 'vllm' | 'command';
  /** How a job serves it; absent for `api`. */
  readonly served?: ServedModel;
  /** Base URL without `/chat/completions` or `/completions`. */
  readonly url: string;
  readonly protocol: Protocol;
  readonly model: string;
  /** Name of the environment variable with the API key, or null for an endpoint without one. */
  readonly api_key_env: string | null;
  readonly generation: GenerationSettings;
  /** Most calls in flight; the adaptive limiter stays at or below it. */
  readonly concurrency: number;
  /** Seconds until an attempt is given up. */
  readonly request_timeout: number;
  /** Attempts beyond the first before a sample is an error. Waiting out a 429 is not counted. */
  readonly max_retries: number;
}

/** How problems become answers. `service` is a key in `services`; solvers that ask no model have none. */
export type SolverSpec =
  | { readonly type: 'simple' | 'vlm'; readonly service: string }
  | {
      readonly type: 'tool_calling';
      readonly service: string;
      /** Most model calls a sample; the last one gets no tools. */
      readonly max_turns: number;
    }
  /** Answers the target: a self-test. */
  | { readonly type: 'oracle'; readonly service: null }
  /** Recorded answers from a JSON Lines file, found by problem_idx or by prompt; `auto`: by what the file's first line has. */
  | { readonly type: 'replay'; readonly service: null; readonly file: string; readonly key: ReplayKey };

export type ReplayKey = 'auto' | 'problem_idx' | 'prompt';

/** A score beside the reward: a scorer by name with its options, or a judge. */
export type MetricSpec = ScorerMetricSpec | JudgeMetricSpec;

export interface ScorerMetricSpec {
  /** A name of benchmarks/metrics.ts: `exact_match`, `token_f1`, … */
  readonly type: string;
  /** Name of the score in the results and the bundle. */
  readonly name: string;
  readonly options: JsonObject;
}

export interface JudgeMetricSpec {
  readonly type: 'judge';
  readonly name: string;
  readonly service: string;
  /** What is graded and how; null: the benchmark's own scorer asks this judge. */
  readonly rubric: string | null;
  /** Lowest and highest grade; scores are reported as (grade − lowest) / (highest − lowest). */
  readonly scale: readonly [number, number];
  /** Questions a sample; the score is their mean. */
  readonly repeats: number;
  /** `pairwise`: the answer against the expected one, asked both ways round. */
  readonly mode: 'grade' | 'pairwise';
  /** Let a model judge its own answers. */
  readonly allow_same_model: boolean;
}

export interface SandboxSpec {
  /** Null: the strongest that the machine has. */
  readonly type: SandboxType | null;
  readonly limits: Partial<SandboxLimits>;
  /** Image of the docker sandbox; null: its default. */
  readonly image: string | null;
}

export interface BenchmarkSpec {
  /** What the user named: a built-in benchmark, or the absolute path of a BYOB file. */
  readonly ref: string;
  readonly repeats: number;
  /** First N problems only; null: all. */
  readonly max_problems: number | null;
  readonly system_prompt: string | null;
  readonly solver: SolverSpec;
  /** Overrides of the service's generation settings for this benchmark. */
  readonly generation: GenerationSettings;
  /** Values of the benchmark's parameters that were given; the others are its defaults. */
  readonly params: ParameterValues;
  readonly metrics: readonly MetricSpec[];
  readonly sandbox: SandboxSpec;
}

/** Where a run's files go. */
export interface OutputSpec {
  /** Absolute path: the output directory, or this machine's working copy of what is kept at `remote`. */
  readonly dir: string;
  /** `s3://bucket/prefix`; absent: the files stay in `dir`. */
  readonly remote?: string;
}

export type ClusterSpec = SlurmCluster | KubernetesCluster;

export interface RunSpec {
  readonly services: Readonly<Record<string, ServiceSpec>>;
  readonly benchmarks: readonly BenchmarkSpec[];
  readonly output: OutputSpec;
  /** Where shards run; absent: here. */
  readonly cluster?: ClusterSpec;
  /** Largest share of samples that may end as errors, 0 to 1; above it the run fails. */
  readonly max_error_rate: number;
}

/** A benchmark of a run once its data set was opened. */
export interface PlannedBenchmark {
  readonly spec: BenchmarkSpec;
  /** benchmark.name; also the folder under OUT. */
  readonly name: string;
  readonly dataset: DatasetInfo;
  /** Problems evaluated: the data set's size, or max_problems if smaller. */
  readonly n_problems: number;
  /** `sha256:` of what defines prompts and scores beyond the spec: templates, few-shot turns, a BYOB file's text. */
  readonly definition_hash: string;
  /** What a difference of config is judged by and the bundle carries: all that can change an answer or a score. */
  readonly identity: JsonObject;
  /** `sha256:` of identity. */
  readonly config_hash: string;
}

/** OUT/run.json: from it alone a run can be resumed. */
export interface RunFile {
  readonly schema_version: 1;
  readonly run_id: string;
  readonly workflow_id: string;
  readonly nel_version: string;
  readonly created: string;
  /** 0 at first, one more with each resume of a run that had ended. */
  readonly generation: number;
  /** `sha256:` over all benchmarks' config hashes. */
  readonly spec_hash: string;
  readonly spec: RunSpec;
  readonly benchmarks: readonly PlannedBenchmark[];
  /** Samples a batch; fixed for the life of the run, as it names the journal's files. */
  readonly batch_size: number;
  /** The run whose answers were scored again here; absent: the answers are this run's own. */
  readonly rescored_from?: string;
  /** This directory holds one shard of the run; absent: the whole of it. */
  readonly shard?: Shard;
}
