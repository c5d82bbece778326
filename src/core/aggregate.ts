/** From samples to scores: everything in the bundle, runtime_stats.json and failure_analysis.json, in one pass over ordered records. */

import type { ScoreSummary } from './benchmark.js';
import type { CategoryScore, FailureAnalysis, FailureExemplar, RuntimeStats, Score } from './bundle.js';
import type { FailureCategory } from './failures.js';
import { BusyTime, DurationHistogram } from './percentiles.js';
import type { SampleRecord } from './sample.js';
import { studentMeanCi } from './stats/mean-ci.js';
import { passAtK } from './stats/pass-at-k.js';
import { wilson } from './stats/wilson.js';

const CONFIDENCE = 0.95;
const EXEMPLARS = 3;
const EXEMPLAR_LENGTH = 200;

/** k of the reported pass@k: 1, 2, 4 … and the number of repeats itself. */
export function passAtKs(repeats: number): number[] {
  const ks: number[] = [];
  for (let k = 1; k < repeats; k *= 2) ks.push(k);
  return [...ks, repeats];
}

/** Names of the metrics that every bundle has. */
function isReserved(name: string): boolean {
  return name === 'mean_reward' || name.startsWith('pass@');
}

/** Entries by name, in any locale. */
function byName([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Mean of per-item values with a 95% interval; items weigh equally (B. P. Welford 1962 for the running variance). */
class ItemMean {
  private n = 0;
  private mean = 0;
  private m2 = 0;
  private min = Number.POSITIVE_INFINITY;
  private max = Number.NEGATIVE_INFINITY;
  private binary = true;
  private sum = 0;

  add(value: number): void {
    this.n++;
    const delta = value - this.mean;
    this.mean += delta / this.n;
    this.m2 += delta * (value - this.mean);
    this.sum += value;
    this.min = Math.min(this.min, value);
    this.max = Math.max(this.max, value);
    if (value !== 0 && value !== 1) this.binary = false;
  }

  /**
   * 0/1 items: Wilson's interval. Others: Student's t over the items, kept within [0, 1] when all values are. Items that
   * all agree on 0 or 1 leave t without width, so they get Wilson's as well. No interval (`none`) for fewer than 2 other items.
   */
  score(): Score {
    const { n } = this;
    if (n === 0) return { value: null, ci_lower: null, ci_upper: null, method: 'none', n };
    const value = this.sum / n;
    if (this.binary) {
      const interval = wilson({ k: Math.round(this.sum), n, confidence: CONFIDENCE });
      return { value, ci_lower: interval?.[0] ?? null, ci_upper: interval?.[1] ?? null, method: 'wilson', n };
    }
    const interval = studentMeanCi({ n, mean: value, m2: this.m2, confidence: CONFIDENCE });
    if (interval === null) return { value, ci_lower: null, ci_upper: null, method: 'none', n };
    const bounded = this.min >= 0 && this.max <= 1;
    const [lower, upper] = bounded ? [Math.max(0, interval[0]), Math.min(1, interval[1])] : interval;
    return { value, ci_lower: lower, ci_upper: upper, method: 'student-t', n };
  }
}

/** What a finished benchmark's samples come to. */
export interface Aggregate {
  readonly scores: Readonly<Record<string, Score>>;
  readonly categories: Readonly<Record<string, CategoryScore>>;
  readonly coverage: { readonly expected: number; readonly scored: number; readonly errors: number };
  readonly runtime: RuntimeStats;
  readonly failures: Readonly<Partial<Record<FailureCategory, number>>>;
  readonly failureAnalysis: FailureAnalysis;
}

/** Takes records ordered by (problem_idx, repeat), all repeats of a problem in a row. Memory does not grow with their number. */
export class Aggregator {
  private readonly ks: number[];
  private readonly reward = new ItemMean();
  private readonly passAt: Map<number, ItemMean>;
  private readonly categories = new Map<string, ItemMean>();
  private item:
    | { problemIdx: number; category: string | null; n: number; sum: number; solved: number; details: Map<string, number> }
    | undefined;
  private items = 0;
  /** Numbers that the scorer gave beside the reward (`f1`, …): metrics of their own. */
  private readonly details = new Map<string, ItemMean>();

  private scored = 0;
  private errors = 0;
  private retries = 0;
  private readonly tokens = { prompt: 0, completion: 0, reasoning: 0, total: 0 };
  private readonly latency = new DurationHistogram();
  private readonly phases = { seed: new DurationHistogram(), model: new DurationHistogram(), verify: new DurationHistogram() };
  private readonly busy = new BusyTime();
  private readonly finishReasons = new Map<string, number>();
  private readonly failures = new Map<FailureCategory, { count: number; exemplars: FailureExemplar[] }>();

  /**
   * @param expected samples that the benchmark has: problems × repeats
   * @param summary sees each record as well; its scores stand beside the means, without an interval
   */
  constructor(
    private readonly expected: number,
    repeats: number,
    private readonly summary?: ScoreSummary,
  ) {
    this.ks = passAtKs(repeats);
    this.passAt = new Map(this.ks.map((k) => [k, new ItemMean()]));
  }

  add(record: SampleRecord): void {
    this.summary?.add(record);
    this.addReward(record);
    this.addRuntime(record);
    if (record.failure_category !== null) this.addFailure(record, record.failure_category);
  }

  finish(): Aggregate {
    this.closeItem();
    const scores: Record<string, Score> = { mean_reward: this.reward.score() };
    for (const [k, mean] of this.passAt) scores[`pass@${k}`] = mean.score();
    for (const [name, mean] of [...this.details].sort(byName)) scores[name] = mean.score();
    for (const [name, value] of Object.entries(this.summary?.scores() ?? {})) {
      scores[name] = { value, ci_lower: null, ci_upper: null, method: 'none', n: this.items };
    }
    const categories: [string, CategoryScore][] = [];
    for (const [name, mean] of [...this.categories].sort(byName)) {
      const { value, ci_lower, ci_upper, n } = mean.score();
      categories.push([name, { mean_reward: value ?? 0, n, ci_lower, ci_upper }]);
    }
    const failures = Object.fromEntries([...this.failures].sort(byName).map(([name, { count }]) => [name, count]));
    return {
      scores,
      categories: Object.fromEntries(categories),
      coverage: { expected: this.expected, scored: this.scored, errors: this.errors },
      runtime: this.runtimeStats(),
      failures,
      failureAnalysis: this.failureAnalysis(),
    };
  }

  private addReward(record: SampleRecord): void {
    if (this.item?.problemIdx !== record.problem_idx) {
      this.closeItem();
      this.item = { problemIdx: record.problem_idx, category: record.category, n: 0, sum: 0, solved: 0, details: new Map() };
    }
    const item = this.item as NonNullable<typeof this.item>;
    item.n++;
    item.sum += record.reward;
    if (record.reward === 1) item.solved++;
    for (const [name, value] of Object.entries(record.scoring_details)) {
      if (typeof value === 'number' && !isReserved(name)) item.details.set(name, (item.details.get(name) ?? 0) + value);
    }
    if (record.status === 'scored') this.scored++;
    else this.errors++;
  }

  private closeItem(): void {
    const { item } = this;
    if (item === undefined) return;
    this.item = undefined;
    const mean = item.sum / item.n;
    this.reward.add(mean);
    this.closeDetails(item.details, item.n);
    this.items++;
    for (const [k, passes] of this.passAt) {
      const pass = passAtK({ n: item.n, c: item.solved, k });
      if (pass !== null) passes.add(pass);
    }
    if (item.category !== null) {
      let category = this.categories.get(item.category);
      if (category === undefined) this.categories.set(item.category, (category = new ItemMean()));
      category.add(mean);
    }
  }

  /** A metric that a sample lacks (it ended as an error, or came up later) counts 0, as the reward does. */
  private closeDetails(sums: ReadonlyMap<string, number>, n: number): void {
    for (const name of sums.keys()) {
      if (this.details.has(name)) continue;
      const mean = new ItemMean();
      for (let i = 0; i < this.items; i++) mean.add(0);
      this.details.set(name, mean);
    }
    for (const [name, mean] of this.details) mean.add((sums.get(name) ?? 0) / n);
  }

  private addRuntime(record: SampleRecord): void {
    this.retries += record.attempts - 1;
    const end = Date.parse(record.timestamp);
    this.busy.add(end - record.timing.total_ms, end);
    this.phases.seed.add(record.timing.seed_ms);
    this.phases.model.add(record.timing.model_ms);
    this.phases.verify.add(record.timing.verify_ms);
    if (record.model === null) return;
    this.latency.add(record.model.latency_ms);
    const { prompt, completion, reasoning, total } = record.model.tokens;
    this.tokens.prompt += prompt ?? 0;
    this.tokens.completion += completion ?? 0;
    this.tokens.reasoning += reasoning ?? 0;
    this.tokens.total += total ?? (prompt ?? 0) + (completion ?? 0);
    const reason = record.model.finish_reason ?? 'unknown';
    this.finishReasons.set(reason, (this.finishReasons.get(reason) ?? 0) + 1);
  }

  private addFailure(record: SampleRecord, category: FailureCategory): void {
    let failure = this.failures.get(category);
    if (failure === undefined) this.failures.set(category, (failure = { count: 0, exemplars: [] }));
    failure.count++;
    if (failure.exemplars.length >= EXEMPLARS) return;
    const text = record.model_error?.message ?? record.model?.content ?? '';
    failure.exemplars.push({ problem_idx: record.problem_idx, repeat: record.repeat, text: text.slice(0, EXEMPLAR_LENGTH) });
  }

  private runtimeStats(): RuntimeStats {
    const seconds = this.busy.milliseconds / 1000;
    const steps = this.scored + this.errors;
    return {
      total_steps: steps,
      total_tokens: this.tokens.total,
      total_prompt_tokens: this.tokens.prompt,
      total_completion_tokens: this.tokens.completion,
      total_reasoning_tokens: this.tokens.reasoning,
      elapsed_seconds: seconds,
      latency_percentiles_ms: this.latency.percentiles(),
      tokens_per_second: seconds > 0 ? this.tokens.total / seconds : null,
      steps_per_second: seconds > 0 ? steps / seconds : null,
      model_errors: this.errors,
      total_retries: this.retries,
      finish_reason_counts: Object.fromEntries([...this.finishReasons].sort(byName)),
      phase_percentiles_ms: {
        seed: this.phases.seed.percentiles(),
        model: this.phases.model.percentiles(),
        verify: this.phases.verify.percentiles(),
      },
    };
  }

  private failureAnalysis(): FailureAnalysis {
    const total = this.scored + this.errors;
    const failed = [...this.failures.values()].reduce((sum, { count }) => sum + count, 0);
    const categories = [...this.failures]
      .sort(byName)
      .map(([name, { count, exemplars }]) => [name, { count, percentage: (100 * count) / total, exemplars }] as const);
    return {
      total_steps: total,
      total_failures: failed,
      failure_rate: total === 0 ? 0 : failed / total,
      categories: Object.fromEntries(categories),
    };
  }
}
