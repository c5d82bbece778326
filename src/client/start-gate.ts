/** A release decision as a workflow to be started: its sides, its policy, and what identifies it. */

import path from 'node:path';
import type { RunFile } from '../core/spec.js';
import { type GateInput, type GateResult, type GateSide, type SearchAttributeName, WORKFLOWS } from '../workflows/contract.js';
import { type Startable, suiteFamily, suiteInput } from './start-run.js';

export type { GateResult };

/** A side of the gate; `run` is set when it has to be evaluated (again). */
export interface Side {
  readonly dir: string;
  /** Where its files are kept when `dir` is a working copy of it: `s3://…`. */
  readonly remote?: string | undefined;
  readonly run: RunFile | null;
}

/**
 * @param specHash over sides, policy text and options: the same decision attaches to its open workflow
 * @param policyFile absolute
 */
export function gateStartable(input: {
  readonly baseline: Side;
  readonly candidate: Side;
  readonly policyFile: string;
  readonly evidence: 'point' | 'confidence' | null;
  readonly force: boolean;
  readonly specHash: string;
}): Startable {
  const { baseline, candidate, specHash } = input;
  const runId = `gate-${specHash.slice('sha256:'.length, 'sha256:'.length + 12)}`;
  const side = ({ dir: local, remote, run }: Side, attributes: readonly SearchAttributeName[]): GateSide => {
    const dir = remote ?? local;
    return run === null ? { dir } : { dir, workflow_id: run.workflow_id, suite: suiteInput(run, attributes) };
  };
  return {
    workflowId: `nel-${runId}`,
    type: WORKFLOWS.gate,
    input: (search_attributes): GateInput => ({
      baseline: side(baseline, search_attributes),
      candidate: side(candidate, search_attributes),
      policy_file: input.policyFile,
      evidence: input.evidence,
      force: input.force,
      report_file: path.join(candidate.dir, `${runId}.json`),
      search_attributes,
    }),
    specHash,
    runId,
    summary: `gate ${path.basename(candidate.dir)} against ${path.basename(baseline.dir)}`,
    directory: candidate.dir,
    family: [`nel-${runId}`, ...[baseline.run, candidate.run].flatMap((run) => (run === null ? [] : suiteFamily(run)))],
  };
}
