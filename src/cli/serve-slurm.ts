/** `nel serve --slurm`: submits the server to the config's cluster, waits until it listens, and leaves its address in endpoint.txt. */

import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { writeFileAtomic } from '../artifacts/write-atomic.js';
import { loadEvalConfig } from '../config/load.js';
import { resolveRunSpec } from '../config/resolve.js';
import { NelError } from '../core/errors.js';
import { claimFolder, ENDPOINT_FILE } from '../serve/listen.js';
import { type SlurmServe, serveInJob, writeServeScript } from '../workers/slurm-serve.js';
import { EXIT } from './exit-codes.js';
import { printable } from './printable.js';
import type { ServeOptions } from './serve.js';
import { stopSignal, tokenOf } from './serve-run.js';

/** @returns 0 once the server listens: it goes on in its job */
export async function serveOnSlurm(options: ServeOptions): Promise<number> {
  const { env } = process;
  const say = (line: string): void => void process.stderr.write(`${printable(line)}\n`);
  const folder = path.resolve(options.outputDir ?? '.');
  const serve = requested(options);
  if (options.dryRun) {
    say(`wrote ${await writeServeScript(serve, folder)}`);
    return EXIT.OK;
  }
  await claimFolder(folder);
  const stop = new AbortController();
  // The second ends the command, also where the job cannot be cancelled now.
  void stopSignal(['SIGINT', 'SIGTERM'], () => {
    say('interrupted before the server listened');
    stop.abort();
  });
  const serving = await serveInJob(serve, { env, stop: stop.signal, log: say }).catch((error: unknown) => {
    if (!stop.signal.aborted) throw error;
    return null;
  });
  if (serving === null) return EXIT.INTERRUPTED;
  const { url } = serving;
  await mkdir(folder, { recursive: true });
  await writeFileAtomic(path.join(folder, ENDPOINT_FILE), `${url}\n`);
  process.stdout.write(`${url}\n`);
  return EXIT.OK;
}

function requested(options: ServeOptions): SlurmServe {
  const { env } = process;
  if (options.config === undefined) {
    throw new NelError('usage', '--slurm needs --config: a config whose `cluster` says where to serve');
  }
  const file = loadEvalConfig(options.config);
  const { spec } = resolveRunSpec({ file, flags: { bench: [options.bench], solver: 'oracle' }, env, cwd: process.cwd() });
  if (spec.cluster?.type !== 'slurm') {
    throw new NelError('config', 'the config has no `cluster` of type slurm', { at: { file: options.config } });
  }
  // Every address of a node is reached by others.
  if (options.tokenEnv === undefined && !options.insecure) {
    throw new NelError('usage', 'other machines reach a server on a cluster: let it ask for a token', {
      hint: 'Give --token-env NAME, or --insecure where everybody on that network may use it.',
    });
  }
  tokenOf(options.dryRun ? undefined : options.tokenEnv, env);
  const token = options.tokenEnv === undefined ? [] : [options.tokenEnv];
  return {
    cluster: spec.cluster,
    bench: spec.benchmarks[0]?.ref ?? options.bench,
    configFile: path.resolve(options.config),
    flags: passedOn(options),
    secrets: [...new Set([...spec.cluster.secret_env, ...token])],
  };
}

/** The flags that mean the same there; the port is any free one. */
function passedOn({
  tokenEnv,
  insecure,
  gymCompat,
  maxProblems,
  systemPrompt,
  maxConcurrent,
  sandbox,
  param = [],
}: ServeOptions): string[] {
  const value = (flag: string, given: string | number | undefined): string[] => (given === undefined ? [] : [flag, String(given)]);
  return [
    ...value('--token-env', tokenEnv),
    ...(insecure ? ['--insecure'] : []),
    ...(gymCompat ? ['--gym-compat'] : []),
    ...value('--max-problems', maxProblems),
    ...value('--system-prompt', systemPrompt),
    ...value('--max-concurrent', maxConcurrent),
    ...value('--sandbox', sandbox),
    ...param.flatMap((one) => ['--param', one]),
  ];
}
