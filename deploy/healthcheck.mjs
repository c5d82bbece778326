/** The image's health check: asks /health of the `nel serve` that the container runs; any other command counts as healthy. Exit code 0 or 1. */

import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

const DEFAULT_PORT = 9090;
const LIMIT_MS = 4_000;

/**
 * @param {readonly string[]} words command line of the container's first process
 * @returns {number | undefined} the port that `nel serve` was told to take, undefined for other commands
 */
export function servedPort(words) {
  const nel = words.findIndex((word) => /(^|\/)nel$|\/cli\/main\.js$/.test(word));
  if (nel === -1 || words[nel + 1] !== 'serve') return undefined;
  const at = words.findIndex((word) => word === '--port' || word.startsWith('--port='));
  if (at === -1) return DEFAULT_PORT;
  return Number(words[at].slice('--port='.length) || words[at + 1]);
}

/** @param {number | undefined} port @returns {Promise<boolean>} */
export async function isHealthy(port) {
  if (port === undefined) return true;
  try {
    const response = await fetch(`http://127.0.0.1:${port}/health`, { signal: AbortSignal.timeout(LIMIT_MS) });
    return response.ok;
  } catch {
    return false;
  }
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const words = readFileSync('/proc/1/cmdline', 'utf8').split('\0');
  process.exitCode = (await isHealthy(servedPort(words))) ? 0 : 1;
}
