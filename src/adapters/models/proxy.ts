/** Which proxy, if any, the environment (HTTPS_PROXY, HTTP_PROXY, NO_PROXY, either case) names for a URL. Read by transport.ts. */

import { isIP } from 'node:net';

type Env = Readonly<Record<string, string | undefined>>;

function variable(env: Env, name: string): string | undefined {
  const value = env[name.toLowerCase()] ?? env[name];
  return value === undefined || value.trim() === '' ? undefined : value.trim();
}

/** The host without brackets, lower case. */
function hostOf(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, '').toLowerCase();
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host.endsWith('.localhost') || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

/** One entry of NO_PROXY: a host, `.suffix` or `*.suffix`, each with an optional `:port`. */
function matches(entry: string, host: string, port: string): boolean {
  if (entry === '*') return true;
  const [, name = '', entryPort] = /^(.*?)(?::(\d+))?$/.exec(isIP(entry) === 6 ? `[${entry}]` : entry) ?? [];
  if (entryPort !== undefined && entryPort !== port) return false;
  const bare = name.replace(/^\[|\]$/g, '').replace(/^\*?\./, '');
  return bare !== '' && (host === bare || host.endsWith(`.${bare}`));
}

/**
 * The proxy's URL for requests to `url`, or null for none. Loopback addresses never go through a proxy: it could not reach ours.
 */
export function proxyFor(url: URL, env: Env): string | null {
  const proxy = url.protocol === 'https:' ? variable(env, 'HTTPS_PROXY') : variable(env, 'HTTP_PROXY');
  const host = hostOf(url);
  if (proxy === undefined || isLoopback(host)) return null;
  const port = url.port || (url.protocol === 'https:' ? '443' : '80');
  const bypass = (variable(env, 'NO_PROXY') ?? '').toLowerCase().split(/[\s,]+/);
  if (bypass.some((entry) => entry !== '' && matches(entry, host, port))) return null;
  return proxy.includes('://') ? proxy : `http://${proxy}`;
}
