/** What a gated metric is: the value it has for one sample, and how the repeats of a problem come to the value of the item. */

import { passAtK } from './stats/pass-at-k.js';

/** All fields of a line of results.jsonl; files of other tools may have no more than the reward. */
export type RowFields = Readonly<Record<string, unknown>>;

export interface Metric {
  readonly name: string;
  /** Made from the reward, so every results file has it and the bundle need not name it. */
  readonly builtIn: boolean;
  /** The sample's value; null where the line has no number under that name. */
  value(reward: number, fields: RowFields): number | null;
  /** The item's value from those of its repeats, which stand in the order of their number; null where there is none. */
  collapse(values: readonly number[]): number | null;
}

const PASS_AT = /^pass@([1-9][0-9]*)$/;

/** Whether the reward itself carries this metric. */
export function isBuiltInMetric(name: string): boolean {
  return name === 'mean_reward' || PASS_AT.test(name);
}

/**
 * - `mean_reward`: the mean of the rewards
 * - `pass@k`: the chance that one of k repeats has reward 1 (Chen et al. 2021); pass@1 is the share of repeats with reward 1
 * - any other name: the mean of that number in `scoring_details`, or at the top of the line
 */
export function metricNamed(name: string): Metric {
  if (name === 'mean_reward') return { name, builtIn: true, value: (reward) => reward, collapse: meanOf };
  const k = PASS_AT.exec(name)?.[1];
  if (k === '1') return { name, builtIn: true, value: solved, collapse: meanOf };
  if (k !== undefined) return { name, builtIn: true, value: solved, collapse: (values) => passOf(values, Number(k)) };
  return { name, builtIn: false, value: (_reward, fields) => numberUnder(fields, name), collapse: meanOf };
}

/** Fewest repeats an item must have for the metric to exist: k of pass@k, else 1. */
export function repeatsNeeded(name: string): number {
  return Number(PASS_AT.exec(name)?.[1] ?? 1);
}

function solved(reward: number): number {
  return reward === 1 ? 1 : 0;
}

function meanOf(values: readonly number[]): number | null {
  if (values.length === 0) return null;
  let sum = 0;
  for (const value of values) sum += value;
  return sum / values.length;
}

function passOf(values: readonly number[], k: number): number | null {
  return passAtK({ n: values.length, c: values.filter((value) => value === 1).length, k });
}

function numberUnder(fields: RowFields, name: string): number | null {
  return numberIn(fields.scoring_details, name) ?? numberIn(fields, name);
}

function numberIn(holder: unknown, name: string): number | null {
  if (typeof holder !== 'object' || holder === null || !Object.hasOwn(holder, name)) return null;
  const value = (holder as Record<string, unknown>)[name];
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}
