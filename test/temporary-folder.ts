/** A folder of a test file's own, gone when the file's tests have ended. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll } from 'vitest';

const folders: string[] = [];

// A file that was imported by a test file counts as part of it.
afterAll(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
});

/** @param name part of the folder's name, so that one that is left by a killed test can be told */
export function temporaryFolder(name: string): string {
  const folder = mkdtempSync(path.join(tmpdir(), `nel-${name}-`));
  folders.push(folder);
  return folder;
}
