/** `nel eval merge DIR`: from shards to the artifacts of the whole run. */

import { existsSync } from 'node:fs';
import { mergeShards } from '../artifacts/merge-shards.js';
import { NelError } from '../core/errors.js';
import type { OutputSpec } from '../core/spec.js';
import { isStoreAddress } from '../core/store.js';
import { summaryOf } from '../workers/open-benchmark.js';
import { say } from './drive.js';
import { EXIT } from './exit-codes.js';
import { holdRun, outputAt } from './held-run.js';
import { printable } from './printable.js';
import { showResult } from './show-result.js';

/** @returns the exit code */
export async function evalMerge(given: string, allowPartial: boolean): Promise<number> {
  const output: OutputSpec = isStoreAddress(given) ? outputAt(given) : { dir: given };
  const { dir, remote } = output;
  if (remote === undefined && !existsSync(dir)) throw new NelError('usage', `there is no directory ${dir}`);
  const held = await holdRun(output, []);
  try {
    await held.mirror?.pullExactly(isOfShard);
    const { run, benchmarks, missing, leftOut } = await mergeShards({
      dir,
      allowPartial,
      summaryOf: ({ spec: { ref, params } }) => summaryOf({ ref, params, cwd: process.cwd() }),
    });
    for (const { name } of benchmarks) await held.mirror?.publish(name);
    if (remote !== undefined) await held.save({ ...run, spec: { ...run.spec, output } }, false);
    for (const reason of leftOut) say(`note: left out: ${printable(reason)}`);
    if (missing.length > 0) say(`note: merged without ${missing.length} shards: ${missing.join(', ')}`);
    const refused = benchmarks.filter(({ written }) => written.bundle === null);
    if (refused.length > 0) {
      const list = refused.map(
        ({ name, written: { aggregate } }) => `${name} (${aggregate.coverage.errors} of ${aggregate.coverage.expected})`,
      );
      throw new NelError('run', `more samples ended as errors than max_error_rate allows; no score is given: ${list.join(', ')}`, {
        hint: 'start the shards with errors again (their answers are kept), then merge again',
      });
    }
    await showResult(
      benchmarks.map(({ written }) => written.bundle as string),
      output,
    );
    return EXIT.OK;
  } finally {
    await held.release();
  }
}

/** A merge reads what shards have finished, not their journals. */
function isOfShard(file: string): boolean {
  return /^shard_\d+\//.test(file) && !file.includes('/journal/');
}
