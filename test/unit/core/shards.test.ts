/** Which problems a shard evaluates, and how a process learns which shard it is. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseShard, shardFolder, shardFromEnvironment, shardOfFolder, shardRange } from '../../../src/core/shards.js';

const ranges = (problems: number, total: number) => Array.from({ length: total }, (_, index) => shardRange(problems, { index, total }));

describe('the problems of a shard', () => {
  it('are 875 each of 14,000 over 16', () => {
    const all = ranges(14_000, 16);
    expect([all[0], all[1], all[15]]).toEqual([
      { start: 0, end: 875 },
      { start: 875, end: 1750 },
      { start: 13_125, end: 14_000 },
    ]);
  });

  it('differ by one where the number does not divide', () => {
    expect(ranges(10, 4)).toEqual([
      { start: 0, end: 3 },
      { start: 3, end: 6 },
      { start: 6, end: 8 },
      { start: 8, end: 10 },
    ]);
  });

  it('are none for the last shards when there are more shards than problems', () => {
    expect(ranges(2, 4)).toEqual([
      { start: 0, end: 1 },
      { start: 1, end: 2 },
      { start: 2, end: 2 },
      { start: 2, end: 2 },
    ]);
  });

  it('cover every problem once, in order, in sizes that differ by at most one', () => {
    fc.assert(
      fc.property(fc.nat(5000), fc.integer({ min: 1, max: 200 }), (problems, total) => {
        const all = ranges(problems, total);
        const sizes = all.map(({ start, end }) => end - start);
        expect(all[0]?.start).toBe(0);
        expect(all.at(-1)?.end).toBe(problems);
        for (let i = 1; i < total; i++) expect(all[i]?.start).toBe(all[i - 1]?.end);
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
      }),
    );
  });
});

describe('the shard of a process', () => {
  it('is what NEL_SHARD_IDX and NEL_TOTAL_SHARDS say, before Slurm', () => {
    const slurm = { SLURM_ARRAY_TASK_ID: '5', SLURM_ARRAY_TASK_COUNT: '8', SLURM_ARRAY_TASK_MIN: '0' };
    expect(shardFromEnvironment({ NEL_SHARD_IDX: '3', NEL_TOTAL_SHARDS: '16', ...slurm })).toEqual({ index: 3, total: 16 });
    expect(shardFromEnvironment(slurm)).toEqual({ index: 5, total: 8 });
  });

  it('is counted from the beginning of a Slurm array that does not begin with 0, by its step', () => {
    const array = { SLURM_ARRAY_TASK_COUNT: '4', SLURM_ARRAY_TASK_MIN: '1' };
    expect(shardFromEnvironment({ ...array, SLURM_ARRAY_TASK_ID: '4' })).toEqual({ index: 3, total: 4 });
    const odd = { ...array, SLURM_ARRAY_TASK_MAX: '7', SLURM_ARRAY_TASK_STEP: '2' };
    expect(shardFromEnvironment({ ...odd, SLURM_ARRAY_TASK_ID: '7' })).toEqual({ index: 3, total: 4 });
  });

  it('is none where no variable says so', () => {
    expect(shardFromEnvironment({})).toBeNull();
    expect(shardFromEnvironment({ NEL_SHARD_IDX: '', NEL_TOTAL_SHARDS: '' })).toBeNull();
  });

  it.each([
    [{ NEL_SHARD_IDX: '0' }, 'NEL_SHARD_IDX is set and NEL_TOTAL_SHARDS is not'],
    [{ NEL_TOTAL_SHARDS: '4' }, 'NEL_TOTAL_SHARDS is set and NEL_SHARD_IDX is not'],
    [{ NEL_SHARD_IDX: '4', NEL_TOTAL_SHARDS: '4' }, 'shard 4 of 4 does not exist'],
    [{ NEL_SHARD_IDX: 'x', NEL_TOTAL_SHARDS: '4' }, 'NEL_SHARD_IDX must be a whole number, not "x"'],
    [{ NEL_SHARD_IDX: '0', NEL_TOTAL_SHARDS: '0' }, 'the number of shards must be 1 to'],
    [{ SLURM_ARRAY_TASK_ID: '2' }, 'SLURM_ARRAY_TASK_ID is set and SLURM_ARRAY_TASK_COUNT is not'],
    [
      { SLURM_ARRAY_TASK_ID: '2', SLURM_ARRAY_TASK_COUNT: '3', SLURM_ARRAY_TASK_MIN: '0', SLURM_ARRAY_TASK_MAX: '5' },
      'the Slurm array has gaps: 3 tasks from 0 do not end with 5',
    ],
    [{ SLURM_ARRAY_TASK_ID: '9', SLURM_ARRAY_TASK_COUNT: '3', SLURM_ARRAY_TASK_MIN: '1' }, 'shard 8 of 3 does not exist'],
  ])('is refused for %j', (env, message) => {
    expect(() => shardFromEnvironment(env)).toThrow(message);
  });

  it('is read from --shard, from 0', () => {
    expect(parseShard('3/16')).toEqual({ index: 3, total: 16 });
    for (const wrong of ['16/16', '3', '3/', '-1/4', '1/2/3', '1.5/4']) expect(() => parseShard(wrong)).toThrow(/shard/);
  });
});

it('a shard has a folder of its own, and only such a name is one', () => {
  expect(shardFolder(12)).toBe('shard_12');
  expect(['shard_12', 'shard_0', 'shard_01', 'shard_', 'shard_1x', 'gsm8k'].map(shardOfFolder)).toEqual([12, 0, null, null, null, null]);
});
