/** `node scripts/with-setup.mjs FILE ARGS…`: sets up what is missing, then runs a file of the project: `npm run demo`, `cases` and `bench`. */

import { spawn } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureSetup, reportSetup } from './setup.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const [file, ...args] = process.argv.slice(2);

process.exitCode = await reportSetup(async () => {
  await ensureSetup({ dev: false });
  const child = spawn(process.execPath, [path.join(ROOT, file), ...args], { stdio: 'inherit' });
  // It ends in order, and this with it; Ctrl-C reaches it by itself.
  process.on('SIGINT', () => undefined).on('SIGTERM', () => child.kill('SIGTERM'));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code) => resolve(code ?? 130));
  });
});
