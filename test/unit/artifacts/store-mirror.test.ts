import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { StoreMirror } from '../../../src/artifacts/store-mirror.js';
import { MemoryStore } from '../../fakes/memory-store.js';

const BATCH = 'gsm8k/journal/000000000-000000050';
const never = new AbortController().signal;
let root: string;
let dir: string;
let store: MemoryStore;
let mirror: StoreMirror;
const said: string[] = [];

const write = (file: string, text: string): void => {
  mkdirSync(path.dirname(path.join(dir, file)), { recursive: true });
  writeFileSync(path.join(dir, file), text);
};
const read = (file: string): string => readFileSync(path.join(dir, file), 'utf8');
const run = (id: string): string => JSON.stringify({ run_id: id });

beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), 'nel-mirror-'));
  dir = path.join(root, 'copy');
  mkdirSync(dir);
  store = new MemoryStore();
  said.length = 0;
  mirror = new StoreMirror(store, dir, (line) => void said.push(line));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

describe('a working copy', () => {
  it('of another run is moved aside, and nothing of it is lost', async () => {
    write('run.json', run('old'));
    write(`${BATCH}/a.jsonl`, 'paid\n');
    write('.lock/owner.1', '');
    store.put('run.json', run('new'));
    const aside = (await mirror.adoptRun()) as string;
    expect(readFileSync(path.join(aside, BATCH, 'a.jsonl'), 'utf8')).toBe('paid\n');
    expect(readdirSync(dir)).toEqual(['.lock']);
  });

  it('of a run that was deleted in the store is moved aside too', async () => {
    write('run.json', run('old'));
    expect(await mirror.adoptRun()).toContain('old');
    expect(existsSync(path.join(dir, 'run.json'))).toBe(false);
  });

  it('of the same run stays', async () => {
    write('run.json', run('same'));
    store.put('run.json', run('same'));
    expect(await mirror.adoptRun()).toBeNull();
    expect(read('run.json')).toBe(run('same'));
  });

  it('has the bundles of the store and no other', async () => {
    write('gsm8k/eval-a.json', 'not published');
    write('gsm8k/results.jsonl', 'kept');
    store.put('gsm8k/eval-b.json', 'published');
    await mirror.pullBundles(['gsm8k']);
    expect(readdirSync(path.join(dir, 'gsm8k')).sort()).toEqual(['eval-b.json', 'results.jsonl']);
  });
});

describe('run.json', () => {
  it('of a new run is not written over that of another', async () => {
    store.put('run.json', run('theirs'));
    await expect(mirror.saveRunFile(run('mine'), true)).rejects.toMatchObject({ kind: 'usage' });
    expect(store.text('run.json')).toBe(run('theirs'));
    expect(existsSync(path.join(dir, 'run.json'))).toBe(false);
  });

  it('whose answer was lost is known for our own', async () => {
    store.loseAnswer = true;
    await mirror.saveRunFile(run('mine'), true);
    expect(read('run.json')).toBe(run('mine'));
  });
});

describe('a journal', () => {
  it('becomes the sum of both sides: the longer of two copies of a file counts', async () => {
    write(`${BATCH}/both.jsonl`, 'one\ntwo\n');
    write(`${BATCH}/here.jsonl`, 'here\n');
    write(`${BATCH}/cut.jsonl`, 'on');
    store.put(`${BATCH}/both.jsonl`, 'one\n');
    store.put(`${BATCH}/cut.jsonl`, 'one\ntwo\n');
    store.put(`${BATCH}/there.jsonl`, 'there\n');
    const following = await mirror.follow(BATCH);
    await following.finish(never);
    for (const name of ['both', 'cut']) {
      expect(read(`${BATCH}/${name}.jsonl`)).toBe('one\ntwo\n');
      expect(store.text(`${BATCH}/${name}.jsonl`)).toBe('one\ntwo\n');
    }
    expect(read(`${BATCH}/there.jsonl`)).toBe('there\n');
    expect(store.text(`${BATCH}/here.jsonl`)).toBe('here\n');
    // What was there already was not brought there again.
    expect(store.log.sort()).toEqual([`${BATCH}/both.jsonl`, `${BATCH}/here.jsonl`]);
  });

  it('goes to the store while it grows', { timeout: 10_000 }, async () => {
    const following = await mirror.follow(BATCH);
    write(`${BATCH}/a.jsonl`, 'one\n');
    await expect.poll(() => store.text(`${BATCH}/a.jsonl`), { timeout: 5_000 }).toBe('one\n');
    await following.finish(never);
  });

  it('is brought there in the end however long the store was away', { timeout: 10_000 }, async () => {
    const following = await mirror.follow(BATCH);
    write(`${BATCH}/a.jsonl`, 'one\n');
    store.away = 2;
    await following.finish(never);
    expect(store.text(`${BATCH}/a.jsonl`)).toBe('one\n');
    expect(said).toEqual(['s3://memory/run does not answer; trying again until it does']);
  });

  it('ends the batch where the store says no', async () => {
    const following = await mirror.follow(BATCH);
    write(`${BATCH}/a.jsonl`, 'one\n');
    store.upload = () => Promise.reject(new Error('not allowed'));
    await expect(following.finish(never)).rejects.toThrow('not allowed');
  });

  it('takes no file whose name leads elsewhere', async () => {
    store.put(`${BATCH}/../../../../evil.jsonl`, 'x\n');
    store.put(`${BATCH}/.hidden.jsonl`, 'x\n');
    await (await mirror.follow(BATCH)).finish(never);
    expect(existsSync(path.join(root, 'evil.jsonl'))).toBe(false);
    expect(existsSync(path.join(dir, BATCH))).toBe(false);
  });
});

describe('publishing', () => {
  it('takes the old bundle away first and brings the new one last', async () => {
    for (const name of ['results.jsonl', 'trajectories.jsonl', 'eval-a.json', 'runtime_stats.json', 'x.123.tmp'])
      write(`gsm8k/${name}`, name);
    store.put('gsm8k/eval-a.json', 'old');
    await mirror.publish('gsm8k');
    expect(store.log[0]).toBe('-gsm8k/eval-a.json');
    expect(store.log.at(-1)).toBe('gsm8k/eval-a.json');
    expect([...store.log].sort()).toEqual([
      '-gsm8k/eval-a.json',
      'gsm8k/eval-a.json',
      'gsm8k/results.jsonl',
      'gsm8k/runtime_stats.json',
      'gsm8k/trajectories.jsonl',
    ]);
  });
});

describe('an exact copy', () => {
  it('follows the store: what changed is brought, what went is removed, the rest stays untouched', async () => {
    store.put('a/results.jsonl', 'one');
    store.put('b/results.jsonl', 'same');
    expect(await mirror.pullExactly(() => true)).toBe(2);
    write('b/results.jsonl', 'SAME');
    store.put('a/results.jsonl', 'two');
    store.put('c.json', 'new');
    store.files.delete('gone');
    await mirror.pullExactly(() => true);
    expect([read('a/results.jsonl'), read('b/results.jsonl'), read('c.json')]).toEqual(['two', 'SAME', 'new']);
    await store.remove('c.json');
    await mirror.pullExactly(() => true);
    expect(existsSync(path.join(dir, 'c.json'))).toBe(false);
  });
});
