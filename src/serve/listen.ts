/** Puts the app on a port: who may be let in, endpoint.txt while it listens, and an end that loses no request under way. */

import { readFile, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, isIP } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { getRequestListener } from '@hono/node-server';
import { writeFileAtomic } from '../artifacts/write-atomic.js';
import type { Environment } from '../core/environment.js';
import { errorMessage, NelError } from '../core/errors.js';
import { type AppOptions, createRoutes, VERIFY } from './app.js';

export const ENDPOINT_FILE = 'endpoint.txt';

/** How long requests under way may take after the server was told to end, milliseconds. */
const DRAIN_MS = 60_000;

export interface ListenOptions extends Omit<AppOptions, 'draining'> {
  /** 0 takes any free one. */
  readonly port: number;
  /** Address to bind; anything but this machine's own needs a token, or `insecure`. */
  readonly host: string;
  readonly insecure?: boolean;
  /** Where endpoint.txt is written; null writes none. */
  readonly dir?: string | null;
  readonly drainMs?: number;
}

export interface Listening {
  /** `http://host:port`, as other machines reach it: with the machine's name where every address is bound. */
  readonly url: string;
  readonly port: number;
  /** Takes no new connections, lets requests under way finish, removes endpoint.txt. Idempotent. */
  drain(): Promise<void>;
}

/** @throws NelError of kind `usage` for a public address without a token, of kind `run` when the port cannot be had */
export async function listen(environment: Environment, options: ListenOptions): Promise<Listening> {
  const { host, dir = null } = options;
  assertGuarded(options);
  let draining = false;
  const { app, verify } = createRoutes(environment, { ...options, draining: () => draining });
  const others = getRequestListener(app.fetch, { hostname: host });
  const server = createServer((incoming, outgoing) => {
    if (incoming.url === VERIFY && incoming.method === 'POST') verify(incoming, outgoing);
    else void others(incoming, outgoing);
  });
  // A client's idle connection that ends while it writes to it would be an error for nothing.
  server.keepAliveTimeout = 75_000;
  const { port } = await bind(server, options.port, host);
  const url = `http://${reachableHost(host)}:${port}`;
  const file = dir === null ? null : path.resolve(dir, ENDPOINT_FILE);
  try {
    if (file !== null) await writeFileAtomic(file, `${url}\n`);
  } catch (error) {
    server.close();
    throw new NelError('run', `cannot write ${file}: ${errorMessage(error)}`, { cause: error });
  }
  let ended: Promise<void> | undefined;
  return {
    url,
    port,
    drain: () => {
      draining = true;
      ended ??= end(server, options.drainMs ?? DRAIN_MS, file, url);
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

async function end(server: Server, drainMs: number, file: string | null, url: string): Promise<void> {
  if (file !== null) await removeOwn(file, url);
  // Kept connections are told to end with the reply that is under way on them.
  server.prependListener('request', (_request, response) => response.setHeader('Connection', 'close'));
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  const idle = setInterval(() => server.closeIdleConnections(), 50);
  const timer = setTimeout(() => server.closeAllConnections(), drainMs);
  await closed;
  clearInterval(idle);
  clearTimeout(timer);
}

/** Another server may have taken the folder over meanwhile: its file stays. */
async function removeOwn(file: string, url: string): Promise<void> {
  const text = await readFile(file, 'utf8').catch(() => '');
  if (text.trim() === url) await rm(file, { force: true });
}

/** True for an address that only this machine reaches. */
export function isLoopback(host: string): boolean {
  const bare = host.replace(/^\[|\]$/g, '').toLowerCase();
  return bare === 'localhost' || bare === '::1' || (isIP(bare) === 4 && bare.startsWith('127.'));
}

function reachableHost(host: string): string {
  const bare = host.replace(/^\[|\]$/g, '');
  if (bare === '0.0.0.0' || bare === '::') return os.hostname();
  return isIP(bare) === 6 ? `[${bare}]` : bare;
}
