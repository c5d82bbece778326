/** Starts the fake endpoint in a process of its own and talks to it. */

import { spawn } from 'node:child_process';
import path from 'node:path';
import type { FakeEndpointStats } from './endpoint.js';
import type { EndpointProcessOptions } from './endpoint-process.js';

export interface SpawnedEndpoint {
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  stats(): Promise<FakeEndpointStats>;
  close(): Promise<void>;
}

/** @throws when the process ends before it listens; the error holds what it wrote. */
export async function spawnFakeEndpoint(options: EndpointProcessOptions = {}): Promise<SpawnedEndpoint> {
  const root = path.resolve(import.meta.dirname, '../..');
  const child = spawn(process.execPath, ['--import', 'jiti/register', path.join(import.meta.dirname, 'endpoint-process.ts')], {
    cwd: root,
    env: { ...process.env, FAKE_ENDPOINT: JSON.stringify(options) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const { port, url } = await new Promise<{ port: number; url: string }>((resolve, reject) => {
    let out = '';
    let err = '';
    child.stdout.on('data', (chunk: Buffer) => {
      out += chunk.toString();
      if (out.includes('\n')) resolve(JSON.parse(out.slice(0, out.indexOf('\n'))) as { port: number; url: string });
    });
    child.stderr.on('data', (chunk: Buffer) => {
      err += chunk.toString();
    });
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`the endpoint's process ended with ${code}: ${err}`)));
  });
  return {
    url,
    port,
    pid: child.pid as number,
    stats: async () => (await (await fetch(`http://127.0.0.1:${port}/__stats`)).json()) as FakeEndpointStats,
    close: async () => {
      child.kill('SIGTERM');
      await ended;
    },
  };
}
