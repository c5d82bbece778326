/** Drives one workflow from the terminal: progress on stderr, the first Ctrl-C drains, the second ends at once. */

import type { Startable } from '../client/start-run.js';
import type { RunOutcome } from '../client/wait-for-result.js';
import { NelError } from '../core/errors.js';
import type { RunFile } from '../core/spec.js';
import { RunSession } from '../workers/run-session.js';
import { EXIT } from './exit-codes.js';
import { ProgressPrinter } from './progress.js';
import { resumeCommand } from './resume-command.js';

export const say = (line: string): void => void process.stderr.write(`${line}\n`);

/**
 * The result, or null when the user interrupted: the exit code is then EXIT.INTERRUPTED, and how to go on was said.
 * @param lost ends it: another machine has taken the run over
 * @throws the reason of `lost`, and NelError of kind `run` for a run that failed or was cancelled
 */
export async function drive<T>(startable: Startable, runs: readonly RunFile[], lost?: AbortSignal): Promise<T | null> {
  for (;;) {
    const outcome = await driveOnce<T>(startable, runs, lost);
    switch (outcome.kind) {
      case 'completed':
        return outcome.result;
      case 'failed':
        throw new NelError('run', outcome.message, { hint: `mend the cause, then go on with: ${resumeCommand()}` });
      case 'cancelled':
        lost?.throwIfAborted();
        if (outcome.interrupted) {
          say(`interrupted; every answer so far is kept. Go on with:\n  ${resumeCommand()}`);
          return null;
        }
        // It was being cancelled when its owner died: that is over now, this command goes on with it.
        if (outcome.wasCancelling) continue;
        throw new NelError('run', 'the run was cancelled', { hint: `go on with: ${resumeCommand()}` });
    }
  }
}

type DrivenOutcome<T> = RunOutcome<T> & { readonly interrupted: boolean; readonly wasCancelling: boolean };

async function driveOnce<T>(startable: Startable, runs: readonly RunFile[], lost?: AbortSignal): Promise<DrivenOutcome<T>> {
  let printer: ProgressPrinter | undefined;
  const log = (line: string): void => (printer ? printer.note(line) : say(line));
  const session = await RunSession.open({ startable, runs, env: process.env, log });
  let interrupted = false;
  const onSignal = (): void => {
    if (interrupted) {
      printer?.stop();
      endAtOnce(session);
      return;
    }
    interrupted = true;
    log('stopping: calls in flight may finish (again to end at once)');
    void session.cancel();
  };
  const onLost = (): void => {
    log('stopping: another machine has taken the run over');
    void session.cancel();
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.on(signal, onSignal);
  lost?.addEventListener('abort', onLost, { once: true });
  try {
    const attached = session.started.how === 'attached';
    log(`${attached ? 'going on with' : 'run'} ${startable.runId} in ${startable.directory}`);
    if (session.uiUrl !== null) log(`watch it at ${session.uiUrl}`);
    const reader = session.progress();
    printer = new ProgressPrinter(process.stderr, () => reader.read());
    printer.start();
    const outcome = await session.outcome<T>();
    return { ...outcome, interrupted, wasCancelling: session.started.wasCancelling };
  } finally {
    printer?.stop();
    lost?.removeEventListener('abort', onLost);
    await session.close();
    for (const signal of signals) process.off(signal, onSignal);
  }
}

function endAtOnce(session: RunSession): void {
  say(`ended at once; answers in flight are lost. Go on with:\n  ${resumeCommand()}`);
  const exit = (): never => process.exit(EXIT.INTERRUPTED);
  setTimeout(exit, 1_000);
  session.handle.terminate('interrupted twice').then(exit, exit);
}
