/** `nel gate` as a durable workflow: sides given as configs are evaluated first, and the decision survives whatever its processes do not. */

import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { type GateResult, gateStartable, type Side } from '../client/start-gate.js';
import { loadEvalConfig } from '../config/load.js';
import { resolveRunSpec } from '../config/resolve.js';
import { checkSecrets } from '../config/secrets.js';
import { NelError } from '../core/errors.js';
import type { GateReport } from '../core/gate.js';
import { hashJson } from '../engine/hash.js';
import { planBenchmarks } from '../workers/plan.js';
import { drive, say } from './drive.js';
import type { GateOptions } from './gate.js';
import { type HeldRun, holdRun, outputAt } from './held-run.js';
import { nextGeneration, prepareRun } from './prepare-run.js';

/** The report, or null when the user interrupted. Directories are locked while their runs are driven. */
export async function gateDurably(call: {
  readonly baseline: string;
  readonly candidate: string;
  readonly options: GateOptions;
}): Promise<GateReport | null> {
  const held: HeldRun[] = [];
  try {
    const [baseline, candidate] = [await openSide(call.baseline, held), await openSide(call.candidate, held)];
    if (baseline.dir === candidate.dir) {
      throw new NelError('usage', `baseline and candidate are the same directory: ${baseline.dir}`, {
        hint: 'give each config an output.dir of its own',
      });
    }
    const policyFile = path.resolve(call.options.policy);
    const evidence = call.options.evidence ?? null;
    const force = call.options.force ?? false;
    const policy = await readFile(policyFile, 'utf8');
    const place = ({ dir, remote }: Side): string => remote ?? dir;
    const specHash = hashJson({ baseline: place(baseline), candidate: place(candidate), policy, evidence, force });
    const startable = gateStartable({ baseline, candidate, policyFile, evidence, force, specHash });
    const runs = [baseline.run, candidate.run].filter((run) => run !== null);
    const result = await drive<GateResult>(startable, runs, AbortSignal.any(held.map(({ lost }) => lost)));
    if (result === null) return null;
    say(`report in ${result.report_file}`);
    return JSON.parse(await readFile(result.report_file, 'utf8')) as GateReport;
  } finally {
    for (const one of held) await one.release();
  }
}

async function openSide(side: string, held: HeldRun[]): Promise<Side> {
  if (!/\.ya?ml$/i.test(side)) return { ...outputAt(side), run: null };
  const file = loadEvalConfig(side);
  const { spec, notes } = resolveRunSpec({ file, flags: {}, env: process.env, cwd: process.cwd() });
  for (const note of notes) say(`note: ${side}: ${note}`);
  checkSecrets(spec, process.env, file);
  const planned = await planBenchmarks(spec, process.env);
  const { dir, remote } = spec.output;
  const hold = await holdRun(
    spec.output,
    planned.map(({ name }) => name),
  );
  held.push(hold);
  const prepared = await prepareRun(spec, planned);
  if (prepared.state === 'complete') return { dir, remote, run: null };
  const run = nextGeneration(prepared);
  await hold.save(run, prepared.state === 'new');
  return { dir, remote, run };
}
