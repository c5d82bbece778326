/** defineBenchmark: makes a checked Benchmark of what a user, or a built-in benchmark's file, writes down. */

import type {
  Benchmark,
  BenchmarkFacts,
  BenchmarkParameter,
  BenchmarkTool,
  DatasetRef,
  FewShotSource,
  ParameterValues,
  Row,
  Scorer,
  ScorerInput,
  ScorerResult,
  ScorerTools,
  ScoreSummary,
} from '../core/benchmark.js';
import { NelError } from '../core/errors.js';
import type { ChatMessage, ContentPart, GenerationSettings } from '../core/model.js';
import { didYouMean } from '../core/nearest.js';
import { parameterValues } from '../core/parameters.js';
import { compileTemplate } from '../core/template.js';
import { checkTools } from './check-tools.js';

/** A scorer as a function: a number or true/false is the reward, a ScorerResult says more. */
export type ScorerFunction = (
  input: ScorerInput,
  tools?: ScorerTools,
) => ScorerResult | number | boolean | Promise<ScorerResult | number | boolean>;

export interface BenchmarkDefinition {
  /** Names the folder of the results and matches baseline and candidate: letters, digits, `_`, `-` and `.`, at most 100. */
  readonly name: string;
  /** One line for `nel list benchmarks`. */
  readonly description?: string;
  /** Rows, `hf://org/name?split=test`, or a .jsonl, .json, .csv, .tsv or .parquet path, relative to the file that defines the benchmark. */
  readonly dataset: DatasetRef;
  /** Path under NEL_DATA_DIR with the same rows, for machines without network. */
  readonly localPath?: string;
  /** Names of the columns of a CSV or TSV file that has no header. */
  readonly columns?: readonly string[];
  /** A template with `{field}` (braces are written `{{` and `}}`), or a function of the row. */
  readonly prompt: string | ((row: Row) => string | readonly ContentPart[]);
  /** The field with the right answer. Either this or `target`. */
  readonly targetField?: string;
  /** The right answer as a function of the row. */
  readonly target?: (row: Row) => string;
  /** A field, or a function of the row; scores are also reported for each category. */
  readonly category?: string | ((row: Row) => string | null);
  /** A scorer such as `answerLine()`, or a function. */
  readonly scorer: Scorer | ScorerFunction;
  readonly systemPrompt?: string;
  /** Few-shot examples before the prompt: turns, taken literally, or rows of a data set and how to make turns of them. */
  readonly fewShot?: readonly ChatMessage[] | FewShotSource;
  /** Fields that every row must have, beyond those that template, targetField and category name. */
  readonly requiredFields?: readonly string[];
  /** Fields that go into the results' metadata. */
  readonly metadataFields?: readonly string[];
  /** Settings that the benchmark prescribes; the config overrides them. */
  readonly generation?: GenerationSettings;
  /** Functions that the model may call, with the solver `tool_calling`. */
  readonly tools?: readonly BenchmarkTool[];
  /** Scores over all samples that are no means (F1, …). */
  readonly createSummary?: () => ScoreSummary;
  /** Paper, licence, rule, a sample row: what `nel list benchmarks --verbose` shows. */
  readonly about?: BenchmarkFacts;
}

const KEYS: Readonly<Record<keyof BenchmarkDefinition, true>> = {
  name: true,
  description: true,
  dataset: true,
  localPath: true,
  columns: true,
  prompt: true,
  targetField: true,
  target: true,
  category: true,
  scorer: true,
  systemPrompt: true,
  fewShot: true,
  requiredFields: true,
  metadataFields: true,
  generation: true,
  tools: true,
  createSummary: true,
  about: true,
};

const NAME = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$/;

/**
 * @throws NelError of kind `config` that says which member is wrong: an unknown or missing one, a bad name, a template that does
 *   not parse or that asks every problem the same
 */
export function defineBenchmark(definition: BenchmarkDefinition): Benchmark {
  const name = checkShape(definition);
  const { prompt, scorer, targetField, target, category, description, requiredFields = [], ...rest } = definition;
  const fields = typeof prompt === 'string' ? promptFields(prompt, name) : [];
  const named = [targetField, typeof category === 'string' ? category : undefined].filter((field) => field !== undefined);
  return Object.freeze({
    ...rest,
    description: description ?? '',
    prompt,
    target: (targetField ?? target) as string | ((row: Row) => string),
    ...(category === undefined ? {} : { category }),
    requiredFields: [...new Set([...fields, ...named, ...requiredFields])],
    scorer: typeof scorer === 'function' ? functionScorer(scorer) : scorer,
  });
}

/**
 * A benchmark with parameters (number of few-shot examples, chain of thought, …): made with the defaults, and made anew by
 * `withParameters` when a run gives others.
 * @param define the benchmark for given values; every parameter has one
 */
export function defineParametrized<const P extends Readonly<Record<string, BenchmarkParameter>>>(
  parameters: P,
  define: (values: { readonly [K in keyof P]: ValueOf<P[K]> }) => BenchmarkDefinition,
): Benchmark {
  const make = (given: ParameterValues): Benchmark => {
    const values = parameterValues(parameters, given);
    const benchmark = defineBenchmark(define(values as { readonly [K in keyof P]: ValueOf<P[K]> }));
    return Object.freeze({ ...benchmark, parameters, parameterValues: values, withParameters: make });
  };
  return make({});
}

type ValueOf<P extends BenchmarkParameter> = P extends { type: 'integer' }
  ? number
  : P extends { type: 'boolean' }
    ? boolean
    : P extends { choices: readonly (infer C)[] }
      ? C
      : never;

/** True for what defineBenchmark returns, also from another copy of this package. */
export function isBenchmark(value: unknown): value is Benchmark {
  if (typeof value !== 'object' || value === null) return false;
  const { name, dataset, prompt, target, requiredFields, scorer } = value as Partial<Benchmark>;
  return (
    typeof name === 'string' &&
    dataset !== undefined &&
    prompt !== undefined &&
    target !== undefined &&
    Array.isArray(requiredFields) &&
    typeof scorer?.score === 'function'
  );
}

function checkShape(definition: BenchmarkDefinition): string {
  if (typeof definition !== 'object' || definition === null) throw new NelError('config', 'defineBenchmark needs an object');
  const { name, prompt, dataset, scorer, targetField, target } = definition;
  if (typeof name !== 'string' || !NAME.test(name)) {
    throw new NelError('config', `benchmark name ${JSON.stringify(name)} is not usable`, {
      hint: 'A name has letters, digits, "_", "-" and ".", begins with a letter or digit and has at most 100 characters.',
    });
  }
  const fail = (message: string, hint?: string): never => {
    throw new NelError('config', `benchmark "${name}": ${message}`, hint === undefined ? {} : { hint });
  };
  for (const key of Object.keys(definition)) {
    if (!Object.hasOwn(KEYS, key)) fail(`unknown member "${key}"${didYouMean(key, Object.keys(KEYS))}`);
  }
  if (typeof prompt !== 'string' && typeof prompt !== 'function') fail('prompt must be a template or a function of the row');
  if (typeof dataset !== 'string' && !Array.isArray(dataset)) fail('dataset must be an array of rows, a path or an hf:// address');
  if (Array.isArray(dataset) && dataset.length === 0) fail('dataset has no rows');
  if (typeof scorer !== 'function' && (typeof scorer?.score !== 'function' || typeof scorer.name !== 'string')) {
    fail('scorer must be a scorer such as answerLine(), or a function', 'Scorers are made by a call: answerLine(), not answerLine.');
  }
  if (typeof scorer === 'function' && FACTORIES.has(scorer.name))
    fail(`scorer is the function ${scorer.name} itself`, `Write ${scorer.name}().`);
  if ((targetField === undefined) === (target === undefined)) fail('exactly one of targetField and target is needed');
  if (targetField !== undefined && typeof targetField !== 'string') fail('targetField must be the name of a field');
  if (target !== undefined && typeof target !== 'function') fail('target must be a function of the row', 'Name a field with targetField.');
  if (definition.tools !== undefined) checkTools(definition.tools, name);
  return name;
}

/** Names under which the scorer factories are exported: passing one without calling it is an easy slip. */
const FACTORIES = new Set([
  'aliasMatch',
  'allOf',
  'answerLine',
  'anyOf',
  'codeExecution',
  'drop',
  'exactMatch',
  'gpqa',
  'gsm8k',
  'humanEval',
  'ifeval',
  'jsonSchema',
  'judgeLabels',
  'mathBoxed',
  'mgsm',
  'mmlu',
  'mmluPro',
  'multipleChoice',
  'numericMatch',
  'onAnswerLine',
  'regexMatch',
  'tokenF1',
  'weighted',
]);

function promptFields(prompt: string, name: string): readonly string[] {
  const { fields } = compileTemplate(prompt, `prompt of benchmark "${name}"`);
  if (fields.length === 0) {
    throw new NelError('config', `benchmark "${name}": the prompt names no field, so that every problem would be asked the same`, {
      hint: 'Put a field of the data set into the prompt, such as {question}.',
    });
  }
  return fields;
}

function functionScorer(judge: ScorerFunction): Scorer {
  const toResult = (value: ScorerResult | number | boolean): ScorerResult =>
    typeof value === 'object' ? value : { reward: Number(value), extracted: null };
  const scorer: Scorer & { toString(): string } = {
    name: judge.name === '' || judge.name === 'scorer' ? 'custom' : judge.name,
    score(input, tools) {
      const judged = judge(input, tools);
      return judged instanceof Promise ? judged.then(toResult) : toResult(judged);
    },
    // The definition hash is made over this text: it must be the user's, not this wrapper's.
    toString: () => judge.toString(),
  };
  return scorer;
}
