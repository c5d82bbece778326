// Writes files that are generated from the source, or (--check) reports those that are stale. Used by schemas.mjs and docs.mjs.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const ROOT = path.resolve(import.meta.dirname, '..');

/** The text of a file of the project, or undefined when it does not exist. */
function current(file) {
  try {
    return readFileSync(path.join(ROOT, file), 'utf8');
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
}

/**
 * @param files the text that each file should have, by its path from the project's root
 * @param command what to run when a file is stale
 */
export function writeOrCheck(files, command) {
  const stale = Object.keys(files).filter((file) => current(file) !== files[file]);
  if (process.argv.includes('--check')) {
    for (const file of stale) console.error(`${file} is stale: run \`${command}\` and commit it`);
    if (stale.length > 0) process.exitCode = 1;
    else console.error(`${Object.keys(files).length} generated file(s) up to date`);
    return;
  }
  for (const file of stale) {
    mkdirSync(path.dirname(path.join(ROOT, file)), { recursive: true });
    writeFileSync(path.join(ROOT, file), files[file]);
    console.error(`wrote ${file}`);
  }
}
