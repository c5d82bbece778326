/** Sandboxes of this machine for tests: which there are, and what is missing where one is not. */

import { readdirSync, readFileSync } from 'node:fs';
import { openSandbox } from '../../../src/adapters/sandboxes/open.js';
import { findProgram } from '../../../src/adapters/sandboxes/programs.js';
import { errorMessage } from '../../../src/core/errors.js';
import type { Sandbox, SandboxLimits, SandboxOutcome, SandboxType } from '../../../src/core/sandbox.js';

const hasPython = findProgram('python3', process.env) !== undefined;

/** '' where the sandbox works here, else what to add to a test's name. */
export async function missingFor(type: SandboxType): Promise<string> {
  if (!hasPython) return ' (skipped: install python3)';
  try {
    await (await openSandbox({ type, env: process.env })).close();
    return '';
  } catch (error) {
    const what = type === 'bubblewrap' ? 'install bubblewrap, allow user namespaces' : 'install util-linux';
    return ` (skipped: ${what}: ${errorMessage(error)})`;
  }
}

export const isRoot = process.getuid?.() === 0;

/** Runs a Python program and waits for its end. */
export function runPython(sandbox: Sandbox, code: string, limits: Partial<SandboxLimits> = {}): Promise<SandboxOutcome> {
  return sandbox.run({ files: { 'main.py': code }, command: ['python3', '-S', '-B', 'main.py'], limits }, new AbortController().signal);
}

/** Processes whose command line has this word. */
export function processesWith(word: string): string[] {
  return readdirSync('/proc').filter((pid) => {
    if (!/^\d+$/.test(pid) || Number(pid) === process.pid) return false;
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(word);
    } catch {
      return false;
    }
  });
}
