/** `nel gate` as a durable workflow: sides given as configs are evaluated first, and the decision survives whatever its processes do not. */

import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { lockRun, type RunLock } from '../client/run-lock.js';
import { type Startable, suiteFamily, suiteInput } from '../client/start-run.js';
import { loadEvalConfig } from '../config/load.js';
import { resolveRunSpec } from '../config/resolve.js';
import { checkSecrets } from '../config/secrets.js';
import { NelError } from '../core/errors.js';
import type { GateReport } from '../core/gate.js';
import type { RunFile } from '../core/spec.js';
import { hashJson } from '../engine/hash.js';
import { planBenchmarks } from '../workers/compose.js';
import { type GateInput, type GateResult, type GateSide, type SearchAttributeName, WORKFLOWS } from '../workflows/contract.js';
import { drive, say } from './drive.js';
import type { GateOptions } from './gate.js';
import { nextGeneration, prepareRun, saveRun } from './prepare-run.js';

/** A side of the gate as this process sees it; `run` is set when it has to be evaluated. */
interface Side {
  readonly dir: string;
  readonly run: RunFile | null;
}

/** The report, or null when the user interrupted. Directories are locked while their runs are driven. */
export async function gateDurably(call: {
  readonly baseline: string;
  readonly candidate: string;
  readonly options: GateOptions;
}): Promise<GateReport | null> {
  const locks: RunLock[] = [];
  try {
    const [baseline, candidate] = [await openSide(call.baseline, locks), await openSide(call.candidate, locks)];
    if (baseline.dir === candidate.dir) {
      throw new NelError('usage', `baseline and candidate are the same directory: ${baseline.dir}`, {
        hint: 'give each config an output.dir of its own',
      });
    }
    const policyFile = path.resolve(call.options.policy);
    const startable = await gateStartable({ baseline, candidate, policyFile, options: call.options });
    const runs = [baseline.run, candidate.run].filter((run) => run !== null);
    const result = await drive<GateResult>(startable, runs);
    if (result === null) return null;
    say(`report in ${result.report_file}`);
    return JSON.parse(await readFile(result.report_file, 'utf8')) as GateReport;
  } finally {
    for (const lock of locks) lock.release();
  }
}

async function openSide(side: string, locks: RunLock[]): Promise<Side> {
  if (!/\.ya?ml$/i.test(side)) return { dir: path.resolve(side), run: null };
  const file = loadEvalConfig(side);
  const { spec, notes } = resolveRunSpec({ file, flags: {}, env: process.env, cwd: process.cwd() });
  for (const note of notes) say(`note: ${side}: ${note}`);
  checkSecrets(spec, process.env, file);
  const planned = await planBenchmarks(spec, process.env);
  locks.push(lockRun(spec.output.dir));
  const prepared = await prepareRun(spec, planned);
  if (prepared.state === 'complete') return { dir: spec.output.dir, run: null };
  const run = nextGeneration(prepared);
  await saveRun(run);
  return { dir: spec.output.dir, run };
}

async function gateStartable(input: {
  readonly baseline: Side;
  readonly candidate: Side;
  readonly policyFile: string;
  readonly options: GateOptions;
}): Promise<Startable> {
  const { baseline, candidate, policyFile, options } = input;
  const policyText = await readFile(policyFile, 'utf8');
  const specHash = hashJson({
    baseline: baseline.dir,
    candidate: candidate.dir,
    policyText,
    evidence: options.evidence ?? null,
    force: options.force ?? false,
  });
  const runId = `gate-${specHash.slice('sha256:'.length, 'sha256:'.length + 12)}`;
  const gateInput = (search_attributes: readonly SearchAttributeName[]): GateInput => {
    const side = ({ dir, run }: Side): GateSide =>
      run === null ? { dir } : { dir, workflow_id: run.workflow_id, suite: suiteInput(run, search_attributes) };
    return {
      baseline: side(baseline),
      candidate: side(candidate),
      policy_file: policyFile,
      evidence: options.evidence ?? null,
      force: options.force ?? false,
      report_file: path.join(candidate.dir, `${runId}.json`),
      search_attributes,
    };
  };
  return {
    workflowId: `nel-${runId}`,
    type: WORKFLOWS.gate,
    input: gateInput,
    specHash,
    runId,
    summary: `gate ${path.basename(candidate.dir)} against ${path.basename(baseline.dir)}`,
    directory: candidate.dir,
    family: [`nel-${runId}`, ...[baseline.run, candidate.run].flatMap((run) => (run === null ? [] : suiteFamily(run)))],
  };
}
