/** The release decision from a program: load a policy, gate two results directories, write the report. Readers are loaded on first use. */

import type { GateReport } from '../core/gate.js';
import type { EvidenceRule, GatePolicy } from '../core/policy.js';

export type { GateBenchmark, GateReport, GateStatus, GateVerdict } from '../core/gate.js';
export type { Direction, EvidenceRule, GatePolicy, PolicyOverrides, Tier } from '../core/policy.js';

export interface GateRunsOptions {
  /** Overrides the policy's evidence rule. */
  readonly evidence?: EvidenceRule;
  /** Pair runs whose data set, prompt, scorer or limits differ. */
  readonly force?: boolean;
}

/**
 * Reads and checks a gate policy (YAML).
 * @throws NelError of kind `config`, with file, line and column
 */
export async function loadGatePolicy(file: string): Promise<GatePolicy> {
  const policy = await import('../config/policy.js');
  return policy.loadGatePolicy(file);
}

/**
 * Holds a candidate's results against a baseline's, benchmark by benchmark. Both directories are searched for `eval-*.json` at
 * any depth; a directory that does not exist has no results.
 *
 * @param policy from `loadGatePolicy` (its promise will do), or built in code
 * @throws NelError: kind `config` for a policy that cannot be applied, kind `data` for broken files, duplicates, and sides that were not asked alike
 */
export async function gateRuns(
  baselineDir: string,
  candidateDir: string,
  policy: GatePolicy | Promise<GatePolicy>,
  options: GateRunsOptions = {},
): Promise<GateReport> {
  const { gateDirectories } = await import('../artifacts/gate-directories.js');
  return gateDirectories({ ...options, baselineDir, candidateDir, policy: await policy });
}

/** Writes the report as JSON, whole or not at all; folders are made. */
export async function writeGateReport(report: GateReport, file: string): Promise<void> {
  const { writeFileAtomic } = await import('../artifacts/write-atomic.js');
  await writeFileAtomic(file, `${JSON.stringify(report, null, 2)}\n`);
}
