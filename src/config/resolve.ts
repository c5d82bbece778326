/** From flags, file and environment to the one frozen RunSpec that everything after it works on, and notes on what won over what. */

import path from 'node:path';
import { errorMessage, NelError } from '../core/errors.js';
import type { BenchmarkSpec, OutputSpec, RunSpec } from '../core/spec.js';
import { isStoreAddress, normalizeStoreAddress } from '../core/store.js';
import { DEFAULTS } from './defaults.js';
import { checkFlags, flagOr, type ResolveContext, type RunFlags } from './flags.js';
import type { ParsedConfig } from './load.js';
import { Problems } from './problems.js';
import { resolveBenchmarks } from './resolve-benchmarks.js';
import { resolveCluster } from './resolve-cluster.js';
import { resolveServices } from './resolve-services.js';
import type { Environment } from './secret-names.js';
import { stagingDirectory } from './state-directory.js';
import { expandField } from './variables.js';

export interface ResolveInput {
  readonly file?: ParsedConfig | undefined;
  readonly flags: RunFlags;
  readonly env: Environment;
  /** Current directory; output.dir and paths of flags are relative to it. */
  readonly cwd: string;
}

export interface ResolvedRun {
  /** Frozen in depth. Paths are absolute; of API keys only the variables' names. */
  readonly spec: RunSpec;
  /** One sentence each, to be printed: what a flag overrides, what the environment gave, what does not run. */
  readonly notes: readonly string[];
}

/**
 * Resolves a run: flags > file > environment > defaults. Whether the variables of API keys are set is not checked here
 * (a dry run needs none): see checkSecrets.
 *
 * @throws NelError of kind config (a line of the file) or usage (a flag); several problems come as one list
 */
export function resolveRunSpec({ file, flags, env, cwd }: ResolveInput): ResolvedRun {
  const context: ResolveContext = { file, flags, env, cwd: path.resolve(cwd), problems: new Problems(), notes: [] };
  checkFlags(context);
  context.problems.throwIfAny();
  const benchmarks = resolveBenchmarks(context);
  const services = resolveServices(context, new Set(benchmarks.flatMap(servicesOf)));
  const output = resolveOutput(context);
  const cluster = resolveCluster(context, services);
  const max_error_rate = flagOr(context, 'maxErrorRate', ['max_error_rate'], file?.config.max_error_rate) ?? DEFAULTS.max_error_rate;
  if (cluster?.type === 'slurm' && output.remote !== undefined) {
    context.problems.add({
      kind: 'config',
      message: 'output.dir is in a store, and cluster.type slurm brings results to a directory of this machine',
      hint: 'Give output.dir a directory, and copy it to the store when the run has ended.',
      at: file?.positionOf(['output', 'dir']),
    });
  }
  context.problems.throwIfAny();
  return deepFreeze({
    spec: { services, benchmarks, output, max_error_rate, ...(cluster === null ? {} : { cluster }) },
    notes: context.notes,
  });
}

/** Every service that a benchmark asks: its solver's and its judges'. */
function servicesOf({ solver, metrics }: BenchmarkSpec): string[] {
  const judges = metrics.flatMap((metric) => ('service' in metric ? [metric.service] : []));
  return solver.service === null ? judges : [solver.service, ...judges];
}

function resolveOutput(context: ResolveContext): OutputSpec {
  const { file, flags, env, cwd } = context;
  const field = ['output', 'dir'];
  const written = file?.config.output?.dir;
  const dir = flagOr(context, 'outputDir', field, written) ?? DEFAULTS.output_dir;
  // The shell has expanded a flag already.
  const place = flags.outputDir === undefined ? expandField(context, dir, field) : dir;
  if (place === undefined) return { dir: '' };
  if (isStoreAddress(place)) return resolveRemote(context, place);
  const home = env.HOME;
  return { dir: path.resolve(cwd, home ? place.replace(/^~(?=\/|$)/, home) : place) };
}

/** Files that are kept in a store are worked on in a folder of this machine. */
function resolveRemote({ file, flags, env, problems }: ResolveContext, address: string): OutputSpec {
  try {
    const remote = normalizeStoreAddress(address);
    return { dir: stagingDirectory(remote, env), remote };
  } catch (error) {
    const hint = error instanceof NelError ? error.hint : undefined;
    const where =
      flags.outputDir === undefined ? ({ kind: 'config', at: file?.positionOf(['output', 'dir']) } as const) : ({ kind: 'usage' } as const);
    problems.add({ ...where, message: `output.dir: ${errorMessage(error)}`, ...(hint === undefined ? {} : { hint }) });
    return { dir: '' };
  }
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const member of Object.values(value)) deepFreeze(member);
  }
  return value;
}
