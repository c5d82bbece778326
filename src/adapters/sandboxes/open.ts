/** Opens the sandbox that a config names, or the strongest that this machine has. */

import { errorMessage, NelError } from '../../core/errors.js';
import { type Sandbox, type SandboxLimits, type SandboxType, sandboxLimits } from '../../core/sandbox.js';
import { openBubblewrap } from './bubblewrap.js';
import { openDocker } from './docker.js';
import { openProcessSandbox } from './process.js';
import type { Environment } from './programs.js';

export interface OpenSandboxOptions {
  /** Null: the strongest that really starts here, bubblewrap or docker. Never `process`. */
  readonly type: SandboxType | null;
  /** Image of the docker sandbox; null or absent: its default. */
  readonly image?: string | null;
  /** In place of what scorers ask for. */
  readonly limits?: Partial<SandboxLimits>;
  /** Programs at once. Default: the number of CPUs. */
  readonly concurrency?: number;
  /** Where programs are looked for and how docker's daemon is reached. None of it reaches the code. */
  readonly env: Environment;
}

/**
 * Every sandbox has run a program before it is given out.
 * @throws NelError of kind `run` that says what to install; of kind `config` when a limit is too small
 */
export async function openSandbox(options: OpenSandboxOptions): Promise<Sandbox> {
  const { type, image, limits, concurrency, env } = options;
  sandboxLimits(limits);
  const given = { env, ...(limits ? { limits } : {}), ...(concurrency === undefined ? {} : { concurrency }) };
  const docker = (): Promise<Sandbox> => openDocker({ ...given, ...(image ? { image } : {}) });
  switch (type) {
    case 'bubblewrap':
      return openBubblewrap(given);
    case 'docker':
      return docker();
    case 'process':
      return openProcessSandbox(given);
    case null:
      return strongest([() => openBubblewrap(given), docker]);
  }
}

async function strongest(sandboxes: readonly (() => Promise<Sandbox>)[]): Promise<Sandbox> {
  const reasons: string[] = [];
  for (const open of sandboxes) {
    try {
      return await open();
    } catch (error) {
      reasons.push(errorMessage(error));
    }
  }
  throw new NelError('run', `this machine has no sandbox to run code in: ${reasons.join('; ')}`, {
    hint:
      'Install bubblewrap (Debian, Ubuntu: apt-get install bubblewrap) or start Docker. ' +
      'On a machine that holds nothing of value, sandbox: {type: process} runs code with limits only.',
  });
}
