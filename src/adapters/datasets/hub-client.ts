/** The Hub's routes over HTTP: a repository's files at a revision, and downloads that survive a broken connection. */

import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { EnvHttpProxyAgent, fetch, type Response } from 'undici';
import { errorMessage, NelError } from '../../core/errors.js';
import { isJsonObject } from '../../core/json.js';
import type { HubFile, HubSnapshot } from './hub-files.js';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Waits between attempts, milliseconds; a Retry-After up to a minute is honoured instead. */
const PAUSES = [500, 1500, 4000];
const LONGEST_RETRY_AFTER = 60_000;

/** The Hub cannot be reached: the caller may know another way to the data. */
export class HubUnreachableError extends Error {
  override readonly name = 'HubUnreachableError';
}

export interface HubClient {
  /** @throws NelError when the Hub says no, HubUnreachableError when it says nothing */
  snapshot(repo: string, revision: string): Promise<HubSnapshot>;
  /** Makes sure that `target` holds the file, downloading what is missing. @throws as snapshot does */
  download(repo: string, commit: string, file: HubFile, target: string): Promise<void>;
  close(): Promise<void>;
}

export interface HubClientOptions {
  /** HF_ENDPOINT, HF_TOKEN, HF_HUB_OFFLINE and the proxy variables are read from it. */
  readonly env: Environment;
  /** Scales the waits between attempts; tests set it small. */
  readonly pauseScale?: number;
}

export function openHubClient({ env, pauseScale = 1 }: HubClientOptions): HubClient {
  const endpoint = hubEndpoint(env);
  const token = env['HF_TOKEN']?.trim() ?? '';
  const dispatcher = new EnvHttpProxyAgent({
    connectTimeout: 15_000,
    headersTimeout: 30_000,
    bodyTimeout: 60_000,
    ...proxies(env),
  });
  /** Whatever a server or a library puts into a message: the token never leaves this file. */
  const safe = (text: string): string => (token === '' ? text : text.replaceAll(token, '***'));

  /** One request with retries. fetch drops the token itself when a redirect leads to another host. */
  const request = async (route: string, what: string, headers: Readonly<Record<string, string>> = {}): Promise<Response> => {
    if (/^(?:1|true|yes|on)$/i.test(env['HF_HUB_OFFLINE'] ?? '')) throw new HubUnreachableError('HF_HUB_OFFLINE is set');
    for (let attempt = 0; ; attempt++) {
      let problem: string;
      let pause = PAUSES[attempt];
      try {
        const response = await fetch(`${endpoint}${route}`, {
          dispatcher,
          headers: { 'user-agent': 'nel', ...(token === '' ? {} : { authorization: `Bearer ${token}` }), ...headers },
        });
        if (response.ok || response.status === 416) return response;
        await response.body?.cancel();
        if (response.status !== 429 && response.status < 500) throw refusal(response.status, what, token !== '');
        problem = `${endpoint} answers ${response.status}`;
        const retryAfter = Number(response.headers.get('retry-after')) * 1000;
        if (pause !== undefined && retryAfter > 0) pause = Math.min(retryAfter, LONGEST_RETRY_AFTER);
      } catch (error) {
        if (error instanceof NelError) throw error;
        problem = `${endpoint} cannot be reached (${safe(networkProblem(error))})`;
      }
      if (pause === undefined) throw new HubUnreachableError(problem);
      await sleep(pause * pauseScale);
    }
  };

  return {
    async snapshot(repo, revision) {
      const response = await request(
        `/api/datasets/${repo}/revision/${encodeURIComponent(revision)}?blobs=true`,
        `data set ${repo} at ${revision}`,
      );
      let body: unknown;
      try {
        body = await response.json();
      } catch (error) {
        throw new NelError('data', `${endpoint}: the answer about data set ${repo} is not JSON`, {
          hint: 'Is HF_ENDPOINT the address of a Hub, or does a proxy answer in its place?',
          cause: error,
        });
      }
      return readSnapshot(body, repo);
    },
    async download(repo, commit, file, target) {
      if (existsSync(target) && (file.size === null || (await stat(target)).size === file.size)) return;
      await mkdir(path.dirname(target), { recursive: true });
      const part = `${target}.${process.pid}.part`;
      const route = `/datasets/${repo}/resolve/${commit}/${file.path.split('/').map(encodeURIComponent).join('/')}`;
      try {
        await fetchInto(part, (headers) => request(route, `${file.path} of ${repo}`, headers), { size: file.size, pauseScale });
        await checkDigest(part, file, repo);
        await rename(part, target);
      } finally {
        await rm(part, { force: true });
      }
    },
    close: () => dispatcher.close(),
  };
}

/** Downloads into `part`; a connection that breaks is continued at the byte it broke at. */
async function fetchInto(
  part: string,
  request: (headers: Record<string, string>) => Promise<Response>,
  { size, pauseScale }: { size: number | null; pauseScale: number },
): Promise<void> {
  const handle = await open(part, 'w');
  try {
    let received = 0;
    for (let attempt = 0; ; attempt++) {
      const response = await request({ 'accept-encoding': 'identity', ...(received === 0 ? {} : { range: `bytes=${received}-` }) });
      if (received > 0 && (response.status !== 206 || !response.headers.get('content-range')?.startsWith(`bytes ${received}-`))) {
        // This server does not continue; what was received is dropped rather than joined to something else.
        received = 0;
        await handle.truncate(0);
        if (response.status !== 200) {
          await response.body?.cancel();
          if (attempt >= PAUSES.length) throw new HubUnreachableError(`a download failed with status ${response.status}`);
          continue;
        }
      }
      const length = response.headers.get('content-length');
      const expected = size ?? (length === null ? null : received + Number(length));
      let broken = '';
      try {
        for await (const chunk of response.body ?? []) {
          await handle.write(chunk as Uint8Array, 0, (chunk as Uint8Array).length, received);
          received += (chunk as Uint8Array).length;
        }
      } catch (error) {
        broken = networkProblem(error);
      }
      if (broken === '' && (expected === null || received === expected)) break;
      const pause = PAUSES[attempt];
      if (pause === undefined) {
        throw new HubUnreachableError(
          `a download ended at ${received} of ${expected ?? 'unknown'} bytes${broken === '' ? '' : ` (${broken})`}`,
        );
      }
      if (expected !== null && received > expected) received = 0;
      await sleep(pause * pauseScale);
    }
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function checkDigest(part: string, file: HubFile, repo: string): Promise<void> {
  if (file.sha256 === null) return;
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(part)) hash.update(chunk as Buffer);
  if (hash.digest('hex') === file.sha256) return;
  throw new NelError('data', `${file.path} of ${repo}: what was downloaded is not what the Hub announced (SHA-256 differs)`, {
    hint: 'Run again; if it persists, a proxy or mirror alters the file.',
  });
}

/** What the Hub says of a repository. Names from it become paths: any that would leave the cache is left out. */
function readSnapshot(body: unknown, repo: string): HubSnapshot {
  const commit = isJsonObject(body) ? body['sha'] : undefined;
  if (!isJsonObject(body) || typeof commit !== 'string' || !/^[0-9a-f]{40}$/.test(commit)) {
    throw new NelError('data', `the Hub's answer about data set ${repo} names no commit`, { hint: 'Is HF_ENDPOINT the address of a Hub?' });
  }
  const siblings = Array.isArray(body['siblings']) ? body['siblings'].filter(isJsonObject) : [];
  const files = siblings.flatMap(({ rfilename, size, lfs }): HubFile[] => {
    if (typeof rfilename !== 'string' || !isSafePath(rfilename)) return [];
    const sha256 = isJsonObject(lfs) && typeof lfs['sha256'] === 'string' ? lfs['sha256'] : null;
    return [{ path: rfilename, size: typeof size === 'number' ? size : null, sha256 }];
  });
  // The card is README.md: a revision without one (the Hub's conversion) has none of its own, whatever is said of the repository.
  const card = siblings.some(({ rfilename }) => rfilename === 'README.md') ? body['cardData'] : undefined;
  return { commit, files, configs: isJsonObject(card) ? card['configs'] : undefined };
}

function isSafePath(file: string): boolean {
  return !/[\\\0]/.test(file) && file.split('/').every((part) => part !== '' && part !== '.' && part !== '..');
}

function refusal(status: number, what: string, hasToken: boolean): NelError {
  if (status === 404) return new NelError('data', `${what}: not found on the Hub`, { hint: 'Check the name and the revision.' });
  if (status === 401 || status === 403) {
    return new NelError(
      'data',
      `${what}: the Hub refuses access (${status}): it does not exist, is private, or its terms are to be accepted`,
      {
        hint: hasToken
          ? 'Check the name, and what the token in HF_TOKEN may read.'
          : 'Check the name, or set HF_TOKEN to a token that may read it.',
      },
    );
  }
  return new NelError('data', `${what}: the Hub answers ${status}`, { hint: 'Check the address and HF_ENDPOINT.' });
}

/** The endpoint without a final slash. Credentials in it would end up in messages: they are refused. */
function hubEndpoint(env: Environment): string {
  const given = env['HF_ENDPOINT']?.trim() || 'https://huggingface.co';
  let url: URL;
  try {
    url = new URL(given);
  } catch {
    throw new NelError('config', 'HF_ENDPOINT is not a URL', { hint: 'It looks like https://hub.example.org.' });
  }
  if (url.username !== '' || url.password !== '') {
    throw new NelError('config', 'HF_ENDPOINT must not hold a user name or password', { hint: 'Put the token into HF_TOKEN.' });
  }
  return `${url.origin}${url.pathname.replace(/\/+$/, '')}`;
}

function proxies(env: Environment): { httpProxy?: string; httpsProxy?: string; noProxy?: string } {
  const of = (name: string): string | undefined => env[name.toLowerCase()] ?? env[name];
  const [httpProxy, httpsProxy, noProxy] = [of('HTTP_PROXY'), of('HTTPS_PROXY'), of('NO_PROXY')];
  return { ...(httpProxy ? { httpProxy } : {}), ...(httpsProxy ? { httpsProxy } : {}), ...(noProxy ? { noProxy } : {}) };
}

/** The system's code where there is one (ENOTFOUND, ECONNREFUSED, UND_ERR_…): it says more than "fetch failed". */
function networkProblem(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const code = isJsonObject(cause) || cause instanceof Error ? (cause as { code?: unknown }).code : undefined;
  return typeof code === 'string' ? code : errorMessage(cause).split('\n')[0]!.slice(0, 200);
}
