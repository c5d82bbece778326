/** The gate's report: one status a benchmark, one verdict over all, computed from them and never assumed. Evidence comes from gate-benchmark.ts. */

import { didYouMean } from './nearest.js';
import { blocks, type Direction, type EvidenceRule, type ResolvedPolicy, type Tier } from './policy.js';

export type GateStatus = 'PASS' | 'BREACH' | 'INSUFFICIENT_EVIDENCE' | 'MISSING';
export type GateVerdict = 'GO' | 'NO-GO' | 'INCONCLUSIVE';

/** One benchmark's line of the report. Scores and delta are over paired items; null where there is nothing to compute them from. */
export interface GateBenchmark {
  readonly benchmark: string;
  readonly tier: Tier;
  readonly status: GateStatus;
  readonly metric: string;
  readonly baseline_score: number | null;
  readonly candidate_score: number | null;
  /** candidate − baseline. */
  readonly delta: number | null;
  /** 95% interval of the delta. */
  readonly delta_ci_lower: number | null;
  readonly delta_ci_upper: number | null;
  /** Damage as a share of the baseline's score, in percent: above 0 is worse. null for a baseline of 0. */
  readonly relative_drop_pct: number | null;
  readonly n_paired: number;
  /** Share of all items of both sides that is paired, 0 to 1. */
  readonly coverage: number | null;
  readonly max_drop_threshold: number;
  readonly max_relative_drop_threshold: number | null;
  readonly direction: Direction;
  readonly absolute_breached: boolean;
  readonly relative_breached: boolean;
  readonly reasons: readonly string[];
}

export interface GateSideReport {
  readonly path: string;
  /** Run ids of the bundles found, each once, sorted. */
  readonly run_ids: readonly string[];
}

export interface GateReport {
  readonly report_version: 1;
  readonly verdict: GateVerdict;
  readonly verdict_reasons: readonly string[];
  /** null for a policy that was built in code. */
  readonly policy: { readonly path: string | null; readonly sha256: string | null };
  readonly baseline: GateSideReport;
  readonly candidate: GateSideReport;
  readonly evidence: EvidenceRule;
  readonly benchmarks: readonly GateBenchmark[];
  /** Listed by the policy, absent on a side. */
  readonly missing: readonly string[];
  readonly warnings: readonly string[];
}

/**
 * NO-GO on any BREACH or MISSING of a benchmark that blocks; else INCONCLUSIVE on any INSUFFICIENT_EVIDENCE of one, and where
 * no benchmark that blocks was evaluated at all: a gate that saw nothing certifies nothing. Else GO.
 */
export function gateVerdict(benchmarks: readonly GateBenchmark[]): { readonly verdict: GateVerdict; readonly reasons: readonly string[] } {
  const deciding = benchmarks.filter(({ tier }) => blocks(tier));
  const broken = deciding.filter(({ status }) => status === 'BREACH' || status === 'MISSING');
  const unsettled = deciding.filter(({ status }) => status === 'INSUFFICIENT_EVIDENCE');
  const reasons = [...broken, ...unsettled].map(({ status, benchmark, tier }) => `${status}: ${benchmark} [${tier}]`);
  if (broken.length > 0) return { verdict: 'NO-GO', reasons };
  if (unsettled.length > 0) return { verdict: 'INCONCLUSIVE', reasons };
  if (benchmarks.length === 0) return { verdict: 'INCONCLUSIVE', reasons: ['No benchmark was evaluated'] };
  if (deciding.length === 0) return { verdict: 'INCONCLUSIVE', reasons: ['No critical or supporting benchmark was evaluated'] };
  const passed = benchmarks.filter(({ status }) => status === 'PASS').length;
  return { verdict: 'GO', reasons: [`All ${passed} gated benchmark(s) passed`, ...advisoryReasons(benchmarks)] };
}

function advisoryReasons(benchmarks: readonly GateBenchmark[]): string[] {
  return benchmarks
    .filter(({ tier, status }) => !blocks(tier) && status !== 'PASS')
    .map(({ status, benchmark }) => `${status}: ${benchmark} [advisory], without effect on the verdict`);
}

/** The line of a listed benchmark that a side, or both, does not have. `known`: what was found, for a hint at a misspelt name. */
export function missingBenchmark(
  policy: ResolvedPolicy,
  sides: readonly ('baseline' | 'candidate')[],
  known: readonly string[],
): GateBenchmark {
  const hint = didYouMean(policy.benchmark, known);
  const spelling = hint === '' ? '' : `${hint}; names are case-sensitive`;
  return {
    ...emptyBenchmark(policy),
    status: 'MISSING',
    reasons: [`Not found in the results of the ${sides.join(' and the ')}${spelling}`],
  };
}

/** A benchmark's line without any evidence in it. */
export function emptyBenchmark(policy: ResolvedPolicy): Omit<GateBenchmark, 'status' | 'reasons'> {
  return {
    benchmark: policy.benchmark,
    tier: policy.tier,
    metric: policy.metric,
    baseline_score: null,
    candidate_score: null,
    delta: null,
    delta_ci_lower: null,
    delta_ci_upper: null,
    relative_drop_pct: null,
    n_paired: 0,
    coverage: null,
    max_drop_threshold: policy.max_drop,
    max_relative_drop_threshold: policy.max_relative_drop,
    direction: policy.direction,
    absolute_breached: false,
    relative_breached: false,
  };
}

export interface GateReportInput {
  readonly policy: { readonly path: string | null; readonly sha256: string | null };
  readonly baseline: GateSideReport;
  readonly candidate: GateSideReport;
  readonly evidence: EvidenceRule;
  readonly benchmarks: readonly GateBenchmark[];
  readonly warnings: readonly string[];
}

/** Puts the report together; benchmarks stand in the order of their names. */
export function gateReport(input: GateReportInput): GateReport {
  const benchmarks = [...input.benchmarks].sort((a, b) => (a.benchmark < b.benchmark ? -1 : 1)).map(ordered);
  const { verdict, reasons } = gateVerdict(benchmarks);
  return {
    report_version: 1,
    verdict,
    verdict_reasons: reasons,
    policy: input.policy,
    baseline: input.baseline,
    candidate: input.candidate,
    evidence: input.evidence,
    benchmarks,
    missing: benchmarks.filter(({ status }) => status === 'MISSING').map(({ benchmark }) => benchmark),
    warnings: input.warnings,
  };
}

/** Keys in the order of the report's documentation. */
function ordered({ benchmark, tier, status, metric, reasons, ...numbers }: GateBenchmark): GateBenchmark {
  return { benchmark, tier, status, metric, ...numbers, reasons };
}
