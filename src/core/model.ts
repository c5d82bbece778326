/** The port to a model: one attempt at one call. Retries, back-off and concurrency are the engine's (src/engine). */

import type { CallFailure } from './failures.js';
import type { Json, JsonObject } from './json.js';

export type Protocol = 'chat_completions' | 'completions';

export type ContentPart =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'image_url'; readonly image_url: { readonly url: string; readonly detail?: 'low' | 'high' | 'auto' } };

/** A call of a tool that the model asks for; `arguments` is the JSON text as the model wrote it. */
export interface ToolCall {
  readonly id: string;
  readonly type: 'function';
  readonly function: { readonly name: string; readonly arguments: string };
}

export interface ChatMessage {
  readonly role: 'system' | 'user' | 'assistant' | 'tool';
  readonly content: string | readonly ContentPart[];
  /** Of an assistant's turn that asks for tools. */
  readonly tool_calls?: readonly ToolCall[];
  /** Of a tool's turn: which call it answers. */
  readonly tool_call_id?: string;
}

/** Sampling settings sent with each request; what is absent is left to the endpoint. */
export interface GenerationSettings {
  readonly temperature?: number;
  readonly top_p?: number;
  readonly max_tokens?: number;
  readonly stop?: readonly string[];
  /** Repeat r of a problem is sent `seed + r`, so that repeats differ and each can be reproduced. */
  readonly seed?: number;
  readonly presence_penalty?: number;
  readonly frequency_penalty?: number;
  /** Members merged into the request body as they are (`top_k`, `chat_template_kwargs`, …). */
  readonly extra_body?: JsonObject;
}

/** What is sent: the whole body, without credentials. Its canonical JSON is what `request_hash` is taken over. */
export interface ModelRequest {
  readonly protocol: Protocol;
  readonly body: JsonObject;
}

/** Token counts as the endpoint reported them; `null` where it did not. */
export interface TokenCounts {
  readonly prompt: number | null;
  readonly completion: number | null;
  readonly reasoning: number | null;
  readonly total: number | null;
}

export interface ModelResponse {
  readonly content: string;
  readonly reasoning_content: string | null;
  /** The model name that the endpoint says it answered with. */
  readonly model: string;
  readonly finish_reason: string | null;
  readonly tokens: TokenCounts;
  /** Tools that the model asks for; absent: none. */
  readonly tool_calls?: readonly ToolCall[];
}

/**
 * - `retry`: may succeed later (429, 5xx, time-out, reset connection)
 * - `fail_sample`: this prompt can never succeed, others can (context length)
 * - `stop_run`: no call can succeed (400, 401, 403, 404, exhausted quota)
 */
export type Disposition = 'retry' | 'fail_sample' | 'stop_run';

/** A call that gave no answer. `message` is what the endpoint said, with credentials redacted. */
export class ModelCallError extends Error {
  override readonly name = 'ModelCallError';
  readonly category: CallFailure;
  readonly disposition: Disposition;
  /** HTTP status, or null when no reply came. */
  readonly status: number | null;
  /** What the endpoint asked for by Retry-After, in milliseconds, or null. */
  readonly retryAfterMs: number | null;

  constructor(
    message: string,
    details: { category: CallFailure; disposition: Disposition; status?: number | null; retryAfterMs?: number | null; cause?: unknown },
  ) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.category = details.category;
    this.disposition = details.disposition;
    this.status = details.status ?? null;
    this.retryAfterMs = details.retryAfterMs ?? null;
  }
}

/** Whether anything answers at the endpoint; `detail` says what was seen, for people. */
export type ProbeResult = { readonly up: true } | { readonly up: false; readonly detail: string };

export interface Model {
  /** Identity of the endpoint (scheme, host, port, path): models with the same one share a limiter. */
  readonly endpoint: string;
  /** One attempt. @throws ModelCallError; an AbortError when `signal` was aborted. */
  call(request: ModelRequest, signal: AbortSignal): Promise<ModelResponse>;
  /** Asks for the model list (no tokens are paid): any reply but 502, 503, 504 means that the endpoint is up. */
  probe(signal: AbortSignal): Promise<ProbeResult>;
  close(): Promise<void>;
}

/** The body of one request. `seed` differs by repeat (see GenerationSettings). */
export function buildRequest(input: {
  protocol: Protocol;
  model: string;
  messages: readonly ChatMessage[];
  prompt: string;
  generation: GenerationSettings;
  repeat: number;
}): ModelRequest {
  const { extra_body, seed, ...settings } = input.generation;
  const body: Record<string, Json | undefined> = {
    model: input.model,
    ...(input.protocol === 'chat_completions' ? { messages: input.messages as unknown as Json } : { prompt: input.prompt }),
    ...(settings as JsonObject),
    ...(seed === undefined ? {} : { seed: seed + input.repeat }),
    ...extra_body,
  };
  return { protocol: input.protocol, body: body as JsonObject };
}
