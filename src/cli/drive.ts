/**
 * Drives one workflow from the terminal: progress on stderr, the first Ctrl-C drains, the second ends at once. With jobs on a cluster, Ctrl-C
 * cancels them, and a second one only does not wait for that; SIGTERM and a closed terminal leave them to themselves.
 */

import { setTimeout as delay } from 'node:timers/promises';
import type { Startable } from '../client/start-run.js';
import type { RunOutcome } from '../client/wait-for-result.js';
import { NelError } from '../core/errors.js';
import type { RunFile } from '../core/spec.js';
import { RunSession } from '../workers/run-session.js';
import { EXIT } from './exit-codes.js';
import { printable } from './printable.js';
import { ProgressPrinter } from './progress.js';
import { resumeCommand } from './resume-command.js';

const LEAVING_MS = 3_000;

export const say = (line: string): void => void process.stderr.write(`${line}\n`);

/**
 * The result, or null when the user interrupted: the exit code is then EXIT.INTERRUPTED, and how to go on was said.
 * @param lost ends it: another process has taken the run over
 * @throws the reason of `lost`, and NelError of kind `run` for a run that failed or was cancelled
 */
export async function drive<T>(startable: Startable, runs: readonly RunFile[], lost?: AbortSignal): Promise<T | null> {
  for (;;) {
    const outcome = await driveOnce<T>(startable, runs, lost);
    switch (outcome.kind) {
      case 'completed':
        return outcome.result;
      case 'failed':
        throw new NelError('run', printable(outcome.message), { hint: `mend the cause, then go on with: ${resumeCommand()}` });
      case 'cancelled':
        lost?.throwIfAborted();
        if (outcome.interrupted) {
          say(`interrupted; every answer so far is kept. Go on with:\n  ${resumeCommand()}`);
          return null;
        }
        // It was being cancelled when its owner died: that is over now, this command goes on with it.
        if (outcome.wasCancelling) continue;
        throw new NelError('run', 'the run was cancelled', { hint: `go on with: ${resumeCommand()}` });
      case 'left':
        lost?.throwIfAborted();
        say(
          `the jobs go on without this command. Watch them with \`nel runs show ${startable.runId}\`, or go on with:\n  ${resumeCommand()}`,
        );
        // Whatever is under way here is taken up by the one who goes on.
        setTimeout(() => process.exit(), LEAVING_MS).unref();
        return null;
    }
  }
}

type DrivenOutcome<T> = RunOutcome<T> & { readonly interrupted: boolean; readonly wasCancelling: boolean };

async function driveOnce<T>(startable: Startable, runs: readonly RunFile[], lost?: AbortSignal): Promise<DrivenOutcome<T>> {
  let printer: ProgressPrinter | undefined;
  const log = (line: string): void => (printer ? printer.note(line) : say(line));
  const session = await RunSession.open({ startable, runs, env: process.env, log });
  const onCluster = runs.some(({ spec }) => spec.cluster !== undefined);
  let interrupted = false;
  let left = false;
  const leave = (): void => {
    left = true;
    session.leave();
  };
  let cancelling: Promise<void> | undefined;
  const onSignal = (signal: NodeJS.Signals): void => {
    // The jobs go on: a Ctrl-C that comes late does not cancel them.
    if (left) return;
    if (cancelling !== undefined) {
      printer?.stop();
      if (onCluster) endCancelling(startable, cancelling);
      else endAtOnce(session);
      return;
    }
    if (onCluster && signal !== 'SIGINT') {
      leave();
      return;
    }
    interrupted = true;
    log(
      onCluster
        ? 'stopping: the jobs are cancelled (again not to wait for that)'
        : 'stopping: calls in flight may finish (again to end at once)',
    );
    cancelling = session.cancel();
  };
  const onLost = (): void => {
    log('stopping: another process has taken the run over');
    // On a server or a cluster that others reach, it is their run by now.
    if (session.isLocal) void session.cancel();
    else leave();
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.on(signal, onSignal);
  lost?.addEventListener('abort', onLost, { once: true });
  if (lost?.aborted) onLost();
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

/** Ends when the server has heard of the cancellation: whoever works on the workflow next carries it out. */
function endCancelling({ runId }: Startable, cancelling: Promise<void>): void {
  const exit = (line: string) => (): never => {
    say(line);
    process.exit(EXIT.INTERRUPTED);
  };
  const later = `Jobs may still be there: \`nel runs cancel ${runId}\` carries their cancellation out, and so does going on with:\n  ${resumeCommand()}`;
  void cancelling.then(exit(later));
  void delay(LEAVING_MS).then(exit(`the Temporal server does not answer, so nothing was cancelled. ${later}`));
}

function endAtOnce(session: RunSession): void {
  say(`ended at once; answers in flight are lost. Go on with:\n  ${resumeCommand()}`);
  const exit = (): never => process.exit(EXIT.INTERRUPTED);
  setTimeout(exit, 1_000);
  session.handle.terminate('interrupted twice').then(exit, exit);
}
