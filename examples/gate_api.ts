/**
 * A release decision from a program: gate two runs, and where the candidate does not pass, look for what changed.
 *
 *   npx jiti examples/gate_api.ts ./results/baseline ./results/candidate examples/policies/02_per_commit.yaml ./artifacts
 */

import path from 'node:path';
import { compareRuns, gateRuns, loadGatePolicy, writeGateReport, writeRegression } from 'nel';

const [baseline, candidate, policyFile, output] = process.argv.slice(2);
if (baseline === undefined || candidate === undefined || policyFile === undefined || output === undefined) {
  throw new Error('usage: gate_api.ts BASELINE CANDIDATE POLICY OUTPUT');
}

const policy = await loadGatePolicy(policyFile);
const report = await gateRuns(baseline, candidate, policy);

console.log(report.verdict);
for (const { benchmark, status, delta } of report.benchmarks) {
  console.log(`  ${benchmark}: ${status}${delta === null ? '' : ` (delta ${delta})`}`);
}

if (report.verdict !== 'GO') {
  await writeGateReport(report, path.join(output, 'gate_report.json'));
  const comparison = await compareRuns(baseline, candidate, { maxDrop: 0.02 });
  for (const { benchmark, flips } of comparison.benchmarks) {
    console.log(`  ${benchmark}: ${flips?.n_regressions ?? 0} answers went from right to wrong`);
  }
  await writeRegression(comparison, path.join(output, 'regression.json'));
}
