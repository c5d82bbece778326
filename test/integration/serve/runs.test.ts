/** Whole runs through gym://, against the same runs with the benchmark in their own process: what the files say is the same, but for timings. */

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { DATA_DIR } from '../../data-dir.js';
import { type SpawnedEndpoint, spawnFakeEndpoint } from '../../fakes/spawn-endpoint.js';
import { type BundleFile, journalLines, Lab, readBundle, readLines, timeless, until } from '../runs/lab.js';
import { type ServeProcess, startServe } from './serve-process.js';

const missing = existsSync(path.join(DATA_DIR, 'gsm8k')) ? '' : ' (skipped: put the shared data sets into ../shared/data)';
const GOLDEN = path.resolve(import.meta.dirname, '../../golden/datasets');
const lab = new Lab();
const servers: ServeProcess[] = [];
const endpoints: SpawnedEndpoint[] = [];
const proxies: http.Server[] = [];
afterEach(async () => {
  for (const { child } of servers.splice(0)) if (child.exitCode === null) child.kill('SIGKILL');
  for (const endpoint of endpoints.splice(0)) await endpoint.close();
  for (const proxy of proxies.splice(0)) {
    proxy.closeAllConnections();
    proxy.close();
  }
});
afterAll(() => lab.close());

function serve(args: readonly string[], env?: Record<string, string>): ServeProcess {
  const started = startServe(args, env);
  servers.push(started);
  return started;
}

async function endpointOf(options: Parameters<typeof spawnFakeEndpoint>[0]): Promise<SpawnedEndpoint> {
  const endpoint = await spawnFakeEndpoint(options);
  endpoints.push(endpoint);
  return endpoint;
}

const gymOf = (url: string, query = ''): string => `gym://${new URL(url).host}${query}`;

interface RunFiles {
  readonly results: Record<string, unknown>[];
  readonly bundle: BundleFile;
  readonly trajectories: readonly unknown[];
}

/** Without what differs from run to run by nature, at any depth: a judge's calls have their times too. */
function withoutTimes(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutTimes);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([key]) => !['timing', 'timestamp', 'latency_ms', 'retries'].includes(key));
  return Object.fromEntries(entries.map(([key, member]) => [key, withoutTimes(member)]));
}

function filesOf(out: string, name: string): RunFiles {
  const dir = path.join(out, name);
  return {
    results: readLines(path.join(dir, 'results.jsonl')).map(timeless),
    bundle: readBundle(dir) as BundleFile,
    trajectories: readLines(path.join(dir, 'trajectories.jsonl')).map(withoutTimes),
  };
}

/** Runs the benchmark and gives its files; `name` is the folder that it ends in. */
async function run(bench: string, name: string, args: readonly string[], env: Record<string, string> = {}): Promise<RunFiles> {
  const out = lab.path(`${name}-${Math.random().toString(36).slice(2)}`);
  const { code, stderr } = await lab.nel(['eval', 'run', '--bench', bench, '-o', out, ...args], env);
  expect(code, stderr).toBe(0);
  return filesOf(out, name);
}

/** Hands requests on, but for each n-th, which `fail` answers. */
async function proxy(
  target: string,
  every: number,
  fail: (response: http.ServerResponse) => void,
): Promise<{ url: string; failed(): number }> {
  let requests = 0;
  let failed = 0;
  const server = http.createServer((request, response) => {
    if (++requests % every === 0) {
      failed++;
      request.resume();
      fail(response);
      return;
    }
    const { method, url: asked, headers } = request;
    const onward = http.request(`${target}${asked}`, { method, headers, agent: false }, (reply) => {
      response.writeHead(reply.statusCode ?? 502, reply.headers);
      reply.pipe(response);
    });
    onward.on('error', () => response.destroy());
    request.pipe(onward);
  });
  proxies.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, failed: () => failed };
}

describe.skipIf(missing !== '')(`GSM8K through gym://${missing}`, () => {
  it('ends in the files of a local run, twice each of 1,319 problems', { timeout: 240_000 }, async () => {
    const endpoint = await endpointOf({ answer: { gsm8k: '175b_verification' } });
    const { url } = serve(['-b', 'gsm8k', '--port', '0']);
    const args = ['--model-url', endpoint.url, '--model-id', 'm', '--repeats', '2'];
    const local = await run('gsm8k', 'gsm8k', args);
    const remote = await run(gymOf(await url), 'gsm8k', args);
    expect(local.results).toHaveLength(2 * 1319);
    expect(local.bundle.benchmark.scores['mean_reward']?.value).toBeCloseTo(742 / 1319, 12);
    expect(remote.results).toEqual(local.results);
    expect(remote.trajectories).toEqual(local.trajectories);
    expect(remote.bundle.benchmark).toEqual(local.bundle.benchmark);
  });

  it('ends in the same files by exported rows and the native protocol, with a token', { timeout: 120_000 }, async () => {
    const endpoint = await endpointOf({ answer: { gsm8k: '175b_verification' } });
    const rows = lab.path('rows');
    const first = ['--max-problems', '60'];
    const { url } = serve(['-b', 'gsm8k', '--port', '0', '--gym-compat', '--export-data', rows, '--token-env', 'SERVE_TOKEN', ...first], {
      SERVE_TOKEN: 'a-token-of-16-letters',
    });
    const args = ['--model-url', endpoint.url, '--model-id', 'm', '--repeats', '2'];
    const query = `?protocol=native&data=${path.join(rows, 'gsm8k.jsonl')}`;
    const token = { GYM_TOKEN: 'a-token-of-16-letters' };
    const local = await run('gsm8k', 'gsm8k', [...args, ...first]);
    const native = await run(gymOf(await url, `${query}&token_env=GYM_TOKEN`), 'gsm8k', args, token);
    const plain = await run(gymOf(await url, '?token_env=GYM_TOKEN'), 'gsm8k', args, token);
    expect(local.results).toHaveLength(120);
    expect(native.results).toEqual(local.results);
    expect(native.trajectories).toEqual(local.trajectories);
    expect(plain.results).toEqual(local.results);

    const out = lab.path('refused');
    const refused = await lab.nel(['eval', 'run', '--bench', gymOf(await url), '-o', out, ...args]);
    expect(refused).toMatchObject({ code: 3, stderr: expect.stringMatching(/wants a token.*token_env=NAME/s) as string });
    const wrong = await lab.nel(['eval', 'run', '--bench', gymOf(await url, '?token_env=GYM_TOKEN'), '-o', out, ...args], {
      GYM_TOKEN: 'another-token-here',
    });
    expect(wrong.code).toBe(3);
    expect(wrong.stderr).not.toContain('another-token-here');
  });

  it.each<[string, (response: http.ServerResponse) => void]>([
    ['answers 500', (response) => response.writeHead(500, { 'content-type': 'application/json' }).end('{"detail":"a bad moment"}')],
    [
      'answers half a reply',
      (response) => void response.writeHead(200, { 'content-length': '900' }).write('{"rew', () => response.destroy()),
    ],
    ['answers no JSON', (response) => response.end('<html>')],
    ['cuts the connection', (response) => void response.destroy()],
  ])('loses and doubles nothing when the server %s now and then', { timeout: 120_000 }, async (_what, fail) => {
    const endpoint = await endpointOf({ answer: { gsm8k: '175b_verification' } });
    const { url } = serve(['-b', 'gsm8k', '--port', '0']);
    const between = await proxy(await url, 7, fail);
    const args = ['--model-url', endpoint.url, '--model-id', 'm', '--max-problems', '50'];
    const local = await run('gsm8k', 'gsm8k', args);
    const remote = await run(gymOf(between.url), 'gsm8k', args);
    expect(between.failed()).toBeGreaterThan(10);
    expect(remote.results).toEqual(local.results);
    expect((await endpoint.stats()).requests).toBe(100);
  });

  it('goes on when the server was killed in mid-run and another has taken its port', { timeout: 120_000 }, async () => {
    const endpoint = await endpointOf({ answer: { gsm8k: '175b_verification' }, latencyMs: 100 });
    const args = ['--model-url', endpoint.url, '--model-id', 'm', '--max-problems', '300', '--concurrency', '16'];
    const server = serve(['-b', 'gsm8k', '--port', '0']);
    const url = await server.url;
    const out = lab.path('restarted');
    const running = lab.start(['eval', 'run', '--bench', gymOf(url), '-o', out, ...args]);
    await until(`journal lines; nel said: ${running.stderr()}`, () => journalLines(path.join(out, 'gsm8k')) >= 60);
    server.child.kill('SIGKILL');
    await delay(1_500);
    expect(journalLines(path.join(out, 'gsm8k'))).toBeLessThan(300);
    await serve(['-b', 'gsm8k', '--port', new URL(url).port]).url;
    const { code, stderr } = await running.done;
    expect(code, stderr).toBe(0);
    expect((await endpoint.stats()).requests).toBe(300);
    const local = await run('gsm8k', 'gsm8k', args);
    expect(filesOf(out, 'gsm8k').results).toEqual(local.results);
    expect((await endpoint.stats()).byStatus).toEqual({ 200: 600 });
  });
});

describe('a benchmark file through gym://', () => {
  it('ends in the files of a local run', { timeout: 120_000 }, async () => {
    const file = path.resolve(import.meta.dirname, '../../../examples/benchmarks/01_capitals.ts');
    const endpoint = await endpointOf({ answer: 'I think that it is Paris.' });
    const { url } = serve(['-b', file, '--port', '0']);
    const args = ['--model-url', endpoint.url, '--model-id', 'm', '--repeats', '2'];
    const remote = await run(gymOf(await url), 'capitals', args);
    const local = await run(file, 'capitals', args);
    expect(local.results.length).toBeGreaterThan(2);
    expect(remote.results).toEqual(local.results);
    expect(remote.bundle.benchmark).toEqual(local.bundle.benchmark);
  });

  it('is refused where it lets the model use tools', { timeout: 60_000 }, async () => {
    const file = path.resolve(import.meta.dirname, '../../../examples/benchmarks/03_timetable_tool.ts');
    const { url } = serve(['-b', file, '--port', '0']);
    const refused = await lab.nel(['eval', 'run', '--bench', gymOf(await url), '--model-url', 'http://127.0.0.1:9/v1', '--model-id', 'm']);
    expect(refused).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('lets the model use tools, which gym:// does not carry') as string,
    });
  });
});

describe('a benchmark that is scored by a judge', () => {
  const config = (url: string): string => {
    const file = lab.path('judge.yaml');
    writeFileSync(
      file,
      `services:
  model: {url: "\${MODEL_URL:-http://127.0.0.1:9/v1}", model: m}
  judge: {url: "${url}", model: big, api_key: "\${JUDGE_KEY}"}
benchmarks:
  - name: simpleqa
    solver: {service: model}
    metrics:
      - {type: judge, service: judge}
      - {type: token_f1}
`,
    );
    return file;
  };

  it('is judged by the server as by a local run', { timeout: 120_000 }, async () => {
    const judge = await endpointOf({ answer: '{"reason": "as it says", "label": "CORRECT"}', apiKey: 'judge-key-of-16-letters' });
    const model = await endpointOf({ answer: 'The Danube.' });
    const env = { NEL_DATA_DIR: GOLDEN, JUDGE_KEY: 'judge-key-of-16-letters', MODEL_URL: model.url };
    const file = config(judge.url);
    const out = lab.path('judged');
    const local = await lab.nel(['eval', 'run', file, '-o', out], env);
    expect(local.code, local.stderr).toBe(0);
    const asked = (await judge.stats()).requests;
    expect(asked).toBeGreaterThan(0);

    const { url } = serve(['-b', 'simpleqa', '--config', file, '--port', '0'], env);
    const remote = await run(gymOf(await url), 'simpleqa', ['--model-url', model.url, '--model-id', 'm']);
    expect((await judge.stats()).requests).toBe(2 * asked);
    expect(remote.results).toEqual(filesOf(out, 'simpleqa').results);
    expect(remote.trajectories).toEqual(filesOf(out, 'simpleqa').trajectories);
  });

  it('is asked again later when the judge is down', { timeout: 60_000 }, async () => {
    const { url } = serve(['-b', 'simpleqa', '--config', config('http://127.0.0.1:9/v1'), '--port', '0'], {
      NEL_DATA_DIR: GOLDEN,
      JUDGE_KEY: 'judge-key-of-16-letters',
    });
    const reply = await fetch(`${await url}/verify`, { method: 'POST', body: JSON.stringify({ response: 'The Danube.', idx: 0 }) });
    expect(reply.status).toBe(503);
    expect(reply.headers.get('retry-after')).toBe('1');
    expect(await reply.text()).not.toContain('judge-key-of-16-letters');
  });

  it.each([
    [['-b', 'simpleqa'], /is scored by a judge, and the config names none/],
    [['-b', 'simpleqa', '--config', 'nowhere.yaml'], /nowhere\.yaml/],
  ])('is refused with %j', { timeout: 30_000 }, async (args, problem) => {
    const { code, stderr } = await serve([...args, '--port', '0'], { NEL_DATA_DIR: GOLDEN }).ended;
    expect([code, stderr]).toEqual([3, expect.stringMatching(problem) as string]);
  });

  it('names the unset variable of its key', { timeout: 30_000 }, async () => {
    const { code, stderr } = await serve(['-b', 'simpleqa', '--config', config('http://127.0.0.1:9/v1'), '--port', '0'], {
      NEL_DATA_DIR: GOLDEN,
    }).ended;
    expect([code, stderr]).toEqual([3, expect.stringContaining('JUDGE_KEY is not set') as string]);
  });
});

describe('exported rows', () => {
  it('hold few-shot turns of --param', { timeout: 60_000 }, async () => {
    const rows = lab.path('few-shot');
    const args = ['-b', 'mmlu', '--param', 'shots=2', '--port', '0', '--export-data', rows, '--system-prompt', 'Be brief.'];
    await serve(args, { NEL_DATA_DIR: GOLDEN }).url;
    const [row] = readFileSync(path.join(rows, 'mmlu.jsonl'), 'utf8').split('\n');
    const { responses_create_params: params } = JSON.parse(row as string) as {
      responses_create_params: { input: { role: string; content: string }[] };
    };
    expect(params.input.map(({ role }) => role)).toEqual(['system', 'user', 'assistant', 'user', 'assistant', 'user']);
    expect(params.input[0]).toEqual({ role: 'system', content: 'Be brief.' });
  });
});
