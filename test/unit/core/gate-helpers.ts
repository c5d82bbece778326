/** Builds gate inputs from plain numbers. */

import { type GateBenchmarkInput, type GateSide, gateBenchmark } from '../../../src/core/gate-benchmark.js';
import { ItemTable, type ProblemId } from '../../../src/core/pairing.js';
import { type GatePolicy, type PolicyOverrides, resolvePolicy } from '../../../src/core/policy.js';

/** [problem_idx, repeat, value]; null is an error. */
export type SampleTuple = readonly [ProblemId, number, number | null];

export function policyOf(overrides: PolicyOverrides = {}): GatePolicy {
  return { version: 1, defaults: { tier: 'critical', metric: 'mean_reward', max_drop: 0.01, ...overrides }, benchmarks: { b: {} } };
}

export function tableOf(samples: readonly SampleTuple[], clusters?: (id: ProblemId) => string | null): ItemTable {
  const table = new ItemTable();
  for (const [problem_idx, repeat, value] of samples) {
    table.add({ problem_idx, repeat, value, cluster: clusters?.(problem_idx) ?? null, expected: null });
  }
  return table;
}

/** One repeat an item, ids from 0. */
export function rewards(values: readonly (number | null)[]): SampleTuple[] {
  return values.map((value, i) => [i, 0, value]);
}

/** `ones` ones, then zeros, `n` in all. */
export function ones(count: number, n: number): number[] {
  return Array.from({ length: n }, (_, i) => (i < count ? 1 : 0));
}

export function side(table: ItemTable | null, more: Partial<GateSide> = {}): GateSide {
  return { table, problem: table === null ? 'results.jsonl is missing' : null, expected_samples: null, reported_errors: null, ...more };
}

export function judge(
  baseline: readonly SampleTuple[],
  candidate: readonly SampleTuple[],
  overrides: PolicyOverrides = {},
  more: Partial<GateBenchmarkInput> = {},
) {
  return gateBenchmark({
    policy: resolvePolicy(policyOf(overrides), 'b'),
    baseline: side(tableOf(baseline)),
    candidate: side(tableOf(candidate)),
    dataset_size: null,
    incomparable: [],
    same_dataset: false,
    force: false,
    ...more,
  });
}
