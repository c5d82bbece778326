/** The test runs: four kinds of test, one project each, from quick to slow; a fifth, `npm run test:long`, takes minutes a test. */

import { defineConfig } from 'vitest/config';
import { SummaryReporter } from './test/summary-reporter.js';

/** The kinds run one after the other, so that a unit test's load never disturbs an integration test's clock. */
function project(name: string, groupOrder: number, testTimeout: number) {
  return {
    extends: true as const,
    test: { name, include: [`test/${name}/**/*.test.ts`], testTimeout, hookTimeout: testTimeout, sequence: { groupOrder } },
  };
}

/** Only when it is asked for: its tests wait for minutes. */
const long = process.env['NEL_LONG_TESTS'] ? [project('long', 4, 900_000)] : [];

export default defineConfig({
  test: {
    pool: 'forks',
    maxWorkers: 2,
    globalSetup: './test/global-setup.ts',
    reporters: ['default', new SummaryReporter()],
    projects: [
      project('unit', 0, 15_000),
      project('workflow', 1, 60_000),
      project('replay', 2, 60_000),
      project('integration', 3, 60_000),
      ...long,
    ],
  },
});
