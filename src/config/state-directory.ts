/** Where this user's state is kept on this machine: the embedded server's database, and working copies of runs that are kept in a store. */

import { createHash } from 'node:crypto';
import { homedir } from 'node:os';
import path from 'node:path';
import { normalizeStoreAddress } from '../core/store.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** `$NEL_STATE_DIR`, else `$XDG_STATE_HOME/nel`, else `~/.local/state/nel`; always absolute. */
export function stateDirectory(env: Environment = process.env): string {
  if (env['NEL_STATE_DIR']) return path.resolve(env['NEL_STATE_DIR']);
  return path.join(env['XDG_STATE_HOME'] || path.join(env['HOME'] || homedir(), '.local', 'state'), 'nel');
}

/** The endpoint that stands in for Amazon's, by the variables that the AWS SDKs read; undefined: Amazon's. */
export function storeEndpoint(env: Environment): string | undefined {
  return env['AWS_ENDPOINT_URL_S3'] || env['AWS_ENDPOINT_URL'] || undefined;
}

/**
 * The local folder in which a run that is kept at an address is worked on: one an address and endpoint, found again by every process of
 * this user. Its name begins with the address's last part, for people.
 */
export function stagingDirectory(address: string, env: Environment): string {
  const normal = normalizeStoreAddress(address);
  const hash = createHash('sha256')
    .update(`${storeEndpoint(env) ?? ''}\0${normal}`)
    .digest('hex');
  const name = normal.slice(normal.lastIndexOf('/') + 1).replaceAll(/[^A-Za-z0-9_-]/g, '_');
  return path.join(stateDirectory(env), 's3', `${name.slice(0, 40)}-${hash.slice(0, 16)}`);
}
