/** `nel eval run`: from flags and file to a finished run, watched in between, interruptible at any time. */

import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { bundlePath } from '../artifacts/write-artifacts.js';
import { lockRun } from '../client/run-lock.js';
import type { RunOutcome } from '../client/wait-for-result.js';
import { loadEvalConfig } from '../config/load.js';
import { resolveRunSpec } from '../config/resolve.js';
import { checkSecrets } from '../config/secrets.js';
import type { Bundle } from '../core/bundle.js';
import { NelError } from '../core/errors.js';
import type { PlannedBenchmark, RunFile } from '../core/spec.js';
import { renderRun } from '../report/run-text.js';
import { planBenchmarks } from '../workers/compose.js';
import { RunSession } from '../workers/run-session.js';
import type { EvalRunOptions } from './eval.js';
import { EXIT } from './exit-codes.js';
import { type PreparedRun, prepareRun, saveRun } from './prepare-run.js';
import { ProgressPrinter } from './progress.js';
import { resumeCommand } from './resume-command.js';

const say = (line: string): void => void process.stderr.write(`${line}\n`);

/** @returns the exit code */
export async function evalRun(configFile: string | undefined, options: EvalRunOptions): Promise<number> {
  const file = configFile === undefined ? undefined : loadEvalConfig(configFile);
  const { spec, notes } = resolveRunSpec({ file, flags: options, env: process.env, cwd: process.cwd() });
  for (const note of notes) say(`note: ${note}`);
  if (!options.dryRun) checkSecrets(spec, process.env, file);
  const planned = await planBenchmarks(spec, process.env);
  if (options.dryRun) {
    process.stdout.write(renderPlan(planned, spec));
    return EXIT.OK;
  }
  const lock = lockRun(spec.output.dir);
  try {
    return await run(await prepareRun(spec, planned), options.resume ?? false);
  } finally {
    lock.release();
  }
}

function renderPlan(planned: readonly PlannedBenchmark[], spec: unknown): string {
  const benchmarks = planned.map(({ name, n_problems, dataset, config_hash, spec: { repeats } }) => ({
    name,
    n_problems,
    repeats,
    samples: n_problems * repeats,
    dataset,
    config_hash,
  }));
  return `${JSON.stringify({ config: spec, benchmarks }, null, 2)}\n`;
}

async function run(prepared: PreparedRun, resume: boolean): Promise<number> {
  const { state } = prepared;
  const runDir = prepared.run.spec.output.dir;
  if (state === 'complete') {
    const errors = (await readBundles(prepared.run)).reduce((sum, { coverage }) => sum + coverage.errors, 0);
    if (!resume || errors === 0) {
      say(`${runDir}: this run is complete${errors > 0 ? `; --resume tries its ${errors} errors again` : ''}`);
      return showResult(prepared.run);
    }
  }
  if (resume && state === 'new') say(`note: ${runDir} holds no run yet; this starts one`);
  const current: RunFile = state === 'new' ? prepared.run : { ...prepared.run, generation: prepared.run.generation + 1 };
  await saveRun(current);
  for (;;) {
    const outcome = await drive(current);
    // The run was being cancelled when its owner died: that is over now, this command goes on with it.
    if (outcome.kind === 'cancelled' && outcome.attached && !outcome.interrupted) continue;
    return conclude(current, outcome);
  }
}

type DrivenOutcome = RunOutcome & { readonly interrupted: boolean; readonly attached: boolean };

/** Runs or joins the workflow until it ends, with progress on stderr. The first Ctrl-C drains, the second ends at once. */
async function drive(current: RunFile): Promise<DrivenOutcome> {
  let printer: ProgressPrinter | undefined;
  const log = (line: string): void => (printer ? printer.note(line) : say(line));
  const session = await RunSession.open({ run: current, runDir: current.spec.output.dir, env: process.env, log });
  let interrupted = false;
  const onSignal = (): void => {
    if (interrupted) {
      printer?.stop();
      say(`ended at once; answers in flight are lost. Go on with:\n  ${resumeCommand()}`);
      void session.handle
        .terminate('interrupted twice')
        .catch(() => undefined)
        .finally(() => process.exit(EXIT.INTERRUPTED));
      setTimeout(() => process.exit(EXIT.INTERRUPTED), 1_000);
      return;
    }
    interrupted = true;
    log('stopping: calls in flight may finish (again to end at once)');
    session.handle.cancel().catch(() => undefined);
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.on(signal, onSignal);
  try {
    const attached = session.started.how === 'attached';
    log(
      `${attached ? 'going on with' : 'run'} ${current.run_id} in ${current.spec.output.dir}${session.uiUrl === null ? '' : `\nwatch it at ${session.uiUrl}`}`,
    );
    const reader = session.progress();
    printer = new ProgressPrinter(process.stderr, () => reader.read());
    printer.start();
    const outcome = await session.outcome();
    return { ...outcome, interrupted, attached };
  } finally {
    printer?.stop();
    await session.close();
    for (const signal of signals) process.off(signal, onSignal);
  }
}

async function conclude(current: RunFile, outcome: DrivenOutcome): Promise<number> {
  if (outcome.kind === 'completed') return showResult(current);
  if (outcome.kind === 'cancelled') {
    if (!outcome.interrupted) throw new NelError('run', 'the run was cancelled', { hint: `go on with: ${resumeCommand()}` });
    say(`interrupted; every answer so far is kept. Go on with:\n  ${resumeCommand()}`);
    return EXIT.INTERRUPTED;
  }
  throw new NelError('run', outcome.message, { hint: `mend the cause, then go on with: ${resumeCommand()}` });
}

async function showResult(run: RunFile): Promise<number> {
  const bundles = await readBundles(run);
  process.stdout.write(
    `${renderRun(
      bundles,
      run.benchmarks.map((benchmark) => shortPath(bundleFile(run, benchmark))),
    )}\n`,
  );
  return EXIT.OK;
}

function bundleFile(run: RunFile, { name }: PlannedBenchmark): string {
  return bundlePath(path.join(run.spec.output.dir, name), run);
}

function readBundles(run: RunFile): Promise<Bundle[]> {
  return Promise.all(run.benchmarks.map(async (benchmark) => JSON.parse(await readFile(bundleFile(run, benchmark), 'utf8')) as Bundle));
}

/** Relative to here when that is shorter. */
function shortPath(file: string): string {
  const relative = path.relative(process.cwd(), file);
  return relative.length < file.length ? relative : file;
}
