/** `npm run check`: everything that judges the code without running it. One line a check; what the failed ones said comes at the end. */

import { spawn } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { ensureSetup, reportSetup } from './setup.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const bin = (file) => path.join('node_modules', file);

const arrows = (config) => [bin('dependency-cruiser/bin/dependency-cruise.mjs'), 'src', '--config', config, '--output-type', 'err-long'];

/** In order of their price, so that the common mistakes show first. */
const CHECKS = [
  { name: 'format (biome)', fix: 'npm run format', args: [bin('@biomejs/biome/bin/biome'), 'check', '--colors=off', '--reporter=summary'] },
  { name: 'types (tsc)', args: [bin('typescript/bin/tsc'), '--noEmit', '-p', 'tsconfig.json'] },
  { name: 'lock file', args: ['scripts/lock-platforms.mjs', '--check'] },
  { name: 'generated schemas', args: ['scripts/schemas.mjs', '--check'] },
  { name: 'generated docs', args: ['scripts/docs.mjs', '--check'] },
  { name: 'arrows (dependency-cruiser)', args: arrows('.dependency-cruiser.mjs') },
  { name: 'arrows at run time (dependency-cruiser)', args: arrows('.dependency-cruiser.runtime.mjs') },
  { name: 'unused code (knip)', args: [bin('knip/bin/knip.js'), '--no-progress'] },
  { name: 'bugs (eslint)', args: [bin('eslint/bin/eslint.js'), '.', '--max-warnings=0'] },
];

/** @returns {Promise<{name: string, ok: boolean}[]>} every check with its outcome, in order; all of them run */
export async function runChecks() {
  const results = [];
  for (const check of CHECKS) {
    const start = performance.now();
    const { ok, output } = await run(check.args);
    console.log(`${ok ? 'ok    ' : 'FAILED'} ${check.name} ${((performance.now() - start) / 1000).toFixed(1)} s`);
    results.push({ ...check, ok, output });
  }
  for (const { name, output, fix } of results.filter(({ ok }) => !ok)) {
    console.log(`\n--- ${name}${fix === undefined ? '' : `; mended by: ${fix}`}\n${output.trimEnd()}`);
  }
  return results;
}

function run(args) {
  return new Promise((resolve) => {
    const chunks = [];
    const child = spawn(process.execPath, args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, NO_COLOR: '1' } });
    child.stdout.on('data', (chunk) => chunks.push(chunk));
    child.stderr.on('data', (chunk) => chunks.push(chunk));
    child.on('error', (error) => resolve({ ok: false, output: error.message }));
    child.on('close', (code) => resolve({ ok: code === 0, output: Buffer.concat(chunks).toString() }));
  });
}

async function main() {
  await ensureSetup({ dev: true });
  const failed = (await runChecks()).filter(({ ok }) => !ok);
  console.log(failed.length === 0 ? '\nall checks passed' : `\n${failed.length} of ${CHECKS.length} checks failed`);
  return failed.length === 0 ? 0 : 1;
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) process.exitCode = await reportSetup(main);
