/** Puts the app on a port: who may be let in, endpoint.txt while it listens, and an end that loses no request under way. */

import { readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, isIP } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { getRequestListener, RequestError } from '@hono/node-server';
import { writeFileAtomic } from '../artifacts/write-atomic.js';
import type { Environment } from '../core/environment.js';
import { errorMessage, NelError } from '../core/errors.js';
import { isJsonObject } from '../core/json.js';
import { type AppOptions, createRoutes, VERIFY } from './app.js';
import { DEFAULT_LIMITS } from './limits.js';
import { Refusal } from './refusal.js';
import { refusalReply, webResponse } from './replies.js';

export const ENDPOINT_FILE = 'endpoint.txt';

export interface ListenOptions extends Omit<AppOptions, 'draining'> {
  /** 0 takes any free one. */
  readonly port: number;
  /** Address to bind; anything but this machine's own needs a token, or `insecure`. */
  readonly host: string;
  readonly insecure?: boolean;
  /** Where endpoint.txt is written; null writes none. */
  readonly dir?: string | null;
  /** How long requests under way may take once the server was told to end, milliseconds. Default: as long as a request may take at all. */
  readonly drainMs?: number;
}

export interface Listening {
  /** `http://host:port`, as other machines reach it: with the machine's name where every address is bound. */
  readonly url: string;
  readonly port: number;
  /**
   * Takes no new connections, lets requests under way finish, removes endpoint.txt. Idempotent.
   * @returns how many requests were cut off because they took longer than `drainMs`
   */
  drain(): Promise<number>;
}

/** @throws NelError of kind `usage` for a public address without a token, of kind `run` when the port cannot be had */
export async function listen(environment: Environment, options: ListenOptions): Promise<Listening> {
  const { host, dir = null } = options;
  assertGuarded(options);
  let draining = false;
  const { app, verify } = createRoutes(environment, { ...options, draining: () => draining });
  const address = bareHost(host);
  const others = getRequestListener(app.fetch, {
    hostname: host,
    errorHandler: (error) => webResponse(refusalReply(error instanceof RequestError ? new Refusal(400, error.message) : error)),
  });
  let underWay = 0;
  const server = createServer((incoming, outgoing) => {
    underWay++;
    outgoing.once('close', () => void underWay--);
    if (incoming.url === VERIFY && incoming.method === 'POST') verify(incoming, outgoing);
    else void others(incoming, outgoing);
  });
  // A client's idle connection that ends while it writes to it would be an error for nothing.
  server.keepAliveTimeout = 75_000;
  const bound = await bind(server, options.port, address);
  const { port } = bound;
  const url = `http://${reachableHost(address, bound.address)}:${port}`;
  const file = dir === null ? null : path.resolve(dir, ENDPOINT_FILE);
  try {
    if (file !== null) await writeFileAtomic(file, `${url}\n`);
  } catch (error) {
    server.close();
    throw new NelError('run', `cannot write ${file}: ${errorMessage(error)}`, { cause: error });
  }
  // However the process ends, an address that leads nowhere must not stay.
  const onExit = (): void => removeOwn(file, url);
  process.on('exit', onExit);
  let ended: Promise<number> | undefined;
  const drain = async (): Promise<number> => {
    draining = true;
    onExit();
    process.off('exit', onExit);
    const { requestTimeoutMs } = { ...DEFAULT_LIMITS, ...options.limits };
    return end(server, options.drainMs ?? requestTimeoutMs, () => underWay);
  };
  return {
    url,
    port,
    drain: () => {
      ended ??= drain();
      return ended;
    },
  };
}

/** @throws NelError of kind `usage` when other machines could ask without a token, and nobody said that they may */
export function assertGuarded({ host, token, insecure = false }: Pick<ListenOptions, 'host' | 'token' | 'insecure'>): void {
  if (isLoopback(host) || token !== undefined || insecure) return;
  throw new NelError('usage', `${host} can be reached from other machines, and no token is asked for`, {
    hint: 'name the variable that holds one with --token-env, bind 127.0.0.1, or say --insecure',
  });
}

async function bind(server: Server, port: number, host: string): Promise<AddressInfo> {
  try {
    return await new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, host, () => {
        server.off('error', reject);
        resolve(server.address() as AddressInfo);
      });
    });
  } catch (error) {
    throw new NelError('run', `cannot listen on ${host}, port ${port}: ${errorMessage(error)}`, {
      hint: 'choose another --port (0 takes any free one) or --host',
      cause: error,
    });
  }
}

async function end(server: Server, drainMs: number, underWay: () => number): Promise<number> {
  // Kept connections are told to end with the reply that is under way on them.
  server.prependListener('request', (_request, response) => response.setHeader('Connection', 'close'));
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  // A connection that has sent nothing yet is not idle to Node, and would be waited for.
  const idle = setInterval(() => (underWay() === 0 ? server.closeAllConnections() : server.closeIdleConnections()), 50);
  let cut = 0;
  const timer = setTimeout(() => {
    cut = underWay();
    server.closeAllConnections();
  }, drainMs);
  await closed;
  clearInterval(idle);
  clearTimeout(timer);
  return cut;
}

/** How long the server of an address may take to say that it is there, milliseconds. */
const ALIVE_MS = 3_000;

/**
 * Makes a folder ready for a server: the address that an earlier one left is removed, so that nobody finds it before the new one listens.
 * @throws NelError of kind `usage` when that server still answers: its file stays; `run` when it cannot be removed
 */
export async function claimFolder(dir: string): Promise<void> {
  const url = addressIn(path.resolve(dir, ENDPOINT_FILE));
  if (url !== null && (await isServer(url))) {
    throw new NelError('usage', `${path.join(dir, ENDPOINT_FILE)} leads to a server that is running, ${url}`, {
      hint: 'give another -o, or end that server first',
    });
  }
  removeEndpoint(dir);
}

function addressIn(file: string): string | null {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    // There is none, or removing it will say what is wrong.
    return null;
  }
}

/** True where an environment server answers; another program may have its port by now. */
async function isServer(url: string): Promise<boolean> {
  try {
    const reply = await fetch(`${url}/health`, { redirect: 'manual', signal: AbortSignal.timeout(ALIVE_MS) });
    const health: unknown = await reply.json();
    return isJsonObject(health) && typeof health['benchmark'] === 'string';
  } catch {
    return false;
  }
}

/**
 * Removes the address that an earlier server left: until the new one listens, nobody must find it.
 * @throws NelError of kind `run` when it cannot be removed
 */
function removeEndpoint(dir: string): void {
  const file = path.resolve(dir, ENDPOINT_FILE);
  try {
    rmSync(file, { force: true });
  } catch (error) {
    throw new NelError('run', `cannot remove ${file}: ${errorMessage(error)}`, { cause: error });
  }
}

/** Another server may have taken the folder over meanwhile: its file stays. Synchronous: a process that exits waits for nothing. */
function removeOwn(file: string | null, url: string): void {
  if (file === null) return;
  try {
    if (readFileSync(file, 'utf8').trim() === url) rmSync(file, { force: true });
  } catch {
    // It is gone already, or cannot be: there is nobody left to tell.
  }
}

/** True for an address that only this machine reaches. */
export function isLoopback(host: string): boolean {
  const bare = bareHost(host).toLowerCase();
  return bare === 'localhost' || bare === '::1' || (isIP(bare) === 4 && bare.startsWith('127.'));
}

/** @param bound the address as the system writes it: there are many ways to write one that means all */
function reachableHost(host: string, bound: string): string {
  if (bound === '0.0.0.0' || bound === '::') return os.hostname();
  if (isIP(host) === 0) return host;
  return isIP(bound) === 6 ? `[${bound}]` : bound;
}

/** An IPv6 address without the brackets that it has in a URL. */
function bareHost(host: string): string {
  return host.replace(/^\[|\]$/g, '');
}
