/** The comparison of two runs, benchmark by benchmark, and regression.json as a view of it. */

import type { BenchmarkComparison, CompareVerdict } from './compare.js';

export interface CompareReport {
  readonly report_version: 1;
  readonly verdict: CompareVerdict;
  readonly verdict_reasons: readonly string[];
  readonly baseline: { readonly path: string; readonly run_ids: readonly string[] };
  readonly candidate: { readonly path: string; readonly run_ids: readonly string[] };
  readonly max_drop: number;
  readonly benchmarks: readonly BenchmarkComparison[];
  /** Benchmarks that only one side has. */
  readonly baseline_only: readonly string[];
  readonly candidate_only: readonly string[];
  readonly warnings: readonly string[];
}

type Body = Omit<CompareReport, 'report_version' | 'verdict' | 'verdict_reasons'>;

/** BLOCK before INCONCLUSIVE before WARN; a benchmark that the candidate lacks, or nothing to compare, is inconclusive. */
export function compareReport(body: Body): CompareReport {
  const worst = (verdict: CompareVerdict) => body.benchmarks.filter((one) => one.verdict === verdict);
  const reasons: string[] = [];
  for (const verdict of ['BLOCK', 'INCONCLUSIVE', 'WARN'] as const) {
    for (const one of worst(verdict)) reasons.push(`${verdict}: ${one.benchmark}: ${one.verdict_reasons.join('; ')}`);
  }
  for (const name of body.baseline_only) reasons.push(`INCONCLUSIVE: ${name}: only in the baseline`);
  if (body.benchmarks.length === 0) reasons.push('No benchmark is in both runs');
  const inconclusive = worst('INCONCLUSIVE').length + body.baseline_only.length > 0 || body.benchmarks.length === 0;
  const verdict = worst('BLOCK').length > 0 ? 'BLOCK' : inconclusive ? 'INCONCLUSIVE' : worst('WARN').length > 0 ? 'WARN' : 'PASS';
  if (verdict === 'PASS') reasons.push(`No regression in ${body.benchmarks.length} benchmark(s)`);
  return { report_version: 1, verdict, verdict_reasons: reasons, ...body };
}

/** regression.json: the documents' keys at the top for one benchmark, by name under `benchmarks` for several. */
export type Regression =
  | (Omit<CompareReport, 'benchmarks'> & BenchmarkComparison)
  | (Omit<CompareReport, 'benchmarks'> & { readonly benchmarks: Readonly<Record<string, BenchmarkComparison>> });

export function toRegression(report: CompareReport): Regression {
  const { benchmarks, warnings, ...head } = report;
  const [only] = benchmarks;
  if (benchmarks.length === 1 && only !== undefined)
    return { ...head, ...only, verdict: report.verdict, warnings: [...warnings, ...only.warnings] };
  return { ...head, warnings, benchmarks: Object.fromEntries(benchmarks.map((one) => [one.benchmark, one])) };
}
