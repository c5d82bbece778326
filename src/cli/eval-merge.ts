/** `nel eval merge DIR`: from shards to the artifacts of the whole run. */

import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { mergeShards } from '../artifacts/merge-shards.js';
import type { Bundle } from '../core/bundle.js';
import { NelError } from '../core/errors.js';
import type { OutputSpec } from '../core/spec.js';
import { isStoreAddress } from '../core/store.js';
import { renderRun } from '../report/run-text.js';
import { summaryOf } from '../workers/open-benchmark.js';
import { say } from './drive.js';
import { EXIT } from './exit-codes.js';
import { holdRun, outputAt } from './held-run.js';

/** @returns the exit code */
export async function evalMerge(given: string, allowPartial: boolean): Promise<number> {
  const output: OutputSpec = isStoreAddress(given) ? outputAt(given) : { dir: given };
  const { dir, remote } = output;
  const held = await holdRun(output, []);
  try {
    await held.mirror?.pullExactly(isOfShard);
    const { run, benchmarks, missing } = await mergeShards({
      dir,
      allowPartial,
      summaryOf: ({ spec: { ref, params } }) => summaryOf({ ref, params, cwd: process.cwd() }),
    });
    for (const { name } of benchmarks) await held.mirror?.publish(name);
    if (remote !== undefined) await held.save({ ...run, spec: { ...run.spec, output } }, false);
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
    const files = benchmarks.map(({ written }) => written.bundle as string);
    const bundles = await Promise.all(files.map(async (file) => JSON.parse(await readFile(file, 'utf8')) as Bundle));
    process.stdout.write(
      `${renderRun(
        bundles,
        files.map((file) => (remote === undefined ? path.relative(process.cwd(), file) : `${remote}/${path.relative(dir, file)}`)),
      )}\n`,
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
