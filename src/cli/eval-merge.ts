/** `nel eval merge DIR`: from shards to the artifacts of the whole run. */

import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { mergeShards } from '../artifacts/merge-shards.js';
import { lockRun } from '../client/run-lock.js';
import type { Bundle } from '../core/bundle.js';
import { NelError } from '../core/errors.js';
import { renderRun } from '../report/run-text.js';
import { summaryOf } from '../workers/open-benchmark.js';
import { say } from './drive.js';
import { EXIT } from './exit-codes.js';

/** @returns the exit code */
export async function evalMerge(dir: string, allowPartial: boolean): Promise<number> {
  const lock = lockRun(dir);
  try {
    const { benchmarks, missing } = await mergeShards({
      dir,
      allowPartial,
      summaryOf: ({ spec: { ref, params } }) => summaryOf({ ref, params, cwd: process.cwd() }),
    });
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
        files.map((file) => path.relative(process.cwd(), file)),
      )}\n`,
    );
    return EXIT.OK;
  } finally {
    lock.release();
  }
}
