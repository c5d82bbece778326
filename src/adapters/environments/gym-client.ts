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
  /** How long one attempt may take. */
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

/** One attempt's outcome: a reply, or why to try again and after what pause. */
type Attempt = { readonly reply: GymReply } | { readonly again: string; readonly afterMs: number | null };

export class GymClient {
  private readonly agent: Agent;

  constructor(private readonly options: GymClientOptions) {
    this.agent = new Agent({ headersTimeout: options.timeoutMs, bodyTimeout: options.timeoutMs, connect: { timeout: 10_000 } });
  }

  /**
   * Tries again after refused and lost connections, time-outs, 408, 429 and 5xx: verdicts are the same whenever they are asked for.
   * @throws GymRefusedError for any other status, GymUnreachableError after the last attempt, an AbortError when `signal` is aborted
   */
  async ask(asked: GymRequest, signal: AbortSignal): Promise<GymReply> {
    for (let attempt = 0; ; attempt++) {
      signal.throwIfAborted();
      const outcome = await this.attempt(asked, signal);
      if ('reply' in outcome) return outcome.reply;
      const pause = PAUSES_MS[attempt];
      if (pause === undefined)
        throw new GymUnreachableError(`${asked.method} ${this.options.base}${asked.path}: ${outcome.again}, after ${attempt + 1} attempts`);
      // Up to half again as long, so that the requests of one failure do not come back at one moment.
      const spread = pause * (1 + Math.random() / 2);
      await delay(Math.max(spread, outcome.afterMs ?? 0) * (this.options.pauseScale ?? 1), undefined, { signal });
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

  private async attempt({ method, path, body, cookie }: GymRequest, signal: AbortSignal): Promise<Attempt> {
    const { base, token } = this.options;
    const where = `${method} ${base}${path}`;
    let status: number;
    let text: string;
    let headers: Record<string, string | string[] | undefined>;
    try {
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
      status = reply.statusCode;
      headers = reply.headers;
      text = this.withoutToken(await bounded(reply.body), status);
    } catch (error) {
      signal.throwIfAborted();
      return { again: causeOf(error), afterMs: null };
    }
    if (status >= 200 && status < 300) {
      const parsed = parse(text);
      if (parsed === undefined) return { again: 'the reply is not JSON', afterMs: null };
      return { reply: { body: parsed.value, cookie: cookiesOf(headers['set-cookie']) ?? cookie ?? null } };
    }
    const { detail, reason } = errorIn(text);
    const transient = status === 408 || status === 429 || (status >= 500 && reason === null);
    if (!transient) throw new GymRefusedError(`${where}: status ${status}: ${detail}`, status, detail, reason);
    return { again: `status ${status}: ${detail}`, afterMs: retryAfterMs(headers['retry-after']) };
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
