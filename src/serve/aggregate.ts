/**
 * What /aggregate_metrics answers: the metrics that NeMo Gym's own servers compute by default (nemo-gym 0.7.0, recorded), by task,
 * by repeat and over all. Without this route its collector fails after the last sample.
 */

import { isJsonObject } from '../core/json.js';
import { tQuantile } from '../core/stats/index.js';
import { type Body, member } from './bodies.js';
import { Refusal } from './refusal.js';

type Metrics = Record<string, unknown>;

const TOKENS = ['input_tokens', 'output_tokens', 'total_tokens'] as const;

/** One verdict's numbers, in Gym's order: the reward, then the tokens that its response reports. */
interface Rollout {
  readonly task: number;
  readonly repeat: number;
  readonly numbers: readonly (readonly [name: string, value: number])[];
}

/** @throws Refusal 422 when `verify_responses` is no list of objects with a numeric reward */
export function aggregateMetrics(body: Body): Metrics {
  const responses = member(body, 'verify_responses');
  if (!Array.isArray(responses)) throw new Refusal(422, 'verify_responses: a list is expected');
  const rollouts = responses.map(rolloutOf).sort((a, b) => a.task - b.task || a.repeat - b.repeat);
  if (rollouts.length === 0)
    return { group_level_metrics: [], agent_metrics: {}, key_metrics: {}, perf_summary: null, repeat_level_metrics: [] };
  const tasks = groupBy(rollouts, ({ task }) => task);
  const repeats = groupBy(rollouts, ({ repeat }) => repeat);
  const agent: Metrics = { ...summary(rollouts), ...(repeats.size > 1 ? acrossRepeats(repeats) : {}) };
  return {
    group_level_metrics: [...tasks].map(([task, group]) => groupMetrics(task, group, repeats.size)),
    agent_metrics: agent,
    key_metrics: Object.fromEntries(Object.entries(agent).filter(([name]) => name.startsWith('mean/'))),
    perf_summary: null,
    repeat_level_metrics: repeats.size > 1 ? [...repeats].map(([repeat, group]) => repeatMetrics(repeat, group, tasks.size)) : [],
  };
}

function rolloutOf(response: unknown, at: number): Rollout {
  if (!isJsonObject(response)) throw new Refusal(422, `verify_responses[${at}]: an object is expected`);
  const reward = member(response, 'reward');
  if (!isFinite(reward)) throw new Refusal(422, `verify_responses[${at}].reward: a number is expected`);
  const numbers: (readonly [string, number])[] = [['reward', reward]];
  const reply = member(response, 'response');
  const usage = isJsonObject(reply) ? member(reply, 'usage') : undefined;
  if (isJsonObject(usage)) {
    for (const name of TOKENS) {
      const value = member(usage, name);
      if (isFinite(value)) numbers.push([name, value]);
    }
  }
  return { task: indexOf(response, '_ng_task_index', at), repeat: indexOf(response, '_ng_rollout_index', at), numbers };
}

/** JSON's numbers have no upper end: 1e999 is read as Infinity, which could not be written again. */
function isFinite(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}

function indexOf(response: Body, name: string, at: number): number {
  const value = member(response, name) ?? 0;
  if (typeof value !== 'number' || !Number.isInteger(value))
    throw new Refusal(422, `verify_responses[${at}].${name}: an integer is expected`);
  return value;
}

function groupBy(rollouts: readonly Rollout[], key: (rollout: Rollout) => number): Map<number, Rollout[]> {
  const groups = new Map<number, Rollout[]>();
  for (const rollout of rollouts) {
    const group = groups.get(key(rollout));
    if (group === undefined) groups.set(key(rollout), [rollout]);
    else group.push(rollout);
  }
  return new Map([...groups].sort(([a], [b]) => a - b));
}

/** Values by name, in the order in which names come up. */
function columns(rollouts: readonly Rollout[]): Map<string, number[]> {
  const values = new Map<string, number[]>();
  for (const { numbers } of rollouts) {
    for (const [name, value] of numbers) {
      const column = values.get(name);
      if (column === undefined) values.set(name, [value]);
      else column.push(value);
    }
  }
  return values;
}

/** `mean/x`, `max/x`, `min/x`, `median/x` and `std/x` of every number x; a single value has no std. */
function summary(rollouts: readonly Rollout[]): Metrics {
  const stats = [...columns(rollouts)].map(([name, values]) => [name, describe(values)] as const);
  const metrics: Metrics = {};
  for (const which of ['mean', 'max', 'min', 'median', 'std'] as const) {
    for (const [name, stat] of stats) if (stat[which] !== null) metrics[`${which}/${name}`] = stat[which];
  }
  return metrics;
}

function groupMetrics(task: number, group: readonly Rollout[], expected: number): Metrics {
  return {
    _ng_task_index: task,
    ...summary(group),
    sample: { agent_ref: { name: 'agent' } },
    num_rollouts: group.length,
    expected_num_rollouts: expected,
    missing_num_rollouts: Math.max(0, expected - group.length),
    reward_profile_completion_pct: (100 * Math.min(group.length, expected)) / expected,
    rollout_infos: group.map(({ repeat, numbers }) => ({
      rollout_id: `${task}:${repeat}`,
      _ng_task_index: task,
      _ng_rollout_index: repeat,
      ...Object.fromEntries(numbers),
    })),
  };
}

/** How the means of the repeats differ: what rerunning a benchmark would show. */
function acrossRepeats(repeats: ReadonlyMap<number, readonly Rollout[]>): Metrics {
  const means = new Map<string, number[]>();
  for (const group of repeats.values()) {
    for (const [name, values] of columns(group)) {
      const list = means.get(name);
      if (list === undefined) means.set(name, [describe(values).mean]);
      else list.push(describe(values).mean);
    }
  }
  const metrics: Metrics = {};
  for (const [name, values] of [...means].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const stat = describe(values);
    const { se, low, high } = interval(values.length, stat.mean, stat.std);
    metrics[`mean_across_repeats/mean/${name}`] = stat.mean;
    metrics[`median_across_repeats/mean/${name}`] = stat.median;
    metrics[`std_across_repeats/mean/${name}`] = stat.std;
    metrics[`min_across_repeats/mean/${name}`] = stat.min;
    metrics[`max_across_repeats/mean/${name}`] = stat.max;
    metrics[`se_across_repeats/mean/${name}`] = se;
    metrics[`ci_low_95_across_repeats/mean/${name}`] = low;
    metrics[`ci_high_95_across_repeats/mean/${name}`] = high;
  }
  return { ...metrics, num_repeats: repeats.size };
}

function repeatMetrics(repeat: number, group: readonly Rollout[], tasks: number): Metrics {
  const metrics: Metrics = { _ng_rollout_index: repeat, sample_count: group.length, missing_count: Math.max(0, tasks - group.length) };
  for (const [name, values] of [...columns(group)].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const stat = describe(values);
    const { se, low, high } = interval(values.length, stat.mean, stat.std);
    const named = { mean: stat.mean, median: stat.median, std: stat.std, sem: se, min: stat.min, max: stat.max };
    const bounds = { p25: quantile(stat.sorted, 0.25), p75: quantile(stat.sorted, 0.75), ci_low_95: low, ci_high_95: high };
    for (const [which, value] of Object.entries({ ...named, ...bounds })) metrics[`${which}/${name}`] = value;
  }
  return metrics;
}

interface Description {
  readonly sorted: readonly number[];
  readonly mean: number;
  readonly median: number;
  readonly min: number;
  readonly max: number;
  /** Divisor n − 1; null for a single value. */
  readonly std: number | null;
}

/** @param values at least one */
function describe(values: readonly number[]): Description {
  const sorted = [...values].sort((a, b) => a - b);
  const n = sorted.length;
  let sum = 0;
  for (const value of sorted) sum += value;
  const mean = sum / n;
  let squares = 0;
  for (const value of sorted) squares += (value - mean) ** 2;
  return {
    sorted,
    mean,
    median: quantile(sorted, 0.5),
    min: sorted[0] as number,
    max: sorted[n - 1] as number,
    std: n < 2 ? null : Math.sqrt(squares / (n - 1)),
  };
}

/** Between the two nearest values, linearly (R's type 7, which pandas takes). */
function quantile(sorted: readonly number[], p: number): number {
  const at = p * (sorted.length - 1);
  const low = sorted[Math.floor(at)] as number;
  return low + (at - Math.floor(at)) * ((sorted[Math.ceil(at)] as number) - low);
}

/** Student's 95% interval of a mean; null for a single value. */
function interval(n: number, mean: number, std: number | null): { se: number | null; low: number | null; high: number | null } {
  if (std === null) return { se: null, low: null, high: null };
  const se = std / Math.sqrt(n);
  const half = (tQuantile({ p: 0.975, df: n - 1 }) as number) * se;
  return { se, low: mean - half, high: mean + half };
}
