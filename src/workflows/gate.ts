/** A release decision: evaluates the sides that are not there yet, side by side, then gates. The verdict is in the result, the memo and NelVerdict. */

import { ChildWorkflowCancellationType, executeChild, ParentClosePolicy } from '@temporalio/workflow';
import { gateRuns } from './activities.js';
import type { GateInput, GateResult, GateSide } from './contract.js';
import { runSuite } from './run-suite.js';
import { setVerdict } from './visibility.js';

export async function gate(input: GateInput): Promise<GateResult> {
  const { baseline, candidate, policy_file, evidence, force, report_file } = input;
  await Promise.all([evaluated(baseline), evaluated(candidate)]);
  const result = await gateRuns({ baseline_dir: baseline.dir, candidate_dir: candidate.dir, policy_file, evidence, force, report_file });
  setVerdict(input.search_attributes, result);
  return result;
}

/** A side that cannot be evaluated fails the gate: a verdict is computed, never assumed. */
async function evaluated(side: GateSide): Promise<void> {
  if (!('suite' in side)) return;
  await executeChild(runSuite, {
    workflowId: side.workflow_id,
    parentClosePolicy: ParentClosePolicy.TERMINATE,
    cancellationType: ChildWorkflowCancellationType.WAIT_CANCELLATION_COMPLETED,
    args: [side.suite],
  });
}
