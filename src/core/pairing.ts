/** From samples to paired items: repeats collapse to one value an item, items of both sides meet by problem_idx. Gate and compare stand on this. */

import type { Metric } from './metric.js';
import type { Direction } from './policy.js';

/** As written in the file: 3 and "3" are two different problems. */
export type ProblemId = number | string;

/** One line of results.jsonl, reduced to what pairing needs. */
export interface PairingSample {
  readonly problem_idx: ProblemId;
  readonly repeat: number;
  /** The metric; null where the sample is an error or the line has no such number. */
  readonly value: number | null;
  /** Group of items that are not independent, or null. */
  readonly cluster: string | null;
  /** The right answer, to notice that the two sides were asked different questions; null where the file has none. */
  readonly expected: string | null;
}

/** Written so that the usual case, repeats in their order and all with a value, costs one array an item. */
interface Item {
  readonly values: number[];
  /** Repeat of each value; null: the i-th value is that of repeat i. */
  repeats: number[] | null;
  /** Repeats without a value. */
  missing: number[] | null;
  readonly cluster: string | null;
  readonly expected: string | null;
}

/** One side of a benchmark, collected sample by sample in any order. Holds a few numbers a sample, no text but ids and labels. */
export class ItemTable {
  readonly items = new Map<ProblemId, Item>();
  samples = 0;
  /** Samples without a value: errors, and lines that lack the metric. */
  missing = 0;
  lowest = Number.POSITIVE_INFINITY;
  highest = Number.NEGATIVE_INFINITY;

  // Rows of one item mostly stand together.
  private lastId: ProblemId | null = null;
  private lastItem: Item | null = null;

  /** @returns false, and changes nothing, when (problem_idx, repeat) was there before */
  add(sample: PairingSample): boolean {
    const item = this.itemFor(sample);
    const { repeat, value } = sample;
    if (item.repeats !== null || item.missing !== null || repeat !== item.values.length || value === null) {
      item.repeats ??= item.values.map((_, i) => i);
      if (item.repeats.includes(repeat) || item.missing?.includes(repeat)) return false;
    }
    this.samples++;
    if (value === null) {
      this.missing++;
      item.missing ??= [];
      item.missing.push(repeat);
      return true;
    }
    item.repeats?.push(repeat);
    item.values.push(value);
    if (value < this.lowest) this.lowest = value;
    if (value > this.highest) this.highest = value;
    return true;
  }

  private itemFor({ problem_idx: id, cluster, expected }: PairingSample): Item {
    if (this.lastItem !== null && this.lastId === id) return this.lastItem;
    let item = this.items.get(id);
    if (item === undefined) {
      item = { values: [], repeats: null, missing: null, cluster, expected };
      this.items.set(id, item);
    }
    this.lastId = id;
    this.lastItem = item;
    return item;
  }

  /** What all ids are; `mixed` where they are not all alike, null where there are none. */
  idKind(): 'number' | 'string' | 'mixed' | null {
    const kinds = new Set([...this.items.keys()].map((id) => typeof id));
    if (kinds.size === 0) return null;
    if (kinds.size > 1) return 'mixed';
    return kinds.has('number') ? 'number' : 'string';
  }

  /** Most and fewest repeats that an item has; null without items. */
  repeatRange(): { readonly fewest: number; readonly most: number } | null {
    let fewest = Number.POSITIVE_INFINITY;
    let most = 0;
    for (const { values, missing } of this.items.values()) {
      const count = values.length + (missing?.length ?? 0);
      fewest = Math.min(fewest, count);
      most = Math.max(most, count);
    }
    return most === 0 ? null : { fewest, most };
  }
}

/** Items that both sides have, in the order of their ids; the arrays run in parallel. */
export interface PairedItems {
  readonly ids: readonly ProblemId[];
  readonly baseline: readonly number[];
  readonly candidate: readonly number[];
  /** The baseline's labels; where it has none, the candidate's. */
  readonly clusters: readonly (string | null)[];
  readonly baseline_only: number;
  readonly candidate_only: number;
  /** Share of all items of both sides that is paired; null where neither side has any. */
  readonly coverage: number | null;
  /** Paired items whose expected answers differ, and the first of them. */
  readonly different_answers: { readonly count: number; readonly first: ProblemId | null };
}

/**
 * Pairs by problem_idx. A sample without a value takes the worst value that either side has (at best 0), so that turning an
 * answer into an error never helps; for rewards from 0 to 1 that is the 0 that an error scores.
 */
export function pairItems(baseline: ItemTable, candidate: ItemTable, metric: Metric, direction: Direction): PairedItems {
  const worst = worstValue(baseline, candidate, direction);
  const ids: ProblemId[] = [];
  const values = { baseline: [] as number[], candidate: [] as number[] };
  const clusters: (string | null)[] = [];
  const differing: ProblemId[] = [];
  for (const id of sortedIds(baseline)) {
    const left = baseline.items.get(id) as Item;
    const right = candidate.items.get(id);
    if (right === undefined) continue;
    const before = itemValue(left, metric, worst);
    const after = itemValue(right, metric, worst);
    if (before === null || after === null) continue;
    ids.push(id);
    values.baseline.push(before);
    values.candidate.push(after);
    clusters.push(left.cluster ?? right.cluster);
    if (left.expected !== null && right.expected !== null && left.expected !== right.expected) differing.push(id);
  }
  const baselineOnly = baseline.items.size - ids.length;
  const candidateOnly = candidate.items.size - ids.length;
  const all = ids.length + baselineOnly + candidateOnly;
  return {
    ids,
    ...values,
    clusters,
    baseline_only: baselineOnly,
    candidate_only: candidateOnly,
    coverage: all === 0 ? null : ids.length / all,
    different_answers: { count: differing.length, first: differing[0] ?? null },
  };
}

/** Numbers before texts, each in their own order: sums do not depend on the order of the rows. */
export function compareIds(a: ProblemId, b: ProblemId): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  if (typeof a === typeof b) return a < b ? -1 : a > b ? 1 : 0;
  return typeof a === 'number' ? -1 : 1;
}

function sortedIds({ items }: ItemTable): ProblemId[] {
  const ids = [...items.keys()];
  const inOrder = ids.every((id, i) => i === 0 || compareIds(ids[i - 1] as ProblemId, id) < 0);
  return inOrder ? ids : ids.sort(compareIds);
}

function worstValue(baseline: ItemTable, candidate: ItemTable, direction: Direction): number {
  return direction === 'higher_is_better'
    ? Math.min(0, baseline.lowest, candidate.lowest)
    : Math.max(0, baseline.highest, candidate.highest);
}

function itemValue({ values, repeats, missing }: Item, metric: Metric, worst: number): number | null {
  const ordered = repeats === null || isAscending(repeats) ? values : inOrder(repeats, values);
  return metric.collapse(missing === null ? ordered : [...ordered, ...missing.map(() => worst)]);
}

function inOrder(repeats: readonly number[], values: readonly number[]): number[] {
  const pairs = repeats.map((repeat, i) => ({ repeat, value: values[i] as number }));
  return pairs.sort((a, b) => a.repeat - b.repeat).map(({ value }) => value);
}

function isAscending(numbers: readonly number[]): boolean {
  return numbers.every((number, i) => i === 0 || number > (numbers[i - 1] as number));
}
