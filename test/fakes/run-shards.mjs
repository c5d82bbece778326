/**
 * All shards of a planned run, one after the other in one process of the built code: `node run-shards.mjs RUN_JSON OUT TOTAL…` makes
 * OUT/of-TOTAL/shard_<i> and merges them. What `nel eval shard` does, without a start of Node and a reading of the data set for each.
 */

import { readFileSync } from 'node:fs';
import path from 'node:path';

const load = (file) => import(path.resolve(import.meta.dirname, '../../dist', file));
const { mergeShards } = await load('artifacts/merge-shards.js');
const { writeRunFile } = await load('artifacts/run-file.js');
const { Engine } = await load('workers/engine.js');
const { newRun } = await load('workers/new-run.js');
const { runShardHere } = await load('workers/shard-run.js');

const [runFile, out, ...totals] = process.argv.slice(2);
const whole = JSON.parse(readFileSync(runFile, 'utf8'));
const never = new AbortController().signal;
for (const total of totals.map(Number)) {
  const dir = path.join(out, `of-${total}`);
  const engine = new Engine(process.env);
  for (let index = 0; index < total; index++) {
    const output = { dir: path.join(dir, `shard_${index}`) };
    const run = { ...newRun({ ...whole.spec, output }, whole.benchmarks), shard: { index, total } };
    await writeRunFile(output.dir, run);
    const isDone = await runShardHere({ engine, run, stop: never, abort: never, onProgress: () => {}, log: () => {} });
    if (!isDone) throw new Error(`shard ${index} of ${total} was not finished`);
  }
  await mergeShards({ dir, allowPartial: false, summaryOf: async () => undefined });
}
