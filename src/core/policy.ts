/** The gate policy: what a release must keep, by benchmark, and how entry, defaults and gate-wide settings come to one rule. */

/** critical and supporting block a release, advisory is reported only. */
export const TIERS = ['critical', 'supporting', 'advisory'] as const;
/** Which way a metric gets worse: an accuracy falls, a perplexity rises. */
export const DIRECTIONS = ['higher_is_better', 'lower_is_better'] as const;
/** point: the delta itself is held against the limit. confidence: its whole 95% interval is. */
export const EVIDENCE_RULES = ['point', 'confidence'] as const;

export type Tier = (typeof TIERS)[number];
export type Direction = (typeof DIRECTIONS)[number];
export type EvidenceRule = (typeof EVIDENCE_RULES)[number];

/** How much evidence a status needs; may stand at the top of a policy, under `defaults` and under a benchmark. */
export interface EvidenceOverrides {
  readonly evidence?: EvidenceRule | undefined;
  /** Fewest paired items for a status other than INSUFFICIENT_EVIDENCE. */
  readonly min_items?: number | undefined;
  /** Field of `metadata` whose values group items that are not independent (a subject, a document). */
  readonly cluster_by?: string | undefined;
  /** Largest share of samples of either side that may be errors, 0 to 1. */
  readonly max_error_rate?: number | undefined;
  /** Smallest share of all items of both sides that must be paired, 0 to 1. */
  readonly min_coverage?: number | undefined;
}

/** What a benchmark's entry, or `defaults`, may set; what is absent is inherited. */
export interface PolicyOverrides extends EvidenceOverrides {
  readonly tier?: Tier | undefined;
  readonly metric?: string | undefined;
  readonly direction?: Direction | undefined;
  /** Largest tolerated damage, in units of the metric. */
  readonly max_drop?: number | undefined;
  /** Largest tolerated damage as a share of the baseline's score: 0.02 is 2%. */
  readonly max_relative_drop?: number | undefined;
  /** The relative guard only looks at baselines below this score; absent: at all. */
  readonly relative_guard_below?: number | undefined;
}

/** Line and column of a value, from 1. */
export interface PolicyPosition {
  readonly line: number;
  readonly column: number;
}

/** The file a policy was read from; positions of values by their path, such as `benchmarks.gpqa.metric`. */
export interface PolicySource {
  readonly path: string;
  /** Of the file's bytes, in hex. */
  readonly sha256: string;
  readonly positions: Readonly<Record<string, PolicyPosition>>;
}

export interface GatePolicy extends EvidenceOverrides {
  readonly version: 1;
  readonly defaults: PolicyOverrides;
  readonly benchmarks: Readonly<Record<string, PolicyOverrides>>;
  /** Absent for a policy that was built in code. */
  readonly source?: PolicySource | undefined;
}

/** The rule for one benchmark, nothing left open. */
export interface ResolvedPolicy {
  readonly benchmark: string;
  /** Named by the policy: absent results are MISSING. An unlisted benchmark is judged by the defaults when it is found. */
  readonly listed: boolean;
  readonly tier: Tier;
  readonly metric: string;
  /** Neither the entry nor the defaults name a metric: mean_reward is assumed. */
  readonly metric_assumed: boolean;
  readonly direction: Direction;
  readonly max_drop: number;
  readonly max_relative_drop: number | null;
  readonly relative_guard_below: number | null;
  readonly evidence: EvidenceRule;
  readonly min_items: number;
  readonly cluster_by: string | null;
  readonly max_error_rate: number;
  readonly min_coverage: number;
}

export const DEFAULT_METRIC = 'mean_reward';
export const DEFAULT_MAX_DROP = 0.015;
export const DEFAULT_MIN_ITEMS = 10;
export const DEFAULT_MAX_ERROR_RATE = 0.01;

/** The rule for `benchmark`: its entry, else `defaults`, else the top of the policy, else ours. `evidence` (a flag) beats all. */
export function resolvePolicy(policy: GatePolicy, benchmark: string, evidence?: EvidenceRule): ResolvedPolicy {
  const listed = isListed(policy, benchmark);
  const { defaults } = policy;
  const entry: PolicyOverrides = (listed ? policy.benchmarks[benchmark] : undefined) ?? {};
  const metric = entry.metric ?? defaults.metric;
  return {
    benchmark,
    listed,
    tier: entry.tier ?? defaults.tier ?? 'supporting',
    metric: metric ?? DEFAULT_METRIC,
    metric_assumed: metric === undefined,
    direction: entry.direction ?? defaults.direction ?? 'higher_is_better',
    max_drop: entry.max_drop ?? defaults.max_drop ?? DEFAULT_MAX_DROP,
    max_relative_drop: entry.max_relative_drop ?? defaults.max_relative_drop ?? null,
    relative_guard_below: entry.relative_guard_below ?? defaults.relative_guard_below ?? null,
    evidence: evidence ?? entry.evidence ?? defaults.evidence ?? policy.evidence ?? 'point',
    min_items: entry.min_items ?? defaults.min_items ?? policy.min_items ?? DEFAULT_MIN_ITEMS,
    cluster_by: entry.cluster_by ?? defaults.cluster_by ?? policy.cluster_by ?? null,
    max_error_rate: entry.max_error_rate ?? defaults.max_error_rate ?? policy.max_error_rate ?? DEFAULT_MAX_ERROR_RATE,
    min_coverage: entry.min_coverage ?? defaults.min_coverage ?? policy.min_coverage ?? 0,
  };
}

/** The evidence rule of the gate as a whole; a benchmark's entry may still differ. */
export function gateEvidence(policy: GatePolicy, evidence?: EvidenceRule): EvidenceRule {
  return evidence ?? policy.defaults.evidence ?? policy.evidence ?? 'point';
}

/** hasOwn: a benchmark may be called `constructor`. */
export function isListed(policy: GatePolicy, benchmark: string): boolean {
  return Object.hasOwn(policy.benchmarks, benchmark);
}

/** critical and supporting decide, advisory never does. */
export function blocks(tier: Tier): boolean {
  return tier !== 'advisory';
}

/** Listed benchmarks that block a release and for which no metric is named: nobody said what they must keep. */
export function benchmarksWithoutMetric(policy: GatePolicy): string[] {
  return Object.keys(policy.benchmarks).filter((name) => {
    const { tier, metric_assumed } = resolvePolicy(policy, name);
    return blocks(tier) && metric_assumed;
  });
}
