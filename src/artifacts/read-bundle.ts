/** Reads a bundle, ours or another tool's: only `benchmark.name` is required; whatever else does not fit is taken as absent. */

import { readFile } from 'node:fs/promises';
import type { BundleScore, BundleSummary } from '../core/comparability.js';
import { errorMessage, NelError } from '../core/errors.js';
import type { JsonObject } from '../core/json.js';

type Fields = Readonly<Record<string, unknown>>;

/** @throws NelError of kind `data` with the file when it cannot be read, is no JSON object or has no `benchmark.name` */
export async function readBundle(file: string): Promise<BundleSummary> {
  const fail = (message: string, cause?: unknown): NelError => new NelError('data', message, { at: { file }, cause });
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    throw fail(`cannot be read: ${errorMessage(error)}`, error);
  }
  let data: unknown;
  try {
    data = JSON.parse(text.charCodeAt(0) === 0xfeff ? text.slice(1) : text);
  } catch {
    throw fail('not JSON: a bundle holds one JSON object, without NaN or Infinity');
  }
  const bundle = object(data);
  if (bundle === null) throw fail('not a JSON object');
  const benchmark = object(bundle.benchmark);
  const name = benchmark?.name;
  if (benchmark === null || typeof name !== 'string' || name === '') throw fail('benchmark.name is missing: is this a bundle?');
  return summarise(bundle, benchmark, name);
}

function summarise(bundle: Fields, benchmark: Fields, name: string): BundleSummary {
  const dataset = object(bundle.dataset);
  const coverage = object(bundle.coverage);
  return {
    name,
    run_id: text(bundle.run_id),
    timestamp: text(bundle.timestamp),
    scores: mapValues(object(benchmark.scores) ?? {}, scoreOf),
    categories: mapValues(object(benchmark.categories) ?? {}, categoryOf),
    config: object(bundle.config) as JsonObject | null,
    dataset: { fingerprint: text(dataset?.fingerprint), size: number(dataset?.size) },
    coverage: { expected: number(coverage?.expected), errors: number(coverage?.errors) },
    runtime: numbersIn(object(bundle.runtime) ?? {}, ''),
  };
}

function scoreOf(value: unknown): BundleScore | null {
  if (typeof value === 'number') return { value: number(value), ci_lower: null, ci_upper: null };
  const score = object(value);
  if (score === null) return null;
  return { value: number(score.value), ci_lower: number(score.ci_lower), ci_upper: number(score.ci_upper) };
}

function categoryOf(value: unknown): { mean_reward: number; n: number | null } | null {
  const fields = object(value);
  const score = typeof value === 'number' ? number(value) : (number(fields?.mean_reward) ?? number(fields?.value));
  return score === null ? null : { mean_reward: score, n: number(fields?.n) };
}

function mapValues<T>(fields: Fields, make: (value: unknown) => T | null): Record<string, T> {
  // fromEntries defines own properties: a metric may be called __proto__.
  return Object.fromEntries(
    Object.entries(fields).flatMap(([key, value]) => {
      const made = make(value);
      return made === null ? [] : [[key, made] as const];
    }),
  );
}

function numbersIn(fields: Fields, prefix: string): Record<string, number> {
  return Object.fromEntries(
    Object.entries(fields).flatMap(([key, value]) => {
      const name = `${prefix}${key}`;
      const nested = object(value);
      if (nested !== null) return Object.entries(numbersIn(nested, `${name}.`));
      const found = number(value);
      return found === null ? [] : [[name, found] as const];
    }),
  );
}

function object(value: unknown): Fields | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : null;
}

function text(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

function number(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}
