/** What a benchmark is: a data set, a prompt, a target and a scorer. Built-in ones and users' own (BYOB) are the same thing. */

import type { AnswerFailure } from './failures.js';
import type { JsonObject } from './json.js';
import type { ChatMessage } from './model.js';

/** One row of a data set, as read. */
export type Row = Readonly<Record<string, unknown>>;

export interface ScorerInput {
  /** The model's answer; reasoning is not part of it. */
  readonly response: string;
  readonly target: string;
  readonly row: Row;
}

export interface ScorerResult {
  readonly reward: number;
  /** What was taken from the response as its answer; null when nothing was found. */
  readonly extracted: string | null;
  readonly details?: JsonObject;
  /** Set where nothing could be taken from the response; a plain wrong answer has none. */
  readonly failure?: AnswerFailure;
}

/** A scorer has a name, which results carry as `scoring_method`. Pure ones live in core/scoring. */
export interface Scorer {
  readonly name: string;
  score(input: ScorerInput): ScorerResult | Promise<ScorerResult>;
  /** An answer that earns full credit for a target, where the bare target does not: what a self-test answers. */
  readonly idealAnswer?: (target: string) => string;
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
  /** Fields that every row must have; a row without one is an error with file and row. */
  readonly requiredFields: readonly string[];
  /** The prompt: a template with `{field}`, or a function of the row. */
  readonly prompt: string | ((row: Row) => string);
  readonly systemPrompt?: string;
  /** Turns put before the prompt (few-shot examples). */
  readonly fewShot?: readonly ChatMessage[];
  /** The target: a field's name, or a function of the row. */
  readonly target: string | ((row: Row) => string);
  /** The category: a field's name, or a function of the row. */
  readonly category?: string | ((row: Row) => string | null);
  readonly scorer: Scorer;
  /** Fields of the row that go into a sample's metadata. */
  readonly metadataFields?: readonly string[];
  /** Settings that this benchmark's authors prescribe; the config overrides them. */
  readonly generation?: import('./model.js').GenerationSettings;
}
