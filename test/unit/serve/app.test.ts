import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Hono } from 'hono';
import { describe, expect, it } from 'vitest';
import type { Row, Scorer } from '../../../src/core/benchmark.js';
import { NelError } from '../../../src/core/errors.js';
import { type AppOptions, generateApp } from '../../../src/serve/app.js';
import { MINI_ROWS, miniAdd, responsesObject } from './mini-add.js';

interface Reply {
  readonly status: number;
  readonly body: Record<string, unknown>;
  readonly headers: Headers;
}

function client(options: AppOptions = {}, environment = miniAdd()) {
  const app = generateApp(environment, options);
  const ask = async (method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Reply> => {
    const text = body === undefined ? null : typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body);
    const reply = await app.request(path, { method, headers, ...(text === null ? {} : { body: text }) });
    return { status: reply.status, body: JSON.parse(await reply.text()) as Record<string, unknown>, headers: reply.headers };
  };
  return {
    get: (path: string, headers?: Record<string, string>) => ask('GET', path, undefined, headers),
    post: (path: string, body: unknown, headers?: Record<string, string>) => ask('POST', path, body, headers),
  };
}

const prompt = (question: string): string => `Solve. Put your final numerical answer after 'The answer is'.\n\nProblem: ${question}`;

describe('GET /health and /dataset_size', () => {
  it('says what is served', async () => {
    const { get } = client({ gymCompat: true });
    expect(await get('/health')).toMatchObject({
      status: 200,
      body: { status: 'ok', benchmark: 'mini_add', dataset_size: 5, protocol: 'gym' },
    });
  });

  it('is not ready while it drains', async () => {
    expect(await client({ draining: () => true }).get('/health')).toMatchObject({ status: 503, body: { status: 'draining' } });
  });

  it('tells the data set apart from others', async () => {
    const benchmark = { scorer: 'byob_mini_add', definitionHash: 'sha256:1', generation: { temperature: 0 }, description: 'Five sums' };
    const { body } = await client({ benchmark, maxProblems: 2 }).get('/dataset_size');
    expect(body).toEqual({
      size: 2,
      name: 'mini_add',
      description: 'Five sums',
      dataset_size: 5,
      fingerprint: miniAdd().dataset.fingerprint,
      revision: null,
      scorer: 'byob_mini_add',
      definition_hash: 'sha256:1',
      generation: { temperature: 0 },
    });
  });
});

describe('POST /seed_session', () => {
  it('gives a problem by its index', async () => {
    expect((await client().post('/seed_session', { idx: 2 })).body).toEqual({
      prompt: prompt('What is 5 + 9?'),
      messages: [{ role: 'user', content: prompt('What is 5 + 9?') }],
      system: null,
      expected_answer: '14',
      category: 'math',
      metadata: { ...MINI_ROWS[2], problem_uuid: 'mini_add-2' },
      sandbox_spec: null,
    });
  });

  it('leaves a problem_uuid that the row has as it is', async () => {
    const { post } = client({}, miniAdd({ metadataFields: ['problem_uuid'] }, [{ ...MINI_ROWS[0], problem_uuid: 'x-9' } as Row]));
    expect((await post('/seed_session', { idx: 0 })).body).toMatchObject({ metadata: { problem_uuid: 'x-9' } });
  });

  it('gives the first problem to an empty body', async () => {
    const { post } = client();
    expect((await post('/seed_session', '')).body).toMatchObject({ expected_answer: '7' });
    expect((await post('/seed_session', {})).body).toMatchObject({ expected_answer: '7' });
  });

  it('names the system message, which stands among the messages too', async () => {
    const { post } = client({}, miniAdd({ systemPrompt: 'Be brief.' }));
    const { body } = await post('/seed_session', { idx: 0 });
    expect(body).toMatchObject({ system: 'Be brief.', messages: [{ role: 'system', content: 'Be brief.' }, { role: 'user' }] });
  });

  it.each<[unknown, number, string]>([
    [5, 400, 'idx=5 out of range [0, 5)'],
    [-1, 400, 'idx=-1 out of range [0, 5)'],
    ['5', 400, 'idx=5 out of range [0, 5)'],
    ['x', 422, 'idx: an integer is expected, not "x"'],
    [1.5, 422, 'idx: an integer is expected, not "1.5"'],
    [null, 422, 'idx: an integer is expected, not "null"'],
    [[0], 422, 'idx: an integer is expected, not a list'],
    [true, 422, 'idx: an integer is expected, not "true"'],
  ])('refuses the index %j', async (idx, status, detail) => {
    expect(await client().post('/seed_session', { idx })).toMatchObject({ status, body: { detail } });
  });

  it('serves no problem past --max-problems', async () => {
    expect(await client({ maxProblems: 2 }).post('/seed_session', { idx: 2 })).toMatchObject({
      status: 400,
      body: { detail: 'idx=2 out of range [0, 2)' },
    });
  });

  it('says that a row makes no prompt, as an error that stays', async () => {
    const { post } = client({}, miniAdd({}, [{ answer: '1', category: 'math' }]));
    expect(await post('/seed_session', { idx: 0 })).toMatchObject({
      status: 500,
      body: { reason: 'data', detail: expect.stringContaining('mini_add, problem_idx 0: field "question" is missing') as string },
    });
  });

  it('opens a Gym session with a cookie, with and without an id', async () => {
    const { post } = client();
    const row = await post('/seed_session', { responses_create_params: { input: 'x' }, uuid: 'mock-0' });
    expect(row).toMatchObject({ status: 200, body: {} });
    expect(row.headers.get('set-cookie')).toMatch(/^nel_session=[\w-]{36}; Path=\/; HttpOnly/);
    const typed = await post('/seed_session', { resources_session_id: 'resources-session-1', task_data: {} });
    expect(typed.body).toEqual({ resources_session_id: 'resources-session-1' });
    expect(typed.headers.get('set-cookie')).toContain('nel_session=');
  });
});

describe('POST /verify, plain', () => {
  it('judges an answer by what the body says is right', async () => {
    const body = { response: 'I think\nThe answer is 4', expected: '4', metadata: { a: 1 } };
    expect((await client().post('/verify', body)).body).toEqual({
      reward: 1,
      extracted_answer: '4',
      scoring_details: { method: 'byob_mini_add', correct: true, extracted: '4' },
      scoring_method: 'byob_mini_add',
      failure_category: null,
      metadata: { a: 1 },
    });
  });

  it.each([
    { expected: 7 },
    { expected: '7' },
    { idx: 0 },
    { idx: '0' },
    { problem_idx: 0 },
    { metadata: { problem_idx: 0 } },
    { metadata: { problem_uuid: 'mini_add-0' } },
    { uuid: 'mini_add-0' },
  ])('finds what is right in %j', async (where) => {
    expect((await client().post('/verify', { response: 'The answer is 7', ...where })).body).toMatchObject({ reward: 1 });
  });

  it('judges by the body where it names another right answer than its problem has', async () => {
    const { post } = client();
    const asked = { response: 'The answer is 7', idx: 0 };
    expect((await post('/verify', { ...asked, expected: '8' })).body).toMatchObject({ reward: 0 });
    expect((await post('/verify', { response: 'The answer is 8', idx: 0, expected: '8' })).body).toMatchObject({ reward: 1 });
  });

  it("gives the scorer the problem's row, or the metadata where there is no problem", async () => {
    const seen: unknown[] = [];
    const scorer: Scorer = { name: 's', score: ({ row }) => (seen.push(row), { reward: 1, extracted: null }) };
    const { post } = client({}, miniAdd({ scorer }));
    await post('/verify', { response: 'x', idx: 1 });
    await post('/verify', { response: 'x', expected: 'y', metadata: { kind: 'other' } });
    expect(seen).toEqual([MINI_ROWS[1], { kind: 'other' }]);
  });

  it('gives the scorer the row and the prompt of the problem whose seed is sent back as it came', async () => {
    const seen: unknown[] = [];
    const scorer: Scorer = { name: 's', score: ({ row, prompt: asked }) => (seen.push([row, asked]), { reward: 1, extracted: null }) };
    // Two problems with one right answer and no metadata of their own.
    const rows = [MINI_ROWS[0], { ...MINI_ROWS[0], question: 'What is 1 + 6?' }] as Row[];
    const { post } = client({}, miniAdd({ scorer, metadataFields: [] }, rows));
    for (const idx of [1, 0]) {
      const { expected_answer: expected, metadata } = (await post('/seed_session', { idx })).body;
      await post('/verify', { response: 'x', expected, metadata });
    }
    expect(seen).toEqual([
      [rows[1], prompt('What is 1 + 6?')],
      [rows[0], prompt('What is 3 + 4?')],
    ]);
  });

  it('gives the scorer the prompt that a body without a problem of ours brings along', async () => {
    const seen: unknown[] = [];
    const scorer: Scorer = { name: 's', score: ({ prompt: asked }) => (seen.push(asked), { reward: 1, extracted: null }) };
    const { post } = client({}, { ...miniAdd({ scorer }), asksJudge: true });
    const input = [
      {
        role: 'user',
        content: [
          { type: 'input_text', text: 'What is ' },
          { type: 'input_text', text: '6 + 6?' },
        ],
      },
      { type: 'function_call', name: 'f', arguments: '{}', call_id: '1' },
    ];
    await post('/verify', { response: 'x', expected: 'y', prompt: 'Why?' });
    await post('/verify', { response: 'x', expected_answer: '12', uuid: 'other-1', responses_create_params: { input: '6 + 6?' } });
    await post('/verify', { response: 'x', expected_answer: '12', responses_create_params: { instructions: 'Add.', input } });
    expect(seen).toEqual(['Why?', '6 + 6?', 'Add.\n\nWhat is 6 + 6?']);
    expect(await post('/verify', { response: 'x', expected: 'y' })).toMatchObject({
      status: 422,
      body: { detail: expect.stringContaining('scored by a judge') as string },
    });
    expect(await post('/verify', { response: 'x', idx: 1, expected: 'two' })).toMatchObject({ status: 200 });
    expect(seen.at(-1)).toBe(prompt('What is 2 + 2?'));
  });

  it.each([
    ['at once', () => false],
    ['later', async () => false],
  ])(
    "takes a row that is wrong for a bad body where it is the client's, and for its own fault where it is not, said %s",
    async (_when, after) => {
      const broken = (): never => {
        throw new NelError('data', 'the row has no tests');
      };
      const scorer: Scorer = {
        name: 's',
        score: () => {
          const wait = after();
          return wait instanceof Promise ? wait.then(broken) : broken();
        },
      };
      const { post } = client({}, miniAdd({ scorer }));
      const detail = expect.stringContaining('the row has no tests') as string;
      expect(await post('/verify', { response: 'x', expected: 'y', metadata: {} })).toMatchObject({ status: 422, body: { detail } });
      expect(await post('/verify', { response: 'x', idx: 0 })).toMatchObject({ status: 500, body: { detail, reason: 'verify' } });
    },
  );

  it('says that what a scorer found cannot be written, as an error that stays', async () => {
    const scorer = { name: 's', score: () => ({ reward: 1, extracted: null, details: { big: 1n } }) } as unknown as Scorer;
    expect(await client({}, miniAdd({ scorer })).post('/verify', { response: 'x', idx: 0 })).toMatchObject({
      status: 500,
      body: { reason: 'verify', detail: expect.stringContaining('BigInt') as string },
    });
  });

  it.each<[string, unknown, number]>([
    ['neither a problem nor a right answer', { response: 'x' }, 422],
    ['a foreign uuid only', { response: 'x', uuid: 'other-1' }, 422],
    ['an index out of range', { response: 'x', idx: 9, expected: '1' }, 400],
    ['no response', { expected: '7' }, 422],
    ['a null response', { response: null, expected: 'None' }, 422],
    ['a right answer that is an object', { response: 'x', expected: {} }, 422],
    ['metadata that is a list', { response: 'x', expected: '1', metadata: [] }, 422],
    ['a list', [1, 2], 422],
    ['a string', '"x"', 422],
    ['an empty body', '', 422],
    ['half a body', '{"response":"The answer is 7"', 422],
    ['a body that is not UTF-8', Buffer.from('{"response":"\xff","expected":"7"}', 'latin1'), 422],
  ])('refuses %s', async (_what, body, status) => {
    const reply = await client().post('/verify', body);
    expect(reply.status).toBe(status);
    expect(reply.body['detail']).toEqual(expect.any(String));
  });

  it.each<[string, () => number]>([
    [
      'throws',
      () => {
        throw new Error('no interpreter');
      },
    ],
    ['gives no number', () => Number.NaN],
  ])('says that the scorer failed when it %s', async (_what, reward) => {
    const scorer: Scorer = { name: 's', score: () => ({ reward: reward(), extracted: null }) };
    const reply = await client({}, miniAdd({ scorer })).post('/verify', { response: 'x', expected: 'y' });
    expect(reply).toMatchObject({
      status: 500,
      body: { reason: 'verify', detail: expect.stringMatching(/no interpreter|reward NaN/) as string },
    });
  });

  it('asks to be asked again when what failed may pass', async () => {
    const scorer: Scorer = {
      name: 's',
      score: async () => {
        throw new TypeError('the judge does not answer');
      },
    };
    const benchmark = { mayPass: (error: unknown) => error instanceof TypeError };
    const reply = await client({ benchmark }, miniAdd({ scorer })).post('/verify', { response: 'x', expected: 'y' });
    expect(reply).toMatchObject({ status: 503, body: { detail: 'the judge does not answer' } });
    expect(reply.headers.get('retry-after')).toBe('1');
  });

  it('echoes metadata of any name, and pollutes nothing', async () => {
    const metadata =
      '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"toString":"x","response":"collide","reward":5}';
    const app = generateApp(miniAdd());
    for (const body of [
      `{"response":"The answer is 7","expected":"7","metadata":${metadata}}`,
      `{"response":"The answer is 7","expected_answer":"7","responses_create_params":{"input":"x"},"__proto__":{"polluted":1},"metadata":${metadata}}`,
    ]) {
      const reply = await app.request('/verify', { method: 'POST', body });
      expect(reply.status).toBe(200);
      expect(await reply.text()).toContain(`"metadata":${metadata}`);
    }
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });
});

describe('POST /verify, Gym', () => {
  const row = {
    responses_create_params: { input: [{ role: 'user', content: 'What is 2 + 2?' }] },
    response: responsesObject('The answer is 4'),
    uuid: 'mini_add-1',
    eval_type: 'mock',
    metadata: { category: 'math' },
    agent_ref: { name: 'agent' },
    _ng_task_index: 1,
  };

  it('gives the whole row back with a reward', async () => {
    const { body } = await client().post('/verify', { ...row, expected_answer: '4' });
    expect(body).toEqual({
      ...row,
      expected_answer: '4',
      reward: 1,
      extracted_answer: '4',
      scoring_details: { method: 'byob_mini_add', correct: true, extracted: '4' },
      scoring_method: 'byob_mini_add',
      failure_category: null,
    });
  });

  it('finds the problem by the uuid of an exported row', async () => {
    expect((await client().post('/verify', row)).body).toMatchObject({ reward: 1 });
  });

  it('overwrites a reward that the row brings along', async () => {
    expect((await client().post('/verify', { ...row, reward: 99, expected_answer: '5' })).body).toMatchObject({ reward: 0 });
  });

  it.each([
    [{ idx: 5123 }],
    [{ idx: -1 }],
    [{ problem_idx: 'AIME-1' }],
    [{ problem_idx: [7] }],
    [{ metadata: 'a text' }],
    [{ metadata: ['a', 'list'] }],
  ])('takes %j of a row for its own affair, and gives it back', async (own) => {
    const asked = { ...row, uuid: 'other-1', expected_answer: '4', ...own };
    expect(await client().post('/verify', asked)).toMatchObject({ status: 200, body: { reward: 1, ...own } });
  });

  it.each([{ uuid: 'other-1' }, { metadata: { uuid: 'other-1' } }, { verifier_metadata: { uuid: 17 } }])(
    'judges a row of another data set (%j) by itself, whatever its numbers are',
    async (named) => {
      const { uuid: _uuid, ...rest } = row;
      const metadata = { n: 1, problem_idx: 1, ...named.metadata };
      const asked = { ...rest, idx: 1, problem_idx: 1, expected_answer: '4', ...named, metadata };
      const seen: unknown[] = [];
      const scorer: Scorer = { name: 's', score: ({ row: given }) => (seen.push(given), { reward: 1, extracted: null }) };
      expect(await client({}, miniAdd({ scorer })).post('/verify', asked)).toMatchObject({ status: 200 });
      expect(seen).toEqual([metadata]);
      const { expected_answer: _expected, ...without } = asked;
      expect(await client().post('/verify', without)).toMatchObject({ status: 422 });
    },
  );

  it("goes by the row's own uuid before one that its metadata came with", async () => {
    const asked = { ...row, metadata: { problem_uuid: 'mini_add-0', uuid: 'other-1' } };
    expect((await client().post('/verify', asked)).body).toMatchObject({ reward: 1 });
  });

  it.each([{ idx: 1 }, { problem_idx: '1' }])('finds the problem by %j', async (hint) => {
    const { uuid: _uuid, ...rest } = row;
    expect((await client().post('/verify', { ...rest, ...hint })).body).toMatchObject({ reward: 1 });
  });

  it('takes the typed form with its data in task_data', async () => {
    const { uuid, metadata, ...rest } = row;
    const body = { ...rest, resources_session_id: 's', task_data: { uuid, metadata, expected_answer: '4' } };
    expect((await client().post('/verify', body)).body).toMatchObject({ reward: 1, uuid, metadata, expected_answer: '4' });
  });

  it('is spoken by ambiguous bodies only under gymCompat', async () => {
    const body = { response: 'The answer is 7', uuid: 'mini_add-0' };
    expect((await client({ gymCompat: true }).post('/verify', body)).body).toMatchObject({
      response: 'The answer is 7',
      uuid: 'mini_add-0',
    });
    expect((await client().post('/verify', body)).body).not.toHaveProperty('uuid');
  });
});

/** What `compute_aggregate_metrics` of NeMo Gym's package makes of bodies of ours. */
const { bodies: aggregated } = JSON.parse(
  readFileSync(path.resolve(import.meta.dirname, '../../golden/gym/aggregate-metrics.json'), 'utf8'),
) as { bodies: { what: string; request: unknown; response: unknown }[] };

/** Numbers to 12 digits: sums in another order differ in the last one. */
function rounded(value: unknown): unknown {
  if (typeof value === 'number') return Number(value.toPrecision(12));
  if (Array.isArray(value)) return value.map(rounded);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, rounded(member)]));
}

describe('POST /aggregate_metrics', () => {
  it.each(aggregated)("gives the metrics of NeMo Gym's own servers for $what", async ({ request, response }) => {
    const reply = await client().post('/aggregate_metrics', request);
    expect(rounded(reply.body)).toEqual(rounded(response));
  });

  it.each(['{"verify_responses":[{"reward":1e999}]}', '{"verify_responses":[{"reward":1,"_ng_task_index":0.5}]}'])(
    'refuses %s',
    async (body) => {
      expect(await client().post('/aggregate_metrics', body)).toMatchObject({
        status: 422,
        body: { detail: expect.any(String) as string },
      });
    },
  );
});

describe('POST /close_session', () => {
  it('answers with the id, as often as it is asked', async () => {
    const { post } = client();
    for (let i = 0; i < 2; i++)
      expect((await post('/close_session', { resources_session_id: 's-1' })).body).toEqual({ resources_session_id: 's-1' });
    expect(await post('/close_session', {})).toMatchObject({ status: 200, body: {} });
    expect(await post('/close_session', { resources_session_id: 5 })).toMatchObject({ status: 422 });
  });
});

describe('access', () => {
  const { get, post } = client({ token: 's3cret' });

  it('asks for none on /health of an app within another', async () => {
    const outer = new Hono();
    outer.route('/env', generateApp(miniAdd(), { token: 's3cret' }));
    expect((await outer.request('/env/health')).status).toBe(200);
    expect((await outer.request('/env/dataset_size')).status).toBe(401);
    const wrong = await outer.request('/env/verify', { headers: { authorization: 'Bearer s3cret' } });
    expect([wrong.status, wrong.headers.get('allow')]).toEqual([405, 'POST']);
  });

  it('asks for the token everywhere but on /health', async () => {
    expect((await get('/health')).status).toBe(200);
    for (const path of ['/dataset_size', '/openapi.json', '/nowhere']) expect((await get(path)).status).toBe(401);
    expect(await post('/verify', { response: '7', expected: '7' })).toMatchObject({
      status: 401,
      body: { detail: 'a bearer token is asked for' },
    });
  });

  it.each([
    ['Bearer s3cret', 200],
    ['bearer s3cret', 200],
    ['Bearer s3cre', 401],
    ['Bearer s3cret2', 401],
    ['Basic s3cret', 401],
    ['Bearer ', 401],
    ['', 401],
  ])('answers the header %j with %i', async (authorization, status) => {
    expect((await get('/dataset_size', { authorization })).status).toBe(status);
  });
});

describe('limits', () => {
  it('refuses a body over the limit', async () => {
    const { post } = client({ limits: { maxBodyBytes: 100 } });
    expect(await post('/verify', { response: 'x'.repeat(100), expected: 'x' })).toMatchObject({
      status: 413,
      body: { detail: 'body: longer than 100 bytes' },
    });
  });

  it('refuses what is nested too deeply to be written', async () => {
    const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
    const body = `{"response":"7","expected":"7","metadata":{"a":${deep}}}`;
    expect(await client().post('/verify', body)).toMatchObject({ status: 422, body: { detail: 'body: nested too deeply' } });
  });

  it('gives up on a scorer that takes too long, and tells it', async () => {
    let aborted = false;
    const environment = {
      ...miniAdd(),
      verifyDetached: (_answer: unknown, signal: AbortSignal) =>
        new Promise<never>((_, reject) => {
          signal.addEventListener('abort', () => {
            aborted = true;
            reject(new Error('stopped'));
          });
        }),
    };
    const { post } = client({ limits: { requestTimeoutMs: 20 } }, environment);
    expect(await post('/verify', { response: 'x', expected: 'x' })).toMatchObject({
      status: 504,
      body: { detail: 'no verdict after 0.02 s' },
    });
    expect(aborted).toBe(true);
  });

  it('judges so many answers at once, and refuses when too many wait', async () => {
    let running = 0;
    let most = 0;
    const environment = {
      ...miniAdd(),
      async verifyDetached() {
        most = Math.max(most, ++running);
        await new Promise((resolve) => setTimeout(resolve, 10));
        running--;
        return { reward: 1, extracted_answer: null, scoring_method: 's', scoring_details: {}, failure_category: null };
      },
    };
    const { post } = client({ limits: { maxConcurrent: 2, maxQueued: 3 } }, environment);
    const replies = await Promise.all(Array.from({ length: 8 }, () => post('/verify', { response: 'x', expected: 'x' })));
    expect(replies.map(({ status }) => status).sort((a, b) => a - b)).toEqual([200, 200, 200, 200, 200, 503, 503, 503]);
    expect(replies.find(({ status }) => status === 503)?.headers.get('retry-after')).toBe('1');
    expect(most).toBe(2);
  });
});

describe('other routes', () => {
  it.each([
    ['GET', '/verify', 405, 'POST'],
    ['POST', '/health', 405, 'GET, HEAD'],
    ['GET', '/', 404, null],
    ['PUT', '/verify', 405, 'POST'],
    ['OPTIONS', '/dataset_size', 405, 'GET, HEAD'],
    ['POST', '/constructor', 404, null],
  ])('answers %s %s with %i as JSON', async (method, route, status, allow) => {
    const reply = await generateApp(miniAdd()).request(route, { method });
    expect([reply.status, reply.headers.get('allow')]).toEqual([status, allow]);
    expect(await reply.json()).toEqual({ detail: expect.any(String) as string });
  });
});
