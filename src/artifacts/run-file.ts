/** OUT/run.json: what a run is, so that it can be resumed from its directory alone. */

import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { errorMessage, NelError } from '../core/errors.js';
import { isJsonObject } from '../core/json.js';
import type { RunFile } from '../core/spec.js';
import { writeFileAtomic } from './write-atomic.js';

export function runFilePath(runDir: string): string {
  return path.join(runDir, 'run.json');
}

/** The run of a directory, or undefined when none was started there. @throws NelError of kind `data` for a file that is no run.json */
export async function readRunFile(runDir: string): Promise<RunFile | undefined> {
  const file = runFilePath(runDir);
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
    throw new NelError('data', `cannot be read: ${errorMessage(error)}`, { at: { file } });
  });
  if (text === undefined) return undefined;
  let run: RunFile;
  try {
    run = JSON.parse(text) as RunFile;
  } catch (error) {
    throw new NelError('data', `not JSON: ${errorMessage(error)}`, { at: { file }, hint: 'use another output directory' });
  }
  if (!isJsonObject(run) || run.schema_version !== 1 || typeof run.run_id !== 'string' || !Array.isArray(run.benchmarks)) {
    throw new NelError('data', 'this run.json was not written by this version of nel', {
      at: { file },
      hint: 'use another output directory',
    });
  }
  return run;
}

export async function writeRunFile(runDir: string, run: RunFile): Promise<void> {
  await writeFileAtomic(runFilePath(runDir), `${JSON.stringify(run, null, 2)}\n`);
}
