/** The comparison of two runs from a program. Readers are loaded on first use. */

import { type CompareReport, toRegression } from '../core/compare-report.js';

export type { BenchmarkComparison, CategoryDelta, CompareVerdict, PairedTest, RuntimeDelta, ScoreDelta } from '../core/compare.js';
export type { CompareReport, Regression } from '../core/compare-report.js';
export type { Flip, Flips } from '../core/flips.js';

export interface CompareRunsOptions {
  /** Largest drop of the mean reward that is no regression. Default 0.05. */
  readonly maxDrop?: number;
  /** A sample is right when its reward is above this. Default 0. */
  readonly correctAbove?: number;
  /** Compare runs over different data sets. */
  readonly force?: boolean;
}

/**
 * Compares two runs, given as results directories or bundle files, benchmark by benchmark.
 * @throws NelError of kind `data` for broken files, duplicates, paths without a bundle, and different data sets without `force`
 */
export async function compareRuns(baseline: string, candidate: string, options: CompareRunsOptions = {}): Promise<CompareReport> {
  const { compareDirectories } = await import('../artifacts/compare-directories.js');
  return compareDirectories({ ...options, baseline, candidate });
}

/** Writes regression.json: the documents' keys at the top for one benchmark, by name under `benchmarks` for several. */
export async function writeRegression(report: CompareReport, file: string): Promise<void> {
  const { writeFileAtomic } = await import('../artifacts/write-atomic.js');
  await writeFileAtomic(file, `${JSON.stringify(toRegression(report), null, 2)}\n`);
}
