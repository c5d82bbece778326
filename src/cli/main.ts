#!/usr/bin/env node
/** The `nel` command: finds the subcommand, turns what it throws into a message and an exit code. */

import { CommanderError } from 'commander';
import { NEL_VERSION } from '../client/version.js';
import { ClusterUnreachable } from '../core/cluster.js';
import { NelError } from '../core/errors.js';
import { EXIT, exitCodeOf } from './exit-codes.js';
import { buildProgram } from './program.js';

const EXIT_MS = 5_000;

/** Ends the process by itself only after streams are flushed. */
async function main(): Promise<void> {
  try {
    const program = buildProgram();
    if (process.argv.length <= 2) {
      program.outputHelp({ error: true });
      process.exitCode = EXIT.USAGE;
      return;
    }
    await program.parseAsync();
  } catch (error) {
    process.exitCode = report(error);
    // Whatever a failure left open must not keep the command from ending.
    setTimeout(() => process.exit(), EXIT_MS).unref();
  }
}

function report(error: unknown): number {
  // Commander has said what is wrong itself; --help and --version come this way too, with exit code 0.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.OK : EXIT.USAGE;
  if (error instanceof NelError) {
    process.stderr.write(`error: ${error.message}\n${error.hint === undefined ? '' : `  ${error.hint}\n`}`);
    return exitCodeOf(error.kind);
  }
  // Where a run would wait, a command that asks once says it.
  if (error instanceof ClusterUnreachable) {
    process.stderr.write(`error: ${error.message}\n  try again later\n`);
    return EXIT.RUN_FAILED;
  }
  const stack = error instanceof Error ? error.stack : String(error);
  process.stderr.write(`error: this is a bug in nel ${NEL_VERSION}: ${stack}\n`);
  return EXIT.RUN_FAILED;
}

/** A reader that goes away (`| head`) ends no run: stderr is let go, stdout has nobody to write for any more. */
function survivePipes(): void {
  process.stderr.on('error', () => undefined);
  process.stdout.on('error', () => undefined);
}

/** What escapes everything else is a failed run, never exit code 1, which means NO-GO. */
process.on('uncaughtException', (error) => process.exit(report(error)));
process.on('unhandledRejection', (error) => process.exit(report(error)));
survivePipes();
void main();
