/**
 * What /aggregate_metrics answers: the metrics that NeMo Gym's own servers compute by default, by task, by repeat and over all.
 * Its rules are those of nemo-gym 0.7.0, whose figures for several bodies the tests hold. Without this route its collector fails
 * after the last sample.
 */

import { isJsonObject } from '../core/json.js';
import { tQuantile } from '../core/stats/index.js';
import { type Body, member } from './bodies.js';
import { Refusal } from './refusal.js';

type Metrics = Record<string, unknown>;

/** Set by a server whose reward is no measurement of the model, such as after a judge that failed: such a rollout is counted, not averaged. */
const MASK = 'mask_sample';

/** One verdict and its numbers. */
interface Rollout {
  readonly task: number;
  readonly repeat: number;
  readonly masked: boolean;
  /** Every number and boolean of the verdict and of its response's usage; where both have a name, the usage's. */
  readonly numbers: ReadonlyMap<string, number>;
  /** The same as the task's list of rollouts shows it: where both have a name, the verdict's. */
  readonly shown: Metrics;
}

/** @throws Refusal 422 when `verify_responses` is no list of objects with a numeric reward */
export function aggregateMetrics(body: Body): Metrics {
  const responses = member(body, 'verify_responses');
  if (!Array.isArray(responses)) throw new Refusal(422, 'verify_responses: a list is expected');
  const all = responses.map(rolloutOf).sort((a, b) => a.task - b.task || a.repeat - b.repeat);
  const rollouts = all.filter(({ masked }) => !masked);
  const coverage = coverageOf(all, rollouts);
  const none = { group_level_metrics: [], perf_summary: null, repeat_level_metrics: [] };
  if (rollouts.length === 0) return { ...none, agent_metrics: coverage, key_metrics: coverage };
  const tasks = groupBy(rollouts, ({ task }) => task);
  const repeats = groupBy(rollouts, ({ repeat }) => repeat);
  const agent: Metrics = {
    ...summary(rollouts),
    ...(repeats.size > 1 ? acrossRepeats(repeats) : {}),
    ...coverage,
    num_repeats: new Set(all.map(({ repeat }) => repeat)).size,
  };
  return {
    group_level_metrics: [...tasks].map(([task, group]) => groupMetrics(task, group)),
    agent_metrics: agent,
    key_metrics: { ...Object.fromEntries(Object.entries(agent).filter(([name]) => name.startsWith('mean/'))), ...coverage },
    perf_summary: null,
    repeat_level_metrics: repeats.size > 1 ? [...repeats].map(([repeat, group]) => repeatMetrics(repeat, group, tasks.size)) : [],
  };
}

/** How much of a collection its means are of; nothing where all of it is. */
function coverageOf(all: readonly Rollout[], measured: readonly Rollout[]): Metrics {
  if (all.length === measured.length) return {};
  const tasks = (rollouts: readonly Rollout[]): number => new Set(rollouts.map(({ task }) => task)).size;
  return {
    'coverage/measured_rollouts': measured.length,
    'coverage/masked_rollouts': all.length - measured.length,
    'coverage/measured_tasks': tasks(measured),
    'coverage/fully_masked_tasks': tasks(all) - tasks(measured),
  };
}

function rolloutOf(response: unknown, at: number): Rollout {
  if (!isJsonObject(response)) throw new Refusal(422, `verify_responses[${at}]: an object is expected`);
  const own = numbersOf(response);
  if (!own.has('reward')) throw new Refusal(422, `verify_responses[${at}].reward: a number is expected`);
  const reply = member(response, 'response');
  const usage = isJsonObject(reply) ? member(reply, 'usage') : undefined;
  const used = isJsonObject(usage) ? numbersOf(usage) : [];
  return {
    task: indexOf(response, '_ng_task_index', at),
    repeat: indexOf(response, '_ng_rollout_index', at),
    masked: Boolean(member(response, MASK)),
    numbers: new Map([...own, ...used]),
    shown: Object.fromEntries([...used, ...own]),
  };
}

/** Finite numbers and booleans (as 1 and 0). What begins with `_` is the collector's own, and the mask is no measurement. */
function numbersOf(body: Body): Map<string, number> {
  const numbers = new Map<string, number>();
  for (const [name, value] of Object.entries(body)) {
    if (name.startsWith('_') || name === MASK) continue;
    if (typeof value === 'boolean') numbers.set(name, Number(value));
    // JSON's numbers have no upper end: 1e999 is read as Infinity, which could not be written again.
    else if (typeof value === 'number' && Number.isFinite(value)) numbers.set(name, value);
  }
  return numbers;
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

/** `mean/x`, `max/x`, `min/x`, `median/x` and `std/x` of every number x. A single rollout spreads by 0; of several, a number that only one has does not spread. */
function summary(rollouts: readonly Rollout[]): Metrics {
  const stats = [...columns(rollouts)].map(([name, values]) => [name, describe(values)] as const);
  const metrics: Metrics = {};
  for (const which of ['mean', 'max', 'min', 'median', 'std'] as const) {
    for (const [name, stat] of stats) {
      if (which !== 'std' || stat.n > 1 || rollouts.length === 1) metrics[`${which}/${name}`] = stat[which];
    }
  }
  return metrics;
}

/** What was not sent is not known here: by this route every task is complete. */
function groupMetrics(task: number, group: readonly Rollout[]): Metrics {
  return {
    _ng_task_index: task,
    ...summary(group),
    sample: { agent_ref: { name: 'agent' } },
    num_rollouts: group.length,
    expected_num_rollouts: group.length,
    missing_num_rollouts: 0,
    reward_profile_completion_pct: 100,
    rollout_infos: group.map(({ repeat, shown }) => ({
      rollout_id: `${task}:${repeat}`,
      _ng_task_index: task,
      _ng_rollout_index: repeat,
      ...shown,
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
    for (const which of ['mean', 'median', 'std', 'min', 'max'] as const) metrics[`${which}_across_repeats/mean/${name}`] = stat[which];
    metrics[`se_across_repeats/mean/${name}`] = standardError(stat);
    for (const [bound, value] of interval(stat)) metrics[`${bound}_across_repeats/mean/${name}`] = value;
  }
  return metrics;
}

function repeatMetrics(repeat: number, group: readonly Rollout[], tasks: number): Metrics {
  const answered = new Set(group.map(({ task }) => task)).size;
  const metrics: Metrics = { _ng_rollout_index: repeat, sample_count: answered, missing_count: tasks - answered };
  for (const [name, values] of [...columns(group)].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const stat = describe(values);
    for (const which of ['mean', 'median', 'std', 'min', 'max'] as const) metrics[`${which}/${name}`] = stat[which];
    metrics[`sem/${name}`] = standardError(stat);
    metrics[`p25/${name}`] = quantile(stat.sorted, 0.25);
    metrics[`p75/${name}`] = quantile(stat.sorted, 0.75);
    for (const [bound, value] of interval(stat)) metrics[`${bound}/${name}`] = value;
  }
  return metrics;
}

interface Description {
  readonly n: number;
  readonly sorted: readonly number[];
  readonly mean: number;
  readonly median: number;
  readonly min: number;
  readonly max: number;
  /** Divisor n − 1; 0 for a single value. */
  readonly std: number;
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
    n,
    sorted,
    mean,
    median: quantile(sorted, 0.5),
    min: sorted[0] as number,
    max: sorted[n - 1] as number,
    std: n < 2 ? 0 : Math.sqrt(squares / (n - 1)),
  };
}

/** Between the two nearest values, linearly (R's type 7, which pandas takes). */
function quantile(sorted: readonly number[], p: number): number {
  const at = p * (sorted.length - 1);
  const low = sorted[Math.floor(at)] as number;
  return low + (at - Math.floor(at)) * ((sorted[Math.ceil(at)] as number) - low);
}

const standardError = ({ n, std }: Description): number => std / Math.sqrt(n);

/** Student's 95% interval of a mean; a single value has none. */
function interval(stat: Description): readonly (readonly [bound: string, value: number])[] {
  if (stat.n < 2) return [];
  const half = (tQuantile({ p: 0.975, df: stat.n - 1 }) as number) * standardError(stat);
  return [
    ['ci_low_95', stat.mean - half],
    ['ci_high_95', stat.mean + half],
  ];
}
