/** `nel serve` as a process of its own, for tests. */

import { type ChildProcess, spawn } from 'node:child_process';
import path from 'node:path';
import { DATA_DIR } from '../../data-dir.js';

const NEL = path.resolve(import.meta.dirname, '../../../dist/cli/main.js');

export interface ServeProcess {
  readonly child: ChildProcess;
  /** What it listens on, once it does. @throws (rejects) with its stderr when it ends before */
  readonly url: Promise<string>;
  readonly ended: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null; readonly stderr: string }>;
}

/** Ends by itself when the test's process does not end it: a signal from the caller is the normal way. */
export function startServe(args: readonly string[], env: Readonly<Record<string, string>> = {}): ServeProcess {
  const inherited = { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '', NEL_DATA_DIR: DATA_DIR };
  const child = spawn(process.execPath, [NEL, 'serve', ...args], { env: { ...inherited, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => void (stderr += chunk.toString()));
  const ended = new Promise<Awaited<ServeProcess['ended']>>((resolve) => {
    child.once('close', (code, signal) => resolve({ code, signal, stderr }));
  });
  const url = new Promise<string>((resolve, reject) => {
    child.stdout.on('data', (chunk: Buffer) => {
      stdout += chunk.toString();
      if (stdout.includes('\n')) resolve(stdout.slice(0, stdout.indexOf('\n')));
    });
    void ended.then((end) => reject(new Error(`nel serve ended with ${end.code ?? end.signal}: ${end.stderr}`)));
  });
  // Awaited by some tests only.
  url.catch(() => undefined);
  return { child, url, ended };
}
