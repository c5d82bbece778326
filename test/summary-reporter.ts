/** A vitest reporter: names the tests that were skipped and why, and leaves the counts for scripts/test.mjs in the file that NEL_TEST_SUMMARY names. */

import { writeFileSync } from 'node:fs';
import type { Reporter, SerializedError, TestCase, TestModule } from 'vitest/node';

export interface TestSummary {
  readonly passed: number;
  /** Tests, plus files, suites and stray errors that failed without a test of their own. */
  readonly failed: number;
  readonly skipped: number;
}

export class SummaryReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], strayErrors: readonly SerializedError[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const count = (state: string): number => tests.filter((test) => test.result().state === state).length;
    const withoutTest = modules.flatMap((module) => [module, ...module.children.allSuites()]).filter((suite) => suite.errors().length > 0);
    const skipped = tests.filter((test) => ['skipped', 'pending'].includes(test.result().state));
    const summary: TestSummary = {
      passed: count('passed'),
      failed: count('failed') + withoutTest.length + strayErrors.length,
      skipped: skipped.length,
    };
    if (skipped.length > 0) process.stdout.write(`\nSkipped:\n${skipped.map((test) => `  ${describeSkipped(test)}\n`).join('')}`);
    const file = process.env['NEL_TEST_SUMMARY'];
    if (file !== undefined) writeFileSync(file, JSON.stringify(summary));
  }
}

/** The name carries the reason where the test gave no note: tests are skipped by name. */
function describeSkipped(test: TestCase): string {
  const result = test.result();
  const note = result.state === 'skipped' ? result.note : 'the run ended before it';
  return `${test.module.relativeModuleId}: ${test.fullName}${note === undefined ? '' : ` (${note})`}`;
}
