/** What nightly gates meet: an endpoint whose quality changes, a receiver of notifications, and a schedule's folder. */

import { writeFileSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { type FakeEndpoint, startFakeEndpoint } from '../../fakes/endpoint.js';
import type { Lab } from './lab.js';

export interface Received {
  readonly path: string;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

/** A webhook on 127.0.0.1 that keeps what it gets. */
export class Receiver {
  readonly received: Received[] = [];
  /** What it answers with. */
  status = 200;
  private readonly server = http.createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => void (body += chunk.toString()));
    request.on('end', () => {
      this.received.push({ path: request.url ?? '', headers: request.headers, body });
      response.writeHead(this.status).end('said by the receiver');
    });
  });

  async start(): Promise<this> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return this;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** Those about one run, by its id. */
  of(runId: string): Received[] {
    return this.received.filter(({ headers }) => headers['x-nel-delivery'] === runId);
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

/** Answers sums, of every ten the first `wrong` ones wrongly. */
export class Adder {
  wrong = 0;
  latencyMs = 0;
  private endpoint: FakeEndpoint | undefined;
  private port = 0;

  async start(): Promise<this> {
    this.endpoint = await startFakeEndpoint({
      port: this.port,
      answer: (body) => {
        const [, a = '0', b = '0'] = /(\d+) \+ (\d+)/.exec(JSON.stringify(body)) ?? [];
        const right = Number(a) % 10 >= this.wrong;
        return { content: `Answer: ${Number(a) + Number(b) + (right ? 0 : 1)}`, latencyMs: this.latencyMs };
      },
    });
    // It comes back where it was.
    this.port = this.endpoint.port;
    return this;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/v1`;
  }

  async stop(): Promise<void> {
    await this.endpoint?.close();
    this.endpoint = undefined;
  }
}

/** Writes a benchmark of 40 sums, its config and a policy that lets 5 points fall. */
export function writeConfig(lab: Lab, url: string): void {
  const rows = Array.from({ length: 40 }, (_, i) => ({ a: i, sum: String(i + 2) }));
  const definition = `{ name: 'sums', dataset: ${JSON.stringify(rows)}, prompt: '{a} + 2 = ?', targetField: 'sum', scorer: answerLine() }`;
  writeFileSync(
    lab.path('sums.mjs'),
    `import { answerLine, defineBenchmark } from 'nel';\nexport const sums = defineBenchmark(${definition});\n`,
  );
  const service = { type: 'api', url, model: 'adder', concurrency: 8, max_retries: 1 };
  const config = { services: { m: service }, benchmarks: [{ name: './sums.mjs' }], output: { dir: lab.path('baseline') } };
  writeFileSync(lab.path('eval.yaml'), JSON.stringify(config));
  const defaults = { tier: 'critical', metric: 'mean_reward', max_drop: 0.05 };
  writeFileSync(lab.path('policy.yaml'), JSON.stringify({ version: 1, defaults, benchmarks: { sums: {} } }));
}
