/** The address `gym://host:port[/path]?…` of an environment server, taken apart. Read by gym.ts. */

import { NelError } from '../../core/errors.js';
import { didYouMean } from '../../core/nearest.js';

export interface GymAddress {
  /** Base of the server's routes, without a slash at its end. */
  readonly base: string;
  /** The address without its query: what stands in artifacts. */
  readonly source: string;
  /** `native`: the server speaks NeMo Gym's protocol only, problems come from `data`. */
  readonly protocol: 'plain' | 'native';
  readonly data: string | null;
  /** Variable that holds the bearer token. */
  readonly tokenEnv: string | null;
  /** In place of the name that the server or the data say. */
  readonly name: string | null;
  /** How long one request may take, milliseconds. */
  readonly timeoutMs: number;
}

const PARAMETERS = ['protocol', 'data', 'token_env', 'name', 'timeout', 'tls'] as const;
const NAME = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$/;
const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]*$/;
const DEFAULT_TIMEOUT_S = 600;

export function isGymAddress(ref: string): boolean {
  return ref.startsWith('gym://');
}

/** True for what may name a benchmark, and with it a folder. */
export function isBenchmarkName(name: unknown): name is string {
  return typeof name === 'string' && NAME.test(name);
}

/** @throws NelError of kind `config` that says which part is wrong; a password in the address is refused without being repeated */
export function parseGymAddress(ref: string): GymAddress {
  const wrong = (problem: string, hint?: string): NelError =>
    new NelError('config', `benchmark address gym://…: ${problem}`, {
      hint: hint ?? 'Written gym://host:port, with ?protocol=native&data=FILE for a server that speaks only NeMo Gym.',
    });
  let url: URL;
  try {
    // Not a scheme that URL knows: hosts and ports would not be checked.
    url = new URL(`http${ref.slice('gym'.length)}`);
  } catch {
    throw wrong('not an address');
  }
  if (url.username !== '' || url.password !== '')
    throw wrong('it holds a user or password', 'Put the token into a variable and name that: ?token_env=NAME.');
  if (ref.includes('#')) throw wrong('it holds a #', "In a file's name it is written %23.");
  // A plus sign is one: only forms mean a space by it.
  const query = new URLSearchParams(url.search.replaceAll('+', '%2B'));
  for (const key of query.keys()) {
    if (!(PARAMETERS as readonly string[]).includes(key))
      throw wrong(
        `unknown parameter ${JSON.stringify(key.slice(0, 40))}${didYouMean(key, PARAMETERS)}`,
        `Known: ${PARAMETERS.join(', ')}.`,
      );
  }
  const protocol = query.get('protocol') ?? 'plain';
  if (protocol !== 'plain' && protocol !== 'evaluator' && protocol !== 'native')
    throw wrong(`unknown protocol ${JSON.stringify(protocol.slice(0, 40))}`, 'Known: plain (the default) and native.');
  const data = query.get('data');
  const native = protocol === 'native';
  if (native && !data)
    throw wrong('protocol=native needs data=FILE', "NeMo Gym's servers have no problems of their own: name the rows' .jsonl file.");
  if (!native && data !== null) throw wrong('data=FILE goes with protocol=native only');
  const name = query.get('name');
  if (name !== null && !isBenchmarkName(name)) throw wrong('name: letters, digits, _, - and . are expected');
  const tokenEnv = query.get('token_env');
  if (tokenEnv !== null && !VARIABLE.test(tokenEnv))
    throw wrong(
      'token_env: the name of an environment variable is expected',
      'Put the token into a variable and name that: ?token_env=NAME.',
    );
  const tls = query.get('tls') ?? 'false';
  // Anything else would send the token in clear where somebody meant it not to.
  if (tls !== 'true' && tls !== 'false') throw wrong(`tls: true or false is expected, not ${JSON.stringify(tls.slice(0, 40))}`);
  const timeout = Number(query.get('timeout') ?? DEFAULT_TIMEOUT_S);
  if (!(timeout > 0 && timeout <= 86_400)) throw wrong('timeout: seconds are expected');
  const where = `${hostOf(ref, url)}${url.pathname.replace(/\/+$/, '')}`;
  return {
    base: `${tls === 'true' ? 'https' : 'http'}://${where}`,
    source: `gym://${where}`,
    protocol: native ? 'native' : 'plain',
    data,
    tokenEnv,
    name,
    timeoutMs: timeout * 1000,
  };
}

/** Host and port as they are written: URL leaves out the port that is http's own, which is not https's. */
function hostOf(ref: string, { hostname, host }: URL): string {
  const port = /^gym:\/\/[^/?]*:0*(\d+)(?:[/?]|$)/.exec(ref)?.[1];
  return port === undefined ? host : `${hostname}:${port}`;
}
