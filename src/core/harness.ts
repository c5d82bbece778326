/**
 * The port to a harness: another evaluation program that asks the endpoint by itself and leaves result files behind. A benchmark of one is
 * named `lm-eval://TASK` or `harness://NAME`; how many samples it has is known only when the program has ended.
 */

import { NelError } from './errors.js';
import type { JsonObject } from './json.js';
import type { GenerationSettings } from './model.js';
import type { SampleRecord } from './sample.js';
import type { BenchmarkSpec, ServiceSpec } from './spec.js';

export const LM_EVAL_SCHEME = 'lm-eval://';
export const GENERIC_SCHEME = 'harness://';

/** Whether a benchmark's name stands for another program's run. */
export function isHarnessRef(ref: string): boolean {
  return ref.startsWith(LM_EVAL_SCHEME) || ref.startsWith(GENERIC_SCHEME);
}

/** @throws NelError (usage) for a run with shards: the other program asks all of its problems at once */
export function refuseShards(ref: string): never {
  throw new NelError('usage', `${ref} is run whole by another program, so it cannot be cut into shards`, {
    hint: 'Leave it out of runs with shards or a cluster, and run it by itself.',
  });
}

/** Where the fields of a result row stand: dotted paths into it. */
export interface HarnessFields {
  /** A number, higher is better; `true` and `false` are 1 and 0. */
  readonly reward: string;
  /** A whole number from 0; null: the row's place in the file. */
  readonly problem_idx: string | null;
  readonly prompt: string | null;
  readonly response: string | null;
  /** What was taken from the response as its answer. */
  readonly extracted: string | null;
  readonly expected: string | null;
  readonly category: string | null;
}

/** How the result file of a program of one's own is read. */
export interface HarnessResultsSpec {
  /** Path below the output directory; `*` stands for anything but a slash. One file has to match. */
  readonly file: string;
  readonly format: 'json' | 'jsonl' | 'csv';
  /** Of a JSON file: dotted path of the list of rows; null: the file is the list. */
  readonly rows: string | null;
  readonly fields: HarnessFields;
  /** Further numbers of a row by the name of the score that they make. */
  readonly metrics: Readonly<Record<string, string>>;
}

/** The `harness` section of a benchmark's config. */
export interface HarnessSpec {
  /** The program and its arguments, each an argument of its own: no shell reads them. Empty for `lm-eval://`. */
  readonly command: readonly string[];
  /** Names of environment variables that the program gets besides the usual ones. */
  readonly env: readonly string[];
  /** Null for `lm-eval://`, whose files are known. */
  readonly results: HarnessResultsSpec | null;
}

/** A benchmark's spec as config/ makes it for a harness. */
export interface HarnessBenchmarkSpec extends BenchmarkSpec {
  readonly harness?: HarnessSpec;
}

/** The `harness` section that a benchmark was configured with; without one, an empty one. */
export function harnessSpecOf(spec: HarnessBenchmarkSpec): HarnessSpec {
  return spec.harness ?? { command: [], env: [], results: null };
}

/** What a program's command line is made for. */
export interface HarnessPlace {
  readonly service: ServiceSpec;
  readonly generation: GenerationSettings;
  readonly systemPrompt: string | null;
  readonly maxProblems: number | null;
  /** Where the program is to write: absolute, exists, empty. */
  readonly outputDir: string;
  /** For answers that a next attempt need not ask for again; absent: keep none. */
  readonly cacheDir?: string;
}

/** A program to start: never a shell string. */
export interface HarnessCommand {
  readonly file: string;
  readonly args: readonly string[];
  /** Settings of the program, no credentials. */
  readonly env: Readonly<Record<string, string>>;
}

/** What the result files say besides the samples. */
export interface HarnessReport {
  /** Samples that `records` gives: problem_idx 0 to problems − 1. */
  readonly problems: number;
  /** Problems of the data set before max_problems; null where the program does not say. */
  readonly datasetSize: number | null;
  /** Text that two data sets differ by; hashed into the data set's fingerprint. */
  readonly datasetIdentity: string;
  /** Goes into the bundle's config: the program's version, what made prompts and scores. */
  readonly identity: JsonObject;
  readonly scorer: string;
  /** Scores as the program gives them that are no means over samples, by name. */
  readonly scores: Readonly<Record<string, number>>;
  /** What people should know, such as a score that does not agree with the program's own. */
  readonly notes: readonly string[];
  /** False where answers kept from an earlier attempt may have changed the scores. */
  readonly cacheable: boolean;
}

/** What every record of one run of a program has in common. */
export interface HarnessRecordContext {
  readonly runId: string;
  readonly generation: number;
  readonly model: string;
  /** End of the run, ISO 8601 UTC. */
  readonly timestamp: string;
  /** How long the program ran, milliseconds. It says nothing of single samples. */
  readonly elapsedMs: number;
}

export interface Harness {
  /** The program: `lm-eval`. */
  readonly tool: string;
  /** The benchmark's name, also its folder's. */
  readonly benchmark: string;
  /** What the data set is called in artifacts. */
  readonly source: string;
  /** All that decides prompts and scores as far as it is known before the run. */
  readonly definition: JsonObject;
  /** @throws NelError of kind `config` when the program cannot be found */
  command(place: HarnessPlace): HarnessCommand;
  /** What to do about a failure whose cause the program's own words name; null: nothing is known. */
  advice(said: string): string | null;
  /** @throws NelError of kind `data` when files are missing, cut off or not what the program writes */
  report(outputDir: string): Promise<HarnessReport>;
  /** The samples, ordered by problem_idx, some at a time. @throws as `report` does */
  records(outputDir: string, context: HarnessRecordContext): AsyncIterable<readonly SampleRecord[]>;
}
