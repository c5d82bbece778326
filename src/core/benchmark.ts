/** What a benchmark is: a data set, a prompt, a target and a scorer. Built-in ones and users' own (BYOB) are the same thing. */

import type { AnswerFailure } from './failures.js';
import type { JsonObject } from './json.js';
import type { JudgeCall, JudgeRequest } from './judge.js';
import type { ChatMessage, ContentPart, GenerationSettings } from './model.js';
import type { Sandbox } from './sandbox.js';

/** One row of a data set, as read. */
export type Row = Readonly<Record<string, unknown>>;

export interface ScorerInput {
  /** The model's answer; reasoning is not part of it. */
  readonly response: string;
  readonly target: string;
  readonly row: Row;
  /** The problem as the model was asked, as text: what a judge is shown. Absent where it is not known. */
  readonly prompt?: string;
}

/** What a scorer may use beyond its input. Asking for what the run has not configured throws a NelError that says how to. */
export interface ScorerTools {
  /** Runs code that a model wrote. */
  readonly sandbox: Sandbox;
  /** Asks the judge; the call is kept in the sample's trajectory. */
  judge(request: JudgeRequest): Promise<JudgeCall>;
  readonly signal: AbortSignal;
}

/** What a run must have configured before a scorer can work. */
export type ScorerNeed = 'sandbox' | 'judge';

export interface ScorerResult {
  readonly reward: number;
  /** What was taken from the response as its answer; null when nothing was found. */
  readonly extracted: string | null;
  readonly details?: JsonObject;
  /** Set where nothing could be taken from the response, or it is a refusal; a plain wrong answer has none. */
  readonly failure?: AnswerFailure;
}

/** A scorer has a name, which results carry as `scoring_method`. Pure ones live in core/scoring. */
export interface Scorer {
  readonly name: string;
  /** @param tools absent only where a scorer without `needs` is called by itself */
  score(input: ScorerInput, tools?: ScorerTools): ScorerResult | Promise<ScorerResult>;
  /** An answer that earns full credit, where the bare target does not: what the oracle solver answers. */
  readonly idealAnswer?: (target: string, row: Row) => string;
  readonly needs?: readonly ScorerNeed[];
  /** Settings that scores depend on (weights, a judge's rubric): part of the definition hash. */
  readonly settings?: JsonObject;
}

/** A sample as a summary sees it: what results.jsonl says of it. */
export interface SummarySample {
  readonly problem_idx: number;
  readonly repeat: number;
  readonly reward: number;
  readonly status: 'scored' | 'error';
  readonly extracted_answer: string | null;
  readonly expected_answer: string;
  readonly scoring_details: JsonObject;
  readonly metadata: JsonObject;
  readonly category: string | null;
}

/** Scores that are not means over samples (F1, circular evaluation, …), made in one pass over ordered samples. */
export interface ScoreSummary {
  add(sample: SummarySample): void;
  /** By metric name; each goes into the bundle's scores without an interval. */
  scores(): Readonly<Record<string, number>>;
}

/** A setting of a benchmark that its users may change, such as the number of few-shot examples. */
export type BenchmarkParameter = {
  readonly description: string;
} & (
  | { readonly type: 'integer'; readonly default: number; readonly min: number; readonly max: number }
  | { readonly type: 'boolean'; readonly default: boolean }
  | { readonly type: 'choice'; readonly default: string; readonly choices: readonly string[] }
);

export type ParameterValues = Readonly<Record<string, number | boolean | string>>;

/** What people want to know of a benchmark beside its definition; `nel list benchmarks --verbose` shows it. No score depends on it. */
export interface BenchmarkFacts {
  /** Where the benchmark was published. */
  readonly paper?: string;
  /** Licence of the data set. */
  readonly licence?: string;
  /** By whose rule answers are scored. */
  readonly rule?: string;
  /** What the right answer is. */
  readonly target?: string;
  /** What scores are also reported for. */
  readonly categories?: string;
  /** An invented row in the form of the data set's: shows how a problem is asked where the prompt is a function. */
  readonly sample?: Row;
}

/** Examples before the problem, taken from rows (a training or development split). */
export interface FewShotSource {
  readonly dataset: DatasetRef;
  readonly localPath?: string;
  readonly requiredFields: readonly string[];
  /** Examples before each problem. */
  readonly count: number;
  /** Which rows may be shown before `row`; the first `count` of them are. Default: all. */
  readonly eligible?: (example: Row, row: Row) => boolean;
  /** The two turns of an example. */
  readonly turns: (example: Row) => { readonly user: string; readonly assistant: string };
}

/** A function that the model may call while it works on a problem. */
export interface BenchmarkTool {
  readonly name: string;
  readonly description: string;
  /** JSON Schema of the arguments. */
  readonly parameters: JsonObject;
  /** What the model is told. A thrown error is told as its message; it is no failure of the sample. */
  run(args: JsonObject, row: Row, signal: AbortSignal): string | Promise<string>;
}

/** A data set: rows in an array, or an address (`hf://org/name?split=…`, a .jsonl, .csv, … path). */
export type DatasetRef = string | readonly Row[];

export interface Benchmark {
  /** Letters, digits, `_`, `-`, `.`: it names a folder and matches baseline and candidate. */
  readonly name: string;
  readonly description: string;
  readonly dataset: DatasetRef;
  /** Path under NEL_DATA_DIR that holds the same rows, for machines without network. */
  readonly localPath?: string;
  /** Names of the columns of a CSV or TSV file that has no header. */
  readonly columns?: readonly string[];
  /** Fields that every row must have; a row without one is an error with file and row. */
  readonly requiredFields: readonly string[];
  /** The prompt: a template with `{field}`, or a function of the row that gives a text, or text and images in order. */
  readonly prompt: string | ((row: Row) => string | readonly ContentPart[]);
  readonly systemPrompt?: string;
  /** Turns put before the prompt (few-shot examples). */
  readonly fewShot?: readonly ChatMessage[] | FewShotSource;
  /** The target: a field's name, or a function of the row. */
  readonly target: string | ((row: Row) => string);
  /** The category: a field's name, or a function of the row. */
  readonly category?: string | ((row: Row) => string | null);
  readonly scorer: Scorer;
  /** Fields of the row that go into a sample's metadata. */
  readonly metadataFields?: readonly string[];
  /** Settings that this benchmark's authors prescribe; the config overrides them. */
  readonly generation?: GenerationSettings;
  readonly tools?: readonly BenchmarkTool[];
  readonly createSummary?: () => ScoreSummary;
  readonly about?: BenchmarkFacts;
  /** Settings that `withParameters` takes; absent: there are none. */
  readonly parameters?: Readonly<Record<string, BenchmarkParameter>>;
  /** The values that this benchmark was made with: part of the definition hash. */
  readonly parameterValues?: ParameterValues;
  /** The same benchmark with other values; those not given are the defaults. Values are checked by the caller (see core/parameters.ts). */
  readonly withParameters?: (values: ParameterValues) => Benchmark;
}
