/** The environment of a benchmark whose rows and scorer are in this process: rows become seeds, the scorer judges answers. */

import type { Benchmark, Row, ScorerResult } from '../../core/benchmark.js';
import type { DatasetInfo, Environment, Seed, Verification } from '../../core/environment.js';
import { errorMessage, NelError } from '../../core/errors.js';
import { isJsonObject, type Json, type JsonObject } from '../../core/json.js';
import type { ChatMessage } from '../../core/model.js';
import { compileTemplate, fieldText, fieldValue } from '../../core/template.js';

export interface LocalEnvironmentOptions {
  readonly benchmark: Benchmark;
  readonly rows: readonly Row[];
  readonly info: DatasetInfo;
  /** Overrides the benchmark's own system prompt; null keeps it. */
  readonly systemPrompt: string | null;
}

/**
 * `seed` throws a NelError of kind `data` that names benchmark, problem_idx and field where a row cannot be made into a prompt;
 * `verify` passes on what the scorer throws. Both are synchronous unless the scorer is not.
 */
export function openLocalEnvironment({ benchmark, rows, info, systemPrompt }: LocalEnvironmentOptions): Environment {
  const { name, scorer } = benchmark;
  const makeSeed = seedMaker(benchmark, systemPrompt ?? benchmark.systemPrompt ?? null);
  /** Which row a seed came from: scorers may read it, journals must not carry it. */
  const rowOf = new WeakMap<Seed, Row>();
  return {
    name,
    dataset: info,
    seed(problemIdx) {
      const row = rows[problemIdx];
      if (row === undefined) throw new NelError('data', `${name}: there is no problem_idx ${problemIdx} among ${rows.length} problems`);
      try {
        const seed = makeSeed(row);
        rowOf.set(seed, row);
        return seed;
      } catch (error) {
        throw inProblem(error, `${name}, problem_idx ${problemIdx}`);
      }
    },
    verify(seed, response) {
      const row = rowOf.get(seed);
      if (row === undefined) throw new Error('verify: the seed is not from this environment');
      const judged = scorer.score({ response, target: seed.expected_answer, row });
      return judged instanceof Promise ? judged.then((result) => verification(scorer.name, result)) : verification(scorer.name, judged);
    },
    close: () => Promise.resolve(),
  };
}

/** What is the same for all rows is worked out here, once. */
function seedMaker(benchmark: Benchmark, systemPrompt: string | null): (row: Row) => Seed {
  const { prompt, target, category, fewShot = [], metadataFields = [] } = benchmark;
  const render = typeof prompt === 'function' ? prompt : compileTemplate(prompt, `prompt of benchmark "${benchmark.name}"`).render;
  const targetOf = typeof target === 'function' ? target : (row: Row) => fieldText(row, target);
  const categoryOf = typeof category === 'function' ? category : (row: Row) => (category === undefined ? null : fieldText(row, category));
  const before: readonly ChatMessage[] = [
    ...(systemPrompt === null ? [] : [{ role: 'system' as const, content: systemPrompt }]),
    ...fewShot,
  ];
  const lead = before.map(({ content }) => `${typeof content === 'string' ? content : textOf(content)}\n\n`).join('');
  return (row) => {
    const text = checkedText(render(row), 'prompt');
    return {
      prompt: lead + text,
      messages: [...before, { role: 'user', content: text }],
      expected_answer: checkedText(targetOf(row), 'target'),
      category: categoryOf(row),
      metadata: metadataOf(row, metadataFields),
    };
  };
}

/** Users' files need not be TypeScript: what their functions return is checked. */
function checkedText(value: unknown, what: string): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint') return String(value);
  throw new NelError('data', `the ${what} function gave ${value === null ? 'null' : typeof value}, not a text`);
}

function textOf(parts: Exclude<ChatMessage['content'], string>): string {
  return parts.map((part) => (part.type === 'text' ? part.text : '')).join('');
}

function metadataOf(row: Row, fields: readonly string[]): JsonObject {
  const metadata: Record<string, Json> = {};
  for (const field of fields) {
    const value = fieldValue(row, field);
    if (value !== undefined) metadata[field] = value as Json;
  }
  return metadata;
}

function verification(scorer: string, result: ScorerResult): Verification {
  if (!isJsonObject(result) || typeof result.reward !== 'number') {
    throw new Error(`the scorer ${scorer} gave ${result === null ? 'null' : typeof result}, not a result with a reward`);
  }
  return {
    reward: result.reward,
    extracted_answer: result.extracted ?? null,
    scoring_method: scorer,
    scoring_details: result.details ?? {},
    failure_category: result.failure ?? null,
  };
}

function inProblem(error: unknown, where: string): NelError {
  const hint = error instanceof NelError ? error.hint : undefined;
  return new NelError('data', `${where}: ${errorMessage(error)}`, { cause: error, ...(hint === undefined ? {} : { hint }) });
}
