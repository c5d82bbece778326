/** Endpoints that misbehave: what can be answered is scored, what cannot is an error, and a dead endpoint never yields a score. */

import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { DATA_DIR } from '../../data-dir.js';
import { readRows } from '../../fakes/replay.js';
import { spawnFakeEndpoint } from '../../fakes/spawn-endpoint.js';
import { Lab, readBundle, readLines, until } from './lab.js';

const lab = new Lab();
afterAll(() => lab.close());

const gsm8k = { gsm8k: '175b_verification' } as const;

function args(url: string, out: string, ...more: string[]): string[] {
  return [
    'eval',
    'run',
    '--bench',
    'gsm8k',
    '--max-problems',
    '300',
    '--model-url',
    url,
    '--model-id',
    'm',
    '--concurrency',
    '32',
    '-o',
    out,
    ...more,
  ];
}

const badQuestions = (): string[] =>
  readRows(path.join(DATA_DIR, 'gsm8k/test.jsonl'))
    .slice(10, 16)
    .map((row) => String(row['question']));

describe('an endpoint with faults', () => {
  it('has all samples scored in spite of 5% 429 with Retry-After, 5% 500 and 1% that hang', { timeout: 120_000 }, async () => {
    const endpoint = await spawnFakeEndpoint({
      answer: gsm8k,
      latencyMs: 5,
      faults: { seed: 7, rate429: 0.05, retryAfterS: 1, rate500: 0.05, hangRate: 0.01 },
    });
    try {
      const out = lab.path('faults');
      expect(await lab.nel(args(endpoint.url, out, '--request-timeout', '3'))).toMatchObject({ code: 0 });
      expect(readBundle(path.join(out, 'gsm8k'))?.coverage).toEqual({ expected: 300, scored: 300, errors: 0 });
      const { byStatus } = await endpoint.stats();
      expect(byStatus['429']).toBeGreaterThan(0);
      expect(byStatus['500']).toBeGreaterThan(0);
    } finally {
      await endpoint.close();
    }
  });

  it('ends by itself with six prompts that always fail: no score above max_error_rate, six errors in coverage below it', {
    timeout: 180_000,
  }, async () => {
    const endpoint = await spawnFakeEndpoint({ answer: gsm8k, alwaysFail: badQuestions() });
    try {
      const out = lab.path('six');
      const failed = await lab.nel(args(endpoint.url, out, '--max-retries', '2'));
      expect(failed.code).toBe(4);
      expect(failed.stderr).toContain('6 of 300 samples ended as errors, more than max_error_rate 0.01 allows');
      expect(readBundle(path.join(out, 'gsm8k'))).toBeUndefined();

      const passed = await lab.nel(args(endpoint.url, out, '--max-retries', '2', '--max-error-rate', '0.05', '--resume'));
      expect(passed).toMatchObject({ code: 0 });
      const bundle = readBundle(path.join(out, 'gsm8k'));
      expect(bundle?.coverage).toEqual({ expected: 300, scored: 294, errors: 6 });
      expect(bundle?.failures['server_error']).toBe(6);
      const analysis = JSON.parse(readFileSync(path.join(out, 'gsm8k/failure_analysis.json'), 'utf8')) as {
        categories: Record<string, { count: number; exemplars: unknown[] }>;
      };
      expect(analysis.categories['server_error']).toMatchObject({ count: 6, percentage: 2 });
      expect(analysis.categories['server_error']?.exemplars).toHaveLength(3);
      const errors = readLines(path.join(out, 'gsm8k/results.jsonl')).filter(({ status }) => status === 'error');
      expect(errors.map(({ problem_idx, reward, failure_category }) => [problem_idx, reward, failure_category])).toEqual(
        [10, 11, 12, 13, 14, 15].map((problem) => [problem, 0, 'server_error']),
      );
      // Only the six were asked again.
      expect((await endpoint.stats()).requests).toBe(294 + 2 * 6 * 3);
    } finally {
      await endpoint.close();
    }
  });

  it.each([
    [401, 'Incorrect API key provided'],
    [400, 'temperature is out of range'],
    [404, 'The model does not exist'],
  ])('stops at once on %i and says what the endpoint said', { timeout: 60_000 }, async (status, words) => {
    const raw = JSON.stringify({ error: { message: words } });
    const endpoint = await spawnFakeEndpoint({ answer: { status, raw } });
    try {
      const out = lab.path(`status-${status}`);
      const run = await lab.nel(args(endpoint.url, out));
      expect(run.code).toBe(4);
      expect(run.stderr).toContain(words);
      expect(readBundle(path.join(out, 'gsm8k'))).toBeUndefined();
      expect((await endpoint.stats()).requests).toBeLessThanOrEqual(64);
    } finally {
      await endpoint.close();
    }
  });
});

describe('an endpoint that is down', () => {
  it('makes the run wait and say so, and the run finishes when it comes up', { timeout: 120_000 }, async () => {
    const reserved = await spawnFakeEndpoint({ answer: gsm8k });
    const { port, url } = reserved;
    await reserved.close();
    const out = lab.path('down');
    const run = lab.start(args(url, out));
    await until('word of the outage', () => run.stderr().includes('waiting for the endpoint'), 40);
    expect(existsSync(path.join(out, 'gsm8k/results.jsonl'))).toBe(false);
    const endpoint = await spawnFakeEndpoint({ answer: gsm8k, port });
    try {
      expect(await run.done).toMatchObject({ code: 0 });
      expect(readBundle(path.join(out, 'gsm8k'))?.coverage).toEqual({ expected: 300, scored: 300, errors: 0 });
    } finally {
      await endpoint.close();
    }
  });

  it('never yields a score, however the run is ended', { timeout: 60_000 }, async () => {
    const reserved = await spawnFakeEndpoint({});
    await reserved.close();
    const out = lab.path('dead');
    const run = lab.start(args(reserved.url, out));
    await until('word of the outage', () => run.stderr().includes('waiting for the endpoint'), 40);
    run.child.kill('SIGINT');
    expect(await run.done).toMatchObject({ code: 130, stdout: '' });
    expect(readBundle(path.join(out, 'gsm8k'))).toBeUndefined();
    expect(existsSync(path.join(out, 'gsm8k/results.jsonl'))).toBe(false);
  });
});

describe('an endpoint that refuses every prompt', () => {
  it('ends early without a score once the errors can no longer be allowed, and shows what it saw', { timeout: 120_000 }, async () => {
    const endpoint = await spawnFakeEndpoint({ answer: { status: 500, content: 'broken' } });
    try {
      const out = lab.path('all-broken');
      const args = [
        'eval',
        'run',
        '--bench',
        'gsm8k',
        '--model-url',
        endpoint.url,
        '--model-id',
        'm',
        '--concurrency',
        '16',
        '--max-retries',
        '0',
        '-o',
        out,
      ];
      const run = await lab.nel(args);
      expect(run.code).toBe(4);
      expect(run.stderr).toContain('of 1319 samples ended as errors, more than max_error_rate 0.01 allows');
      expect(readBundle(path.join(out, 'gsm8k'))).toBeUndefined();
      const analysis = JSON.parse(readFileSync(path.join(out, 'gsm8k/failure_analysis.json'), 'utf8')) as {
        total_steps: number;
        failure_rate: number;
      };
      expect(analysis.failure_rate).toBe(1);
      expect(analysis.total_steps).toBeLessThan(1319);
    } finally {
      await endpoint.close();
    }
  });
});
