/** A data-set hub for tests: the routes that the client uses, a file host behind redirects, and faults on demand. */

import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface FakeHubRepo {
  /** Commit of each revision name; a commit answers for itself. */
  readonly revisions: Readonly<Record<string, string>>;
  readonly files: Readonly<Record<string, Buffer>>;
  /** Files of a commit where they are others than `files`. */
  readonly filesAt?: Readonly<Record<string, Readonly<Record<string, Buffer>>>>;
  /** The card's `configs`; the card is README.md, which is then there. */
  readonly configs?: unknown;
}

export interface FakeHubFaults {
  /** Requests that need this token in their authorization header. */
  token?: string;
  /** Downloads, counted from the first, that break off after so many bytes. */
  breakAfter?: number[];
  /** Whether the file host continues a download (Range). Default true. */
  ranges?: boolean;
  /** Statuses that the next requests get, then none. */
  statuses?: number[];
  /** Contents that the file host gives out instead, without saying so. */
  altered?: Buffer;
}

export interface FakeHub {
  readonly url: string;
  readonly faults: FakeHubFaults;
  /** `METHOD path` of all requests to the hub and to its file host, with the headers that matter. */
  readonly requests: { line: string; host: 'hub' | 'files'; authorization: string | undefined; range: string | undefined }[];
  close(): Promise<void>;
}

export async function startFakeHub(repos: Readonly<Record<string, FakeHubRepo>>): Promise<FakeHub> {
  const faults: FakeHubFaults = {};
  const requests: FakeHub['requests'] = [];
  const log = (host: 'hub' | 'files', request: IncomingMessage): void => {
    const { authorization, range } = request.headers;
    requests.push({ line: `${request.method} ${request.url}`, host, authorization, range });
  };

  const files = createServer((request, response) => {
    log('files', request);
    const [, repo, path] = /^\/blob\/([^?]+)\?file=([^&]+)/.exec(request.url ?? '') ?? [];
    const bytes = faults.altered ?? repos[decodeURIComponent(repo ?? '')]?.files[decodeURIComponent(path ?? '')];
    if (bytes === undefined) return void response.writeHead(404).end();
    sendBytes(response, bytes, faults.ranges === false ? undefined : request.headers.range, faults.breakAfter?.shift());
  });
  const filesUrl = await listen(files);

  const hub = createServer((request, response) => {
    log('hub', request);
    const status = faults.statuses?.shift();
    if (status !== undefined) return void response.writeHead(status, { 'retry-after': '1' }).end('try later');
    if (faults.token !== undefined && request.headers.authorization !== `Bearer ${faults.token}`)
      return void response.writeHead(401).end(`token ${request.headers.authorization} is unknown`);
    const url = new URL(request.url ?? '/', 'http://hub');
    const info = /^\/api\/datasets\/(.+)\/revision\/(.+)$/.exec(url.pathname);
    const resolve = /^\/datasets\/(.+)\/resolve\/([0-9a-f]{40})\/(.+)$/.exec(url.pathname);
    if (info !== null) return sendInfo(response, repos[info[1] as string], decodeURIComponent(info[2] as string));
    if (resolve !== null) {
      const [repo, path] = [resolve[1], resolve[3]].map((part) => encodeURIComponent(decodeURIComponent(part as string)));
      return void response.writeHead(302, { location: `${filesUrl}/blob/${repo}?file=${path}&signature=secret-signature` }).end();
    }
    response.writeHead(404).end();
  });
  const url = await listen(hub);
  return {
    url,
    faults,
    requests,
    close: async () => {
      await Promise.all([hub, files].map((server) => new Promise((done) => server.close(done).closeAllConnections())));
    },
  };
}

function sendInfo(response: ServerResponse, repo: FakeHubRepo | undefined, revision: string): void {
  const commits = Object.values(repo?.revisions ?? {});
  const sha = repo?.revisions[revision] ?? commits.find((commit) => commit === revision);
  if (repo === undefined || sha === undefined) return void response.writeHead(404).end('{"error":"not found"}');
  const siblings = Object.entries(repo.filesAt?.[sha] ?? repo.files).map(([rfilename, bytes]) => ({
    rfilename,
    size: bytes.length,
    ...(rfilename.endsWith('.parquet') ? { lfs: { sha256: createHash('sha256').update(bytes).digest('hex'), size: bytes.length } } : {}),
  }));
  if (repo.configs !== undefined && repo.filesAt?.[sha] === undefined && !('README.md' in repo.files))
    siblings.push({ rfilename: 'README.md', size: 4 });
  response
    .writeHead(200, { 'content-type': 'application/json' })
    .end(JSON.stringify({ sha, siblings, cardData: { configs: repo.configs } }));
}

function sendBytes(response: ServerResponse, bytes: Buffer, range: string | undefined, breakAfter: number | undefined): void {
  const from = Number(/^bytes=(\d+)-$/.exec(range ?? '')?.[1] ?? 0);
  const body = bytes.subarray(from);
  const headers = {
    'content-length': body.length,
    ...(from > 0 ? { 'content-range': `bytes ${from}-${bytes.length - 1}/${bytes.length}` } : {}),
  };
  response.writeHead(from > 0 ? 206 : 200, headers);
  if (breakAfter === undefined) return void response.end(body);
  response.write(body.subarray(0, breakAfter), () => setTimeout(() => response.destroy(), 20));
}

async function listen(server: Server): Promise<string> {
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
