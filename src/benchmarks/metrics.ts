/** Scorers by name, for `metrics` in a config and `nel rescore --metric`: options are checked, so that a slip is not silently ignored. */

import { z } from 'zod';
import type { Scorer } from '../core/benchmark.js';
import { NelError } from '../core/errors.js';
import type { JsonObject } from '../core/json.js';
import { didYouMean } from '../core/nearest.js';
import { aliasMatch } from '../core/scoring/alias-match.js';
import { answerLine } from '../core/scoring/answer-line.js';
import { drop } from '../core/scoring/drop.js';
import { exactMatch } from '../core/scoring/exact-match.js';
import { gpqa } from '../core/scoring/gpqa.js';
import { gsm8k } from '../core/scoring/gsm8k.js';
import { mathBoxed } from '../core/scoring/math/scorer.js';
import { mmlu } from '../core/scoring/mmlu.js';
import { mmluPro } from '../core/scoring/mmlu-pro.js';
import { multipleChoice } from '../core/scoring/multiple-choice.js';
import { numericMatch } from '../core/scoring/numeric.js';
import { regexMatch } from '../core/scoring/regex.js';
import { tokenF1 } from '../core/scoring/token-f1.js';
import type { ScorerMetricSpec } from '../core/spec.js';
import { jsonSchema } from './json-schema.js';

interface MetricType {
  readonly options: z.ZodObject;
  readonly make: (options: never) => Scorer;
}

function metric<T extends z.ZodObject>(options: T, make: (options: z.output<T>) => Scorer): MetricType {
  return { options, make };
}

const flag = z.boolean().optional();

/** Each type with its options, written as in a config. */
const METRICS: Readonly<Record<string, MetricType>> = {
  alias_match: metric(z.strictObject({ stop: z.array(z.string()).optional() }), (options) => aliasMatch(given(options))),
  answer_line: metric(z.strictObject({ label: z.string().min(1).optional() }), (options) => answerLine(given(options))),
  drop: metric(z.strictObject({ separator: z.string().min(1).optional() }), (options) => drop(given(options))),
  exact_match: metric(
    z.strictObject({ case_sensitive: flag, keep_punctuation: flag, keep_articles: flag }),
    ({ case_sensitive, keep_punctuation, keep_articles }) =>
      exactMatch(given({ caseSensitive: case_sensitive, keepPunctuation: keep_punctuation, keepArticles: keep_articles })),
  ),
  gpqa: metric(z.strictObject({}), gpqa),
  gsm8k: metric(z.strictObject({ strict: flag }), (options) => gsm8k(given(options))),
  json_schema: metric(z.strictObject({ schema: z.union([z.boolean(), z.record(z.string(), z.unknown())]) }), ({ schema }) =>
    jsonSchema({ schema: schema as JsonObject | boolean }),
  ),
  math_boxed: metric(z.strictObject({}), () => mathBoxed()),
  mmlu: metric(z.strictObject({}), mmlu),
  mmlu_pro: metric(z.strictObject({}), mmluPro),
  multiple_choice: metric(z.strictObject({ letters: z.string().optional() }), (options) => multipleChoice(given(options))),
  numeric: metric(z.strictObject({ tolerance: z.number().min(0).optional(), pick: z.enum(['first', 'last']).optional() }), (options) =>
    numericMatch(given(options)),
  ),
  regex: metric(
    z.strictObject({
      pattern: z.string().min(1),
      flags: z.string().optional(),
      group: z.union([z.int().min(0), z.string()]).optional(),
      last: flag,
    }),
    (options) => regexMatch(given(options)),
  ),
  token_f1: metric(z.strictObject({}), tokenF1),
};

/** The types that `createMetric` knows. */
export const METRIC_TYPES: readonly string[] = Object.keys(METRICS);

/** @throws NelError of kind `config` for an unknown type (with the nearest) or an option that the type does not take */
export function createMetric({ type, name, options }: ScorerMetricSpec): Scorer {
  const known = Object.hasOwn(METRICS, type) ? METRICS[type] : undefined;
  if (known === undefined) {
    throw new NelError('config', `metric "${name}": there is no scorer "${type}"${didYouMean(type, METRIC_TYPES)}`, {
      hint: `Known: judge, ${METRIC_TYPES.join(', ')}.`,
    });
  }
  const checked = known.options.safeParse(options);
  if (!checked.success) {
    const takes = Object.keys(known.options.shape);
    throw new NelError('config', `metric "${name}" (${type}): ${checked.error.issues.map((issue) => problemOf(issue, takes)).join('; ')}`, {
      hint: takes.length === 0 ? `${type} takes no options.` : `${type} takes: ${takes.join(', ')}.`,
    });
  }
  return known.make(checked.data as never);
}

function problemOf(issue: z.core.$ZodIssue, takes: readonly string[]): string {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => `there is no option ${JSON.stringify(key)}${didYouMean(key, takes)}`).join('; ');
  }
  if (issue.code === 'invalid_type' && issue.message.endsWith('received undefined')) return `${issue.path.join('.')} is missing`;
  return [...issue.path, issue.message].join(': ');
}

/** Without members that are undefined, as exact optional properties want it. */
function given<T extends object>(options: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
}
