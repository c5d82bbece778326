/** Shards without any server: `nel eval run --shard i/n` as a scheduler or a person starts it, stopped in every way, and started again. */

import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type SpawnedEndpoint, spawnFakeEndpoint } from '../../fakes/spawn-endpoint.js';
import { type Finished, journalLines, Lab, readBundle, readLines, timeless, until } from './lab.js';

const lab = new Lab();
/** Sums of two numbers, 90 problems. */
const PROBLEMS = 90;
let bench: string;

beforeAll(() => {
  bench = lab.path('sums.mjs');
  writeFileSync(
    bench,
    `import { answerLine, defineBenchmark } from 'nel';
const dataset = Array.from({ length: ${PROBLEMS} }, (_, i) => ({ a: i, b: i % 7, sum: String(i + (i % 7)), kind: i % 2 ? 'odd' : 'even' }));
export const b = defineBenchmark({ name: 'sums', dataset, prompt: '{a} + {b} = ?', targetField: 'sum', category: 'kind', scorer: answerLine() });\n`,
  );
});
afterAll(() => lab.close());

const args = (url: string, out: string, ...more: string[]): string[] => {
  const run = ['eval', 'run', '--bench', bench, '--model-url', url, '--model-id', 'm', '--concurrency', '4', '-o', lab.path(out)];
  return [...run, ...more];
};
const shardDir = (out: string, shard: number): string => lab.path(out, `shard_${shard}`);
const lines = (out: string, shard: number): number => journalLines(path.join(shardDir(out, shard), 'sums'));
const isServerless = (): boolean =>
  !existsSync(path.join(lab.stateDir, 'temporal')) && !readdirNames(lab.stateDir).some((name) => name.endsWith('.db'));

function readdirNames(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder, { recursive: true, encoding: 'utf8' }) : [];
}

async function merged(out: string, ...more: string[]): Promise<Finished> {
  return lab.nel(['eval', 'merge', lab.path(out), ...more]);
}

/** Calls beyond the first, of all prompts. */
async function askedAgain(endpoint: SpawnedEndpoint, prompts: number): Promise<number> {
  const counts = Object.values((await endpoint.stats()).byBody);
  expect(counts).toHaveLength(prompts);
  return counts.reduce((sum, n) => sum + n - 1, 0);
}

describe('a shard', () => {
  it('is named by flag, by environment or by Slurm, in this order, and needs no server', { timeout: 60_000 }, async () => {
    const endpoint = await spawnFakeEndpoint({ answer: 'Answer: 3' });
    try {
      const slurm = { SLURM_ARRAY_TASK_ID: '11', SLURM_ARRAY_TASK_COUNT: '4', SLURM_ARRAY_TASK_MIN: '10' };
      const named = { NEL_SHARD_IDX: '2', NEL_TOTAL_SHARDS: '4', ...slurm };
      const runs = [
        await lab.nel(args(endpoint.url, 'named', '--shard', '3/4'), named),
        await lab.nel(args(endpoint.url, 'named'), named),
        await lab.nel(args(endpoint.url, 'named'), slurm),
      ];
      expect(runs.map(({ code }) => code)).toEqual([0, 0, 0]);
      expect(runs.map(({ stderr }) => /^shard .*$/m.exec(stderr)?.[0].replace(lab.path(), ''))).toEqual([
        'shard 3 of 4 in /named/shard_3: sums [68, 90)',
        'shard 2 of 4 in /named/shard_2: sums [46, 68)',
        'shard 1 of 4 in /named/shard_1: sums [23, 46)',
      ]);
      const rows = readLines(path.join(shardDir('named', 2), 'sums/results.jsonl'));
      expect(rows.map(({ problem_idx }) => problem_idx)).toEqual(Array.from({ length: 22 }, (_, i) => 46 + i));
      expect(isServerless()).toBe(true);
      // Three of four are there.
      const partial = await merged('named');
      expect(partial).toMatchObject({ code: 3, stderr: expect.stringContaining('1 of 4 shards are missing: shard_0') });
      const allowed = await merged('named', '--allow-partial');
      expect(allowed).toMatchObject({ code: 0, stderr: expect.stringContaining('merged without 1 shards: 0') });
      expect(readBundle(lab.path('named/sums'))?.coverage).toEqual({
        expected: 90,
        scored: 67,
        errors: 0,
        missing: { shards: [0], samples: 23 },
      });
    } finally {
      await endpoint.close();
    }
  });

  it('drains on SIGTERM, and asks nothing again when it is started anew', { timeout: 60_000 }, async () => {
    const endpoint = await spawnFakeEndpoint({ answer: 'Answer: 3', latencyMs: 300 });
    try {
      const first = lab.start(args(endpoint.url, 'drained', '--shard', '0/2'));
      await until(`journal lines; ${first.stderr()}`, () => lines('drained', 0) >= 6);
      first.child.kill('SIGTERM');
      const ended = await first.done;
      expect(ended).toMatchObject({ code: 130, stderr: expect.stringContaining('every answer so far is kept') });
      expect(lines('drained', 0)).toBe((await endpoint.stats()).requests);
      expect(await lab.nel(args(endpoint.url, 'drained', '--shard', '0/2'))).toMatchObject({ code: 0 });
      expect(await askedAgain(endpoint, 45)).toBe(0);
      expect(await lab.nel(args(endpoint.url, 'drained', '--shard', '0/2'))).toMatchObject({
        code: 0,
        stderr: expect.stringContaining('this shard is complete'),
      });
      // A shard whose files no merge could read is not complete: they are made again from the journal.
      const results = path.join(shardDir('drained', 0), 'sums/results.jsonl');
      const whole = readFileSync(results, 'utf8');
      for (const spoil of [() => writeFileSync(results, whole.slice(0, -30)), () => rmSync(results)]) {
        spoil();
        const again = await lab.nel(args(endpoint.url, 'drained', '--shard', '0/2'));
        expect(again).toMatchObject({ code: 0, stderr: expect.stringContaining('its files are written anew') });
        expect(readFileSync(results, 'utf8')).toBe(whole);
      }
      expect((await endpoint.stats()).requests).toBe(45);
    } finally {
      await endpoint.close();
    }
  });

  it('goes on after kill -9, with at most the calls in flight asked again', { timeout: 60_000 }, async () => {
    const endpoint = await spawnFakeEndpoint({ answer: 'Answer: 3', latencyMs: 300 });
    try {
      for (const atLeast of [5, 15]) {
        const run = lab.start(args(endpoint.url, 'killed', '--shard', '1/2'));
        await until(`journal lines; ${run.stderr()}`, () => lines('killed', 1) >= atLeast);
        run.child.kill('SIGKILL');
        await run.done;
      }
      expect(await lab.nel(args(endpoint.url, 'killed', '--shard', '1/2'))).toMatchObject({ code: 0 });
      expect(readBundle(path.join(shardDir('killed', 1), 'sums'))?.coverage).toEqual({ expected: 45, scored: 45, errors: 0 });
      expect(await askedAgain(endpoint, 45)).toBeLessThanOrEqual(8);
    } finally {
      await endpoint.close();
    }
  });

  it('waits for an endpoint that is down, and loses no sample to it', { timeout: 90_000 }, async () => {
    const first = await spawnFakeEndpoint({ answer: 'Answer: 3', latencyMs: 200 });
    const run = lab.start(args(first.url, 'waiting', '--shard', '0/2'));
    await until(`journal lines; ${run.stderr()}`, () => lines('waiting', 0) >= 5);
    await first.close();
    await until(`the wait; ${run.stderr()}`, () => run.stderr().includes('waiting for the endpoint: '), 40);
    await sleep(1_000);
    const second = await spawnFakeEndpoint({ answer: 'Answer: 3', port: first.port });
    try {
      const finished = await run.done;
      expect(finished, finished.stderr).toMatchObject({ code: 0, stderr: expect.stringContaining('the endpoint answers again') });
      expect(readBundle(path.join(shardDir('waiting', 0), 'sums'))?.coverage).toEqual({ expected: 45, scored: 45, errors: 0 });
    } finally {
      await second.close();
    }
  });

  it('is one process at a time, of one config and one number of shards', { timeout: 60_000 }, async () => {
    const endpoint = await spawnFakeEndpoint({ answer: 'Answer: 3', latencyMs: 500 });
    try {
      const run = lab.start(args(endpoint.url, 'refused', '--shard', '0/2'));
      await until(`journal lines; ${run.stderr()}`, () => lines('refused', 0) >= 1);
      const beside = await lab.nel(args(endpoint.url, 'refused', '--shard', '0/2'));
      expect(beside).toMatchObject({ code: 3, stderr: expect.stringContaining(`is in use by process ${run.child.pid}`) });
      run.child.kill('SIGTERM');
      await run.done;
      const other = await lab.nel(args(endpoint.url, 'refused', '--shard', '0/2', '--temperature', '0.5'));
      expect(other).toMatchObject({ code: 3, stderr: expect.stringContaining('holds a run with another config') });
      const more = await lab.nel(args(endpoint.url, 'refused', '--shard', '0/3'));
      expect(more).toMatchObject({ code: 3, stderr: expect.stringContaining('holds shard 0 of 2, not shard 0 of 3') });
      const half = await lab.nel(args(endpoint.url, 'refused'), { NEL_SHARD_IDX: '1' });
      expect(half).toMatchObject({ code: 3, stderr: expect.stringContaining('NEL_SHARD_IDX is set and NEL_TOTAL_SHARDS is not') });
    } finally {
      await endpoint.close();
    }
  });

  it('may be empty: more shards than problems merge into the whole', { timeout: 90_000 }, async () => {
    const endpoint = await spawnFakeEndpoint({ answer: 'Answer: 3' });
    try {
      for (let shard = 0; shard < 6; shard++) {
        const run = await lab.nel(args(endpoint.url, 'empty', '--max-problems', '4', '--shard', `${shard}/6`));
        expect(run, run.stderr).toMatchObject({ code: 0 });
      }
      expect(readBundle(path.join(shardDir('empty', 5), 'sums'))?.coverage).toEqual({ expected: 0, scored: 0, errors: 0 });
      expect(await merged('empty')).toMatchObject({ code: 0 });
      expect(await lab.nel(args(endpoint.url, 'whole', '--max-problems', '4'))).toMatchObject({ code: 0 });
      const rows = (out: string): unknown[] => readLines(lab.path(out, 'sums/results.jsonl')).map(timeless);
      expect(rows('empty')).toEqual(rows('whole'));
      expect(readBundle(lab.path('empty/sums'))?.benchmark).toEqual(readBundle(lab.path('whole/sums'))?.benchmark);

      // What does not belong together is named.
      const spoilt = (name: string, change: (dir: string) => void): Promise<Finished> => {
        cpSync(lab.path('empty'), lab.path(name), { recursive: true });
        change(lab.path(name));
        return merged(name);
      };
      const copied = await spoilt('copied', (dir) => {
        rmSync(path.join(dir, 'shard_1'), { recursive: true });
        cpSync(path.join(dir, 'shard_2'), path.join(dir, 'shard_1'), { recursive: true });
      });
      expect(copied).toMatchObject({ code: 3, stderr: expect.stringMatching(/copied\/shard_1 holds shard 2/) });
      const doubled = await spoilt('doubled', (dir) => {
        const file = path.join(dir, 'shard_1/sums/results.jsonl');
        writeFileSync(file, readFileSync(file, 'utf8').repeat(2));
      });
      expect(doubled.stderr).toMatch(/doubled\/shard_1\/sums\/results\.jsonl:2: .*beyond its range/s);
      const overlapping = await spoilt('overlapping', (dir) => {
        const of = (shard: number): string => path.join(dir, `shard_${shard}/sums/results.jsonl`);
        writeFileSync(of(1), readFileSync(of(0), 'utf8'));
      });
      expect(overlapping.stderr).toMatch(/overlapping\/shard_1\/sums\/results\.jsonl:1: .*problem_idx 0, repeat 0/s);
    } finally {
      await endpoint.close();
    }
  });
});

it('a merge of a directory that is not there says so, and makes none', async () => {
  expect(await merged('typo')).toMatchObject({ code: 3, stderr: expect.stringContaining('there is no directory') });
  expect(existsSync(lab.path('typo'))).toBe(false);
});
