/** The comparison of two runs for a terminal: what was set differently first, then deltas, then what flipped. */

import type { Difference } from '../core/comparability.js';
import type { BenchmarkComparison, PairedTest, ScoreDelta } from '../core/compare.js';
import type { CompareReport } from '../core/compare-report.js';
import type { Flip, Flips } from '../core/flips.js';
import { formatDelta } from '../core/gate-words.js';
import { excerpt, plain } from './plain-text.js';

export interface CompareTextOptions {
  readonly showFlips?: boolean;
  readonly verbose?: boolean;
}

const ANSWER_LENGTH = 120;
const VALUE_LENGTH = 60;

export function compareText(report: CompareReport, options: CompareTextOptions = {}): string {
  const runs = (side: CompareReport['baseline']): string => [side.path, ...side.run_ids].map(plain).join('  ');
  const lines = [
    report.verdict,
    `Baseline:  ${runs(report.baseline)}`,
    `Candidate: ${runs(report.candidate)}`,
    ...report.verdict_reasons.map((reason) => `  - ${plain(reason)}`),
    ...report.benchmarks.flatMap((one) => ['', ...benchmarkLines(one, options)]),
    ...section('WARNINGS', report.warnings.map(plain)),
  ];
  return `${lines.join('\n')}\n`;
}

function benchmarkLines(one: BenchmarkComparison, { showFlips = false, verbose = false }: CompareTextOptions): string[] {
  return [
    `${plain(one.benchmark)}: ${one.verdict}`,
    ...section('Set differently:', one.differences.map(differenceLine)),
    ...shownScores(one).map(([name, delta]) => `  ${plain(name)}: ${scoreLine(delta, verbose)}`),
    ...(one.paired === null ? [] : pairedLines(one, one.paired, verbose)),
    ...section(
      'Per-category deltas:',
      Object.entries(one.category_deltas).map(
        ([name, { baseline, candidate, delta, n }]) =>
          `${plain(name)}: ${baseline.toFixed(4)} -> ${candidate.toFixed(4)}  (delta=${formatDelta(delta)}${n === null ? '' : `, n=${n}`})`,
      ),
    ),
    ...section('Runtime:', runtimeLines(one, verbose)),
    ...(one.flips === null ? [] : flipLines(one.flips, showFlips)),
    ...section('Warnings:', one.warnings.map(plain)),
  ];
}

/** Without pass@1 where it is the mean reward once more (0/1 rewards). */
export function shownScores({ score_deltas }: BenchmarkComparison): [string, ScoreDelta][] {
  const reward = score_deltas.mean_reward;
  return Object.entries(score_deltas).filter(
    ([name, { baseline, candidate }]) => name !== 'pass@1' || baseline !== reward?.baseline || candidate !== reward?.candidate,
  );
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [`  ${title}`, ...lines.map((line) => `    ${line}`)];
}

const KIND = { dataset: 'data set', prompt: 'prompt', scorer: 'scorer', limit: 'limit', setting: 'setting', model: 'model' } as const;

/** `prompt  config.system_prompt: "a" -> "b"` */
export function differenceLine({ kind, field, baseline, candidate }: Difference): string {
  return `${KIND[kind].padEnd(8)}  ${plain(field)}: ${excerpt(JSON.stringify(baseline), VALUE_LENGTH)} -> ${excerpt(JSON.stringify(candidate), VALUE_LENGTH)}`;
}

/** `0.7200 -> 0.7500  (delta=+0.0300, +4.2%, CI overlap)` */
export function scoreLine({ baseline, candidate, delta, relative_pct, ci_overlap, p_value }: ScoreDelta, verbose: boolean): string {
  const parts = [
    `delta=${formatDelta(delta)}`,
    ...(relative_pct === null ? [] : [percent(relative_pct)]),
    ...(ci_overlap === null ? [] : [ci_overlap ? 'CI overlap' : 'CI apart']),
    ...(verbose && p_value !== null ? [`Mann-Whitney p=${pText(p_value)}`] : []),
  ];
  return `${baseline.toFixed(4)} -> ${candidate.toFixed(4)}  (${parts.join(', ')})`;
}

function percent(value: number): string {
  const text = value.toFixed(1);
  return Number(text) === 0 ? '+0.0%' : `${value > 0 ? '+' : ''}${text}%`;
}

export function pText(p: number): string {
  return p < 0.0001 ? p.toExponential(1) : p.toFixed(4);
}

const TEST = { 'mcnemar-exact': 'McNemar, exact', 'wilcoxon-signed-rank': 'Wilcoxon signed-rank' } as const;

function pairedLines(one: BenchmarkComparison, { test, p_value, ci, effect }: PairedTest, verbose: boolean): string[] {
  const interval = ci === null ? '' : `, 95% interval ${formatDelta(ci[0])} to ${formatDelta(ci[1])}`;
  const line = `  Paired over ${one.n_paired} items: ${formatDelta(effect)}${interval}`;
  if (!verbose) return [line];
  const detectable = one.minimum_detectable_effect;
  return [
    line,
    `  ${TEST[test]}: p=${pText(p_value)}`,
    ...(detectable === null ? [] : [`  Smallest change that shows with 80% power: ${detectable.toFixed(4)}`]),
  ];
}

/** What people ask for first; all of it under verbose. */
const RUNTIME = /^(tokens_per_second|elapsed_seconds|total_tokens|latency_percentiles_ms\.p50)$/;

function runtimeLines({ runtime_deltas }: BenchmarkComparison, verbose: boolean): string[] {
  return Object.entries(runtime_deltas)
    .filter(([name]) => verbose || RUNTIME.test(name))
    .map(([name, { baseline, candidate, delta }]) => {
      const text = (value: number): string => (Number.isInteger(value) ? String(value) : value.toFixed(2));
      return `${plain(name)}: ${text(baseline)} -> ${text(candidate)}  (delta=${delta > 0 ? '+' : ''}${text(delta)})`;
    });
}

function flipLines(flips: Flips, show: boolean): string[] {
  const same = flips.n_both_right + flips.n_both_wrong;
  return [
    `  Flips: ${flips.n_regressions} right to wrong, ${flips.n_improvements} wrong to right, ${same} the same, of ${flips.n_paired} paired samples`,
    ...(show
      ? [
          ...section('Right to wrong:', flips.regressions.flatMap(flipText)),
          ...section('Wrong to right:', flips.improvements.flatMap(flipText)),
        ]
      : []),
  ];
}

function flipText(flip: Flip): string[] {
  const answer = (text: string | null): string => (text === null ? '(none found)' : `"${excerpt(text, ANSWER_LENGTH)}"`);
  const category = flip.category === null ? '' : ` [${plain(flip.category)}]`;
  return [
    `problem ${plain(String(flip.problem_idx))}, repeat ${flip.repeat}${category}${flip.error ? ' (a call failed)' : ''}`,
    `  expected ${answer(flip.expected_answer)}, baseline ${answer(flip.baseline_answer)}, candidate ${answer(flip.candidate_answer)}`,
  ];
}
