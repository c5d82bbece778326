/** `openEnvironment` of the package `nel/serve`: what a program hands to generateApp. */

import type { Environment } from '../core/environment.js';
import type { SandboxType } from '../core/sandbox.js';
import type { ServedBenchmark } from './service.js';

export interface OpenEnvironmentOptions {
  /** A built-in name, or the path of a .ts or .js file. */
  readonly bench: string;
  /** Config file with the benchmark's parameters, metrics, judges and sandbox, as for `nel eval run`. */
  readonly config?: string;
  /** Parameters of the benchmark; they win over those of the config. */
  readonly params?: Readonly<Record<string, string | number | boolean>>;
  /** In place of the benchmark's own. */
  readonly systemPrompt?: string;
  /** Where answers that are code run. Default: the strongest that there is. */
  readonly sandbox?: SandboxType;
  /** Variables: NEL_DATA_DIR, API keys of judges, HF_TOKEN. Default: those of the process. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** What relative paths are relative to. Default: the current directory. */
  readonly cwd?: string;
}

export interface OpenedEnvironment {
  /** The caller closes it. */
  readonly environment: Environment;
  /** For generateApp's option of that name: what /dataset_size tells, and which errors of a judge may pass. */
  readonly benchmark: ServedBenchmark;
}

/**
 * Opens a benchmark with its data set read and its judges and sandbox ready.
 * @throws NelError for an unknown benchmark, a data set that cannot be had, a bad config, or a scorer without the judge that it needs
 */
export async function openEnvironment(options: OpenEnvironmentOptions): Promise<OpenedEnvironment> {
  const { bench, config, params = {}, systemPrompt, sandbox, env = process.env, cwd = process.cwd() } = options;
  // Loaded only now: an app for an environment of the user's own needs none of it.
  const { openServed } = await import('../workers/served.js');
  const param = Object.entries(params).map(([name, value]) => `${name}=${value}`);
  const { environment, benchmark } = await openServed({ bench, config, param, systemPrompt, sandbox, env, cwd });
  return { environment, benchmark };
}
