/** The comparison of two runs as Markdown, for a merge request: the same order as in a terminal, flips in tables. */

import type { BenchmarkComparison } from '../core/compare.js';
import type { CompareReport } from '../core/compare-report.js';
import type { Flip } from '../core/flips.js';
import { formatDelta } from '../core/gate-words.js';
import { type CompareTextOptions, differenceLine, pText, shownScores } from './compare-text.js';
import { excerpt, markdownCode, markdownText } from './plain-text.js';

const ANSWER_LENGTH = 120;

export function compareMarkdown(report: CompareReport, options: CompareTextOptions = {}): string {
  const blocks = [
    `# Comparison: ${report.verdict}`,
    `- Baseline: ${markdownCode(report.baseline.path)}\n- Candidate: ${markdownCode(report.candidate.path)}`,
    bullets(report.verdict_reasons),
    ...report.benchmarks.flatMap((one) => benchmarkBlocks(one, options)),
    ...(report.warnings.length === 0 ? [] : ['## Warnings', bullets(report.warnings)]),
  ];
  return `${blocks.join('\n\n')}\n`;
}

function bullets(texts: readonly string[]): string {
  return texts.map((text) => `- ${markdownText(text)}`).join('\n');
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function benchmarkBlocks(one: BenchmarkComparison, { showFlips = false, verbose = false }: CompareTextOptions): string[] {
  const { flips, paired } = one;
  return [
    `## ${markdownCode(one.benchmark)}: ${one.verdict}`,
    ...(one.differences.length === 0
      ? []
      : ['### Set differently', one.differences.map((one) => `- ${markdownCode(differenceLine(one))}`).join('\n')]),
    table(
      ['metric', 'baseline', 'candidate', 'delta', 'intervals overlap', 'p (Mann-Whitney)'],
      shownScores(one).map(([name, { baseline, candidate, delta, ci_overlap, p_value }]) => [
        markdownCode(name),
        baseline.toFixed(4),
        candidate.toFixed(4),
        formatDelta(delta),
        ci_overlap === null ? 'n/a' : ci_overlap ? 'yes' : 'no',
        p_value === null ? 'n/a' : pText(p_value),
      ]),
    ),
    ...(paired === null
      ? []
      : [
          `Paired over ${one.n_paired} items: ${formatDelta(paired.effect)}${
            paired.ci === null ? '' : `, 95% interval ${formatDelta(paired.ci[0])} to ${formatDelta(paired.ci[1])}`
          }, p = ${pText(paired.p_value)} (${paired.test}).`,
        ]),
    ...categoryBlocks(one),
    ...(verbose ? runtimeBlocks(one) : []),
    ...(flips === null
      ? []
      : [`Flips: ${flips.n_regressions} right to wrong, ${flips.n_improvements} wrong to right, of ${flips.n_paired} paired samples.`]),
    ...(flips === null || !showFlips
      ? []
      : [...flipBlocks('Right to wrong', flips.regressions), ...flipBlocks('Wrong to right', flips.improvements)]),
    ...(one.warnings.length === 0 ? [] : ['### Warnings', bullets(one.warnings)]),
  ];
}

function categoryBlocks({ category_deltas }: BenchmarkComparison): string[] {
  const rows = Object.entries(category_deltas).map(([name, { baseline, candidate, delta, n }]) => [
    markdownCode(name),
    baseline.toFixed(4),
    candidate.toFixed(4),
    formatDelta(delta),
    n === null ? 'n/a' : String(n),
  ]);
  return rows.length === 0 ? [] : ['### By category', table(['category', 'baseline', 'candidate', 'delta', 'items'], rows)];
}

function runtimeBlocks({ runtime_deltas }: BenchmarkComparison): string[] {
  const rows = Object.entries(runtime_deltas).map(([name, { baseline, candidate, delta }]) => [
    markdownCode(name),
    String(baseline),
    String(candidate),
    String(delta),
  ]);
  return rows.length === 0 ? [] : ['### Runtime', table(['figure', 'baseline', 'candidate', 'delta'], rows)];
}

function flipBlocks(title: string, flips: readonly Flip[]): string[] {
  if (flips.length === 0) return [];
  const answer = (text: string | null): string => (text === null ? 'none found' : markdownCode(excerpt(text, ANSWER_LENGTH)));
  return [
    `### ${title}`,
    table(
      ['problem', 'repeat', 'category', 'expected', 'baseline', 'candidate'],
      flips.map((flip) => [
        markdownCode(String(flip.problem_idx)),
        String(flip.repeat),
        flip.category === null ? '' : markdownCode(flip.category),
        answer(flip.expected_answer),
        answer(flip.baseline_answer),
        answer(flip.candidate_answer),
      ]),
    ),
  ];
}
