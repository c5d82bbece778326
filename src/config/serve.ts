/** What `nel serve` is asked for: one benchmark as a run's config knows it, with the services of its judges, and no model under test. */

import { NelError } from '../core/errors.js';
import type { BenchmarkSpec, RunSpec } from '../core/spec.js';
import type { RunFlags } from './flags.js';
import type { ParsedConfig } from './load.js';
import { resolveRunSpec } from './resolve.js';
import type { Environment } from './secret-names.js';

export interface ServeFlags extends Pick<RunFlags, 'systemPrompt' | 'param' | 'sandbox' | 'maxProblems'> {
  /** A built-in name, or a path relative to `cwd`. */
  readonly bench: string;
}

export interface ServeConfig {
  readonly spec: RunSpec;
  /** The one of the spec. */
  readonly benchmark: BenchmarkSpec;
  readonly notes: readonly string[];
}

/** Nobody is asked for answers here: the clients of the server bring them. */
const NO_MODEL = { type: 'oracle' } as const;

/**
 * @param file where the benchmark's parameters, metrics, judges and sandbox stand, as for `nel eval run`
 * @throws NelError of kind `config` (a line of the file) or `usage` (a flag)
 */
export function resolveServe(flags: ServeFlags, file: ParsedConfig | undefined, env: Environment, cwd: string): ServeConfig {
  const { bench, ...rest } = flags;
  const { spec, notes } = resolveRunSpec({
    file: file && withoutModels(file),
    flags: { ...rest, bench: [bench], solver: NO_MODEL.type },
    env,
    cwd,
  });
  const [benchmark] = spec.benchmarks;
  if (benchmark === undefined) throw new NelError('usage', 'no benchmark is named');
  return { spec, benchmark, notes };
}

/** The file without what only a run has: its solvers, its output, its cluster. Lines stay those of the file. */
function withoutModels(file: ParsedConfig): ParsedConfig {
  const { output: _output, cluster: _cluster, benchmarks, ...config } = file.config;
  return {
    ...file,
    config: { ...config, ...(benchmarks === undefined ? {} : { benchmarks: benchmarks.map((entry) => ({ ...entry, solver: NO_MODEL })) }) },
  };
}
