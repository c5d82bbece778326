/** Requests to an environment server: JSON in and out, with time-outs, and again after a pause where that may help. Used by gym.ts. */

import { setTimeout as delay } from 'node:timers/promises';
import { Agent, request } from 'undici';
import { errorMessage } from '../../core/errors.js';

/** Pauses between attempts, milliseconds: together a minute, in which a restarted server is back. */
const PAUSES_MS = [250, 500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000, 15_000] as const;
/** Longest pause that a server may ask for. */
const MAX_RETRY_AFTER_MS = 60_000;
const MAX_REPLY_BYTES = 64 * 2 ** 20;
/** Characters of an error that are kept: a scorer's own words, or the beginning of a foreign page. */
const KEPT = 4_000;
const SHOWN = 300;
const SHORTEST_SECRET = 8;

/** The server answered, and will answer the same again: `detail` is what it said. */
export class GymRefusedError extends Error {
  override readonly name = 'GymRefusedError';
  constructor(
    message: string,
    readonly status: number,
    readonly detail: string,
    /** What our own server says of an error that is the row's (`data`) or the scorer's (`verify`). */
    readonly reason: string | null,
  ) {
    super(message);
  }
}

/** The server did not answer, or not in a useful way, after all attempts. */
export class GymUnreachableError extends Error {
  override readonly name = 'GymUnreachableError';
}

export interface GymClientOptions {
  /** `http://host:port`, without a slash at its end. */
  readonly base: string;
  readonly token: string | null;
  /** How long one attempt may take, from the first byte sent to the last byte of the reply. */
  readonly timeoutMs: number;
  /** Scales the pauses between attempts; for tests. */
  readonly pauseScale?: number;
}

export interface GymReply {
  readonly body: unknown;
  /** Cookies that the server set, as a `Cookie` header sends them back. */
  readonly cookie: string | null;
}

interface GymRequest {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body?: unknown;
  readonly cookie?: string | null;
}

interface Again {
  readonly again: string;
  readonly afterMs: number | null;
  /** False: no reply came. */
  readonly answered: boolean;
}

/** One attempt's outcome: a reply, or why to try again and after what pause. */
type Attempt = { readonly reply: GymReply } | Again;

export class GymClient {
  private readonly agent: Agent;
  /** It has answered JSON before: a page in place of it is a proxy's bad moment, and not a server that is no environment. */
  private known = false;

  constructor(private readonly options: GymClientOptions) {
    // Each request has its own clock.
    this.agent = new Agent({ headersTimeout: 0, bodyTimeout: 0, connect: { timeout: 10_000 } });
  }

  /**
   * Tries again after refused and lost connections, time-outs, 408, 429 and 5xx: verdicts are the same whenever they are asked for.
   * @throws GymRefusedError for any other status, GymUnreachableError after the last attempt, an AbortError when `signal` is aborted
   */
  async ask(asked: GymRequest, signal: AbortSignal): Promise<GymReply> {
    return this.untilGood(asked, signal, (outcome) => ('reply' in outcome ? outcome.reply : undefined));
  }

  /**
   * Whether somebody answers at all, whatever the status.
   * @throws GymRefusedError for 401 and 403, and for a web page; GymUnreachableError as `ask` does
   */
  async reach(asked: GymRequest, signal: AbortSignal): Promise<void> {
    await this.untilGood(asked, signal, (outcome) => ('reply' in outcome || outcome.answered ? true : undefined)).catch(
      (error: unknown) => {
        if (!(error instanceof GymRefusedError) || error.status === 401 || error.status === 403 || error.status < 300) throw error;
      },
    );
  }

  private async untilGood<T>(asked: GymRequest, signal: AbortSignal, good: (outcome: Attempt) => T | undefined): Promise<T> {
    for (let attempt = 0; ; attempt++) {
      signal.throwIfAborted();
      const outcome = await this.attempt(asked, signal);
      const result = good(outcome);
      if (result !== undefined) return result;
      const { again, afterMs } = outcome as Again;
      const pause = PAUSES_MS[attempt];
      if (pause === undefined)
        throw new GymUnreachableError(`${asked.method} ${this.options.base}${asked.path}: ${again}, after ${attempt + 1} attempts`);
      // Up to half again as long, so that the requests of one failure do not come back at one moment.
      const spread = pause * (1 + Math.random() / 2);
      await delay(Math.max(spread, afterMs ?? 0) * (this.options.pauseScale ?? 1), undefined, { signal });
    }
  }

  async close(): Promise<void> {
    await this.agent.destroy();
  }

  /** A server may repeat what it was sent; records and messages must not. In replies a short token could be a word of a problem. */
  private withoutToken(text: string, status: number): string {
    const { token } = this.options;
    if (token === null || (status < 400 && token.length < SHORTEST_SECRET)) return text;
    const written = JSON.stringify(token).slice(1, -1);
    return text.replaceAll(token, '[redacted]').replaceAll(written, '[redacted]');
  }

  private async attempt(asked: GymRequest, signal: AbortSignal): Promise<Attempt> {
    const { method, path, cookie } = asked;
    const where = `${method} ${this.options.base}${path}`;
    let exchanged: Exchanged;
    try {
      exchanged = await withinTime((ends) => this.exchange(asked, ends), this.options.timeoutMs, signal);
    } catch (error) {
      signal.throwIfAborted();
      return { again: causeOf(error), afterMs: null, answered: false };
    }
    const { status, headers, text } = exchanged;
    if (status >= 200 && status < 300) {
      const parsed = parse(text);
      this.known ||= parsed !== undefined;
      if (parsed !== undefined) return { reply: { body: parsed.value, cookie: cookiesOf(headers['set-cookie']) ?? cookie ?? null } };
      const type = String(headers['content-type'] ?? '').slice(0, SHOWN);
      const said = `the reply is not JSON${type === '' ? '' : ` but ${type}`}: ${JSON.stringify(text.slice(0, SHOWN))}`;
      if (!this.known && type !== '' && !type.includes('json')) throw new GymRefusedError(`${where}: ${said}`, status, said, null);
      return { again: said, afterMs: null, answered: true };
    }
    const { detail, reason } = errorIn(text);
    const transient = status === 408 || status === 429 || (status >= 500 && reason === null);
    if (!transient) throw new GymRefusedError(`${where}: status ${status}: ${detail}`, status, detail, reason);
    return { again: `status ${status}: ${detail}`, afterMs: retryAfterMs(headers['retry-after']), answered: true };
  }

  private async exchange({ method, path, body, cookie }: GymRequest, signal: AbortSignal): Promise<Exchanged> {
    const { base, token } = this.options;
    const reply = await request(`${base}${path}`, {
      method,
      dispatcher: this.agent,
      signal,
      headers: {
        accept: 'application/json',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(token === null ? {} : { authorization: `Bearer ${token}` }),
        ...(cookie ? { cookie } : {}),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const { statusCode: status, headers } = reply;
    return { status, headers, text: this.withoutToken(await bounded(reply.body), status) };
  }
}

interface Exchanged {
  readonly status: number;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly text: string;
}

/** Not AbortSignal.any: on a run's one signal it would leave something behind with every request. */
async function withinTime<T>(work: (signal: AbortSignal) => Promise<T>, timeoutMs: number, signal: AbortSignal): Promise<T> {
  const ends = new AbortController();
  const onAbort = (): void => ends.abort(signal.reason);
  const timer = setTimeout(() => ends.abort(new Error(`no whole reply after ${timeoutMs / 1000} s`)), timeoutMs);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await work(ends.signal);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
  }
}

async function bounded(body: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > MAX_REPLY_BYTES) throw new Error(`the reply is longer than ${MAX_REPLY_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parse(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) as unknown };
  } catch {
    return undefined;
  }
}

/** undici puts what went wrong with a socket into `cause`. */
function causeOf(error: unknown): string {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  return errorMessage(cause) || (cause instanceof Error ? cause.name : 'no connection');
}

/** `detail` of a FastAPI error, ours or another server's; else the text's beginning. */
function errorIn(text: string): { readonly detail: string; readonly reason: string | null } {
  const parsed = parse(text)?.value;
  if (typeof parsed !== 'object' || parsed === null) return { detail: JSON.stringify(text.slice(0, SHOWN)), reason: null };
  const { detail, reason } = parsed as { detail?: unknown; reason?: unknown };
  const said = typeof detail === 'string' ? detail.slice(0, KEPT) : JSON.stringify(detail ?? parsed).slice(0, SHOWN);
  return { detail: said, reason: reason === 'data' || reason === 'verify' ? reason : null };
}

function retryAfterMs(header: string | string[] | undefined): number | null {
  const seconds = Number(header);
  return header !== undefined && Number.isFinite(seconds) && seconds >= 0 ? Math.min(seconds * 1000, MAX_RETRY_AFTER_MS) : null;
}

function cookiesOf(header: string | string[] | undefined): string | null {
  if (header === undefined) return null;
  const pairs = (Array.isArray(header) ? header : [header]).map((cookie) => (cookie.split(';', 1)[0] as string).trim());
  return pairs.length === 0 ? null : pairs.join('; ');
}
