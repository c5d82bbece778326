/** Recorded traffic of NeMo Gym and NeMo Evaluator, replayed against our server: where they are right it answers the same. */

import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { generateApp } from '../../../src/serve/app.js';
import { DATA_DIR } from '../../data-dir.js';
import { miniAdd } from '../../unit/serve/mini-add.js';

const GYM = path.join(DATA_DIR, 'gym');
const missing = existsSync(GYM) ? '' : ' (skipped: put the shared data sets into ../shared/data)';

interface Exchange {
  readonly n: number;
  readonly to: string;
  readonly request: { readonly line: string; readonly body: unknown };
  readonly response: { readonly line: string; readonly body: Record<string, unknown> } | null;
}

function recorded(file: string, to: string): Exchange[] {
  if (missing !== '') return [];
  const { exchanges } = JSON.parse(readFileSync(path.join(GYM, file), 'utf8')) as { exchanges: Exchange[] };
  return exchanges.filter((exchange) => exchange.to.startsWith(to));
}

async function replay({ request, to }: Exchange) {
  const app = generateApp(miniAdd(), { gymCompat: !to.includes('plain') });
  const [method, route] = request.line.split(' ') as [string, string];
  const body = typeof request.body === 'string' ? request.body : JSON.stringify(request.body);
  const reply = await app.request(route, { method, ...(method === 'GET' ? {} : { body }) });
  return { status: reply.status, body: (await reply.json()) as Record<string, unknown>, headers: reply.headers };
}

const statusOf = ({ response }: Exchange): number => Number(response?.line.split(' ')[1]);

describe.skipIf(missing !== '')(`rollouts of NeMo Gym 0.7.0${missing}`, () => {
  const exchanges = ['one_rollout_legacy_agent.json', 'one_rollout_single_agent_turn.json'].flatMap((file) =>
    recorded(file, 'resources_server'),
  );

  it('has every route that a collector asks', () => {
    const routes = new Set(exchanges.map(({ request }) => request.line.split(' ')[1]));
    expect(routes).toEqual(new Set(['/seed_session', '/verify', '/aggregate_metrics', '/close_session']));
  });

  it.each(
    exchanges.filter(({ request }) => /seed_session|close_session/.test(request.line)).map((one) => [one.request.line, one] as const),
  )('answers %s as recorded', async (line, exchange) => {
    const reply = await replay(exchange);
    expect(reply.status).toBe(200);
    expect(reply.body).toEqual(exchange.response?.body);
    if (line.includes('seed_session')) expect(reply.headers.get('set-cookie')).toMatch(/^nel_session=/);
  });

  it.each(exchanges.filter(({ request }) => request.line.includes('/verify')).map((one) => [one.n, one] as const))(
    'judges the row of exchange %i as recorded, and gives all of it back',
    async (_n, exchange) => {
      const reply = await replay(exchange);
      const { scoring_details: _details, ...verdict } = exchange.response?.body ?? {};
      expect(reply.body).toMatchObject({ ...(exchange.request.body as object), ...verdict });
    },
  );

  it.each(exchanges.filter(({ request }) => request.line.includes('/aggregate')).map((one) => [one.n, one] as const))(
    'aggregates the verdicts of exchange %i to the recorded mean',
    async (_n, exchange) => {
      const reply = await replay(exchange);
      expect(reply.body['key_metrics']).toMatchObject(exchange.response?.body['key_metrics'] as object);
    },
  );
});

describe.skipIf(missing !== '')(`aggregation of NeMo Gym's own servers${missing}`, () => {
  it('gives the metrics that they give, number by number', async () => {
    const file = JSON.parse(readFileSync(path.join(GYM, 'aggregate_metrics_default_0.7.0.json'), 'utf8')) as {
      request: unknown;
      response: unknown;
    };
    const reply = await generateApp(miniAdd()).request('/aggregate_metrics', { method: 'POST', body: JSON.stringify(file.request) });
    expect(rounded(await reply.json())).toEqual(rounded(file.response));
  });
});

/** Numbers to 12 digits: sums in another order differ in the last one. */
function rounded(value: unknown): unknown {
  if (typeof value === 'number') return Number(value.toPrecision(12));
  if (Array.isArray(value)) return value.map(rounded);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, rounded(member)]));
}

describe.skipIf(missing !== '')(`nel serve and its gym:// client${missing}`, () => {
  const exchanges = recorded('nel_serve_gymenvironment.json', 'nel serve').filter(({ response }) => response !== null);
  /** Answers that were guessed, scored against an empty right answer, or a crash: what we answer in their place. */
  const corrected: Readonly<Record<number, { readonly status: number; readonly body?: object }>> = {
    8: { status: 200, body: { reward: 1, uuid: 'mini_add-1' } },
    10: { status: 422 },
    13: { status: 422 },
    14: { status: 422 },
    19: { status: 422 },
    20: { status: 200, body: { reward: 0, metadata: { response: 'collide' } } },
  };

  it.each(exchanges.filter(({ n }) => !(n in corrected)).map((one) => [one.n, one.request.line, one] as const))(
    'answers exchange %i, %s, as recorded',
    async (_n, _line, exchange) => {
      const reply = await replay(exchange);
      expect(reply.status).toBe(statusOf(exchange));
      if (reply.status === 200) {
        const { metadata: _metadata, ...body } = exchange.response?.body ?? {};
        expect(reply.body).toMatchObject(exchange.request.line.includes('seed') ? (exchange.response?.body ?? {}) : body);
      } else {
        const { detail } = exchange.response?.body ?? {};
        expect(reply.body['detail']).toEqual(typeof detail === 'string' ? detail : (expect.any(String) as string));
      }
    },
  );

  it.each(exchanges.filter(({ n }) => n in corrected).map((one) => [one.n, one] as const))(
    'does better than recorded in exchange %i',
    async (n, exchange) => {
      const { status, body = { detail: expect.any(String) as string } } = corrected[n] as { status: number; body?: object };
      const reply = await replay(exchange);
      expect(reply.status).toBe(status);
      expect(reply.body).toMatchObject(body);
    },
  );
});
