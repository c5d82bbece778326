/** A real S3 server (versitygw over a folder), and a gate before it that can refuse to answer for a while. */

import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import http from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { tools } from '../../test-tools.js';
import { until } from '../runs/lab.js';

export const ACCESS_KEY = 'AKIATESTONLYNOTREAL1';
export const SECRET_KEY = 'bm90LWEtcmVhbC1zZWNyZXQtZWl0aGVy';
export const BUCKET = 'evals';

/** The server's program, or null with what to do about it, for the name of a skipped test. */
export function s3Program(): { readonly program: string | null; readonly hint: string } {
  const { folder, hint } = tools('s3');
  return { program: folder === null ? null : path.join(folder, 'versitygw'), hint };
}

export class S3Server {
  private constructor(
    readonly endpoint: string,
    private readonly child: ChildProcess,
    private readonly dir: string,
  ) {}

  static async start(program: string): Promise<S3Server> {
    const dir = mkdtempSync(path.join(tmpdir(), 'nel-s3-'));
    mkdirSync(path.join(dir, BUCKET));
    const port = await freePort();
    const env = { ...process.env, ROOT_ACCESS_KEY: ACCESS_KEY, ROOT_SECRET_KEY: SECRET_KEY };
    const child = spawn(program, ['--port', `127.0.0.1:${port}`, '--quiet', 'posix', dir], { env, stdio: 'ignore' });
    const endpoint = `http://127.0.0.1:${port}`;
    await until('the S3 server', () =>
      fetch(endpoint).then(
        () => true,
        () => false,
      ),
    );
    return new S3Server(endpoint, child, dir);
  }

  /** What a process needs to use it. */
  env(endpoint = this.endpoint): Record<string, string> {
    return { AWS_ENDPOINT_URL_S3: endpoint, AWS_ACCESS_KEY_ID: ACCESS_KEY, AWS_SECRET_ACCESS_KEY: SECRET_KEY, AWS_REGION: 'us-east-1' };
  }

  /** Where an object is on this machine: keys are paths. */
  file(key: string): string {
    return path.join(this.dir, BUCKET, key);
  }

  text(key: string): string | null {
    return existsSync(this.file(key)) ? readFileSync(this.file(key), 'utf8') : null;
  }

  close(): void {
    this.child.kill('SIGTERM');
    rmSync(this.dir, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Passes everything on to the server, headers and all, or answers 503 while it is shut. */
export class Gate {
  shut = false;
  refused = 0;

  private constructor(
    private readonly server: http.Server,
    readonly endpoint: string,
  ) {}

  static async open(target: string): Promise<Gate> {
    const { hostname, port } = new URL(target);
    const server = http.createServer((request, response) => {
      if (gate.shut) {
        gate.refused++;
        request.resume();
        response.writeHead(503, { 'content-type': 'application/xml', connection: 'close' });
        response.end('<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>');
        return;
      }
      const onward = http.request(
        { hostname, port, path: request.url, method: request.method, headers: request.headers, setHost: false },
        (answer) => {
          response.writeHead(answer.statusCode ?? 500, answer.headers);
          answer.pipe(response);
        },
      );
      onward.on('error', () => response.destroy());
      request.pipe(onward);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const gate = new Gate(server, `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    return gate;
  }

  close(): void {
    this.server.closeAllConnections();
    this.server.close();
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
