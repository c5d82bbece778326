/** The process behind `nel serve`: opens the benchmark, exports its rows where asked, serves until SIGTERM or SIGINT. */

import { looksLikeSecret } from '../config/secret-names.js';
import { NelError } from '../core/errors.js';
import { exportData } from '../serve/export-data.js';
import { DEFAULT_LIMITS } from '../serve/limits.js';
import { assertGuarded, claimFolder, listen } from '../serve/listen.js';
import { openServed } from '../workers/served.js';
import { EXIT } from './exit-codes.js';
import { printable } from './printable.js';
import type { ServeOptions } from './serve.js';

/** @returns 0 when it was told to end and all requests under way were answered, 4 when some were cut off */
export async function serveCommand(options: ServeOptions): Promise<number> {
  const { env } = process;
  const say = (line: string): void => void process.stderr.write(`${printable(line)}\n`);
  if (options.outputDir !== undefined) await claimFolder(options.outputDir);
  const token = tokenOf(options.tokenEnv, env);
  const guard = { host: options.host, insecure: options.insecure ?? false, ...(token === undefined ? {} : { token }) };
  // Before the data set is fetched, which may take its time.
  assertGuarded(guard);
  const { bench, config, param, systemPrompt, maxProblems: most, sandbox } = options;
  const served = await openServed({ bench, config, param, systemPrompt, maxProblems: most, sandbox, env, cwd: process.cwd() });
  const { environment, benchmark, maxProblems, judgeConcurrency } = served;
  for (const note of served.notes) say(`note: ${note}`);
  try {
    if (options.exportData !== undefined) {
      const { file, rows } = await exportData(environment, options.exportData, {
        maxProblems,
        generation: served.generation,
      });
      say(`${rows} rows written to ${file}`);
    }
    const stopped = stopSignal(['SIGTERM', 'SIGINT', 'SIGHUP'], () => say('ending: requests under way are answered, no new ones taken'));
    surviveLateErrors(say);
    const server = await listen(environment, {
      port: options.port,
      ...guard,
      gymCompat: options.gymCompat ?? false,
      dir: options.outputDir ?? null,
      benchmark,
      ...(maxProblems === null ? {} : { maxProblems }),
      limits: { maxConcurrent: options.maxConcurrent ?? Math.max(DEFAULT_LIMITS.maxConcurrent, judgeConcurrency) },
    });
    say(`serving ${environment.name} (${Math.min(environment.dataset.size, maxProblems ?? environment.dataset.size)} problems)`);
    process.stdout.write(`${server.url}\n`);
    await stopped;
    const cut = await server.drain();
    if (cut === 0) return EXIT.OK;
    say(`${cut} requests that were under way were cut off: they took longer than a request may`);
    return EXIT.RUN_FAILED;
  } finally {
    await environment.close();
  }
}

/** @throws NelError of kind `config` when the variable is empty: a token that was asked for must not be left out silently */
export function tokenOf(name: string | undefined, env: Readonly<Record<string, string | undefined>>): string | undefined {
  if (name === undefined) return undefined;
  // A variable may be named like a token (HF_TOKEN); where there is none of that name it may be one.
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name) || (env[name] === undefined && looksLikeSecret(name))) {
    throw new NelError('usage', '--token-env takes the name of an environment variable, not a token', {
      hint: 'Put the token into a variable (export NAME=…) and give --token-env NAME.',
    });
  }
  const token = env[name]?.trim();
  if (!token)
    throw new NelError('config', `the variable ${name}, which --token-env names, is not set`, { hint: 'export it before `nel serve`' });
  if (!/^[\x21-\x7e]+$/.test(token))
    throw new NelError('config', `the token in ${name} has white space or a character in it that no header can carry`);
  return token;
}

/** One Ctrl-C may come twice, from the terminal and from a parent that passes it on: within this time it is still the first. */
const ONE_SIGNAL_MS = 500;

/**
 * What a scorer of the user's throws when nobody waits for it any more (from a timer, say) must not take the server from everybody:
 * it is written down, and the server goes on. From here to the end of the process.
 */
function surviveLateErrors(say: (line: string) => void): void {
  for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
    process.removeAllListeners(event);
    process.on(event, (error: unknown) => say(`late error, serving goes on: ${error instanceof Error ? error.stack : String(error)}`));
  }
}

/** Resolves at the first of the signals, after `onFirst`; the second ends the process. */
export function stopSignal(signals: readonly NodeJS.Signals[], onFirst: () => void): Promise<void> {
  return new Promise((resolve) => {
    let asked: number | undefined;
    const onSignal = (): void => {
      if (asked !== undefined) {
        if (performance.now() - asked > ONE_SIGNAL_MS) process.exit(EXIT.INTERRUPTED);
        return;
      }
      asked = performance.now();
      onFirst();
      resolve();
    };
    for (const signal of signals) process.on(signal, onSignal);
  });
}
