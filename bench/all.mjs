/** `npm run bench`: every benchmark with a target, one after the other. Exit 1 when a target is missed. */

import { spawnSync } from 'node:child_process';
import path from 'node:path';

let missed = false;
for (const script of ['run.mjs', 'gate.mjs', 'merge.mjs', 'serve.mjs']) {
  process.stdout.write(`--- ${script}\n`);
  const { status } = spawnSync(process.execPath, [path.join(import.meta.dirname, script)], { stdio: 'inherit' });
  missed ||= status !== 0;
}
process.exitCode = missed ? 1 : 0;
