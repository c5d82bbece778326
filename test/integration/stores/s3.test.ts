/** Runs that are kept in an S3 bucket: killed on one machine, gone on with on another, gated from there. A machine is a state directory of its own. */

import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureServer } from '../../../src/client/embedded/server.js';
import { DATA_DIR } from '../../data-dir.js';
import { type SpawnedEndpoint, spawnFakeEndpoint } from '../../fakes/spawn-endpoint.js';
import { journalLines, Lab, type ResultRow, readLines, timeless, until } from '../runs/lab.js';
import { ACCESS_KEY, BUCKET, Gate, S3Server, SECRET_KEY, s3Program } from './s3-server.js';

const { program, hint } = s3Program();
const data = existsSync(path.join(DATA_DIR, 'gsm8k/recordings/175b_verification.jsonl'));
const PROBLEMS = 400;
const machines: Lab[] = [];
let server: S3Server;
let undisturbed: Record<string, unknown>[];

function machine(): Lab {
  const lab = new Lab();
  machines.push(lab);
  return lab;
}

const newEndpoint = (latencyMs = 60): Promise<SpawnedEndpoint> => spawnFakeEndpoint({ answer: { gsm8k: '175b_verification' }, latencyMs });
const address = (prefix: string): string => `s3://${BUCKET}/${prefix}`;

function args(endpoint: SpawnedEndpoint, prefix: string, ...more: string[]): string[] {
  const model = ['--model-url', endpoint.url, '--model-id', '175b_verification', '--concurrency', '16'];
  return ['eval', 'run', '--bench', 'gsm8k', '--max-problems', String(PROBLEMS), ...model, '-o', address(prefix), ...more];
}

const storedLines = (prefix: string): number => journalLines(server.file(`${prefix}/gsm8k`));
const storedResults = (prefix: string): Record<string, unknown>[] =>
  readLines(server.file(`${prefix}/gsm8k/results.jsonl`)).map((row: ResultRow) => timeless(row));
const bundles = (prefix: string): string[] => readdirSync(server.file(`${prefix}/gsm8k`)).filter((name) => name.startsWith('eval-'));

describe.skipIf(program === null || !data)(`a run in a bucket${hint}${data ? '' : ` (skipped: no recordings in ${DATA_DIR})`}`, () => {
  beforeAll(async () => {
    server = await S3Server.start(program as string);
    const endpoint = await newEndpoint(5);
    const first = await machine().nel(args(endpoint, 'whole'), server.env());
    expect(first).toMatchObject({ code: 0 });
    expect(first.stdout).toContain(`bundle        ${address('whole')}/gsm8k/eval-`);
    undisturbed = storedResults('whole');
    await endpoint.close();
  }, 120_000);
  afterAll(async () => {
    for (const lab of machines) await lab.close();
    server.close();
  });

  it('has there what a directory has, and nothing of the working copy', () => {
    expect(undisturbed).toHaveLength(PROBLEMS);
    expect(bundles('whole')).toHaveLength(1);
    expect(readdirSync(server.file('whole')).sort()).toEqual(['.owner.json', 'gsm8k', 'run.json']);
    expect(storedLines('whole')).toBe(PROBLEMS);
  });

  it('goes on on another machine after a kill -9, asking again what had not been copied and nothing else', {
    timeout: 180_000,
  }, async () => {
    const endpoint = await newEndpoint();
    try {
      const run = machine().start(args(endpoint, 'killed'), server.env());
      await until(`journal lines in the store; nel said: ${run.stderr()}`, () => storedLines('killed') >= 60, 60);
      run.child.kill('SIGKILL');
      await run.done;
      await delay(300);
      const kept = storedLines('killed');
      const before = (await endpoint.stats()).requests;
      expect(kept).toBeLessThan(PROBLEMS);
      const second = await machine().nel(args(endpoint, 'killed', '--resume'), server.env());
      expect(second).toMatchObject({ code: 0 });
      expect(second.stderr).toMatch(/was driven by process \d+ on .*waiting up to 20 s/);
      expect(storedResults('killed')).toEqual(undisturbed);
      expect((await endpoint.stats()).requests - before).toBe(PROBLEMS - kept);
    } finally {
      await endpoint.close();
    }
  });

  it('is refused to a second machine while the first drives it, and asks nothing there', { timeout: 180_000 }, async () => {
    const endpoint = await newEndpoint(400);
    const other = await newEndpoint();
    try {
      const run = machine().start(args(endpoint, 'two'), server.env());
      await until('run.json', () => server.text('two/run.json') !== null, 60);
      const second = await machine().nel(args(other, 'two'), server.env());
      expect(second.code).toBe(3);
      expect(second.stderr).toMatch(/s3:\/\/evals\/two is in use by process \d+ on /);
      expect((await other.stats()).requests).toBe(0);
      expect(await run.done).toMatchObject({ code: 0 });
    } finally {
      await endpoint.close();
      await other.close();
    }
  });

  it('is worked on by workers of several machines, one after the other', { timeout: 180_000 }, async () => {
    const endpoint = await newEndpoint();
    const cluster = machine();
    const lease = await ensureServer({ stateDir: cluster.stateDir });
    const env = { ...server.env(), TEMPORAL_ADDRESS: lease.address };
    try {
      const first = machine().start(['worker'], env);
      const run = machine().start(args(endpoint, 'workers'), env);
      await until(`journal lines in the store; nel said: ${run.stderr()} ${first.stderr()}`, () => storedLines('workers') >= 60, 60);
      first.child.kill('SIGKILL');
      const kept = storedLines('workers');
      const second = machine().start(['worker'], env);
      const { code, stdout, stderr } = await run.done;
      expect(code, stderr).toBe(0);
      expect(stdout).toContain(`bundle        ${address('workers')}/gsm8k/eval-`);
      expect(storedResults('workers')).toEqual(undisturbed);
      const asked = Object.values((await endpoint.stats()).byBody);
      expect(asked.reduce((sum, n) => sum + n - 1, 0)).toBeLessThanOrEqual(PROBLEMS - kept);
      second.child.kill('SIGTERM');
      expect(await second.done).toMatchObject({ code: 0 });
    } finally {
      await lease.release();
      await endpoint.close();
    }
  });

  it('waits out a store that answers 503, and loses nothing', { timeout: 180_000 }, async () => {
    const endpoint = await newEndpoint();
    const gate = await Gate.open(server.endpoint);
    try {
      const run = machine().start(args(endpoint, 'away'), server.env(gate.endpoint));
      await until(`journal lines in the store; nel said: ${run.stderr()}`, () => storedLines('away') >= 40, 60);
      gate.shut = true;
      await until('refused requests', () => gate.refused > 4, 60);
      await delay(6_000);
      gate.shut = false;
      expect(await run.done).toMatchObject({ code: 0 });
      expect(storedResults('away')).toEqual(undisturbed);
      expect(Object.values((await endpoint.stats()).byBody).every((n) => n === 1)).toBe(true);
    } finally {
      gate.close();
      await endpoint.close();
    }
  });

  it('is gated from two addresses by a machine that has neither', { timeout: 120_000 }, async () => {
    const lab = machine();
    const policy = lab.path('policy.yaml');
    writeFileSync(policy, 'defaults: {metric: mean_reward, max_drop: 0.02}\nbenchmarks:\n  gsm8k: {tier: critical}\n');
    const gate = ['gate', address('whole'), address('killed'), '--policy', policy, '--format', 'json', '--strict'];
    const { code, stdout, stderr } = await lab.nel(gate, server.env());
    expect(code, stderr).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      verdict: 'GO',
      baseline: { path: address('whole') },
      candidate: { path: address('killed') },
    });
    const compared = await lab.nel(['compare', address('whole'), address('killed'), '--format', 'json'], server.env());
    expect(compared).toMatchObject({ code: 0 });
    const nothing = await lab.nel(['gate', address('whole'), address('nothing-there'), '--policy', policy], server.env());
    expect(nothing.code).toBe(3);
    expect(nothing.stderr).toContain('s3://evals/nothing-there: nothing is there');
  });

  it('is made of shards that go to folders of their own and are merged from there', { timeout: 180_000 }, async () => {
    const endpoint = await newEndpoint(5);
    try {
      for (const shard of ['0/2', '1/2']) {
        expect(await machine().nel(args(endpoint, 'sharded', '--shard', shard), server.env())).toMatchObject({ code: 0 });
      }
      expect(existsSync(server.file('sharded/shard_1/gsm8k/results.jsonl'))).toBe(true);
      const merged = await machine().nel(['eval', 'merge', address('sharded')], server.env());
      expect(merged, merged.stderr).toMatchObject({ code: 0 });
      expect(storedResults('sharded')).toEqual(undisturbed);
      expect(bundles('sharded')).toHaveLength(1);
    } finally {
      await endpoint.close();
    }
  });

  it('is scored again into an address of its own', { timeout: 120_000 }, async () => {
    const rescored = await machine().nel(['rescore', address('whole'), '--metric', 'exact_match'], server.env());
    expect(rescored, rescored.stderr).toMatchObject({ code: 0 });
    expect(readLines(server.file('whole-rescored/gsm8k/results.jsonl'))).toHaveLength(PROBLEMS);
  });

  it('is not mixed with files that are no run, nor with a run of another config', { timeout: 120_000 }, async () => {
    const endpoint = await newEndpoint();
    try {
      mkdirSync(server.file('foreign/gsm8k'), { recursive: true });
      writeFileSync(server.file('foreign/gsm8k/notes.txt'), 'mine');
      const lab = machine();
      const foreign = await lab.nel(args(endpoint, 'foreign'), server.env());
      expect(foreign).toMatchObject({ code: 3 });
      expect(foreign.stderr).toContain('s3://evals/foreign/gsm8k/notes.txt exists, but no run.json');
      const other = await lab.nel(args(endpoint, 'whole', '--temperature', '0.5'), server.env());
      expect(other).toMatchObject({ code: 3 });
      expect(other.stderr).toContain('holds a run with another config');
      expect((await endpoint.stats()).requests).toBe(0);
    } finally {
      await endpoint.close();
    }
  });

  it.each([
    { what: 'a bucket that is not there', prefix: 's3://no-such-bucket/x', env: {}, says: 'there is no bucket no-such-bucket' },
    {
      what: 'a wrong key',
      prefix: 's3://evals/x',
      env: { AWS_SECRET_ACCESS_KEY: `${SECRET_KEY}x` },
      says: 'does not accept the credentials',
    },
    {
      what: 'an unknown key',
      prefix: 's3://evals/x',
      env: { AWS_ACCESS_KEY_ID: 'AKIAUNKNOWN0000' },
      says: 'does not accept the credentials',
    },
    {
      what: 'no credentials',
      prefix: 's3://evals/x',
      env: { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '' },
      says: 'no usable credentials',
    },
    { what: 'a name that no bucket can have', prefix: 's3://b', env: {}, says: 'is no name of a bucket' },
    { what: 'a key in the address', prefix: `s3://${ACCESS_KEY}:${SECRET_KEY}@evals/x`, env: {}, says: 'holds a user name or a key' },
  ])('with $what ends with exit code 3 before a call is made, and shows no key', { timeout: 60_000 }, async ({ prefix, env, says }) => {
    const endpoint = await newEndpoint();
    try {
      const command = args(endpoint, 'x').map((arg) => (arg === address('x') ? prefix : arg));
      const { code, stderr } = await machine().nel(command, { ...server.env(), AWS_EC2_METADATA_DISABLED: 'true', ...env });
      expect(stderr).toContain(says);
      expect(code).toBe(3);
      expect(stderr).not.toContain(SECRET_KEY);
      expect(stderr).not.toContain(ACCESS_KEY);
      expect((await endpoint.stats()).requests).toBe(0);
    } finally {
      await endpoint.close();
    }
  });

  it('keeps no credential in any file of the run', () => {
    const files = readdirSync(server.file(''), { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    expect(files.length).toBeGreaterThan(10);
    for (const { parentPath, name } of files) expect(readFileSync(path.join(parentPath, name), 'utf8')).not.toContain(SECRET_KEY);
  });
});
