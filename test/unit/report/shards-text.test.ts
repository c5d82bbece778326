/** The table of shards: every column, in the width of a terminal. */

import { expect, it } from 'vitest';
import { type ShownShard, shardLines } from '../../../src/report/shards-text.js';

const shard: ShownShard = {
  shard: 0,
  state: 'running',
  node: 'n012',
  job_id: '481516_0',
  attempt: 1,
  done: 312,
  samples: 7000,
  reason: null,
};

it('shows state, node, job, attempt, progress and reason, and a dash for what is not known yet', () => {
  const waiting: ShownShard = { ...shard, shard: 1, state: 'pending', node: null, job_id: null, done: 0, samples: 0, reason: 'Priority' };
  expect(shardLines([shard, waiting])).toEqual([
    'shard  state    node  job       attempt  done',
    '0      running  n012  481516_0  1        312/7000',
    '1      pending  -     -         1        0         Priority',
  ]);
});

it('keeps to the width that it is given, whatever the cluster says', () => {
  const long: ShownShard = {
    ...shard,
    shard: 9999,
    node: 'gpu-node-[0123-0126,0200]',
    job_id: '123456789_9999',
    reason: 'ReqNodeNotAvail, Reserved for maintenance',
  };
  for (const columns of [80, 100, 132]) {
    for (const line of shardLines([shard, long], columns)) expect(line.length).toBeLessThanOrEqual(columns);
  }
  expect(shardLines([long], 100)[1]).toContain('gpu-node-[0123-01…');
});

it('is nothing without shards', () => {
  expect(shardLines([])).toEqual([]);
});
