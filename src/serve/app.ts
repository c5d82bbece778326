/**
 * The HTTP environment as a Hono app: routes, who may call them, and what becomes of errors. src/serve/listen.ts puts it on a port.
 * Also the package's entry `nel/serve`.
 */

import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Context, Hono } from 'hono';
import type { Environment, Verification } from '../core/environment.js';
import { aggregateMetrics } from './aggregate.js';
import { tokenCheck } from './auth.js';
import { type Body, member, parseBody, problemIndex } from './bodies.js';
import { gymRow, gymVerifyReply, isGymSeed, isGymVerify, sessionCookie, sessionReply } from './gym.js';
import { DEFAULT_LIMITS, type Limits, type NodeBindings, readBody, readIncoming, Turnstile } from './limits.js';
import { openApiDocument } from './openapi.js';
import { datasetReply, plainSeedReply, plainVerifyReply } from './plain.js';
import { Refusal } from './refusal.js';
import { jsonReply, type Reply, type ReplyOptions, refusalReply, webResponse, writeReply } from './replies.js';
import { type ServedBenchmark, Service } from './service.js';

export { type OpenEnvironmentOptions, type OpenedEnvironment, openEnvironment } from './open-environment.js';

/** The busiest route. */
export const VERIFY = '/verify';

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

const METHODS: Readonly<Record<string, string>> = {
  '/health': 'GET, HEAD',
  '/dataset_size': 'GET, HEAD',
  '/openapi.json': 'GET, HEAD',
  [VERIFY]: 'POST',
  '/seed_session': 'POST',
  '/aggregate_metrics': 'POST',
  '/close_session': 'POST',
};

export interface Routes {
  readonly app: App;
  /** POST /verify without a web request and response around it: on a busy server they cost a fifth of its time. */
  readonly verify: (incoming: IncomingMessage, outgoing: ServerResponse) => void;
}

/**
 * Both protocols on the same routes, told apart by the body. The app keeps no sessions, and the environment stays the caller's to close.
 */
export function generateApp(environment: Environment, options: AppOptions = {}): App {
  return createRoutes(environment, options).app;
}

/** The app for any server that takes one, and its busiest route for Node's own. */
export function createRoutes(environment: Environment, options: AppOptions): Routes {
  const limits: Limits = { ...DEFAULT_LIMITS, ...options.limits };
  const service = new Service(environment, limits, options.benchmark ?? {}, options.maxProblems ?? null);
  const gymCompat = options.gymCompat ?? false;
  const authorize = authorization(options.token);
  const aggregation = new Turnstile(1, limits.maxQueued);
  const app: App = new Hono<{ Bindings: NodeBindings }>();
  const body = async (context: AppContext, emptyAllowed: boolean, maxBytes = limits.maxBodyBytes): Promise<Body> =>
    parseBody(await readBody(context.req.raw, context.env, maxBytes, limits.bodyTimeoutMs), emptyAllowed);
  const answer = (value: unknown, options?: ReplyOptions): Response => webResponse(jsonReply(value, options));

  // Before the token is asked for: probes have none.
  app.get('/health', () => webResponse(health(service, gymCompat, options.draining?.() ?? false)));
  app.use('*', (context, next) => {
    authorize(context.req.header('authorization'));
    return next();
  });
  app.get('/dataset_size', () => answer(datasetReply(service)));
  const document = jsonReply(openApiDocument(service.name, options.token !== undefined));
  app.get('/openapi.json', () => webResponse(document));
  app.post('/seed_session', async (context) => {
    const request = await body(context, true);
    if (isGymSeed(request)) return answer(sessionReply(request), { headers: { 'Set-Cookie': sessionCookie() } });
    const given = member(request, 'idx');
    const index = given === undefined ? 0 : problemIndex(given, service.size, 'idx');
    return answer(plainSeedReply(service, index, await service.seed(index, context.env)), { reason: 'data' });
  });
  app.post(VERIFY, async (context) => webResponse(await verify(service, await body(context, false), gymCompat, context.env)));
  app.post('/aggregate_metrics', (context) => {
    const aggregate = async (): Promise<Response> => answer(aggregateMetrics(await body(context, false, limits.maxAggregateBytes)));
    // Bodies over the limit of the other routes are held one at a time; who sends half of one keeps nobody but their like waiting.
    const announced = Number(context.req.header('content-length') ?? Number.POSITIVE_INFINITY);
    return announced <= limits.maxBodyBytes ? aggregate() : aggregation.run(aggregate, context.req.raw.signal);
  });
  app.post('/close_session', async (context) => answer(sessionReply(await body(context, true))));
  for (const [route, allow] of Object.entries(METHODS)) {
    app.all(route, () => {
      throw new Refusal(405, `${route} is asked with ${allow.split(',', 1)[0]}`, undefined, allow);
    });
  }
  app.notFound(() => webResponse(refusalReply(new Refusal(404, 'no such route; /openapi.json lists them'))));
  app.onError((error) => webResponse(refusalReply(error)));
  const verifyDirectly = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<Reply> => {
    authorize(incoming.headers.authorization);
    const bytes = await readIncoming(incoming, limits.maxBodyBytes, limits.bodyTimeoutMs);
    return verify(service, parseBody(bytes, false), gymCompat, { incoming, outgoing });
  };
  return {
    app,
    verify: (incoming, outgoing) => {
      verifyDirectly(incoming, outgoing)
        .catch(refusalReply)
        .then((reply) => writeReply(outgoing, reply))
        .catch((error: unknown) => void outgoing.destroy(error instanceof Error ? error : undefined));
    },
  };
}

function verify(service: Service, request: Body, gymCompat: boolean, bindings: NodeBindings): Reply | Promise<Reply> {
  const gym = isGymVerify(request, gymCompat);
  const body = gym ? gymRow(request) : request;
  const judged = service.verify({ body, gym }, bindings);
  const written = (verdict: Verification): Reply =>
    jsonReply(gym ? gymVerifyReply(body, verdict) : plainVerifyReply(body, verdict), { reason: 'verify' });
  return judged instanceof Promise ? judged.then(written) : written(judged);
}

/** @returns what throws Refusal 401 where a header does not carry the token that is asked for */
function authorization(token: string | undefined): (header: string | undefined) => void {
  if (token === undefined) return () => undefined;
  const allowed = tokenCheck(token);
  return (header) => {
    if (!allowed(header)) throw new Refusal(401, 'a bearer token is asked for');
  };
}

function health({ name, size, turnstile }: Service, gymCompat: boolean, draining: boolean): Reply {
  const state = {
    status: draining ? 'draining' : 'ok',
    benchmark: name,
    dataset_size: size,
    protocol: gymCompat ? 'gym' : 'evaluator',
    running: turnstile.running,
    queued: turnstile.queued,
  };
  return jsonReply(state, { status: draining ? 503 : 200 });
}
