/**
 * A `fetch` for the openai client over an undici Pool's `dispatch`: one origin, whole bodies, none of the web streams that cost
 * the default `fetch` three times the CPU. Below it: the sockets. Above it: transport.ts, which sends what this one cannot do elsewhere.
 */

import { buffer } from 'node:stream/consumers';
import type { Dispatcher, fetch as undiciFetch } from 'undici';

/** The `fetch` that the openai client accepts. */
export type Fetch = typeof globalThis.fetch;

/** Most bytes of a reply that are read, so that an endpoint that never stops sending cannot fill the memory. */
export const MAX_REPLY_BYTES = 64 * 1024 * 1024;

/**
 * No reply, or not a whole one. `code` is the system's or undici's (`ECONNREFUSED`, `UND_ERR_SOCKET`, …). What happened is in
 * `detail` and not in `message`, because the openai client takes an error for a time-out when its text says so.
 */
export class TransportError extends Error {
  override readonly name = 'TransportError';
  readonly code: string;
  readonly detail: string;

  constructor(code: string, detail: string) {
    super('no complete reply');
    this.code = code;
    this.detail = detail;
  }
}

/** A reply with status 2xx whose body is not JSON; `text` is that body. */
export class NotJsonError extends Error {
  override readonly name = 'NotJsonError';
  readonly text: string;

  constructor(text: string) {
    super('the body is not JSON');
    this.text = text;
  }
}

type RawHeaders = Readonly<Record<string, string | readonly string[] | undefined>>;

/**
 * Request headers that are the same for every call, in the form that undici takes. They have no enumerable members, because the
 * client copies and masks those twice a call for a log that is off.
 */
export class SteadyHeaders {
  declare readonly flat: string[];

  constructor(headers: Headers) {
    Object.defineProperty(this, 'flat', { value: [...headers].flat(), enumerable: false });
  }
}

/** A reply's headers. `bodyText` rides along because the client's errors keep the headers of a failed reply, but not its body. */
export class LightHeaders {
  readonly #values: RawHeaders;
  readonly bodyText: string;

  /** @param values by lower-case name */
  constructor(values: RawHeaders, bodyText: string) {
    this.#values = values;
    this.bodyText = bodyText;
  }

  get(name: string): string | null {
    const value = this.#values[name.toLowerCase()];
    if (value === undefined) return null;
    return typeof value === 'string' ? value : value.join(', ');
  }

  entries(): IterableIterator<[string, string]> {
    return Object.keys(this.#values)
      .map((name): [string, string] => [name, this.get(name) ?? ''])
      [Symbol.iterator]();
  }
}

/** The part of a Response that the openai client reads. Its body has arrived whole. */
export class LightResponse {
  readonly status: number;
  readonly ok: boolean;
  readonly url: string;
  readonly headers: LightHeaders;
  readonly body = null;

  constructor(url: string, status: number, headers: RawHeaders, bodyText: string) {
    this.url = url;
    this.status = status;
    this.ok = status >= 200 && status <= 299;
    this.headers = new LightHeaders(headers, bodyText);
  }

  async text(): Promise<string> {
    return this.headers.bodyText;
  }

  /** @throws NotJsonError */
  async json(): Promise<unknown> {
    try {
      return JSON.parse(this.headers.bodyText);
    } catch {
      throw new NotJsonError(this.headers.bodyText);
    }
  }
}

/** What the openai client, and everything on the platform, recognises as an abort. */
export function abortError(): Error {
  return new DOMException('This operation was aborted', 'AbortError');
}

/** Any failure of undici or the system as a TransportError: the innermost error that has a code says why. */
export function toTransportError(error: unknown): Error {
  if (error instanceof TransportError || (error instanceof Error && error.name === 'AbortError')) return error;
  let last: Error | undefined;
  for (let next: unknown = error, depth = 0; next instanceof Error && depth < 8; depth++) {
    const { code } = next as { code?: unknown };
    if (typeof code === 'string' && next.message !== '') return new TransportError(code, next.message);
    last = next;
    // Happy eyeballs: one error an address tried, under an AggregateError without a message.
    next = next instanceof AggregateError ? next.errors[0] : next.cause;
  }
  const code = (last as { code?: unknown } | undefined)?.code;
  return new TransportError(typeof code === 'string' ? code : 'unknown', last?.message ?? String(error));
}

/** One request and its reply, as undici reports them. */
class Exchange implements Dispatcher.DispatchHandler {
  readonly #url: string;
  readonly #resolve: (response: LightResponse) => void;
  readonly #reject: (error: Error) => void;
  readonly #signal: AbortSignal | undefined;
  readonly #onAbort: () => void;
  #controller: Dispatcher.DispatchController | undefined;
  #status = 0;
  #headers: RawHeaders = {};
  #chunks: Buffer[] = [];
  #bytes = 0;

  constructor(url: string, signal: AbortSignal | undefined, resolve: (response: LightResponse) => void, reject: (error: Error) => void) {
    this.#url = url;
    this.#signal = signal;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#onAbort = () => this.#stop(abortError());
    signal?.addEventListener('abort', this.#onAbort, { once: true });
  }

  /** Fails the call at once. A request still in the queue has no controller yet: it is dropped when its turn comes, never sent. */
  #stop(error: Error): void {
    this.#settle();
    this.#reject(error);
    this.#controller?.abort(error);
  }

  #settle(): void {
    this.#signal?.removeEventListener('abort', this.#onAbort);
  }

  #reply(): LightResponse {
    const body = this.#chunks.length === 1 ? (this.#chunks[0] as Buffer) : Buffer.concat(this.#chunks);
    return new LightResponse(this.#url, this.#status, this.#headers, decode(body));
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#signal?.aborted) controller.abort(abortError());
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: RawHeaders): void {
    if (status < 200) return; // 102, 103: the reply is still to come
    this.#status = status;
    this.#headers = headers;
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#bytes += chunk.length;
    if (this.#bytes > MAX_REPLY_BYTES) this.#stop(tooLarge());
    else this.#chunks.push(chunk);
  }

  onResponseEnd(): void {
    this.#settle();
    this.#resolve(this.#reply());
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#settle();
    // What an endpoint said with an error status is worth more than that its last bytes are missing.
    if (this.#status >= 400 && !this.#signal?.aborted) this.#resolve(this.#reply());
    else this.#reject(this.#signal?.aborted ? abortError() : toTransportError(error));
  }
}

function tooLarge(): TransportError {
  return new TransportError('ERR_REPLY_TOO_LARGE', `a reply of more than ${MAX_REPLY_BYTES} bytes`);
}

/** UTF-8; a byte order mark is dropped, as fetch does. */
function decode(body: Buffer): string {
  const text = body.toString('utf8');
  return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
}

/** `[name, value, name, value, …]`: the form that undici takes without copying. */
function flatHeaders(headers: RequestInit['headers']): string[] {
  if (headers instanceof SteadyHeaders) return headers.flat;
  const flat: string[] = [];
  for (const [name, value] of headers instanceof Headers ? headers : new Headers(headers)) flat.push(name, value);
  return flat;
}

/** The form that web fetch takes. */
function pairsOf(flat: readonly string[]): [string, string][] {
  return Array.from({ length: flat.length / 2 }, (_, i) => [flat[2 * i] as string, flat[2 * i + 1] as string]);
}

/**
 * A fetch of one origin over `pool` (whose connections bound how many requests are in flight). It resolves when the whole body is
 * there, so that a time-out and the abort signal cover the body too. It follows no redirect and decodes no content coding.
 *
 * @throws (rejects) AbortError, also while queued; TransportError for anything less than a whole reply.
 */
export function createLightFetch(pool: Dispatcher, origin: string): Fetch {
  const light = (input: string | URL | Request, init: RequestInit = {}): Promise<LightResponse> => {
    const url = typeof input === 'string' ? input : input.toString();
    if (!url.startsWith(`${origin}/`)) return Promise.reject(new TransportError('ERR_OTHER_ORIGIN', 'the request goes to another origin'));
    const signal = init.signal ?? undefined;
    if (signal?.aborted) return Promise.reject(abortError());
    return new Promise((resolve, reject) => {
      pool.dispatch(
        {
          origin,
          path: url.slice(origin.length),
          method: init.method ?? 'GET',
          headers: flatHeaders(init.headers),
          body: (init.body as string | null | undefined) ?? null,
        },
        new Exchange(url, signal, resolve, reject),
      );
    });
  };
  return light as unknown as Fetch;
}

/**
 * undici's own fetch over `dispatcher`, with the behaviour of createLightFetch: whole bodies, the same errors.
 * The platform's global fetch has another undici inside, whose handlers a dispatcher of this version need not understand.
 */
export function createBufferedFetch(fetch: typeof undiciFetch, dispatcher: Dispatcher): Fetch {
  const buffered = async (input: string | URL | Request, init: RequestInit = {}): Promise<LightResponse> => {
    const url = typeof input === 'string' ? input : input.toString();
    try {
      const response = await fetch(url, {
        method: init.method ?? 'GET',
        headers: pairsOf(flatHeaders(init.headers)),
        body: (init.body as string | null | undefined) ?? null,
        signal: init.signal ?? null,
        redirect: init.redirect ?? 'manual',
        dispatcher,
      });
      const headers = Object.fromEntries(response.headers);
      let body = Buffer.alloc(0);
      try {
        if (response.body) body = await buffer(limited(response.body));
      } catch (error) {
        if (response.status < 400 || init.signal?.aborted) throw error;
      }
      return new LightResponse(response.url || url, response.status, headers, decode(body));
    } catch (error) {
      throw init.signal?.aborted ? abortError() : toTransportError(error);
    }
  };
  return buffered as unknown as Fetch;
}

async function* limited(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > MAX_REPLY_BYTES) throw tooLarge();
    yield chunk;
  }
}
