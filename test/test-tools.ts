/** What scripts/test-tools.mjs has installed on this machine, for tests that are skipped by name without it. */

import { spawnSync } from 'node:child_process';
import path from 'node:path';

const SCRIPT = path.resolve(import.meta.dirname, '../scripts/test-tools.mjs');

/** A set of tools; `folder`, with its programs, is null while it is not there. */
export interface Tools {
  readonly folder: string | null;
  /** For the name of a skipped test. */
  readonly hint: string;
}

export function tools(name: 'checks' | 'compose' | 'gitlab' | 'ray' | 's3' | 'lm-eval'): Tools {
  const { stdout, status } = spawnSync(process.execPath, [SCRIPT, '--where', name], { encoding: 'utf8' });
  const folder = status === 0 ? stdout.trim().slice(name.length + 1) : null;
  return { folder, hint: folder === null ? ` (skipped: run \`node scripts/test-tools.mjs ${name}\`)` : '' };
}
