/** The gate's report for a terminal, in the shape of the quality-gate document; `verbose` adds what the verdict rests on. */

import type { GateBenchmark, GateReport } from '../core/gate.js';
import { formatDelta, formatShare } from '../core/gate-words.js';
import { plain } from './plain-text.js';

const GAP = 2;
const COLUMNS = ['name', 'tier', 'status', 'metric', 'delta'] as const;
/** Widths of the document's table, so that short reports look like it. */
const LEAST = [19, 11, 21, 11, 7] as const;

export function gateText(report: GateReport, options: { readonly verbose?: boolean } = {}): string {
  const verbose = options.verbose ?? false;
  const lines = [
    report.verdict,
    `Policy: ${plain(report.policy.path ?? '(built in code)')}`,
    `Baseline: ${plain(report.baseline.path)}`,
    `Candidate: ${plain(report.candidate.path)}`,
    ...(verbose ? provenance(report) : []),
    '',
    'VERDICT REASONS',
    ...report.verdict_reasons.map((reason) => `  - ${plain(reason)}`),
    ...(report.benchmarks.length === 0 ? [] : ['', 'BENCHMARKS', ...table(report.benchmarks, verbose)]),
    ...warnings(report, verbose),
  ];
  return `${lines.join('\n')}\n`;
}

function provenance(report: GateReport): string[] {
  const runs = (ids: readonly string[]): string => (ids.length === 0 ? 'none named' : ids.map(plain).join(', '));
  return [
    `Evidence: ${report.evidence}`,
    ...(report.policy.sha256 === null ? [] : [`Policy SHA-256: ${report.policy.sha256}`]),
    `Baseline runs: ${runs(report.baseline.run_ids)}`,
    `Candidate runs: ${runs(report.candidate.run_ids)}`,
  ];
}

function table(benchmarks: readonly GateBenchmark[], verbose: boolean): string[] {
  const rows = benchmarks.map((one) => [plain(one.benchmark), one.tier, one.status, plain(one.metric), deltaText(one.delta)]);
  const widths = COLUMNS.map((name, i) => Math.max(name.length, LEAST[i] as number, ...rows.map((row) => (row[i] as string).length)));
  const line = (cells: readonly string[]): string =>
    `  ${cells.map((cell, i) => cell.padEnd((widths[i] as number) + GAP)).join('')}`.trimEnd();
  const ruler = `  ${'-'.repeat(widths.reduce((sum, width) => sum + width + GAP, -GAP))}`;
  return [
    line(COLUMNS),
    ruler,
    ...benchmarks.flatMap((one, i) => [line(rows[i] as string[]), ...details(one, verbose).map((detail) => `    - ${plain(detail)}`)]),
  ];
}

function deltaText(delta: number | null): string {
  return delta === null ? 'n/a' : formatDelta(delta);
}

/** Reasons wherever a benchmark did not pass; scores, interval and thresholds under verbose. */
function details(one: GateBenchmark, verbose: boolean): string[] {
  if (!verbose) return one.status === 'PASS' ? [] : [...one.reasons];
  return [...one.reasons, ...measurements(one)];
}

/** What the delta is made of, for people. */
export function measurements(one: GateBenchmark): string[] {
  if (one.status === 'MISSING') return [];
  const lines: string[] = [];
  if (one.baseline_score !== null && one.candidate_score !== null) {
    lines.push(`Scores: baseline ${score(one.baseline_score)}, candidate ${score(one.candidate_score)}`);
  }
  if (one.delta_ci_lower !== null && one.delta_ci_upper !== null) {
    lines.push(`95% interval of the delta: ${formatDelta(one.delta_ci_lower)} to ${formatDelta(one.delta_ci_upper)}`);
  }
  const coverage = one.coverage === null ? '' : `, coverage ${formatShare(one.coverage)}`;
  lines.push(`Paired items: ${one.n_paired}${coverage}`);
  const relative = one.max_relative_drop_threshold === null ? '' : `, max_relative_drop ${formatShare(one.max_relative_drop_threshold)}`;
  lines.push(`Limits: max_drop ${one.max_drop_threshold}${relative}, ${one.direction}`);
  return lines;
}

function score(value: number): string {
  return value.toFixed(4).replace(/^-(0\.0+)$/, '$1');
}

function warnings({ warnings: all }: GateReport, verbose: boolean): string[] {
  if (all.length === 0) return [];
  if (!verbose) return ['', `${all.length} warning(s): --verbose shows them`];
  return ['', 'WARNINGS', ...all.map((warning) => `  - ${plain(warning)}`)];
}
