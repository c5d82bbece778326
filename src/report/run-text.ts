/** The result of a run for a terminal of 80 columns: scores with intervals, coverage, failures, and where the files are. */

import type { Bundle, Score } from '../core/bundle.js';

/** One line a score: `mean_reward  0.5625  [0.5356, 0.5891]`. */
function scoreLine(name: string, score: Score): string {
  const value = score.value === null ? 'none' : score.value.toFixed(4);
  const interval =
    score.ci_lower === null || score.ci_upper === null ? '' : `  [${score.ci_lower.toFixed(4)}, ${score.ci_upper.toFixed(4)}]`;
  return `  ${name.padEnd(13)} ${value}${interval}`;
}

/** @param files where the bundle of each benchmark is, in the same order */
export function renderRun(bundles: readonly Bundle[], files: readonly string[]): string {
  const lines: string[] = [];
  bundles.forEach((bundle, i) => {
    const { benchmark, coverage } = bundle;
    const { repeats } = benchmark;
    const problems = benchmark.samples / repeats;
    lines.push(`${benchmark.name}  ${problems} problems${repeats > 1 ? ` × ${repeats} repeats` : ''}  (95% intervals over problems)`);
    for (const [name, score] of Object.entries(benchmark.scores)) {
      if (repeats === 1 && name === 'pass@1' && score.value === benchmark.scores['mean_reward']?.value) continue;
      lines.push(scoreLine(name, score));
    }
    lines.push(
      `  ${'scored'.padEnd(14)}${coverage.scored} of ${coverage.expected}${coverage.errors > 0 ? `, ${coverage.errors} errors` : ''}`,
    );
    const failures = Object.entries(bundle.failures).map(([category, count]) => `${count} ${category}`);
    if (failures.length > 0) lines.push(`  ${'failures'.padEnd(14)}${failures.join(', ')}`);
    const cut = bundle.runtime.finish_reason_counts['length'];
    if (cut) lines.push(`  ${'cut short'.padEnd(14)}${cut} answers hit the token limit`);
    lines.push(`  ${'bundle'.padEnd(14)}${files[i] ?? ''}`, '');
  });
  return lines.join('\n').trimEnd();
}
