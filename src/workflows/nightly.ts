/**
 * A night of a schedule: a new run, held against the schedule's baseline by its policy, kept, and told. Whatever happens on the way, the
 * night is written down once and told once; it fails only where it came to no verdict.
 */

import { defineSearchAttributeKey, SearchAttributeType, TypedSearchAttributes } from '@temporalio/common';
import {
  ApplicationFailure,
  CancellationScope,
  CancelledFailure,
  ChildWorkflowCancellationType,
  executeChild,
  isCancellation,
  ParentClosePolicy,
  upsertMemo,
  workflowInfo,
} from '@temporalio/workflow';
import { durationText } from '../core/night.js';
import { finishNight, gateRuns, nightBaseline, notifyNight, prepareNight } from './activities.js';
import { FAILURES, type NightlyInput, type NightOutcome, type NightRef, type NightResult, type PreparedNight } from './contract.js';
import { rootMessage, runSuite } from './run-suite.js';
import { setScore, setVerdict } from './visibility.js';

/** Digits of the execution's id that keep two nights of one second apart. */
const ID_DIGITS = 6;
const NIGHT_CANCELLED = 'the night was cancelled';
const NEL_RUN = defineSearchAttributeKey('NelRun', SearchAttributeType.KEYWORD);

export async function nightly(input: NightlyInput): Promise<NightResult> {
  const ref = nightRef(input);
  const outcome = await evaluateAndGate(input, ref);
  return CancellationScope.nonCancellable(() => ended(input, ref, outcome));
}

/** The run's id follows from the execution, so that whoever carries on finds the same folder. */
function nightRef({ schedule, dir }: NightlyInput): NightRef {
  const { startTime, firstExecutionRunId } = workflowInfo();
  const started = startTime.toISOString();
  // The end of an id is random in every version of UUID that servers give out; the beginning may be the time.
  const digits = firstExecutionRunId.replaceAll('-', '').slice(-ID_DIGITS);
  return { schedule, dir, started, run_id: `${started.slice(0, 19).replace(/[-:]/g, '')}Z-${digits}` };
}

async function evaluateAndGate(input: NightlyInput, ref: NightRef): Promise<NightOutcome> {
  try {
    const prepared = await prepareNight(ref);
    const failure = await evaluated(input, prepared);
    if (failure !== null) return failure;
    const baseline = await nightBaseline(ref);
    if (baseline.kind === 'none') return { kind: 'no-baseline', reason: baseline.reason };
    const gate = await gateRuns({ ...prepared.gate, baseline_dir: baseline.dir });
    return { kind: 'gated', gate, baseline: { dir: baseline.dir, run_id: baseline.run_id } };
  } catch (error) {
    if (isCancellation(error)) return { kind: 'cancelled', reason: NIGHT_CANCELLED };
    return { kind: 'failed', reason: rootMessage(error), timed_out: false };
  }
}

/** Runs the evaluation within the time limit; null when it completed. @throws when the night itself is cancelled */
async function evaluated(input: NightlyInput, { workflow_id, suite }: PreparedNight): Promise<NightOutcome | null> {
  const { search_attributes, time_limit_ms } = input;
  const scope = new CancellationScope({ cancellable: true, timeout: time_limit_ms });
  try {
    await scope.run(() =>
      executeChild(runSuite, {
        workflowId: workflow_id,
        parentClosePolicy: ParentClosePolicy.TERMINATE,
        cancellationType: ChildWorkflowCancellationType.WAIT_CANCELLATION_COMPLETED,
        args: [{ ...suite, search_attributes }],
        typedSearchAttributes: new TypedSearchAttributes(
          search_attributes.includes('NelRun') ? [{ key: NEL_RUN, value: suite.run_id }] : [],
        ),
        memo: {
          summary: `${input.schedule}: ${suite.benchmarks.map(({ name }) => name).join(', ')}`,
          run_dir: suite.run_dir,
          spec_hash: suite.spec_hash,
        },
      }),
    );
    return null;
  } catch (error) {
    if (!isCancellation(error)) return { kind: 'failed', reason: rootMessage(error), timed_out: false };
    if (CancellationScope.current().consideredCancelled) throw error;
    if (!scope.consideredCancelled) return { kind: 'cancelled', reason: 'the run was cancelled' };
    return { kind: 'failed', reason: `the run did not end within ${durationText(time_limit_ms)}`, timed_out: true };
  }
}

async function ended({ search_attributes }: NightlyInput, ref: NightRef, outcome: NightOutcome): Promise<NightResult> {
  const finished = await finishNight({ ...ref, outcome });
  const { verdict, reasons, score } = finished;
  setScore(search_attributes, score);
  if (verdict === null) upsertMemo({ summary: [`no verdict (${outcome.kind})`, ...reasons].join('; ').slice(0, 400) });
  else setVerdict(search_attributes, { verdict, verdict_reasons: reasons, report_file: '' });
  // Whoever is not told can still read it: the verdict stands.
  const notification = await notifyNight(ref).catch(() => 'failed' as const);
  const result: NightResult = { ...finished, notification };
  if (outcome.kind === 'cancelled' && outcome.reason === NIGHT_CANCELLED) throw new CancelledFailure(outcome.reason, [result]);
  if (verdict === null) {
    const message = reasons.join('\n');
    throw ApplicationFailure.create({ message, type: FAILURES.runFailed, nonRetryable: true, details: [result] });
  }
  return result;
}
