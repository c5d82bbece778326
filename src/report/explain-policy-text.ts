/** `nel gate --explain-policy`: the rule that holds for each benchmark, and how many items a verdict by the interval would take. */

import { itemsToSettle } from '../core/paired-interval.js';
import { type EvidenceRule, type GatePolicy, type ResolvedPolicy, resolvePolicy } from '../core/policy.js';
import { plain } from './plain-text.js';

/** Shares of items on which two models of like strength disagree: small changes (quantization), retraining, another model. */
const DISCORDANCES = [0.05, 0.1, 0.2] as const;

/** `evidence` overrides the policy's. The last block holds for benchmarks that the policy does not list. */
export function explainPolicyText(policy: GatePolicy, evidence?: EvidenceRule): string {
  const listed = Object.keys(policy.benchmarks).sort();
  const blocks = listed.map((name) => block(plain(name), resolvePolicy(policy, name, evidence)));
  const rest = block('(any benchmark that is not listed)', resolvePolicy(policy, unlistedName(listed), evidence));
  return `${[`Policy: ${plain(policy.source?.path ?? '(built in code)')}`, ...blocks, rest].join('\n\n')}\n`;
}

function unlistedName(listed: readonly string[]): string {
  let name = 'any';
  while (listed.includes(name)) name += '-other';
  return name;
}

function block(title: string, rule: ResolvedPolicy): string {
  const effect =
    rule.tier === 'advisory' ? 'reported only' : rule.listed ? 'blocks; MISSING when a side lacks it' : 'blocks when both sides have it';
  const relative =
    rule.max_relative_drop === null
      ? 'none'
      : `${rule.max_relative_drop}${rule.relative_guard_below === null ? '' : `, where the baseline is below ${rule.relative_guard_below}`}`;
  const rows: (readonly [string, string])[] = [
    ['tier', `${rule.tier} (${effect})`],
    ['metric', `${plain(rule.metric)}${rule.metric_assumed ? ' (assumed: none is named)' : ''}`],
    ['direction', rule.direction],
    ['max_drop', String(rule.max_drop)],
    ['max_relative_drop', relative],
    ['evidence', rule.evidence],
    ['min_items', String(rule.min_items)],
    ['cluster_by', rule.cluster_by === null ? 'none' : plain(rule.cluster_by)],
    ['max_error_rate', String(rule.max_error_rate)],
    ['min_coverage', String(rule.min_coverage)],
    ['items needed', itemsNeeded(rule)],
  ];
  return [title, ...rows.map(([key, value]) => `  ${`${key}:`.padEnd(19)}${value}`)].join('\n');
}

/** For 0/1 rewards and a candidate that is as good as the baseline: items until the interval lies within max_drop, with 80% power. */
function itemsNeeded({ max_drop }: ResolvedPolicy): string {
  if (max_drop === 0) return 'no number of items shows that nothing at all was lost (max_drop 0)';
  const counts = DISCORDANCES.map(
    (share) => `${itemsToSettle(share, max_drop)?.toLocaleString('en-US') ?? 'n/a'} where ${share * 100}% of the items change`,
  );
  return `${counts.join(', ')} (0/1 rewards, equal models, for the interval to lie within max_drop)`;
}
