/** Shards: which problems each of several processes evaluates, and how a process learns which one it is. */

import { NelError } from './errors.js';

/** Shard `index` (from 0) of `total`. */
export interface Shard {
  readonly index: number;
  readonly total: number;
}

/** Problems [start, end) of a shard. */
export interface ProblemRange {
  readonly start: number;
  readonly end: number;
}

/** More would be a slip: each shard is a process. */
const MOST_SHARDS = 1_000_000;

/**
 * Problems [start, end) of a shard: contiguous, in order, together all problems; sizes differ by at most one, the larger ones first.
 * More shards than problems leave the last ones empty.
 */
export function shardRange(problems: number, { index, total }: Shard): ProblemRange {
  const size = Math.floor(problems / total);
  const larger = problems % total;
  const start = index * size + Math.min(index, larger);
  return { start, end: start + size + (index < larger ? 1 : 0) };
}

/** Folder of a shard under the run's output directory. */
export function shardFolder(index: number): string {
  return `shard_${index}`;
}

/** The index in a shard folder's name, or null for any other name. */
export function shardOfFolder(name: string): number | null {
  const index = /^shard_(0|[1-9]\d{0,6})$/.exec(name)?.[1];
  return index === undefined ? null : Number(index);
}

/** `3/16`, index from 0. @throws NelError of kind `usage` */
export function parseShard(text: string): Shard {
  const match = /^(\d{1,7})\/(\d{1,7})$/.exec(text.trim());
  if (match === null) throw new NelError('usage', `--shard must be written INDEX/TOTAL, such as 3/16, not ${JSON.stringify(text)}`);
  return checked({ index: Number(match[1]), total: Number(match[2]) }, '--shard');
}

type Env = Readonly<Record<string, string | undefined>>;

/**
 * The shard that the environment names: NEL_SHARD_IDX of NEL_TOTAL_SHARDS, else a Slurm array task (its place in the array, whatever
 * number the array begins with). Null: none.
 * @throws NelError of kind `usage` for one variable without the other, values out of range, or an array with gaps
 */
export function shardFromEnvironment(env: Env): Shard | null {
  const { NEL_SHARD_IDX, NEL_TOTAL_SHARDS } = env;
  if (NEL_SHARD_IDX || NEL_TOTAL_SHARDS) {
    if (!NEL_SHARD_IDX || !NEL_TOTAL_SHARDS) {
      const [set, missing] = NEL_SHARD_IDX ? ['NEL_SHARD_IDX', 'NEL_TOTAL_SHARDS'] : ['NEL_TOTAL_SHARDS', 'NEL_SHARD_IDX'];
      throw new NelError('usage', `${set} is set and ${missing} is not`, { hint: 'A shard needs both, or neither for the whole run.' });
    }
    return checked({ index: whole(env, 'NEL_SHARD_IDX'), total: whole(env, 'NEL_TOTAL_SHARDS') }, 'NEL_SHARD_IDX of NEL_TOTAL_SHARDS');
  }
  if (!env['SLURM_ARRAY_TASK_ID']) return null;
  if (!env['SLURM_ARRAY_TASK_COUNT']) {
    throw new NelError('usage', 'SLURM_ARRAY_TASK_ID is set and SLURM_ARRAY_TASK_COUNT is not: how many shards there are is not known', {
      hint: 'Set NEL_SHARD_IDX and NEL_TOTAL_SHARDS; or unset SLURM_ARRAY_TASK_ID for the whole run.',
    });
  }
  const first = env['SLURM_ARRAY_TASK_MIN'] ? whole(env, 'SLURM_ARRAY_TASK_MIN') : 0;
  const step = env['SLURM_ARRAY_TASK_STEP'] ? Math.max(1, whole(env, 'SLURM_ARRAY_TASK_STEP')) : 1;
  const index = (whole(env, 'SLURM_ARRAY_TASK_ID') - first) / step;
  const total = whole(env, 'SLURM_ARRAY_TASK_COUNT');
  if (env['SLURM_ARRAY_TASK_MAX'] && whole(env, 'SLURM_ARRAY_TASK_MAX') !== first + (total - 1) * step) {
    throw new NelError('usage', `the Slurm array has gaps: ${total} tasks from ${first} do not end with ${env['SLURM_ARRAY_TASK_MAX']}`, {
      hint: 'Which shard a task is cannot be told: set NEL_SHARD_IDX and NEL_TOTAL_SHARDS, or use an array without gaps.',
    });
  }
  return checked({ index, total }, 'the Slurm array task');
}

function whole(env: Env, name: string): number {
  const text = env[name] ?? '';
  if (/^\d{1,9}$/.test(text.trim())) return Number(text);
  throw new NelError('usage', `${name} must be a whole number, not ${JSON.stringify(text)}`);
}

function checked(shard: Shard, what: string): Shard {
  const { index, total } = shard;
  if (total < 1 || total > MOST_SHARDS)
    throw new NelError('usage', `${what}: the number of shards must be 1 to ${MOST_SHARDS}, not ${total}`);
  if (Number.isInteger(index) && index >= 0 && index < total) return shard;
  throw new NelError('usage', `${what}: shard ${index} of ${total} does not exist`, {
    hint: `Shards are counted from 0: the last of ${total} is ${total - 1}. Arrays with gaps need NEL_SHARD_IDX and NEL_TOTAL_SHARDS.`,
  });
}
