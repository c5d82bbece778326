/** What Temporal's lists show of a run: search attributes where the server knows them, and a one-line memo. */

import { defineSearchAttributeKey, type SearchAttributePair, SearchAttributeType, TypedSearchAttributes } from '@temporalio/common';
import { upsertMemo, upsertSearchAttributes } from '@temporalio/workflow';
import type { BenchmarkPlan, BenchmarkResult, GateResult, SearchAttributeName, SuiteInput } from './contract.js';

/** Enough for a line in a list. */
const MEMO_LENGTH = 400;

const keys = {
  NelRun: defineSearchAttributeKey('NelRun', SearchAttributeType.KEYWORD),
  NelBenchmark: defineSearchAttributeKey('NelBenchmark', SearchAttributeType.KEYWORD),
  NelModel: defineSearchAttributeKey('NelModel', SearchAttributeType.KEYWORD),
  NelVerdict: defineSearchAttributeKey('NelVerdict', SearchAttributeType.KEYWORD),
  NelScore: defineSearchAttributeKey('NelScore', SearchAttributeType.DOUBLE),
};

/** Start options of a benchmark's workflow: attributes the server does not know are left out, because it refuses to start with one. */
export function benchmarkAttributes(
  input: SuiteInput,
  plan: BenchmarkPlan,
): { typedSearchAttributes: TypedSearchAttributes; memo: Record<string, string> } {
  const known = (name: SearchAttributeName): boolean => input.search_attributes.includes(name);
  const pairs: SearchAttributePair[] = [];
  if (known('NelRun')) pairs.push({ key: keys.NelRun, value: input.run_id });
  if (known('NelBenchmark')) pairs.push({ key: keys.NelBenchmark, value: plan.name });
  if (known('NelModel')) pairs.push({ key: keys.NelModel, value: plan.model });
  return {
    typedSearchAttributes: new TypedSearchAttributes(pairs),
    memo: { summary: `${plan.name}: ${plan.samples} samples of ${plan.model}` },
  };
}

export function setScore(known: readonly SearchAttributeName[], score: number | null): void {
  if (score === null) return;
  if (known.includes('NelScore')) upsertSearchAttributes([{ key: keys.NelScore, value: score }]);
  upsertMemo({ summary: `mean_reward ${score.toFixed(4)}` });
}

export function setSummary(results: readonly BenchmarkResult[]): void {
  const parts = results.map(
    ({ benchmark, status, mean_reward }) => `${benchmark} ${mean_reward === null ? status : mean_reward.toFixed(4)}`,
  );
  upsertMemo({ summary: parts.join(', ') });
}

export function setVerdict(known: readonly SearchAttributeName[], { verdict, verdict_reasons }: GateResult): void {
  if (known.includes('NelVerdict')) upsertSearchAttributes([{ key: keys.NelVerdict, value: verdict }]);
  upsertMemo({ verdict, summary: [verdict, ...verdict_reasons].join('; ').slice(0, MEMO_LENGTH) });
}
