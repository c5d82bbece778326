/** The process behind `nel serve`: opens the benchmark, exports its rows where asked, serves until SIGTERM or SIGINT. */

import type { ScorerNeed } from '../core/benchmark.js';
import { NelError } from '../core/errors.js';
import type { BenchmarkSpec } from '../core/spec.js';
import { exportData } from '../serve/export-data.js';
import { assertGuarded, listen } from '../serve/listen.js';
import { openBenchmark } from '../workers/open-benchmark.js';
import { scorerResources } from '../workers/scoring-resources.js';
import { EXIT } from './exit-codes.js';
import { printable } from './printable.js';
import type { ServeOptions } from './serve.js';

/** @returns 0 when it was told to end and all requests under way were answered */
export async function serveCommand(options: ServeOptions): Promise<number> {
  const { env } = process;
  const say = (line: string): void => void process.stderr.write(`${printable(line)}\n`);
  const token = tokenOf(options.tokenEnv, env);
  const guard = { host: options.host, insecure: options.insecure ?? false, ...(token === undefined ? {} : { token }) };
  // Before the data set is fetched, which may take its time.
  assertGuarded(guard);
  const { environment, scorer, definitionHash, generation, benchmark } = await openBenchmark({
    ref: options.bench,
    systemPrompt: options.systemPrompt ?? null,
    params: {},
    env,
    cwd: process.cwd(),
    resources: (wanted) => resourcesOf(wanted, options, env),
  });
  try {
    const maxProblems = options.maxProblems;
    if (options.exportData !== undefined) {
      const { file, rows } = await exportData(environment, options.exportData, { maxProblems: maxProblems ?? null, generation });
      say(`${rows} rows written to ${file}`);
    }
    const stopped = stopSignal(say);
    const server = await listen(environment, {
      port: options.port,
      ...guard,
      gymCompat: options.gymCompat ?? false,
      dir: options.outputDir ?? null,
      benchmark: { scorer, definitionHash, generation, ...(benchmark === undefined ? {} : { description: benchmark.description }) },
      ...(maxProblems === undefined ? {} : { maxProblems }),
      ...(options.maxConcurrent === undefined ? {} : { limits: { maxConcurrent: options.maxConcurrent } }),
    });
    say(`serving ${environment.name} (${Math.min(environment.dataset.size, maxProblems ?? environment.dataset.size)} problems)`);
    process.stdout.write(`${server.url}\n`);
    await stopped;
    await server.drain();
    return EXIT.OK;
  } finally {
    await environment.close();
  }
}

/** Answers that are run as code are run in a sandbox here too. @throws NelError of kind `usage` for a scorer that asks a judge */
async function resourcesOf(
  { name, needs }: { readonly name: string; readonly needs: readonly ScorerNeed[] },
  { bench, sandbox }: ServeOptions,
  env: Readonly<Record<string, string | undefined>>,
): ReturnType<typeof scorerResources> {
  if (needs.includes('judge')) {
    throw new NelError('usage', `${bench}: its scorer ${name} asks a judge, which nel serve has no settings for`, {
      hint: 'evaluate it with `nel eval run` and a config that names the judge',
    });
  }
  const spec: BenchmarkSpec = {
    ref: bench,
    repeats: 1,
    max_problems: null,
    system_prompt: null,
    solver: { type: 'oracle', service: null },
    generation: {},
    params: {},
    metrics: [],
    sandbox: { type: sandbox ?? null, limits: {}, image: null },
  };
  return scorerResources(spec, needs, env, () => {
    throw new Error('no judge');
  });
}

/** @throws NelError of kind `config` when the variable is empty: a token that was asked for must not be left out silently */
function tokenOf(name: string | undefined, env: Readonly<Record<string, string | undefined>>): string | undefined {
  if (name === undefined) return undefined;
  const token = env[name]?.trim();
  if (!token)
    throw new NelError('config', `the variable ${name}, which --token-env names, is not set`, { hint: 'export it before `nel serve`' });
  if (/\s/.test(token)) throw new NelError('config', `the token in ${name} has white space in it: no header could carry it`);
  return token;
}

/** Resolves at the first SIGTERM or SIGINT; the second ends the process. */
function stopSignal(say: (line: string) => void): Promise<void> {
  return new Promise((resolve) => {
    let asked = false;
    const onSignal = (): void => {
      if (asked) process.exit(EXIT.INTERRUPTED);
      asked = true;
      say('ending: requests under way are answered, no new ones taken');
      resolve();
    };
    process.on('SIGTERM', onSignal);
    process.on('SIGINT', onSignal);
  });
}
