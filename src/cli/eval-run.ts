/** `nel eval run`: from flags and file to a finished run, watched in between, interruptible at any time. */

import { suiteStartable } from '../client/start-run.js';
import { loadEvalConfig } from '../config/load.js';
import { resolveRunSpec } from '../config/resolve.js';
import { checkSecrets } from '../config/secrets.js';
import type { SlurmCluster } from '../core/cluster.js';
import { isHarnessRef, refuseShards } from '../core/harness.js';
import { parseShard, shardFromEnvironment } from '../core/shards.js';
import type { PlannedBenchmark, RunFile, RunSpec } from '../core/spec.js';
import { planBenchmarks } from '../workers/plan.js';
import { writeSlurmScripts } from '../workers/slurm-jobs.js';
import { drive, say } from './drive.js';
import type { EvalRunOptions } from './eval.js';
import { evalShard } from './eval-shard.js';
import { EXIT } from './exit-codes.js';
import { type HeldRun, holdRun } from './held-run.js';
import { nextGeneration, type PreparedRun, prepareRun } from './prepare-run.js';
import { bundlesOf, readBundles, shortPath, showResult } from './show-result.js';

/** @returns the exit code */
export async function evalRun(configFile: string | undefined, options: EvalRunOptions): Promise<number> {
  const file = configFile === undefined ? undefined : loadEvalConfig(configFile);
  const { spec, notes } = resolveRunSpec({ file, flags: options, env: process.env, cwd: process.cwd() });
  for (const note of notes) say(`note: ${note}`);
  if (!options.dryRun) checkSecrets(spec, process.env, file);
  const planned = await planBenchmarks(spec, process.env);
  if (options.dryRun) {
    process.stdout.write(renderPlan(planned, spec));
    return spec.cluster?.type === 'slurm' ? writeScripts(spec, planned, spec.cluster) : EXIT.OK;
  }
  const shard = options.shard === undefined ? shardFromEnvironment(process.env) : parseShard(options.shard);
  const whole = spec.benchmarks.find(({ ref }) => isHarnessRef(ref));
  if (whole !== undefined && (shard !== null || spec.cluster !== undefined)) refuseShards(whole.ref);
  if (shard !== null) return evalShard({ spec, planned, shard, resume: options.resume ?? false });
  const held = await holdRun(
    spec.output,
    planned.map(({ name }) => name),
  );
  try {
    return await run(await prepareRun(spec, planned), options.resume ?? false, held);
  } finally {
    await held.release();
  }
}

/** What would be handed to the cluster, to look at. */
async function writeScripts(spec: RunSpec, planned: readonly PlannedBenchmark[], cluster: SlurmCluster): Promise<number> {
  const { run } = await prepareRun(spec, planned);
  return showScripts(run, cluster);
}

async function showScripts(run: RunFile, cluster: SlurmCluster): Promise<number> {
  const { files, commands, sbatch } = await writeSlurmScripts(run, cluster);
  for (const file of files) say(`wrote ${shortPath(file)}`);
  say('nothing was submitted; to do it by hand:');
  for (const command of commands) say(`  ${command}`);
  say('which comes down to, there:');
  for (const command of sbatch) say(`  ${command.trim()}`);
  return EXIT.OK;
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

async function run(prepared: PreparedRun, resume: boolean, held: HeldRun): Promise<number> {
  const { state } = prepared;
  const runDir = held.place;
  if (state === 'complete') {
    const errors = (await readBundles(bundlesOf(prepared.run))).reduce((sum, { coverage }) => sum + coverage.errors, 0);
    if (!resume || errors === 0) {
      say(`${runDir}: this run is complete${errors > 0 ? `; --resume tries its ${errors} errors again` : ''}`);
      await showResult(bundlesOf(prepared.run), prepared.run.spec.output);
      return EXIT.OK;
    }
  }
  if (resume && state === 'new') say(`note: ${runDir} holds no run yet; this starts one`);
  const current = nextGeneration(prepared);
  await held.save(current, state === 'new');
  const { cluster } = current.spec;
  if (cluster?.type === 'slurm' && !cluster.submit) return showScripts(current, cluster);
  const result = await drive(suiteStartable(current), [current], held.lost);
  if (result === null) return EXIT.INTERRUPTED;
  await held.refresh(current);
  await showResult(bundlesOf(current), current.spec.output);
  return EXIT.OK;
}
