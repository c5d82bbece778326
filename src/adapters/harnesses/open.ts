/** Opens the harness that a benchmark's address names. */

import type { ParameterValues } from '../../core/benchmark.js';
import { type Harness, type HarnessSpec, LM_EVAL_SCHEME } from '../../core/harness.js';
import type { Env } from './environment.js';
import { openGenericHarness } from './generic.js';
import { openLmEval } from './lm-eval.js';

export interface OpenHarnessOptions {
  readonly ref: string;
  readonly spec: HarnessSpec;
  readonly params: ParameterValues;
  readonly env: Env;
  /** What relative paths are relative to. */
  readonly cwd: string;
}

/** @throws NelError of kind `config` for an address, a section or parameters that cannot be run */
export function openHarness(options: OpenHarnessOptions): Harness {
  return options.ref.startsWith(LM_EVAL_SCHEME) ? openLmEval(options) : openGenericHarness(options);
}
