/**
 * The practice endpoint: an OpenAI-compatible server on this machine with the two practice models, for the demo, for trying `nel`
 * without an account, and for tests. Any API key is accepted.
 */

import type { AddressInfo } from 'node:net';
import { serve } from '@hono/node-server';
import { type Context, Hono } from 'hono';
import { errorMessage, NelError } from '../core/errors.js';
import { isJsonObject } from '../core/json.js';
import { isPracticeModel, PRACTICE_MODELS, type PracticeAnswer, practiceAnswer } from './models.js';
import { between } from './random.js';

export interface PracticeEndpoint {
  /** Base URL, with `/v1`. */
  readonly url: string;
  readonly port: number;
  /** Ends open connections too. */
  close(): Promise<void>;
}

/** Milliseconds that a practice model takes; which of them depends on the prompt. */
const LATENCY_MS = [5, 20] as const;

/** The endpoint as an app that answers requests in process: `createPracticeApp().request(url, init)`. */
export function createPracticeApp(): Hono {
  const app = new Hono();
  const models = PRACTICE_MODELS.map((id) => ({ id, object: 'model', created: 0, owned_by: 'practice' }));
  app.get('/v1/models', (context) => context.json({ object: 'list', data: models }));
  app.post('/v1/chat/completions', (context) => complete(context, chatPrompt, chatReply));
  app.post('/v1/completions', (context) => complete(context, (body) => textOf(body['prompt']), textReply));
  app.notFound((context) => refuse(context, 404, `there is no ${context.req.method} ${context.req.path}`));
  app.onError((error, context) => refuse(context, 500, errorMessage(error)));
  return app;
}

/**
 * Listens on 127.0.0.1 only.
 *
 * @param options.port default: any free one
 * @throws NelError of kind `usage` when the port is taken
 */
export async function startPracticeEndpoint(options: { readonly port?: number } = {}): Promise<PracticeEndpoint> {
  const app = createPracticeApp();
  const port = options.port ?? 0;
  const server = await new Promise<ReturnType<typeof serve>>((resolve, reject) => {
    const started = serve({ fetch: app.fetch, port, hostname: '127.0.0.1' }, () => resolve(started));
    started.once('error', (error) =>
      reject(
        new NelError('usage', `the practice endpoint cannot listen on port ${port}: ${errorMessage(error)}`, {
          hint: 'Give it another port, or 0 for any free one.',
        }),
      ),
    );
  });
  // Between two calls of a slow run a connection may be idle for longer than Node's five seconds.
  if ('keepAliveTimeout' in server) server.keepAliveTimeout = 60_000;
  const { port: listening } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${listening}/v1`,
    port: listening,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        if ('closeAllConnections' in server) server.closeAllConnections();
      }),
  };
}

type Body = Record<string, unknown>;

interface Completion {
  readonly content: string;
  readonly reasoning: string | null;
  readonly finishReason: 'stop' | 'length';
}

async function complete(context: Context, promptOf: (body: Body) => string, reply: (completion: Completion) => object): Promise<Response> {
  const body: unknown = await context.req.json().catch(() => undefined);
  if (!isJsonObject(body)) return refuse(context, 400, 'the body is not a JSON object');
  const { model, seed } = body;
  if (!isPracticeModel(model)) {
    return refuse(context, 404, `the model ${JSON.stringify(model ?? null)} does not exist; there are ${PRACTICE_MODELS.join(' and ')}`);
  }
  if (body['stream']) return refuse(context, 400, 'practice models do not stream');
  const prompt = promptOf(body);
  if (prompt === '') return refuse(context, 400, 'there is no prompt and no message of a user');
  const answer = practiceAnswer(model, prompt, typeof seed === 'number' ? seed : null);
  const completion = cut(answer, body['max_tokens'] ?? body['max_completion_tokens']);
  await new Promise((resolve) => setTimeout(resolve, between(...LATENCY_MS, `${model}\n${prompt}`)));
  return context.json({
    id: 'practice',
    created: 0,
    model,
    ...reply(completion),
    usage: usage(JSON.stringify(body['messages'] ?? prompt), completion),
  });
}

function chatReply({ content, reasoning, finishReason }: Completion): object {
  const message = { role: 'assistant', content, ...(reasoning === null ? {} : { reasoning_content: reasoning }) };
  return { object: 'chat.completion', choices: [{ index: 0, message, finish_reason: finishReason }] };
}

function textReply({ content, finishReason }: Completion): object {
  return { object: 'text_completion', choices: [{ index: 0, text: content, finish_reason: finishReason }] };
}

/** A limit counts the reasoning too, as with real models. */
function cut({ content, reasoning }: PracticeAnswer, limit: unknown): Completion {
  const left = typeof limit === 'number' ? Math.max(0, limit - tokens(reasoning ?? '')) : Number.POSITIVE_INFINITY;
  if (tokens(content) <= left) return { content, reasoning, finishReason: 'stop' };
  return { content: content.slice(0, left * CHARACTERS_A_TOKEN), reasoning, finishReason: 'length' };
}

function usage(prompt: string, { content, reasoning }: Completion): object {
  const reasoning_tokens = tokens(reasoning ?? '');
  const completion_tokens = tokens(content) + reasoning_tokens;
  const prompt_tokens = tokens(prompt);
  return {
    prompt_tokens,
    completion_tokens,
    total_tokens: prompt_tokens + completion_tokens,
    completion_tokens_details: { reasoning_tokens },
  };
}

/** About what tokenizers make of English. */
const CHARACTERS_A_TOKEN = 4;

function tokens(text: string): number {
  return Math.ceil(text.length / CHARACTERS_A_TOKEN);
}

function chatPrompt(body: Body): string {
  const messages: unknown[] = Array.isArray(body['messages']) ? body['messages'] : [];
  const last = messages.findLast((message) => isJsonObject(message) && message['role'] === 'user');
  return isJsonObject(last) ? textOf(last['content']) : '';
}

/** A text, or the texts of a list of content parts. */
function textOf(content: unknown): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  return content.map((part: unknown) => (isJsonObject(part) && typeof part['text'] === 'string' ? part['text'] : '')).join('');
}

function refuse(context: Context, status: 400 | 404 | 500, message: string): Response {
  const type = status === 500 ? 'server_error' : 'invalid_request_error';
  return context.json({ error: { message, type, param: null, code: null } }, status);
}
