/** The gate's report as Markdown, for a merge request or a job summary. */

import type { GateBenchmark, GateReport } from '../core/gate.js';
import { formatDelta, formatShare } from '../core/gate-words.js';
import { measurements } from './gate-text.js';
import { markdownCode, markdownText } from './plain-text.js';

export function gateMarkdown(report: GateReport, options: { readonly verbose?: boolean } = {}): string {
  const verbose = options.verbose ?? false;
  const parts = [
    `# Quality gate: ${report.verdict}`,
    [
      `- Policy: ${markdownCode(report.policy.path ?? 'built in code')}`,
      `- Baseline: ${markdownCode(report.baseline.path)}`,
      `- Candidate: ${markdownCode(report.candidate.path)}`,
      `- Evidence: ${report.evidence}`,
    ],
    '## Verdict reasons',
    bullets(report.verdict_reasons),
    ...(report.benchmarks.length === 0 ? [] : ['## Benchmarks', table(report.benchmarks)]),
    ...reasons(report.benchmarks, verbose),
    ...(report.warnings.length === 0 ? [] : ['## Warnings', bullets(report.warnings)]),
  ];
  return `${parts.map((part) => (typeof part === 'string' ? part : part.join('\n'))).join('\n\n')}\n`;
}

function bullets(texts: readonly string[]): string[] {
  return texts.map((text) => `- ${markdownText(text)}`);
}

function table(benchmarks: readonly GateBenchmark[]): string[] {
  const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [
    row(['benchmark', 'tier', 'status', 'metric', 'baseline', 'candidate', 'delta', '95% interval', 'paired', 'coverage']),
    row(['---', '---', '---', '---', '---:', '---:', '---:', '---:', '---:', '---:']),
    ...benchmarks.map((one) =>
      row([
        markdownCode(one.benchmark),
        one.tier,
        one.status === 'PASS' ? 'PASS' : `**${one.status}**`,
        markdownCode(one.metric),
        one.baseline_score?.toFixed(4) ?? 'n/a',
        one.candidate_score?.toFixed(4) ?? 'n/a',
        one.delta === null ? 'n/a' : formatDelta(one.delta),
        one.delta_ci_lower === null || one.delta_ci_upper === null
          ? 'n/a'
          : `${formatDelta(one.delta_ci_lower)} to ${formatDelta(one.delta_ci_upper)}`,
        String(one.n_paired),
        one.coverage === null ? 'n/a' : formatShare(one.coverage),
      ]),
    ),
  ];
}

function reasons(benchmarks: readonly GateBenchmark[], verbose: boolean): (string | string[])[] {
  const shown = benchmarks.filter(({ status }) => verbose || status !== 'PASS');
  return shown.flatMap((one) => [
    `### ${markdownCode(one.benchmark)}: ${one.status}`,
    bullets([...one.reasons, ...(verbose ? measurements(one) : [])]),
  ]);
}
