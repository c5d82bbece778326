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

interface Item {
  readonly repeats: number[];
  readonly values: number[];
  /** Repeats without a value. */
  readonly missing: number[];
  lastRepeat: number;
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

  /** @returns false, and changes nothing, when (problem_idx, repeat) was there before */
  add(sample: PairingSample): boolean {
    let item = this.items.get(sample.problem_idx);
    if (item === undefined) {
      item = { repeats: [], values: [], missing: [], lastRepeat: -1, cluster: sample.cluster, expected: sample.expected };
      this.items.set(sample.problem_idx, item);
    } else if (sample.repeat <= item.lastRepeat && (item.repeats.includes(sample.repeat) || item.missing.includes(sample.repeat))) {
      return false;
    }
    item.lastRepeat = Math.max(item.lastRepeat, sample.repeat);
    this.samples++;
    if (sample.value === null) {
      this.missing++;
      item.missing.push(sample.repeat);
      return true;
    }
    item.repeats.push(sample.repeat);
    item.values.push(sample.value);
    this.lowest = Math.min(this.lowest, sample.value);
    this.highest = Math.max(this.highest, sample.value);
    return true;
  }

  /** What all ids are; `mixed` also for a table without any. */
  idKind(): 'number' | 'string' | 'mixed' {
    const kinds = new Set([...this.items.keys()].map((id) => typeof id));
    return kinds.size === 1 ? (kinds.has('number') ? 'number' : 'string') : 'mixed';
  }

  /** Most and fewest repeats that an item has; null without items. */
  repeatRange(): { readonly fewest: number; readonly most: number } | null {
    let fewest = Number.POSITIVE_INFINITY;
    let most = 0;
    for (const { repeats, missing } of this.items.values()) {
      fewest = Math.min(fewest, repeats.length + missing.length);
      most = Math.max(most, repeats.length + missing.length);
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
  for (const id of [...baseline.items.keys()].sort(compareIds)) {
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

function worstValue(baseline: ItemTable, candidate: ItemTable, direction: Direction): number {
  return direction === 'higher_is_better'
    ? Math.min(0, baseline.lowest, candidate.lowest)
    : Math.max(0, baseline.highest, candidate.highest);
}

function itemValue({ repeats, values, missing }: Item, metric: Metric, worst: number): number | null {
  const ordered = isAscending(repeats)
    ? values
    : repeats
        .map((repeat, i) => ({ repeat, value: values[i] as number }))
        .sort(byRepeat)
        .map(valueOf);
  return metric.collapse(missing.length === 0 ? ordered : [...ordered, ...missing.map(() => worst)]);
}

function isAscending(numbers: readonly number[]): boolean {
  return numbers.every((number, i) => i === 0 || number > (numbers[i - 1] as number));
}

function byRepeat(a: { readonly repeat: number }, b: { readonly repeat: number }): number {
  return a.repeat - b.repeat;
}

function valueOf(entry: { readonly value: number }): number {
  return entry.value;
}
