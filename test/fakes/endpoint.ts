/**
 * An OpenAI-compatible endpoint for tests and benchmarks: answers by a function, counts requests by body, and fails on purpose.
 * Faults are chosen by a hash of the body, so that the same requests meet the same faults in every run, and retries succeed.
 */

import { createHash } from 'node:crypto';
import http from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';

/** A parsed request body. */
export type RequestBody = Readonly<Record<string, unknown>>;

export interface RequestInfo {
  /** SHA-256 of the raw body, hex. */
  readonly bodyHash: string;
  /** How many requests with this body came before this one, faults included. */
  readonly earlier: number;
  /** How many of them were answered by `answer`. */
  readonly answeredBefore: number;
  readonly path: string;
  readonly headers: http.IncomingHttpHeaders;
}

export interface FakeReply {
  readonly content?: string | null;
  readonly reasoning_content?: string;
  readonly finish_reason?: string | null;
  readonly usage?: unknown;
  /** Default 200. From 400 on the body is an error with `content` as its message. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as the body in place of what the other members make. */
  readonly raw?: string;
  /** `headers`: no reply at all; `body`: headers and half of the body, then silence. Until the client gives up. */
  readonly hang?: 'headers' | 'body';
  /** `headers`: the connection is reset before a reply; `body`: in the middle of the body. */
  readonly cut?: 'headers' | 'body';
  /** In place of the endpoint's latency. */
  readonly latencyMs?: number;
}

export type Answer = (body: RequestBody, info: RequestInfo) => string | FakeReply;

export interface Faults {
  readonly seed?: number;
  /** Shares of the distinct bodies, 0 to 1. */
  readonly rate429?: number;
  readonly rate500?: number;
  readonly hangRate?: number;
  /** Retry-After of a 429, seconds; 0 is sent as such. Default: none. */
  readonly retryAfterS?: number;
  /** How many first requests with a chosen body fail. Default 1. */
  readonly attempts?: number;
}

export interface FakeEndpointOptions {
  /** Default: the same short text for every request. */
  readonly answer?: Answer;
  /** From the request's last byte to the reply's first, milliseconds. Default 0. */
  readonly latencyMs?: number;
  readonly faults?: Faults;
  /** When given, other keys get a 401 that repeats the key, as real endpoints do. */
  readonly apiKey?: string;
  /** Default: any free port. */
  readonly port?: number;
  readonly tls?: { readonly key: string; readonly cert: string };
  /** Names that GET /v1/models lists. */
  readonly models?: readonly string[];
  /** False: bodies are neither parsed, hashed nor counted, and `answer` gets an empty one. Default true. */
  readonly track?: boolean;
}

export interface FakeEndpointStats {
  /** Model calls received, faults included. */
  readonly requests: number;
  readonly maxInFlight: number;
  readonly inFlight: number;
  readonly byBody: Readonly<Record<string, number>>;
  readonly byStatus: Readonly<Record<string, number>>;
}

export interface FakeEndpoint {
  /** Base URL, with `/v1`. */
  readonly url: string;
  readonly port: number;
  readonly requests: number;
  readonly maxInFlight: number;
  readonly requestsByBody: ReadonlyMap<string, number>;
  stats(): FakeEndpointStats;
  /** Ends all connections at once. */
  close(): Promise<void>;
}

interface State {
  readonly options: FakeEndpointOptions;
  readonly byBody: Map<string, number>;
  readonly answered: Map<string, number>;
  readonly byStatus: Map<number, number>;
  requests: number;
  inFlight: number;
  maxInFlight: number;
}

export function sha256(text: string | Buffer): string {
  return createHash('sha256').update(text).digest('hex');
}

/** Starts the endpoint on 127.0.0.1. */
export async function startFakeEndpoint(options: FakeEndpointOptions = {}): Promise<FakeEndpoint> {
  const state: State = { options, byBody: new Map(), answered: new Map(), byStatus: new Map(), requests: 0, inFlight: 0, maxInFlight: 0 };
  const listener: http.RequestListener = (request, response) => handle(state, request, response);
  const server = options.tls ? https.createServer({ ...options.tls }, listener) : http.createServer(listener);
  // An idle connection that the server closes while the client writes to it would be a fault that nobody asked for.
  server.keepAliveTimeout = 120_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `${options.tls ? 'https' : 'http'}://127.0.0.1:${port}/v1`,
    port,
    get requests() {
      return state.requests;
    },
    get maxInFlight() {
      return state.maxInFlight;
    },
    requestsByBody: state.byBody,
    stats: () => statsOf(state),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function statsOf(state: State): FakeEndpointStats {
  return {
    requests: state.requests,
    inFlight: state.inFlight,
    maxInFlight: state.maxInFlight,
    byBody: Object.fromEntries(state.byBody),
    byStatus: Object.fromEntries(state.byStatus),
  };
}

function handle(state: State, request: http.IncomingMessage, response: http.ServerResponse): void {
  const path = (request.url ?? '').replace(/\?.*$/, '');
  if (path === '/__stats') return sendJson(response, 200, statsOf(state));
  const key = request.headers.authorization?.replace(/^Bearer /, '');
  if (state.options.apiKey !== undefined && key !== state.options.apiKey) {
    const message = `Incorrect API key provided: ${key ?? '(none)'}.`;
    const refuse = (): void => sendJson(response, 401, { error: { message, type: 'invalid_request_error', code: 'invalid_api_key' } });
    // A client that is still sending takes an early reply for a lost connection.
    request.resume().on('end', refuse);
    return;
  }
  if (request.method === 'GET' && path.endsWith('/models')) {
    const data = (state.options.models ?? ['fake-model']).map((id) => ({ id, object: 'model', created: 0, owned_by: 'fake' }));
    return sendJson(response, 200, { object: 'list', data });
  }
  if (request.method !== 'POST' || !path.endsWith('/completions')) {
    return sendJson(response, 404, { error: { message: `there is no ${request.method} ${path}`, type: 'invalid_request_error' } });
  }
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => modelCall(state, { path, raw: Buffer.concat(chunks), request, response }));
}

function modelCall(state: State, call: { path: string; raw: Buffer; request: http.IncomingMessage; response: http.ServerResponse }): void {
  const { path, raw, request, response } = call;
  state.requests++;
  state.inFlight++;
  state.maxInFlight = Math.max(state.maxInFlight, state.inFlight);
  response.once('close', () => {
    state.inFlight--;
  });
  let reply: FakeReply;
  let body: RequestBody = {};
  if (state.options.track === false) {
    reply = toReply(state.options.answer?.(body, { bodyHash: '', earlier: 0, answeredBefore: 0, path, headers: request.headers }));
  } else {
    const bodyHash = sha256(raw);
    const earlier = state.byBody.get(bodyHash) ?? 0;
    state.byBody.set(bodyHash, earlier + 1);
    body = JSON.parse(raw.toString('utf8')) as RequestBody;
    const fault = faultFor(state.options.faults, bodyHash, earlier);
    if (fault) reply = fault;
    else {
      const answeredBefore = state.answered.get(bodyHash) ?? 0;
      state.answered.set(bodyHash, answeredBefore + 1);
      reply = toReply(state.options.answer?.(body, { bodyHash, earlier, answeredBefore, path, headers: request.headers }));
    }
  }
  const latencyMs = reply.latencyMs ?? state.options.latencyMs ?? 0;
  if (latencyMs === 0) send(state, { reply, path, body, response, promptBytes: raw.length });
  else setTimeout(() => send(state, { reply, path, body, response, promptBytes: raw.length }), latencyMs);
}

function toReply(answer: string | FakeReply | undefined): FakeReply {
  if (answer === undefined) return { content: 'The answer is 42.' };
  return typeof answer === 'string' ? { content: answer } : answer;
}

/** The fault that this request meets, or undefined. A body's place in [0, 1) comes from its hash and the seed. */
function faultFor(faults: Faults | undefined, bodyHash: string, earlier: number): FakeReply | undefined {
  if (faults === undefined || earlier >= (faults.attempts ?? 1)) return undefined;
  const place = Number.parseInt(sha256(`${faults.seed ?? 0}:${bodyHash}`).slice(0, 12), 16) / 16 ** 12;
  const { rate429 = 0, rate500 = 0, hangRate = 0 } = faults;
  if (place < rate429) {
    const headers = faults.retryAfterS === undefined ? {} : { 'retry-after': String(faults.retryAfterS) };
    return { status: 429, content: 'Too many requests', headers };
  }
  if (place < rate429 + rate500) return { status: 500, content: 'The server had an error' };
  if (place < rate429 + rate500 + hangRate) return { hang: 'headers' };
  return undefined;
}

function send(
  state: State,
  {
    reply,
    path,
    body,
    response,
    promptBytes,
  }: { reply: FakeReply; path: string; body: RequestBody; response: http.ServerResponse; promptBytes: number },
): void {
  if (response.destroyed) return;
  if (reply.hang === 'headers') return;
  if (reply.cut === 'headers') {
    response.socket?.resetAndDestroy();
    return;
  }
  const status = reply.status ?? 200;
  state.byStatus.set(status, (state.byStatus.get(status) ?? 0) + 1);
  const text = reply.raw ?? JSON.stringify(status >= 400 ? errorBody(reply, status) : successBody(reply, { path, body, promptBytes }));
  const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text), ...reply.headers };
  response.writeHead(status, headers);
  if (reply.hang === undefined && reply.cut === undefined) {
    response.end(text);
    return;
  }
  response.write(text.slice(0, Math.floor(text.length / 2)), () => {
    if (reply.cut === 'body') setTimeout(() => response.socket?.destroy(), 10);
  });
}

function errorBody(reply: FakeReply, status: number): unknown {
  return {
    error: { message: reply.content ?? '', type: status >= 500 ? 'server_error' : 'invalid_request_error', code: null, param: null },
  };
}

function successBody(reply: FakeReply, { path, body, promptBytes }: { path: string; body: RequestBody; promptBytes: number }): unknown {
  const content = reply.content === undefined ? '' : reply.content;
  const finish_reason = reply.finish_reason === undefined ? 'stop' : reply.finish_reason;
  const reasoning = reply.reasoning_content;
  const reasoning_tokens = reasoning === undefined ? 0 : tokens(reasoning);
  const prompt_tokens = Math.ceil(promptBytes / 4);
  const completion_tokens = tokens(content ?? '') + reasoning_tokens;
  const usage = reply.usage ?? {
    prompt_tokens,
    completion_tokens,
    total_tokens: prompt_tokens + completion_tokens,
    completion_tokens_details: { reasoning_tokens },
  };
  const common = { id: 'fake-1', created: 0, model: typeof body['model'] === 'string' ? body['model'] : 'fake-model', usage };
  if (!path.endsWith('/chat/completions')) {
    return { ...common, object: 'text_completion', choices: [{ index: 0, text: content, logprobs: null, finish_reason }] };
  }
  const message = { role: 'assistant', content, ...(reasoning === undefined ? {} : { reasoning_content: reasoning }) };
  return { ...common, object: 'chat.completion', choices: [{ index: 0, message, logprobs: null, finish_reason }] };
}

/** Roughly what a tokenizer makes of English; only sums are compared. */
function tokens(text: string): number {
  return Math.ceil(text.length / 4);
}

function sendJson(response: http.ServerResponse, status: number, value: unknown): void {
  const text = JSON.stringify(value);
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) });
  response.end(text);
}
