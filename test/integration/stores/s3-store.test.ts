/** The store's adapter against a real S3 server: parts, conditions, hostile names. */

import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openS3Store } from '../../../src/adapters/stores/s3.js';
import type { ArtifactStore } from '../../../src/core/store.js';
import { BUCKET, Gate, S3Server, s3Program } from './s3-server.js';

const { program, hint } = s3Program();
const KEYS = ['AWS_ENDPOINT_URL_S3', 'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_REGION'] as const;

describe.skipIf(program === null)(`a store over S3${hint}`, () => {
  const dir = mkdtempSync(path.join(tmpdir(), 'nel-store-'));
  let server: S3Server;
  let store: ArtifactStore;

  beforeAll(async () => {
    server = await S3Server.start(program as string);
    Object.assign(process.env, server.env());
    store = openS3Store({ address: `s3://${BUCKET}/a/run`, env: process.env });
  }, 60_000);
  afterAll(() => {
    store.close();
    server.close();
    for (const key of KEYS) delete process.env[key];
    rmSync(dir, { recursive: true, force: true });
  });

  it('brings a large file there in parts and back the same', { timeout: 60_000 }, async () => {
    const bytes = Buffer.alloc(40 * 1024 * 1024 + 12_345);
    for (let i = 0; i < bytes.length; i += 4) bytes.writeUInt32LE((i * 2_654_435_761) >>> 0, Math.min(i, bytes.length - 4));
    writeFileSync(path.join(dir, 'large'), bytes);
    await store.upload(path.join(dir, 'large'), 'gsm8k/large.jsonl', bytes.length);
    expect(await store.list('gsm8k/')).toEqual([
      // An ETag with the number of parts: it did go up in parts.
      { path: 'gsm8k/large.jsonl', size: bytes.length, tag: expect.stringMatching(/^"[0-9a-f]{32}-3"$/) },
    ]);
    await store.download('gsm8k/large.jsonl', path.join(dir, 'deep/back'));
    expect(readFileSync(path.join(dir, 'deep/back')).equals(bytes)).toBe(true);
    expect(readdirSync(path.join(dir, 'deep'))).toEqual(['back']);
  });

  it('takes the first bytes of a file that has grown since', async () => {
    writeFileSync(path.join(dir, 'grown'), 'line one\nline two\n');
    await store.upload(path.join(dir, 'grown'), 'grown.jsonl', 9);
    expect(server.text('a/run/grown.jsonl')).toBe('line one\n');
  });

  it('creates a file once, and replaces only the version that was seen', async () => {
    const tag = await store.writeText('once.json', '1', { absent: true });
    expect(tag).not.toBeNull();
    expect(await store.writeText('once.json', '2', { absent: true })).toBeNull();
    expect(await store.writeText('once.json', '3', { tag: tag as string })).not.toBeNull();
    expect(await store.writeText('once.json', '4', { tag: tag as string })).toBeNull();
    expect((await store.readText('once.json'))?.text).toBe('3');
  });

  it('lets one of many that create at once win', async () => {
    const tries = await Promise.all(Array.from({ length: 8 }, (_, i) => store.writeText('race.json', String(i), { absent: true })));
    expect(tries.filter((tag) => tag !== null)).toHaveLength(1);
  });

  it('has no file where there is none, and deletes what is not there', async () => {
    expect(await store.readText('none.json')).toBeNull();
    await expect(store.download('none.json', path.join(dir, 'none'))).rejects.toThrow('s3://evals/a/run/none.json is not there');
    expect(readdirSync(dir)).not.toContain('none');
    await store.remove('none.json');
  });

  it('lists more files than fit a page, in order', { timeout: 60_000 }, async () => {
    mkdirSync(server.file('many/x'), { recursive: true });
    for (let i = 0; i < 1_203; i++) writeFileSync(server.file(`many/x/${String(i).padStart(5, '0')}.json`), '');
    const many = openS3Store({ address: `s3://${BUCKET}/many`, env: process.env });
    const files = await many.list('x/');
    many.close();
    expect(files).toHaveLength(1_203);
    expect(files.map(({ path: file }) => file)).toEqual(files.map(({ path: file }) => file).sort());
  });

  it('tells a store that is busy from one that refuses', { timeout: 60_000 }, async () => {
    const gate = await Gate.open(server.endpoint);
    const behind = openS3Store({ address: `s3://${BUCKET}/a`, env: { ...process.env, AWS_ENDPOINT_URL_S3: gate.endpoint } });
    gate.shut = true;
    await expect(behind.list('')).rejects.toMatchObject({ name: 'StoreUnavailable' });
    gate.shut = false;
    await expect(behind.list('run/')).resolves.not.toHaveLength(0);
    gate.close();
    behind.close();
    const gone = openS3Store({ address: `s3://${BUCKET}/a`, env: { ...process.env, AWS_ENDPOINT_URL_S3: gate.endpoint } });
    await expect(gone.list('')).rejects.toMatchObject({ name: 'StoreUnavailable' });
    gone.close();
  });
});
