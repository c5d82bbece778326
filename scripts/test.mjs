/**
 * `npm test`: sets up what is missing, runs the tests (arguments go to vitest) and ends with the line `N passed, N failed, N skipped`.
 * With CI set it runs the checks of `npm run check` first, each failing one counted as a failure.
 */

import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureSetup, reportSetup } from './setup.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** Runs vitest to its end. @returns its exit code and its counts, undefined when it died before it had any */
async function runVitest(args) {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'nel-summary-'));
  const file = path.join(folder, 'summary.json');
  try {
    const vitest = path.join(ROOT, 'node_modules/vitest/vitest.mjs');
    const child = spawn(process.execPath, [vitest, 'run', ...args], {
      cwd: ROOT,
      stdio: 'inherit',
      // Vitest writes colours into CI's log files otherwise.
      env: { ...process.env, NEL_TEST_SUMMARY: file, ...(process.stdout.isTTY ? {} : { NO_COLOR: '1' }) },
    });
    const code = await new Promise((resolve, reject) => {
      child.on('error', reject);
      child.on('exit', (exitCode) => resolve(exitCode ?? 1));
    });
    return { code, summary: read(file) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function read(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}

async function failedChecks() {
  if (!process.env.CI) return [];
  // Loaded only now: it needs what the set-up installs.
  const { runChecks } = await import('./check.mjs');
  return (await runChecks()).filter(({ ok }) => !ok);
}

async function main() {
  await ensureSetup({ dev: true });
  const checks = await failedChecks();
  const { code, summary } = await runVitest(process.argv.slice(2));
  if (summary === undefined) console.error('vitest ended without counts; what it said is above');
  const { passed, failed, skipped } = summary ?? { passed: 0, failed: 1, skipped: 0 };
  if (summary !== undefined && passed + failed === 0) console.error('no test ran');
  if (checks.length > 0) console.error(`failed checks, counted below: ${checks.map(({ name }) => name).join(', ')}`);
  console.log(`${passed} passed, ${failed + checks.length} failed, ${skipped} skipped`);
  return code === 0 && passed > 0 && failed + checks.length === 0 ? 0 : 1;
}

process.exitCode = await reportSetup(main);
