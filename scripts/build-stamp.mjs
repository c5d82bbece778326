/** Tells whether dist/ was built from the sources as they are now: a hash over what goes into a build, left in dist/ by scripts/build.mjs. */

import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const STAMP = path.join(ROOT, 'dist/.build-stamp');

/** Without these there is no build, whatever the stamp says. */
export const BUILT_FILES = ['dist/cli/main.js', 'dist/workflow-bundle.js'];

/** Other than src/: settings, the build itself, and the packages that end up in the workflow bundle. */
const SETTINGS = ['tsconfig.json', 'tsconfig.build.json', 'package-lock.json', 'scripts/build.mjs'];

/** Contents, not times: a checkout or a copy changes times only. About 10 ms. */
export function sourceHash() {
  const hash = createHash('sha256');
  const sources = readdirSync(path.join(ROOT, 'src'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(ROOT, path.join(entry.parentPath, entry.name)));
  for (const file of [...sources, ...SETTINGS].sort()) {
    const content = readFileSync(path.join(ROOT, file));
    hash.update(`${file}\0${content.length}\0`).update(content);
  }
  return hash.digest('hex');
}

/** The hash that the present build was made from, or undefined when there is no whole build. */
export function readStamp() {
  if (!BUILT_FILES.every((file) => existsSync(path.join(ROOT, file)))) return undefined;
  try {
    return readFileSync(STAMP, 'utf8');
  } catch {
    return undefined;
  }
}

export function writeStamp(hash) {
  writeFileSync(STAMP, hash);
}
