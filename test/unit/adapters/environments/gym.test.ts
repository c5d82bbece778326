import { getEventListeners } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { openGymEnvironment } from '../../../../src/adapters/environments/gym.js';
import { parseGymAddress } from '../../../../src/adapters/environments/gym-address.js';
import type { Row } from '../../../../src/core/benchmark.js';
import type { Environment } from '../../../../src/core/environment.js';
import type { AppOptions } from '../../../../src/serve/app.js';
import { exportData } from '../../../../src/serve/export-data.js';
import { type Listening, listen } from '../../../../src/serve/listen.js';
import { MINI_ROWS, miniAdd } from '../../serve/mini-add.js';

const dir = mkdtempSync(path.join(tmpdir(), 'nel-gym-'));
const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});
afterAll(() => rmSync(dir, { recursive: true }));

const never = new AbortController().signal;
const options = { systemPrompt: null, env: {}, cwd: dir, pauseScale: 0.001 };

async function served(environment: Environment = miniAdd(), app: AppOptions = {}): Promise<Listening> {
  const server = await listen(environment, { host: '127.0.0.1', port: 0, drainMs: 0, ...app });
  open.push({ close: () => server.drain() });
  return server;
}

async function gym(url: string, changes: Partial<Parameters<typeof openGymEnvironment>[0]> = {}) {
  const opened = await openGymEnvironment({ ...options, url, ...changes });
  open.unshift(opened.environment);
  return opened;
}

type Handler = (request: { method: string; path: string; body: Record<string, unknown>; headers: http.IncomingHttpHeaders }) => {
  status?: number;
  body?: unknown;
  raw?: string;
  cookie?: string;
} | null;

/** A server that is not ours; null cuts the connection. */
async function foreign(handle: Handler): Promise<string> {
  const server = http.createServer((request, response) => {
    let text = '';
    request.on('data', (chunk: Buffer) => void (text += chunk.toString()));
    request.on('end', () => {
      const reply = handle({
        method: request.method ?? '',
        path: request.url ?? '',
        body: (text === '' ? {} : JSON.parse(text)) as Record<string, unknown>,
        headers: request.headers,
      });
      if (reply === null) return void request.socket.destroy();
      if (reply.cookie !== undefined) response.setHeader('set-cookie', `${reply.cookie}; Path=/; HttpOnly`);
      response.writeHead(reply.status ?? 200, { 'content-type': 'application/json' }).end(reply.raw ?? JSON.stringify(reply.body ?? {}));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  open.push({
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  });
  return `gym://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const gymUrl = ({ port }: Listening, query = ''): string => `gym://127.0.0.1:${port}${query}`;

describe('parseGymAddress', () => {
  it('takes an address apart', () => {
    expect(parseGymAddress('gym://host:9090/envs/?token_env=T&timeout=5&tls=true&name=a.b')).toEqual({
      base: 'https://host:9090/envs',
      source: 'gym://host:9090/envs',
      protocol: 'plain',
      data: null,
      tokenEnv: 'T',
      name: 'a.b',
      timeoutMs: 5000,
    });
    expect(parseGymAddress('gym://[::1]:1?protocol=native&data=rows.jsonl')).toMatchObject({
      base: 'http://[::1]:1',
      protocol: 'native',
      data: 'rows.jsonl',
    });
  });

  it.each([
    ['gym://h:80?tls=true', 'https://h:80', 'gym://h:80'],
    ['gym://h:443/env?tls=true', 'https://h:443/env', 'gym://h:443/env'],
    ['gym://h:80', 'http://h:80', 'gym://h:80'],
    ['gym://[::1]:80', 'http://[::1]:80', 'gym://[::1]:80'],
    ['gym://h?tls=true', 'https://h', 'gym://h'],
    ['gym://h?tls=false&name=a', 'http://h', 'gym://h'],
  ])('keeps the port of %s as it is written', (address, base, source) => {
    expect(parseGymAddress(address)).toMatchObject({ base, source });
  });

  it("takes a plus sign of a file's name for one", () => {
    const data = (written: string) => parseGymAddress(`gym://h?protocol=native&data=${written}`).data;
    expect([data('my+rows.jsonl'), data('my%20rows%231.jsonl')]).toEqual(['my+rows.jsonl', 'my rows#1.jsonl']);
  });

  it.each([
    ['gym://', /not an address/],
    ['gym://host:99999', /not an address/],
    ['gym://u:hunter2@host', /user or password/],
    ['gym://host?protokol=native', /unknown parameter "protokol".*protocol/],
    ['gym://host?protocol=other', /unknown protocol/],
    ['gym://host?protocol=native', /needs data/],
    ['gym://host?data=x', /goes with protocol=native/],
    ['gym://host?name=../x', /name:/],
    ['gym://host?timeout=0', /timeout/],
    ['gym://host?tls=1', /tls: true or false/],
    ['gym://host?tls=True&token_env=T', /tls: true or false/],
    ['gym://host?tls=', /tls: true or false/],
    ['gym://host?protocol=native&data=rows#1.jsonl', /holds a #/],
    ['gym://host?token_env=hunter2!', /token_env: the name/],
  ])('refuses %s', (address, problem) => {
    expect(() => parseGymAddress(address)).toThrow(problem);
    expect(() => parseGymAddress(address)).not.toThrow(/hunter2/);
  });
});

describe('gym:// against our own server', () => {
  it('seeds and judges as the environment in this process does', async () => {
    for (const systemPrompt of [null, 'Be brief.']) {
      const local = miniAdd({ systemPrompt: 'Be kind.' }, undefined, systemPrompt);
      const { environment, ...told } = await gym(
        gymUrl(
          await served(miniAdd({ systemPrompt: 'Be kind.' }), {
            benchmark: { scorer: 's', definitionHash: 'sha256:d', generation: { temperature: 0 } },
          }),
        ),
        { systemPrompt },
      );
      expect(told).toEqual({ name: 'mini_add', definitionHash: 'sha256:d', scorer: 's', generation: { temperature: 0 } });
      expect(environment.dataset).toEqual({ ...local.dataset, source: expect.stringMatching(/^gym:\/\/127\.0\.0\.1:\d+$/) as string });
      for (let index = 0; index < local.dataset.size; index++) {
        const [ours, theirs] = [await local.seed(index, 0, never), await environment.seed(index, 1, never)];
        expect(theirs).toEqual(ours);
        for (const answer of ['The answer is 7', '8', '', '\u2028\ud800']) {
          expect(await environment.verify(theirs, answer, never)).toEqual(await local.verify(ours, answer, never));
        }
      }
    }
  });

  it('seeds and judges the same from exported rows', async () => {
    const benchmark = {
      fewShot: [
        { role: 'user', content: '1 + 1?' },
        { role: 'assistant', content: '2' },
      ],
      metadataFields: ['source'],
    } as const;
    const local = miniAdd(benchmark);
    const { file } = await exportData(local, dir);
    const { environment, name } = await gym(gymUrl(await served(miniAdd(benchmark), { gymCompat: true }), `?protocol=native&data=${file}`));
    expect([name, environment.dataset.size]).toEqual(['mini_add', 5]);
    for (let index = 0; index < 5; index++) {
      const [ours, theirs] = [await local.seed(index, 0, never), await environment.seed(index, 0, never)];
      expect(theirs).toEqual(ours);
      expect(await environment.verify(theirs, 'The answer is 14', never)).toEqual(await local.verify(ours, 'The answer is 14', never));
    }
  });

  it("keeps a row's own problem_uuid", async () => {
    const local = miniAdd({ metadataFields: ['problem_uuid', 'source'] }, [{ ...MINI_ROWS[0], problem_uuid: 'x-9' } as Row]);
    const { file } = await exportData(local, dir);
    const server = gymUrl(await served(local));
    for (const query of ['', `?protocol=native&data=${file}`]) {
      const { environment } = await gym(`${server}${query}`);
      const seed = await environment.seed(0, 0, never);
      expect(seed).toEqual(await local.seed(0, 0, never));
      expect(await environment.verify(seed, 'The answer is 7', never)).toMatchObject({ reward: 1 });
    }
  });

  it.each([
    ['of another name than its metadata has', ['source', 'category'], (row: Row) => `${String(row['category'])}s`],
    ['that is among its metadata', ['source', 'category'], 'category'],
    ['that is not among its metadata', ['source'], 'category'],
    ['that it has not, though its metadata has one', ['category'], undefined],
  ] as const)('keeps a category %s in exported rows', async (_what, metadataFields, category) => {
    const local = miniAdd({ metadataFields, ...(category === undefined ? { category: () => null } : { category }) });
    const { file } = await exportData(local, dir);
    const { environment } = await gym(gymUrl(await served(local), `?protocol=native&data=${file}`));
    expect(await environment.seed(1, 0, never)).toEqual(await local.seed(1, 0, never));
  });

  it('says of a broken row and a failed scorer what a local run says, without asking again', async () => {
    let asked = 0;
    const scorer = {
      name: 's',
      score: () => {
        asked++;
        throw new Error('no interpreter');
      },
    };
    const { environment } = await gym(
      gymUrl(await served(miniAdd({ scorer, prompt: '{question}' }, [{ question: '?', answer: '1', category: 'c' }, {}]))),
    );
    await expect(environment.seed(1, 0, never)).rejects.toMatchObject({
      kind: 'data',
      message: expect.stringContaining('problem_idx 1') as string,
    });
    await expect(environment.verify(await environment.seed(0, 0, never), 'x', never)).rejects.toThrow(/^no interpreter$/);
    expect(asked).toBe(1);
  });

  it('sends the token of the variable that the address names', async () => {
    const server = await served(miniAdd(), { token: 'abc' });
    await expect(gym(gymUrl(server))).rejects.toMatchObject({ kind: 'config', hint: expect.stringContaining('token_env') as string });
    await expect(gym(gymUrl(server, '?token_env=T'))).rejects.toThrow(/variable T.*not set/);
    await expect(gym(gymUrl(server, '?token_env=T'), { env: { T: 'hunter2' } })).rejects.toThrow(
      expect.not.stringContaining('hunter2') as Error,
    );
    expect((await gym(gymUrl(server, '?token_env=T'), { env: { T: 'abc' } })).name).toBe('mini_add');
    await expect(gym(gymUrl(server, '?token_env=T'), { env: { T: 'a\nb' } })).rejects.toThrow(/token in T/);
  });

  it('repeats no token that a server repeats', async () => {
    const token = 'hunter2"\\hunter2';
    const echo = (headers: http.IncomingHttpHeaders): string => String(headers.authorization);
    const refusing = await foreign(({ headers }) => ({ status: 401, body: { detail: echo(headers) } }));
    const refused = gym(`${refusing}?token_env=T`, { env: { T: token } });
    await expect(refused).rejects.toThrow('Bearer [redacted]');
    await expect(refused).rejects.not.toThrow('hunter2');
    const url = await foreign(({ path: route, headers }) => ({
      body: route === '/dataset_size' ? { size: 1, fingerprint: 'sha256:x' } : { prompt: echo(headers), expected_answer: '' },
    }));
    const { environment } = await gym(`${url}?token_env=T`, { env: { T: token } });
    expect(await environment.seed(0, 0, never)).toMatchObject({ prompt: 'Bearer [redacted]' });
  });
});

describe('gym:// against a server that is in trouble', () => {
  it.each<[string, ReturnType<Handler>]>([
    ['status 500', { status: 500, raw: 'Internal Server Error' }],
    ['status 503', { status: 503, body: { detail: 'busy' } }],
    ['status 429', { status: 429 }],
    ['a cut connection', null],
    ['half of a reply', { raw: '{"size":' }],
  ])('asks again after %s', async (_what, trouble) => {
    let asked = 0;
    const url = await foreign(({ path: route }) => {
      if (++asked % 3 !== 0) return trouble;
      return { body: route === '/dataset_size' ? { size: 1, fingerprint: 'sha256:x' } : { prompt: 'p', expected_answer: '1' } };
    });
    const { environment } = await gym(url);
    expect(await environment.seed(0, 0, never)).toMatchObject({ prompt: 'p' });
    expect(asked).toBe(6);
  });

  it('gives up after a while, with what to do', async () => {
    await expect(gym('gym://127.0.0.1:9')).rejects.toMatchObject({ kind: 'run', hint: expect.stringContaining('nel serve') as string });
  });

  it('waits no longer for a reply than it was told, and asks again', async () => {
    const abort = new AbortController();
    let asked = 0;
    const server = http.createServer(() => {
      if (++asked === 2) abort.abort(new Error('seen'));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    open.push({ close: () => (server.closeAllConnections(), server.close()) });
    const { port } = server.address() as AddressInfo;
    await expect(gym(`gym://127.0.0.1:${port}?timeout=0.02`, { signal: abort.signal })).rejects.toThrow('seen');
  });

  it('waits for no reply that comes drop by drop', { timeout: 10_000 }, async () => {
    const server = http.createServer((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      const drip = setInterval(() => response.write(' '), 5);
      response.on('close', () => clearInterval(drip));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    open.push({ close: () => (server.closeAllConnections(), server.close()) });
    const { port } = server.address() as AddressInfo;
    await expect(gym(`gym://127.0.0.1:${port}?timeout=0.05`)).rejects.toThrow(/no whole reply after 0\.05 s, after 10 attempts/);
  });

  it('leaves no listener on the signal of its run', async () => {
    const { environment } = await gym(gymUrl(await served()));
    const abort = new AbortController();
    for (let i = 0; i < 5; i++) await environment.seed(i, 0, abort.signal);
    expect(getEventListeners(abort.signal, 'abort')).toEqual([]);
  });

  it('says at once what a server answered that is none', async () => {
    let asked = 0;
    const server = http.createServer((_request, response) => {
      asked++;
      response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end('<html>Welcome to a proxy</html>');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    open.push({ close: () => (server.closeAllConnections(), server.close()) });
    const { port } = server.address() as AddressInfo;
    const file = path.join(dir, 'page.jsonl');
    writeFileSync(file, '{"responses_create_params":{"input":"x"}}\n');
    for (const query of ['', `?protocol=native&data=${file}`]) {
      await expect(gym(`gym://127.0.0.1:${port}${query}`)).rejects.toThrow(
        /no environment server at .*not JSON but text\/html.*Welcome to a proxy/,
      );
    }
    expect(asked).toBe(2);
  });

  it('does not ask again after a refusal', async () => {
    let asked = 0;
    const url = await foreign(() => ({ status: 422, body: { detail: `no ${++asked}` } }));
    await expect(gym(url)).rejects.toThrow(/422: no 1$/);
  });

  it('ends with its signal', async () => {
    const url = await foreign(() => ({ status: 503 }));
    const abort = new AbortController();
    setTimeout(() => abort.abort(new Error('stop')), 20);
    await expect(gym(url, { signal: abort.signal, pauseScale: 1 })).rejects.toThrow();
  });
});

describe('gym:// against a server that is not ours', () => {
  const seeds: Handler = ({ path: route, body }) => {
    if (route === '/dataset_size') return { body: { size: 2 } };
    if (route === '/seed_session')
      return { body: { prompt: `p${String(body['idx'])}`, system: 'Be kind.', expected_answer: 7, metadata: { a: 1 } } };
    return { body: { reward: 0.5, extracted_answer: 7, scoring_details: { method: 'm', f1: 0.5 } } };
  };

  it('takes prompt and system, and its own words for the verdict', async () => {
    const { environment, name, scorer } = await gym(await foreign(seeds));
    const seed = await environment.seed(1, 0, never);
    expect(seed).toEqual({
      prompt: 'p1',
      messages: [
        { role: 'system', content: 'Be kind.' },
        { role: 'user', content: 'p1' },
      ],
      expected_answer: '7',
      category: null,
      metadata: { a: 1 },
    });
    expect(await environment.verify(seed, 'x', never)).toEqual({
      reward: 0.5,
      extracted_answer: '7',
      scoring_method: 'm',
      scoring_details: { method: 'm', f1: 0.5 },
      failure_category: null,
    });
    expect([name, scorer]).toEqual([expect.stringMatching(/^gym-127\.0\.0\.1-\d+$/), 'gym']);
  });

  it('tells its data set from another by what it seeds', async () => {
    const [one, same, other] = await Promise.all([
      gym(await foreign(seeds)),
      gym(await foreign(seeds)),
      gym(await foreign((asked) => (asked.path === '/seed_session' ? { body: { prompt: 'q', expected_answer: '1' } } : seeds(asked)))),
    ]);
    expect(same.environment.dataset.fingerprint).toBe(one.environment.dataset.fingerprint);
    expect(other.environment.dataset.fingerprint).not.toBe(one.environment.dataset.fingerprint);
  });

  it.each<[string, unknown, RegExp]>([
    ['no size', {}, /gave no size/],
    ['tools', { size: 1, fingerprint: 'sha256:x', tools: ['search'] }, /tools/],
  ])('refuses %s', async (_what, body, problem) => {
    await expect(gym(await foreign(() => ({ body })))).rejects.toThrow(problem);
  });

  it('takes no name that is no name', async () => {
    const { name } = await gym(await foreign(() => ({ body: { size: 0, fingerprint: 'sha256:x', name: '../../etc' } })));
    expect(name).toMatch(/^gym-/);
  });

  it.each<[string, unknown]>([
    ['no reward', {}],
    ['a reward that is a text', { reward: '1' }],
    ['a list', []],
  ])('takes %s for an error, never for a zero', async (_what, body) => {
    const { environment } = await gym(await foreign((asked) => (asked.path === '/verify' ? { body } : seeds(asked))));
    await expect(environment.verify(await environment.seed(0, 0, never), 'x', never)).rejects.toThrow('gave no reward');
  });
});

describe("gym:// in NeMo Gym's own protocol", () => {
  const file = path.join(dir, 'rows.jsonl');
  const row = {
    responses_create_params: {
      instructions: 'Be kind.',
      input: [{ role: 'user', content: [{ type: 'input_text', text: 'What is 9 + 9?' }] }],
    },
    expected_answer: '18',
    uuid: 'mock-4',
    metadata: { category: 'math', n: 3 },
    verifier_metadata: { db: 'x' },
  };
  writeFileSync(file, `${JSON.stringify(row)}\n${JSON.stringify({ responses_create_params: { input: 'What is 7 + 1?' } })}\n`);

  it('sends whole rows, in a session, and reads what is beside the reward', async () => {
    const bodies: [string, unknown, string | undefined][] = [];
    const url = await foreign(({ path: route, body, headers }) => {
      bodies.push([route, body, headers.cookie]);
      if (route === '/seed_session') return { cookie: 'session=1' };
      return route === '/verify'
        ? { body: { ...body, reward: 1, extracted_answer: '18', judged_by: 'rule', nested: {} } }
        : { status: 404 };
    });
    const { environment, name, definitionHash } = await gym(`${url}?protocol=native&data=rows.jsonl`);
    expect([name, environment.dataset.size, definitionHash]).toEqual(['rows', 2, expect.stringMatching(/^sha256:/)]);
    const seed = await environment.seed(0, 0, never);
    expect(seed).toEqual({
      prompt: 'Be kind.\n\nWhat is 9 + 9?',
      messages: [
        { role: 'system', content: 'Be kind.' },
        { role: 'user', content: [{ type: 'text', text: 'What is 9 + 9?' }] },
      ],
      expected_answer: '18',
      category: 'math',
      metadata: { category: 'math', n: 3 },
    });
    expect(await environment.seed(1, 0, never)).toMatchObject({
      messages: [{ role: 'user', content: 'What is 7 + 1?' }],
      expected_answer: '',
    });
    expect(await environment.verify(seed, 'The answer is 18', never)).toEqual({
      reward: 1,
      extracted_answer: '18',
      scoring_method: 'gym',
      scoring_details: { judged_by: 'rule' },
      failure_category: null,
    });
    const [, seeded, verified] = bodies;
    expect(seeded).toEqual(['/seed_session', row, undefined]);
    expect(verified).toMatchObject([
      '/verify',
      { ...row, response: { object: 'response', output: [{ content: [{ text: 'The answer is 18' }] }] } },
      'session=1',
    ]);
  });

  const rowsOf = (...params: object[]): string => {
    const name = path.join(dir, 'settings.jsonl');
    writeFileSync(name, params.map((one) => `${JSON.stringify({ responses_create_params: { input: 'x', ...one } })}\n`).join(''));
    return name;
  };

  it.each([200, 404, 422, 500, 503])('takes the status %i on an empty list for a server that is there', async (status) => {
    let asked = 0;
    const url = await foreign(() => (asked++, { status, body: {} }));
    expect((await gym(`${url}?protocol=native&data=${rowsOf({})}`)).environment.dataset.size).toBe(1);
    expect(asked).toBe(1);
  });

  it('prescribes the settings that all rows have', async () => {
    const url = await foreign(() => ({ body: {} }));
    const settings = { temperature: 0.2, top_p: 0.9, max_output_tokens: 64, tools: [] };
    const { generation } = await gym(`${url}?protocol=native&data=${rowsOf(settings, { ...settings, reasoning: null })}`);
    expect(generation).toEqual({ temperature: 0.2, top_p: 0.9, max_tokens: 64 });
    expect((await gym(`${url}?protocol=native&data=${rowsOf({}, { temperature: null })}`)).generation).toEqual({});
  });

  it.each<[string, object[], RegExp]>([
    [
      'settings that differ',
      [{ temperature: 0.2 }, { temperature: 0.2 }, { temperature: 1 }],
      /settings\.jsonl:3: .*\{"temperature":1\}.*\{"temperature":0\.2\}/,
    ],
    ['settings of some rows only', [{}, { max_output_tokens: 5 }], /settings\.jsonl:2: .*other settings/],
    ['a setting that is no number', [{ temperature: '0.2' }], /settings\.jsonl:1: .*temperature: a number/],
    ['tools', [{}, { tools: [{ type: 'function', name: 'f' }] }], /settings\.jsonl:2: .*tools/],
  ])('refuses rows with %s', async (_what, params, problem) => {
    await expect(gym(`gym://127.0.0.1:9?protocol=native&data=${rowsOf(...params)}`)).rejects.toThrow(problem);
  });

  it.each([
    ['{"a":1}\n', /bad\.jsonl:1.*responses_create_params/],
    ['\n', /no rows/],
    [`${JSON.stringify(row)}\n{"x\n`, /bad\.jsonl:2.*not JSON/],
  ])('says where the file of rows is wrong: %j', async (text, problem) => {
    writeFileSync(path.join(dir, 'bad.jsonl'), text);
    await expect(gym('gym://127.0.0.1:9?protocol=native&data=bad.jsonl')).rejects.toThrow(problem);
  });
});
