/** What a run needs on a cluster besides its run.json: the files that its benchmarks and solvers read on this machine. */

import { access } from 'node:fs/promises';
import path from 'node:path';
import { benchmarkFiles } from '../benchmarks/file.js';
import { isBenchmarkFile } from '../benchmarks/registry.js';
import type { ClusterShell } from '../core/cluster.js';
import { NelError } from '../core/errors.js';
import type { PlannedBenchmark, RunFile } from '../core/spec.js';

export interface ClusterFile {
  readonly from: string;
  /** Relative to the run's folder on the cluster. */
  readonly to: string;
}

/** The run as it is read there, and the files that it then names. */
export async function clusterFiles(run: RunFile, workdir: string): Promise<{ readonly run: RunFile; readonly files: ClusterFile[] }> {
  const files: ClusterFile[] = [];
  const benchmarks: PlannedBenchmark[] = [];
  for (const [i, planned] of run.benchmarks.entries()) {
    let { spec } = planned;
    if (isBenchmarkFile(spec.ref) && !spec.ref.includes('://')) {
      const needed = await benchmarkFiles(spec.ref);
      const root = commonFolder(needed);
      const placed = needed.map((from) => ({ from, to: `files/${i}/${path.relative(root, from).split(path.sep).join('/')}` }));
      files.push(...placed);
      spec = { ...spec, ref: `${workdir}/${placed[0]?.to ?? ''}` };
    }
    if (spec.solver.type === 'replay') {
      const file = { from: spec.solver.file, to: `files/${i}/recordings/${path.basename(spec.solver.file)}` };
      files.push(file);
      spec = { ...spec, solver: { ...spec.solver, file: `${workdir}/${file.to}` } };
    }
    benchmarks.push({ ...planned, spec });
  }
  return { run: { ...run, benchmarks }, files };
}

/** Brings them, and run.json last. @throws NelError of kind `data` for one that is gone */
export async function bringFiles(shell: ClusterShell, run: RunFile, workdir: string, signal: AbortSignal): Promise<void> {
  const there = await clusterFiles(run, workdir);
  for (const { from, to } of there.files) {
    await access(from).catch(() => {
      throw new NelError('data', `${from}, which the run needs on the cluster, is gone`);
    });
    await shell.upload(from, `${workdir}/${to}`, { signal });
  }
  await shell.write(runText(there.run), `${workdir}/run.json`, { signal });
}

export function runText(run: RunFile): string {
  return `${JSON.stringify(run, null, 2)}\n`;
}

/** The deepest folder that holds all files: relative paths between them stay as they are. */
export function commonFolder(files: readonly string[]): string {
  let folder = path.dirname(files[0] ?? '/');
  while (files.some((file) => path.relative(folder, file).startsWith('..'))) folder = path.dirname(folder);
  return folder;
}
