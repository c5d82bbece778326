/** The model port over an OpenAI-compatible HTTP endpoint: one attempt a call through the `openai` client, no retries of its own. */

import { OpenAI } from 'openai';
import { errorMessage, NelError } from '../../core/errors.js';
import type { JsonObject } from '../../core/json.js';
import { type Model, ModelCallError, type ModelRequest, type ModelResponse, type ProbeResult } from '../../core/model.js';
import type { ServiceSpec } from '../../core/spec.js';
import { type CallContext, toModelCallError } from './classify.js';
import { createScrub, type Scrub, shownUrl } from './endpoint-words.js';
import { abortError, type Fetch, SteadyHeaders } from './light-fetch.js';
import { parseReply } from './reply.js';
import { createTransport, type Transport } from './transport.js';

/** Milliseconds that the probe waits for a reply. */
const PROBE_LIMIT_MS = 5000;

/** Longest timer of the platform; a longer one fires at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** What a gateway answers when nothing stands behind it. */
const DOWN_STATUS = new Set([502, 503, 504]);

export interface OpenAiModelOptions {
  readonly service: ServiceSpec;
  /** The key itself, or null for an endpoint that asks for none. */
  readonly apiKey: string | null;
  /** Takes every known secret out of a text. */
  readonly redact: (text: string) => string;
  /** How requests travel; by default chosen from the URL and the proxy variables of the environment. */
  readonly transport?: Transport;
}

/**
 * @throws NelError of kind `config` when the URL cannot be used or the key holds characters that no header can carry.
 */
export function createOpenAiModel(options: OpenAiModelOptions): Model {
  const { service } = options;
  const base = baseUrl(service.url);
  const apiKey = usableKey(options.apiKey, service.api_key_env);
  const scrub = createScrub(apiKey, options.redact);
  const transport = options.transport ?? createTransport({ url: base });
  const client = createClient({ base, apiKey, service, fetch: transport.fetch });
  const path = service.protocol === 'chat_completions' ? '/chat/completions' : '/completions';
  const context = {
    url: `${shownUrl(base)}${path}`,
    timeoutS: service.request_timeout,
    keyVariable: service.api_key_env,
    scrub,
  };
  return {
    endpoint: shownUrl(base),
    call: (request, signal) => call({ client, context, request, signal }),
    probe: (signal) => probe({ base, apiKey, fetch: transport.fetch, scrub, signal }),
    close: () => transport.close(),
  };
}

/** The URL of a service, checked; its query is sent with every request. */
function baseUrl(text: string): URL {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw new NelError('config', 'the URL of a service cannot be read', { hint: 'Write it as http://host:port/v1.' });
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new NelError('config', `the URL of a service starts with ${url.protocol}//`, { hint: 'Use http:// or https://.' });
  }
  if (url.username !== '' || url.password !== '') {
    throw new NelError('config', `the URL of the service at ${url.host} holds a user name or password`, {
      hint: 'Take them out of the URL and give the key as api_key: ${VARIABLE}.',
    });
  }
  return url;
}

/** The key without the white space that a file or a shell left around it; null for none. */
function usableKey(apiKey: string | null, variable: string | null): string | null {
  const key = apiKey?.trim() ?? '';
  if (key === '') return null;
  if (!/^[\x21-\x7e]+$/.test(key)) {
    throw new NelError(
      'config',
      `the API key${variable === null ? '' : ` in ${variable}`} holds a space, a line break or a non-ASCII character`,
      {
        hint: 'Set it to the key alone.',
      },
    );
  }
  return key;
}

type BuiltRequest = Awaited<ReturnType<OpenAI['buildRequest']>>;

/**
 * The client with its headers built once: they are the same for every request of a service (key, platform, time-out), and
 * building them anew, in web Headers objects, is a sixth of a call's CPU.
 */
class SteadyClient extends OpenAI {
  private readonly built = new Map<string, Pick<BuiltRequest, 'url' | 'timeout'> & { readonly headers: SteadyHeaders }>();

  override async buildRequest(...[options, extra]: Parameters<OpenAI['buildRequest']>): Promise<BuiltRequest> {
    const { method, path, signal, headers } = options;
    const steady = this.built.get(path);
    if (steady !== undefined && method === 'post' && headers === undefined) {
      const req = { method, headers: steady.headers, body: JSON.stringify(options.body), ...(signal ? { signal } : {}) };
      return { url: steady.url, timeout: steady.timeout, req: req as unknown as BuiltRequest['req'] };
    }
    const request = await super.buildRequest(options, extra);
    if (method === 'post' && headers === undefined) {
      this.built.set(path, { url: request.url, timeout: request.timeout, headers: new SteadyHeaders(request.req.headers) });
    }
    return request;
  }
}

function createClient(input: { base: URL; apiKey: string | null; service: ServiceSpec; fetch: Fetch }): OpenAI {
  return new SteadyClient({
    baseURL: shownUrl(input.base),
    defaultQuery: Object.fromEntries(input.base.searchParams),
    apiKey: input.apiKey ?? 'none',
    // Without these the client takes OPENAI_* variables of the environment and sends them to whatever endpoint this is.
    adminAPIKey: null,
    organization: null,
    project: null,
    webhookSecret: null,
    defaultHeaders: { 'accept-encoding': 'identity', ...(input.apiKey === null ? { authorization: null } : {}) },
    maxRetries: 0,
    timeout: Math.min(LONGEST_TIMER_MS, Math.max(1, Math.round(input.service.request_timeout * 1000))),
    fetch: input.fetch,
    // OPENAI_LOG=debug would print requests to stdout, where results go.
    logLevel: 'off',
  });
}

/** Calls in flight by the signal they were given: one listener a signal, however many calls (Node warns above ten). */
const followers = new WeakMap<AbortSignal, Set<AbortController>>();

function followersOf(signal: AbortSignal): Set<AbortController> {
  const known = followers.get(signal);
  if (known) return known;
  const group = new Set<AbortController>();
  followers.set(signal, group);
  signal.addEventListener(
    'abort',
    () => {
      for (const controller of group) controller.abort();
    },
    { once: true },
  );
  return group;
}

async function call(input: {
  client: OpenAI;
  context: Omit<CallContext, 'now'>;
  request: ModelRequest;
  signal: AbortSignal;
}): Promise<ModelResponse> {
  const { client, context, request, signal } = input;
  if (signal.aborted) throw abortError();
  const body: JsonObject = request.body;
  if (body['stream']) throw streamError();
  // The client never takes its listener off the signal it is given, and `signal` outlives thousands of calls.
  const own = new AbortController();
  const group = followersOf(signal);
  group.add(own);
  try {
    const reply: unknown =
      request.protocol === 'chat_completions'
        ? await client.chat.completions.create(body as unknown as OpenAI.ChatCompletionCreateParamsNonStreaming, { signal: own.signal })
        : await client.completions.create(body as unknown as OpenAI.CompletionCreateParamsNonStreaming, { signal: own.signal });
    return parseReply(request.protocol, typeof reply === 'string' ? parseText(reply) : reply, String(body['model'] ?? ''));
  } catch (error) {
    if (signal.aborted) throw abortError();
    throw toModelCallError(error, { ...context, now: Date.now() });
  } finally {
    group.delete(own);
  }
}

/** The client gives the bare text of a reply whose content type is not JSON; some endpoints forget to set it. */
function parseText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function streamError(): ModelCallError {
  return new ModelCallError('a request asks for streaming, which is not supported: take `stream` out of extra_body', {
    category: 'bad_response',
    disposition: 'stop_run',
  });
}

async function probe(input: { base: URL; apiKey: string | null; fetch: Fetch; scrub: Scrub; signal: AbortSignal }): Promise<ProbeResult> {
  const { base, apiKey, scrub, signal } = input;
  if (signal.aborted) throw abortError();
  const url = new URL(base);
  url.pathname = `${base.pathname.replace(/\/+$/, '')}/models`;
  url.hash = '';
  const shown = shownUrl(url);
  try {
    const response = await input.fetch(url.toString(), {
      headers: {
        accept: 'application/json',
        'accept-encoding': 'identity',
        ...(apiKey === null ? {} : { authorization: `Bearer ${apiKey}` }),
      },
      signal: AbortSignal.any([signal, AbortSignal.timeout(PROBE_LIMIT_MS)]),
    });
    return DOWN_STATUS.has(response.status) ? { up: false, detail: `HTTP ${response.status} from ${shown}` } : { up: true };
  } catch (error) {
    if (signal.aborted) throw abortError();
    if (error instanceof Error && error.name === 'AbortError') return { up: false, detail: `no reply within 5 s from ${shown}` };
    const detail = (error as { detail?: unknown }).detail;
    return { up: false, detail: `${shown}: ${scrub(typeof detail === 'string' ? detail : errorMessage(error), 200)}` };
  }
}
