/** Runs on the Slurm lab as tests start them: a config with `cluster:`, and what is to be seen of it on disk and in the process table. */

import { existsSync, readdirSync, readFileSync, readlinkSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { DATA_DIR } from '../../data-dir.js';
import { journalLines, type Lab } from '../runs/lab.js';
import type { SlurmLab } from './lab.js';

const NEL = path.resolve(import.meta.dirname, '../../../dist/cli/main.js');

export interface ClusterRunOptions {
  readonly name: string;
  readonly url: string;
  readonly benchmarks: readonly object[];
  readonly service?: Readonly<Record<string, unknown>>;
  readonly cluster?: Readonly<Record<string, unknown>>;
}

export interface ClusterRun {
  readonly config: string;
  readonly out: string;
  /** The run's folder on the cluster; known once run.json is there. */
  workdir(): string;
}

/** Writes the config of a run on four nodes; JSON is YAML. */
export function clusterRun(lab: Lab, slurm: SlurmLab, options: ClusterRunOptions): ClusterRun {
  const { name, url, benchmarks, service = {}, cluster = {} } = options;
  const { host, port, user, key_path, known_hosts } = slurm.ssh;
  const [config, out, workdir] = [lab.path(`${name}.yaml`), lab.path(name), path.join(slurm.folder, 'work')];
  const whole = {
    services: { m: { type: 'api', url, model: 'm', concurrency: 4, ...service } },
    benchmarks,
    output: { dir: out },
    cluster: {
      type: 'slurm',
      walltime: '00:10:00',
      shards: 4,
      node_pools: { compute: { partition: 'batch', nodes: 1, ntasks_per_node: 1 } },
      ssh: { host, port, user, key_path, known_hosts },
      workdir,
      env: { NEL_DATA_DIR: DATA_DIR },
      nel: [process.execPath, NEL],
      ...cluster,
    },
  };
  writeFileSync(config, JSON.stringify(whole, null, 2));
  return {
    config,
    out,
    workdir: () => {
      const { run_id } = JSON.parse(readFileSync(path.join(out, 'run.json'), 'utf8')) as { run_id: string };
      return path.join(workdir, run_id);
    },
  };
}

/** Answers that are safe, by shard. */
export function journaled(run: ClusterRun, benchmark: string, shards = 4): number[] {
  return Array.from({ length: shards }, (_, i) =>
    existsSync(path.join(run.out, 'run.json')) ? journalLines(path.join(run.workdir(), 'out', `shard_${i}`, benchmark)) : 0,
  );
}

/** Process ids of `nel` at work on a shard of this very run. */
export function shardProcesses(run: ClusterRun, shard: number): number[] {
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      const isHere = readlinkSync(`/proc/${name}/cwd`) === run.workdir();
      const isNel = readFileSync(`/proc/${name}/cmdline`, 'utf8').includes('eval\0shard');
      const isShard = readFileSync(`/proc/${name}/environ`, 'utf8').split('\0').includes(`NEL_SHARD_IDX=${shard}`);
      return isHere && isNel && isShard ? [Number(name)] : [];
    } catch {
      // It has ended meanwhile.
      return [];
    }
  });
}

/** Files below the folders that hold the text, in whatever encoding of theirs keeps it as it is. */
export function filesHolding(text: string, ...folders: readonly string[]): string[] {
  return folders.flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .map((name) => path.join(folder, name))
      .filter((file) => existsSync(file) && statSync(file).isFile() && readFileSync(file).includes(text)),
  );
}
