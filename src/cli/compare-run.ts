/** Runs `nel compare`: directories, report, exit code. */

import { compareDirectories } from '../artifacts/compare-directories.js';
import type { CompareReport } from '../core/compare-report.js';
import { toRegression } from '../core/compare-report.js';
import { NelError } from '../core/errors.js';
import { compareMarkdown } from '../report/compare-markdown.js';
import { compareText } from '../report/compare-text.js';
import { readableDirectory } from '../workers/stores.js';
import type { CommandIo } from './command-io.js';
import type { CompareOptions } from './compare.js';
import { EXIT } from './exit-codes.js';
import { type ReportFormat, reportFormat, saveReport } from './save-report.js';

export interface CompareCall {
  readonly baseline: string;
  readonly candidate: string;
  readonly options: CompareOptions;
  readonly io: CommandIo;
}

const VERDICT_EXIT = { PASS: EXIT.OK, WARN: EXIT.INCONCLUSIVE, INCONCLUSIVE: EXIT.INCONCLUSIVE, BLOCK: EXIT.NO_GO } as const;

/** @returns the exit code. @throws NelError for usage and data errors */
export async function runCompare({ baseline, candidate, options, io }: CompareCall): Promise<number> {
  const { maxDrop, correctAbove, force, output } = options;
  const format = output === undefined ? options.format : reportFormat(output, options.format);
  if (format === 'junit') throw new NelError('usage', 'nel compare writes .json, .md and .txt', { hint: 'nel gate writes JUnit XML.' });
  const found = await compareDirectories({
    baseline: await readableDirectory(baseline, process.env),
    candidate: await readableDirectory(candidate, process.env),
    maxDrop,
    correctAbove,
    force,
    cwd: io.cwd,
  });
  // Directories as they were given, not as copies of them are called here.
  const report = { ...found, baseline: { ...found.baseline, path: baseline }, candidate: { ...found.candidate, path: candidate } };
  if (output !== undefined) await saveReport(output, render(report, format, options), io.cwd);
  io.stdout(render(report, options.format, options));
  return options.strict ? VERDICT_EXIT[report.verdict] : EXIT.OK;
}

function render(report: CompareReport, format: Exclude<ReportFormat, 'junit'>, options: CompareOptions): string {
  const { showFlips = false, verbose = false } = options;
  if (format === 'json') return `${JSON.stringify(toRegression(report), null, 2)}\n`;
  return format === 'markdown' ? compareMarkdown(report, { showFlips, verbose }) : compareText(report, { showFlips, verbose });
}
