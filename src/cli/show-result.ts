/** The scores of a run on stdout, as `eval run`, `eval merge` and `rescore` end: what each bundle says, and where it is. */

import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { bundlePath } from '../artifacts/write-artifacts.js';
import type { Bundle } from '../core/bundle.js';
import type { OutputSpec, RunFile } from '../core/spec.js';
import { renderRun } from '../report/run-text.js';

/** The bundle of each benchmark of a finished run. */
export function bundlesOf(run: RunFile): string[] {
  return run.benchmarks.map(({ name }) => bundlePath(path.join(run.spec.output.dir, name), run));
}

export function readBundles(files: readonly string[]): Promise<Bundle[]> {
  return Promise.all(files.map(async (file) => JSON.parse(await readFile(file, 'utf8')) as Bundle));
}

/** @param files bundles below the output directory, absolute or relative to here */
export async function showResult(files: readonly string[], output: OutputSpec): Promise<void> {
  const bundles = await readBundles(files);
  process.stdout.write(
    `${renderRun(
      bundles,
      files.map((file) => shownPath(file, output)),
    )}\n`,
  );
}

/** A file of a run as a person finds it: in the store where the run is kept, or here. */
export function shownPath(file: string, { dir, remote }: OutputSpec): string {
  return remote === undefined ? shortPath(file) : `${remote}/${path.relative(dir, file)}`;
}

/** Relative to here when that is shorter. */
export function shortPath(file: string): string {
  const relative = path.relative(process.cwd(), file);
  return relative.length < file.length ? relative : file;
}
