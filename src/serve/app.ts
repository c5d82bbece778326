/**
 * The HTTP environment as a Hono app: routes, who may call them, and what becomes of errors. src/serve/listen.ts puts it on a port.
 * Also the package's entry `nel/serve`.
 */

import { type Context, Hono } from 'hono';
import type { Environment } from '../core/environment.js';
import { aggregateMetrics } from './aggregate.js';
import { tokenCheck } from './auth.js';
import { type Body, member, parseBody, problemIndex } from './bodies.js';
import { gymRow, gymVerifyReply, isGymSeed, isGymVerify, sessionCookie, sessionReply } from './gym.js';
import { DEFAULT_LIMITS, type Limits, type NodeBindings, readBody, Turnstile } from './limits.js';
import { openApiDocument } from './openapi.js';
import { datasetReply, plainSeedReply, plainVerifyReply } from './plain.js';
import { Refusal } from './refusal.js';
import { type ServedBenchmark, Service } from './service.js';

export { type OpenEnvironmentOptions, type OpenedEnvironment, openEnvironment } from './open-environment.js';

export interface AppOptions {
  /** Bodies that have the marks of neither protocol are taken for NeMo Gym's. Default false: for the evaluator's. */
  readonly gymCompat?: boolean;
  /** Bearer token that every route but /health asks for. Default: none is asked for. */
  readonly token?: string;
  readonly limits?: Partial<Limits>;
  /** Only the first so many problems are served. */
  readonly maxProblems?: number;
  /** Told on /dataset_size. */
  readonly benchmark?: ServedBenchmark;
  /** Asked by /health: true once the server takes no new work. */
  readonly draining?: () => boolean;
}

type App = Hono<{ Bindings: NodeBindings }>;
type AppContext = Context<{ Bindings: NodeBindings }>;

const GET_ROUTES: readonly string[] = ['/health', '/dataset_size', '/openapi.json'];
const POST_ROUTES: readonly string[] = ['/seed_session', '/verify', '/aggregate_metrics', '/close_session'];
const JSON_HEADERS = { 'Content-Type': 'application/json' } as const;

/**
 * Both protocols on the same routes, told apart by the body. The app keeps no sessions, and the environment stays the caller's to close.
 */
export function generateApp(environment: Environment, options: AppOptions = {}): App {
  const limits: Limits = { ...DEFAULT_LIMITS, ...options.limits };
  const service = new Service(environment, limits, options.benchmark ?? {}, options.maxProblems ?? null);
  const gymCompat = options.gymCompat ?? false;
  // One at a time: such a body may be large, and is held whole.
  const aggregation = new Turnstile(1, limits.maxQueued);
  const app: App = new Hono<{ Bindings: NodeBindings }>();
  const body = async (context: AppContext, emptyAllowed: boolean, maxBytes = limits.maxBodyBytes): Promise<Body> =>
    parseBody(await readBody(context.req.raw, context.env, maxBytes, limits.bodyTimeoutMs), emptyAllowed);

  if (options.token !== undefined) requireToken(app, options.token);
  app.get('/health', () => health(service, gymCompat, options.draining?.() ?? false));
  app.get('/dataset_size', () => reply(datasetReply(service)));
  const document = JSON.stringify(openApiDocument(service.name, options.token !== undefined));
  app.get('/openapi.json', () => new Response(document, { headers: JSON_HEADERS }));
  app.post('/seed_session', async (context) => {
    const request = await body(context, true);
    if (isGymSeed(request)) return reply(sessionReply(request), { 'Set-Cookie': sessionCookie() });
    const given = member(request, 'idx');
    const index = given === undefined ? 0 : problemIndex(given, service.size, 'idx');
    return reply(plainSeedReply(await service.seed(index, context.env)));
  });
  app.post('/verify', async (context) => verify(service, await body(context, false), gymCompat, context.env));
  app.post('/aggregate_metrics', (context) =>
    aggregation.run(async () => reply(aggregateMetrics(await body(context, false, limits.maxAggregateBytes))), context.req.raw.signal),
  );
  app.post('/close_session', async (context) => reply(sessionReply(await body(context, true))));
  app.notFound((context) => refuse(notServed(context)));
  app.onError((error) => refuse(error));
  return app;
}

async function verify(service: Service, request: Body, gymCompat: boolean, bindings: NodeBindings): Promise<Response> {
  if (!isGymVerify(request, gymCompat)) {
    const judged = service.verify(request, bindings);
    return reply(plainVerifyReply(request, judged instanceof Promise ? await judged : judged));
  }
  const row = gymRow(request);
  const judged = service.verify(row, bindings);
  return reply(gymVerifyReply(row, judged instanceof Promise ? await judged : judged));
}

function requireToken(app: App, token: string): void {
  const allowed = tokenCheck(token);
  app.use('*', async (context, next) => {
    if (context.req.path === '/health' || allowed(context.req.header('authorization'))) return next();
    return new Response(JSON.stringify({ detail: 'a bearer token is asked for' }), {
      status: 401,
      headers: { ...JSON_HEADERS, 'WWW-Authenticate': 'Bearer' },
    });
  });
}

function health({ name, size, turnstile }: Service, gymCompat: boolean, draining: boolean): Response {
  const state = {
    status: draining ? 'draining' : 'ok',
    benchmark: name,
    dataset_size: size,
    protocol: gymCompat ? 'gym' : 'evaluator',
    running: turnstile.running,
    queued: turnstile.queued,
  };
  return new Response(JSON.stringify(state), { status: draining ? 503 : 200, headers: JSON_HEADERS });
}

/** @throws Refusal 422 when a member is nested so deeply that it cannot be written */
function reply(value: unknown, headers?: Readonly<Record<string, string>>): Response {
  let text: string;
  try {
    text = JSON.stringify(value);
  } catch (error) {
    if (error instanceof RangeError) throw new Refusal(422, 'body: nested too deeply');
    throw error;
  }
  return new Response(text, { headers: headers === undefined ? JSON_HEADERS : { ...JSON_HEADERS, ...headers } });
}

function notServed(context: AppContext): Refusal {
  const { path } = context.req;
  const method = GET_ROUTES.includes(path) ? 'GET' : POST_ROUTES.includes(path) ? 'POST' : undefined;
  if (method !== undefined) return new Refusal(405, `${path} is asked with ${method}`);
  return new Refusal(404, 'no such route; /openapi.json lists them');
}

/** An error of ours says what is wrong; any other stays in the server's log. */
function refuse(error: unknown): Response {
  if (!(error instanceof Refusal)) process.stderr.write(`serve: ${error instanceof Error ? error.stack : String(error)}\n`);
  const refusal = error instanceof Refusal ? error : new Refusal(500, 'internal error; the server has written what happened');
  const { status, message, reason } = refusal;
  // A body that was not read to its end would be taken for the next request.
  const unread = status === 408 || status === 413 ? { Connection: 'close' } : {};
  const busy = status === 503 ? { 'Retry-After': '1' } : {};
  return new Response(JSON.stringify({ detail: message, ...(reason === undefined ? {} : { reason }) }), {
    status,
    headers: { ...JSON_HEADERS, ...unread, ...busy },
  });
}
