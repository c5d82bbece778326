/** Fetches a data set's TSV: continued where an earlier download broke, checked against its MD5, and there under its name only when it is whole. */

import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { EnvHttpProxyAgent, fetch, type Response } from 'undici';
import { errorMessage, NelError } from '../../../core/errors.js';

export interface DownloadOptions {
  readonly url: string;
  /** Hexadecimal; null where there is none to check. */
  readonly md5: string | null;
  readonly target: string;
  /** HF_TOKEN and HF_ENDPOINT are read from it, and the proxy variables. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
  /** Scales the waits between attempts; tests set it small. */
  readonly pauseScale?: number;
}

/** Waits between attempts, milliseconds. */
const PAUSES = [500, 1500, 4000];
/** No data set is this large: a server that never ends is stopped here. Bytes. */
const LARGEST = 100 * 2 ** 30;
const HUGGING_FACE = 'https://huggingface.co';
/** How often a second process looks whether the first is done, milliseconds. */
const LOOK_AGAIN = 500;

/** Makes sure that `target` holds the file. @throws NelError of kind `data`; the signal's reason when it is aborted */
export async function downloadTsv(options: DownloadOptions): Promise<void> {
  const { target, signal } = options;
  await mkdir(path.dirname(target), { recursive: true });
  const release = await takeLock(`${target}.lock`, signal);
  try {
    // Whoever held the lock before may have fetched it.
    if (await exists(target)) return;
    const part = `${target}.part`;
    const continued = options.md5 !== null && (await exists(part));
    if (!continued) await rm(part, { force: true });
    await fetchInto(part, options);
    let found = await wrongDigest(part, options.md5);
    if (found !== null && continued) {
      // What lay there may have been of another version of the file.
      await rm(part, { force: true });
      await fetchInto(part, options);
      found = await wrongDigest(part, options.md5);
    }
    if (found !== null) {
      await rm(part, { force: true });
      throw new NelError('data', `${options.url}: the file's MD5 is ${found}, not ${options.md5}`, {
        hint: 'The file at this address was changed, or something between here and there answers in its place.',
      });
    }
    await rename(part, target);
  } finally {
    await release();
  }
}

async function fetchInto(part: string, options: DownloadOptions): Promise<void> {
  const { url, env, signal, pauseScale = 1 } = options;
  const dispatcher = new EnvHttpProxyAgent({ connectTimeout: 15_000, headersTimeout: 60_000, bodyTimeout: 60_000, ...proxies(env) });
  const handle = await open(part, 'a+');
  try {
    for (let attempt = 0; ; attempt++) {
      const problem = await oneAttempt({ handle, url, env, dispatcher, signal });
      if (problem === null) return;
      const pause = PAUSES[attempt];
      if (pause === undefined) {
        throw new NelError('data', `${url} cannot be fetched: ${problem}`, {
          hint: `Run again to continue, or put the file there by hand: ${part.replace(/\.part$/, '')}`,
        });
      }
      await sleep(pause * pauseScale, undefined, { signal });
    }
  } finally {
    await handle.close();
    await dispatcher.close();
  }
}

interface Attempt {
  readonly handle: FileHandle;
  readonly url: string;
  readonly env: DownloadOptions['env'];
  readonly dispatcher: EnvHttpProxyAgent;
  readonly signal: AbortSignal;
}

/** What went wrong and may go better the next time, or null when the file is whole. */
async function oneAttempt({ handle, url, env, dispatcher, signal }: Attempt): Promise<string | null> {
  let { size } = await handle.stat();
  let response: Response;
  try {
    const headers = { 'user-agent': 'nel', 'accept-encoding': 'identity', ...authorization(url, env) };
    response = await fetch(addressFor(url, env), {
      dispatcher,
      signal,
      headers: size === 0 ? headers : { ...headers, range: `bytes=${size}-` },
    });
  } catch (error) {
    signal.throwIfAborted();
    return networkProblem(error);
  }
  if (response.status === 416) {
    await response.body?.cancel();
    // Nothing follows what is here: the file is whole if it is as long as the server says, and of another version if not.
    if (Number(/\/(\d+)$/.exec(response.headers.get('content-range') ?? '')?.[1]) === size) return null;
    await handle.truncate(0);
    return 'the server has another version of what was received';
  }
  if (!response.ok) {
    await response.body?.cancel();
    if (response.status === 429 || response.status >= 500) return `the server answers ${response.status}`;
    throw new NelError('data', `${url}: the server answers ${response.status}`, {
      hint:
        response.status === 401 || response.status === 403
          ? 'The file is not public; for one on Hugging Face, set HF_TOKEN.'
          : 'The file may have moved: get it by hand and put it into the LMUData folder.',
    });
  }
  if (size > 0 && (response.status !== 206 || !response.headers.get('content-range')?.startsWith(`bytes ${size}-`))) {
    // This server does not continue: what was received is dropped rather than joined to something else.
    await handle.truncate(0);
    size = 0;
    if (response.status === 206) {
      await response.body?.cancel();
      return 'the server continued at the wrong place';
    }
  }
  return receive(handle, response, size, signal);
}

async function receive(handle: FileHandle, response: Response, from: number, signal: AbortSignal): Promise<string | null> {
  const length = response.headers.get('content-length');
  const expected = length === null ? null : from + Number(length);
  let received = from;
  try {
    for await (const chunk of response.body ?? []) {
      const bytes = chunk as Uint8Array;
      received += bytes.length;
      if (received > LARGEST) throw new NelError('data', `the file has more than ${LARGEST >> 30} GiB`);
      await handle.appendFile(bytes);
    }
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof NelError) throw error;
    return `the connection broke at ${received} of ${expected ?? 'unknown'} bytes (${networkProblem(error)})`;
  }
  return expected === null || received === expected ? null : `the download ended at ${received} of ${expected} bytes`;
}

/** HF_ENDPOINT stands for the Hub, as it does for other data sets. */
function addressFor(url: string, env: DownloadOptions['env']): string {
  const endpoint = env['HF_ENDPOINT']?.trim().replace(/\/+$/, '');
  return endpoint && url.startsWith(`${HUGGING_FACE}/`) ? endpoint + url.slice(HUGGING_FACE.length) : url;
}

/** The token goes to the Hub alone; fetch drops it where a redirect leads elsewhere. */
function authorization(url: string, env: DownloadOptions['env']): Record<string, string> {
  const token = env['HF_TOKEN']?.trim() ?? '';
  return token !== '' && url.startsWith(`${HUGGING_FACE}/`) ? { authorization: `Bearer ${token}` } : {};
}

function proxies(env: DownloadOptions['env']): { httpProxy?: string; httpsProxy?: string; noProxy?: string } {
  const read = (name: string): string | undefined => env[name.toLowerCase()] ?? env[name.toUpperCase()];
  const [httpProxy, httpsProxy, noProxy] = [read('http_proxy'), read('https_proxy'), read('no_proxy')];
  return {
    ...(httpProxy === undefined ? {} : { httpProxy }),
    ...(httpsProxy === undefined ? {} : { httpsProxy }),
    ...(noProxy === undefined ? {} : { noProxy }),
  };
}

/** The cause says more than `fetch failed`; its code alone, because messages may quote headers. */
function networkProblem(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  return typeof code === 'string' ? code : 'no connection';
}

/** The MD5 that the file has where that is not the wanted one, else null. */
async function wrongDigest(file: string, md5: string | null): Promise<string | null> {
  if (md5 === null) return null;
  const hash = createHash('md5');
  for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20 })) hash.update(chunk as Buffer);
  const found = hash.digest('hex');
  return found === md5.toLowerCase() ? null : found;
}

async function exists(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  );
}

/** One process at a time downloads a file; the lock of one that has died is taken over. */
async function takeLock(file: string, signal: AbortSignal): Promise<() => Promise<void>> {
  for (;;) {
    signal.throwIfAborted();
    try {
      const handle = await open(file, 'wx');
      await handle.writeFile(String(process.pid));
      await handle.close();
      return () => rm(file, { force: true });
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) {
        throw new NelError('data', `the data folder cannot be written: ${errorMessage(error)}`, {
          hint: 'Point LMUData to a folder that can be.',
          cause: error,
        });
      }
    }
    if (await isAbandoned(file)) await rm(file, { force: true });
    else await sleep(LOOK_AGAIN, undefined, { signal });
  }
}

/** An empty lock is abandoned once it is old: its process is about to write its number. */
const OLD_LOCK_MS = 5000;

async function isAbandoned(file: string): Promise<boolean> {
  try {
    const pid = Number(await readFile(file, 'utf8'));
    if (!Number.isInteger(pid) || pid <= 0) return (await stat(file)).mtimeMs < Date.now() - OLD_LOCK_MS;
    if (pid === process.pid) return false;
    process.kill(pid, 0);
    return false;
  } catch (error) {
    // EPERM: it lives, and is someone else's.
    return error instanceof Error && 'code' in error && error.code === 'ESRCH';
  }
}
