/** What `nel rescore` does: resolves metrics and judges, scores, prints the scores as a run does. */

import path from 'node:path';
import { loadEvalConfig } from '../config/load.js';
import { resolveRescore } from '../config/rescore.js';
import { NelError } from '../core/errors.js';
import { ModelCallError } from '../core/model.js';
import { finishedRun, rescore } from '../workers/rescore.js';
import { readableDirectory } from '../workers/stores.js';
import { say } from './drive.js';
import { EXIT } from './exit-codes.js';
import { holdRun, outputAt } from './held-run.js';
import type { RescoreOptions } from './rescore.js';
import { showResult } from './show-result.js';

/** How long the end may take to bring re-scored samples to a store. */
const PUSHING_MS = 30_000;

/** @returns the exit code */
export async function runRescore(dir: string, options: RescoreOptions): Promise<number> {
  const file = options.config === undefined ? undefined : loadEvalConfig(options.config);
  const { metrics, services } = resolveRescore({ ...options, metric: options.metric ?? [] }, file, process.env);
  const output = outputAt(options.outputDir ?? `${dir.replace(/\/+$/, '')}-rescored`);
  const { dir: to } = output;
  const from = path.resolve(await readableDirectory(dir, process.env));
  // Before a directory is made for the new run.
  const names = (await finishedRun(from)).benchmarks.map(({ name }) => name);
  const held = await holdRun(output, names);
  const stop = new AbortController();
  // Only now: until here there is nothing to keep, and a signal ends the wait for the lock at once.
  const onSignal = (): void => stop.abort(new Error('interrupted'));
  process.once('SIGINT', onSignal);
  process.once('SIGTERM', onSignal);
  const onLost = (): void => stop.abort(held.lost.reason);
  held.lost.addEventListener('abort', onLost, { once: true });
  if (held.lost.aborted) onLost();
  try {
    for (const name of names) await held.mirror?.pullJournal(`${name}/journal`, stop.signal);
    const { run, benchmarks } = await rescore({
      from,
      to,
      metrics,
      services,
      reward: options.reward ?? null,
      env: process.env,
      signal: stop.signal,
      onProgress: progress(),
      log: say,
    });
    for (const { name } of benchmarks) await held.mirror?.publish(name, stop.signal);
    await held.save({ ...run, spec: { ...run.spec, output } }, false);
    const refused = benchmarks.filter(({ written }) => written.bundle === null).map(({ name }) => name);
    if (refused.length > 0) {
      throw new NelError('run', `too many answers could not be scored: ${refused.join(', ')}`, {
        hint: `failure_analysis.json in ${refused.map((name) => path.join(to, name)).join(', ')} says why; the same command tries them again`,
      });
    }
    await showResult(
      benchmarks.map(({ written }) => written.bundle as string),
      output,
    );
    return EXIT.OK;
  } catch (error) {
    held.lost.throwIfAborted();
    if (!stop.signal.aborted) throw refused(error, to);
    say('interrupted; what was scored is kept, the same command goes on');
    return EXIT.INTERRUPTED;
  } finally {
    // Judges may have been paid, whatever the end.
    for (const name of names) await held.mirror?.pushJournal(name, AbortSignal.timeout(PUSHING_MS)).catch(() => undefined);
    await held.release();
    process.off('SIGINT', onSignal);
    process.off('SIGTERM', onSignal);
  }
}

/** A judge that refuses every call is a failure of this command, and no bug; what it said is free of credentials. */
function refused(error: unknown, to: string): unknown {
  if (!(error instanceof ModelCallError)) return error;
  return new NelError('run', error.message, { hint: `mend the cause; the same command goes on with what is in ${to}`, cause: error });
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
