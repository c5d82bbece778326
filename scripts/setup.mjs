/**
 * What must be there before anything of the project runs: the right Node, the dependencies, a current build.
 * Plain Node without dependencies, because it runs before `npm ci` has. Says a line on stderr for each step it takes, and nothing when there is nothing to do.
 */

import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { BUILT_FILES, readStamp, sourceHash } from './build-stamp.mjs';
import { withLock } from './setup-lock.mjs';

// Not import.meta.dirname: this must load in a Node that is too old, to say so.
const ROOT = fileURLToPath(new URL('..', import.meta.url));

const say = (line) => void process.stderr.write(`setup: ${line}\n`);

/** A step that cannot be done, told in a sentence instead of a stack. */
export class SetupError extends Error {}

/**
 * @param {object} options
 * @param {boolean} options.dev whether the tools for tests and checks are needed too; without them an installation that has a current build and
 *   the packages to run it is complete (a container image, say)
 * @throws {SetupError} when Node is too old, or npm or the build fails
 */
export async function ensureSetup({ dev }) {
  checkNode();
  if (isComplete(dev)) return;
  await withLock(path.join(ROOT, '.nel', 'setup.lock'), say, async () => {
    // Another process may have done the work while this one waited.
    if (isComplete(dev)) return;
    if (missingPackage(true) !== undefined) await install();
    if (!isBuilt()) await build();
  });
}

function isComplete(dev) {
  return missingPackage(dev) === undefined && isBuilt();
}

/** Compares with package.json's `engines`, which is the one place that names the version. */
function checkNode() {
  const { engines } = readJson('package.json');
  const wanted = /(\d+)\.(\d+)/.exec(engines.node).slice(1).map(Number);
  const actual = process.versions.node.split('.').map(Number);
  if (actual[0] > wanted[0] || (actual[0] === wanted[0] && actual[1] >= wanted[1])) return;
  throw new SetupError(
    `Node ${wanted.join('.')} or later is needed, this is ${process.versions.node}: install a newer one and run this again`,
  );
}

/**
 * The first package of package-lock.json that node_modules lacks or has in another version, by npm's own record of what it installed.
 * Undefined when all is there. An interrupted `npm ci` leaves no record, so it counts as missing.
 */
function missingPackage(dev) {
  let installed;
  try {
    installed = readJson('node_modules/.package-lock.json').packages;
  } catch {
    return 'node_modules';
  }
  for (const [name, wanted] of Object.entries(readJson('package-lock.json').packages)) {
    // The project itself, and packages for other platforms.
    if (name === '' || wanted.optional || wanted.devOptional) continue;
    if (wanted.dev && !dev) continue;
    if (installed[name]?.version !== wanted.version) return name;
  }
  return undefined;
}

function isBuilt() {
  if (!existsSync(path.join(ROOT, 'src'))) return BUILT_FILES.every((file) => existsSync(path.join(ROOT, file)));
  return readStamp() === sourceHash();
}

async function install() {
  say('installing dependencies (npm ci) …');
  const took = stopwatch();
  // Under `npm run` this is the npm that runs us; else the one on PATH.
  const npm = process.env.npm_execpath;
  const args = ['ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'];
  if (npm?.endsWith('.js')) await run(process.execPath, [npm, ...args], 'npm ci');
  else await run(process.platform === 'win32' ? 'npm.cmd' : 'npm', args, 'npm ci');
  say(`dependencies installed in ${took()}`);
}

async function build() {
  say('building …');
  const took = stopwatch();
  await run(process.execPath, [path.join(ROOT, 'scripts/build.mjs')], 'the build');
  say(`built in ${took()}`);
}

/** Runs a command to its end, its output on stderr: stdout belongs to the result of whoever called us. */
function run(command, args, what) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: ROOT, stdio: ['ignore', 2, 2] });
    child.on('error', (error) => reject(new SetupError(`${what} could not be started: ${error.message}`)));
    child.on('exit', (code, signal) => {
      if (code === 0) resolve();
      else reject(new SetupError(`${what} failed (${signal ?? `exit code ${code}`}); what it said is above`));
    });
  });
}

function stopwatch() {
  const start = performance.now();
  return () => `${Math.ceil((performance.now() - start) / 1000)} s`;
}

function readJson(file) {
  return JSON.parse(readFileSync(path.join(ROOT, file), 'utf8'));
}

/** For scripts: prints what went wrong and gives the exit code. @returns {Promise<number>} */
export async function reportSetup(main) {
  try {
    return await main();
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    say(error.message);
    return 1;
  }
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  process.exitCode = await reportSetup(async () => {
    await ensureSetup({ dev: true });
    return 0;
  });
}
