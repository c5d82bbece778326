/** What `nel rescore` does: resolves metrics and judges, scores, prints the scores as a run does. */

import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { lockRun } from '../client/run-lock.js';
import { loadEvalConfig } from '../config/load.js';
import { resolveRescore } from '../config/rescore.js';
import type { Bundle } from '../core/bundle.js';
import { NelError } from '../core/errors.js';
import { renderRun } from '../report/run-text.js';
import { rescore } from '../workers/rescore.js';
import { say } from './drive.js';
import { EXIT } from './exit-codes.js';
import type { RescoreOptions } from './rescore.js';

/** @returns the exit code */
export async function runRescore(dir: string, options: RescoreOptions): Promise<number> {
  const file = options.config === undefined ? undefined : loadEvalConfig(options.config);
  const { metrics, services } = resolveRescore({ ...options, metric: options.metric ?? [] }, file, process.env);
  const to = path.resolve(options.outputDir ?? `${dir.replace(/\/+$/, '')}-rescored`);
  const stop = new AbortController();
  const onSignal = (): void => stop.abort(new Error('interrupted'));
  process.once('SIGINT', onSignal);
  process.once('SIGTERM', onSignal);
  const lock = lockRun(to);
  try {
    const { benchmarks } = await rescore({
      from: path.resolve(dir),
      to,
      metrics,
      services,
      reward: options.reward ?? null,
      env: process.env,
      signal: stop.signal,
      onProgress: progress(),
    });
    const refused = benchmarks.filter(({ written }) => written.bundle === null).map(({ name }) => name);
    if (refused.length > 0) {
      throw new NelError('run', `too many answers could not be scored: ${refused.join(', ')}`, {
        hint: `results.jsonl in ${to} says why; the same command tries them again`,
      });
    }
    const files = benchmarks.map(({ written }) => written.bundle as string);
    const bundles = await Promise.all(files.map(async (bundle) => JSON.parse(await readFile(bundle, 'utf8')) as Bundle));
    process.stdout.write(
      `${renderRun(
        bundles,
        files.map((one) => path.relative(process.cwd(), one)),
      )}\n`,
    );
    return EXIT.OK;
  } catch (error) {
    if (!stop.signal.aborted) throw error;
    say('interrupted; what was scored is kept, the same command goes on');
    return EXIT.INTERRUPTED;
  } finally {
    lock.release();
    process.off('SIGINT', onSignal);
    process.off('SIGTERM', onSignal);
  }
}

/** A line every ten seconds: judges are slow, scorers are done before the first. */
function progress(): (done: number, samples: number) => void {
  let last = Date.now();
  return (done, samples) => {
    if (Date.now() - last < 10_000) return;
    last = Date.now();
    say(`${done} of ${samples} re-scored`);
  };
}
