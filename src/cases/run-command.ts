/** Runs one `nel` command in process, in a directory of its own, and keeps what it leaves behind: for cases and tests. */

import { Command, CommanderError } from 'commander';
import type { CommandIo } from '../cli/command-io.js';
import { exitCodeOf } from '../cli/exit-codes.js';
import { NelError } from '../core/errors.js';

export interface CommandOutcome {
  readonly exit: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * `register` adds the command to a program, as src/cli/main.ts has it do; errors become text and exit code as there.
 * @throws what is no expected error: a bug
 */
export async function runCommand(
  register: (program: Command, io: CommandIo) => void,
  argv: readonly string[],
  cwd: string,
): Promise<CommandOutcome> {
  const outcome = { exit: 0, stdout: '', stderr: '' };
  const stdout = (text: string): void => {
    outcome.stdout += text;
  };
  const stderr = (text: string): void => {
    outcome.stderr += text;
  };
  const program = new Command('nel').exitOverride().configureOutput({ writeOut: stdout, writeErr: stderr });
  const exit = (code: number): void => {
    outcome.exit = code;
  };
  register(program, { cwd, stdout, stderr, exit });
  try {
    await program.parseAsync([...argv], { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) exit(error.exitCode === 0 ? 0 : exitCodeOf('usage'));
    else if (error instanceof NelError) {
      exit(exitCodeOf(error.kind));
      stderr(`error: ${error.message}\n${error.hint === undefined ? '' : `  ${error.hint}\n`}`);
    } else throw error;
  }
  return outcome;
}
