/** The cluster port over Kubernetes: the plan as a ConfigMap, shards as Indexed Jobs, their files on a shared volume or in a store. */

import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { ClusterPort, EndedShard } from '../activities/cluster.js';
import { type KubernetesApi, openKubernetes } from '../adapters/clusters/kubernetes/client.js';
import { cancelRun, pollShards, putPlan, shardLog, submitShards } from '../adapters/clusters/kubernetes/jobs.js';
import { type JobContext, jobKey, PLAN_FILE } from '../adapters/clusters/kubernetes/manifest.js';
import { benchmarkFiles } from '../benchmarks/file.js';
import { isBenchmarkFile } from '../benchmarks/registry.js';
import type { SubmittedShards } from '../core/cluster.js';
import type { ClusterShardReport, ShardLog } from '../core/cluster-shards.js';
import { NelError } from '../core/errors.js';
import type { KubernetesCluster } from '../core/kubernetes.js';
import { shardFolder } from '../core/shards.js';
import type { PlannedBenchmark, RunFile } from '../core/spec.js';
import type { BenchmarkResult, ClusterPollRef, ClusterRef, ClusterSubmitRef } from '../workflows/contract.js';
import { mergeRun, runOf } from './merge-run.js';
import type { Env } from './open-benchmark.js';
import { parseProgress } from './progress-file.js';
import { Redactor } from './redactor.js';
import { lastLines } from './shard-log.js';
import { reportedState } from './shard-state.js';
import { openMirror } from './stores.js';

/** Earlier starts whose Jobs are looked for: older ones have long ended. */
const EARLIER_STARTS = 20;
/** Of a failed Pod, which the end of the run deletes. */
const LOG_LINES = 1_000;

interface OpenCluster {
  readonly run: RunFile;
  readonly cluster: KubernetesCluster;
  readonly api: KubernetesApi;
  readonly job: JobContext;
}

export class KubernetesRuns implements ClusterPort {
  private readonly apis = new Map<string, Promise<KubernetesApi>>();

  constructor(private readonly env: Env) {}

  async prepare(ref: ClusterRef, signal: AbortSignal): Promise<void> {
    const { run, cluster, api, job } = await this.open(ref);
    outputOf(run, cluster);
    // An earlier start of this run may have left Jobs: two would write one shard.
    for (let generation = Math.max(0, ref.generation - EARLIER_STARTS); generation < ref.generation; generation++) {
      await cancelRun(api, contextOf(run, cluster, generation), { signal });
    }
    const { plan, files } = await planOf(run);
    await putPlan(api, job, { runJson: `${JSON.stringify(plan, null, 2)}\n`, files, signal });
  }

  async submit(ref: ClusterSubmitRef, signal: AbortSignal): Promise<SubmittedShards> {
    const { run, cluster, api, job } = await this.open(ref);
    const { attempt, shards, total } = ref;
    const output = outputOf(run, cluster);
    return submitShards(api, { ...job, attempt, shards, totalShards: total, output, resume: ref.generation > 0 }, { signal });
  }

  async poll({ submitted, ...ref }: ClusterPollRef, signal: AbortSignal): Promise<readonly ClusterShardReport[]> {
    const { run, cluster, api } = await this.open(ref);
    const options = { signal, unschedulableAfter: cluster.unschedulable_after };
    const reports = (await Promise.all(submitted.map((attempt) => pollShards(api, attempt, options)))).flat();
    return Promise.all(
      reports.map(async ({ shard, jobId, nodes, status }): Promise<ClusterShardReport> => {
        const { done, samples } = await this.progress(run, shard);
        return { shard, job_id: jobId, node: nodes, done, samples, ...reportedState(status) };
      }),
    );
  }

  async cancel(ref: ClusterRef, signal: AbortSignal): Promise<void> {
    const { api, job } = await this.open(ref);
    await cancelRun(api, job, { signal });
  }

  async log(ref: ClusterRef, { job_id, shard, attempt }: EndedShard, signal: AbortSignal): Promise<ShardLog | null> {
    const { run, cluster, api } = await this.open(ref);
    const text = await shardLog(api, { jobId: job_id }, LOG_LINES, { signal });
    if (text === null) return null;
    const redactor = new Redactor();
    for (const { name } of cluster.secret_env) redactor.learn(this.env[name] ?? '');
    const file = path.join(run.spec.output.dir, 'logs', `attempt-${attempt}-shard-${shard}.log`);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, redactor.redact(text));
    return { file, tail: lastLines(redactor.redact(text)) };
  }

  /** A shared volume is here as well; what is in a store is brought. */
  async fetch(ref: ClusterRef, signal: AbortSignal): Promise<void> {
    const { output } = (await runOf(ref)).spec;
    if (output.remote === undefined) return;
    const mirror = await openMirror(output.remote, this.env);
    try {
      await mirror.pullExactly((file) => /^shard_\d+\//.test(file) && !file.includes('/journal/'), signal);
    } finally {
      mirror.store.close();
    }
  }

  async merge(ref: ClusterRef, signal: AbortSignal): Promise<readonly BenchmarkResult[]> {
    const { run, api, job } = await this.open(ref);
    const results = await mergeRun(run, ref.run_dir, signal);
    const { remote } = run.spec.output;
    if (remote !== undefined) {
      const mirror = await openMirror(remote, this.env);
      try {
        for (const { name } of run.benchmarks) await mirror.publish(name);
      } finally {
        mirror.store.close();
      }
    }
    await cancelRun(api, job, { signal });
    return results;
  }

  close(): Promise<void> {
    this.apis.clear();
    return Promise.resolve();
  }

  private async open(ref: ClusterRef): Promise<OpenCluster> {
    const run = await runOf(ref);
    const { cluster } = run.spec;
    if (cluster?.type !== 'kubernetes') throw new NelError('data', `${ref.run_dir}/run.json names no Kubernetes cluster`);
    const key = JSON.stringify([cluster.kubeconfig, cluster.context, cluster.namespace]);
    let api = this.apis.get(key);
    if (api === undefined) {
      api = openKubernetes(cluster);
      api.catch(() => this.apis.delete(key));
      this.apis.set(key, api);
    }
    return { run, cluster, api: await api, job: contextOf(run, cluster, ref.generation) };
  }

  /** Shards on a volume report by file; of others it is known when they have ended. */
  private async progress(run: RunFile, shard: number): Promise<{ readonly done: number; readonly samples: number }> {
    const file = path.join(run.spec.output.dir, shardFolder(shard), 'progress.json');
    return parseProgress(await readFile(file, 'utf8').catch(() => ''));
  }
}

function contextOf(run: RunFile, cluster: KubernetesCluster, generation: number): JobContext {
  return { key: jobKey(run.workflow_id, String(generation)), workflowId: run.workflow_id, cluster };
}

/** Where shards write: the same address for them and for this machine. */
function outputOf({ spec: { output } }: RunFile, { volume }: KubernetesCluster): string {
  if (output.remote !== undefined) return output.remote;
  if (volume === null) {
    throw new NelError('config', 'shards on Kubernetes have no place to write to', {
      hint: 'Give the cluster a volume, or the output an s3:// address.',
    });
  }
  const below = path.relative(volume.mount_path, output.dir);
  if (below !== '' && !below.startsWith('..') && !path.isAbsolute(below)) return output.dir;
  throw new NelError('config', `the output directory ${output.dir} is not below the volume's mount path ${volume.mount_path}`, {
    hint: 'The machine that merges has to see the volume at the same path as the Pods; use an s3:// address where it cannot.',
  });
}

/** The run as the Pods read it, with benchmark files of the user's own beside it. */
async function planOf(run: RunFile): Promise<{ readonly plan: RunFile; readonly files: Record<string, string> }> {
  const files: Record<string, string> = {};
  const benchmarks: PlannedBenchmark[] = [];
  for (const planned of run.benchmarks) {
    const { spec } = planned;
    if (!isBenchmarkFile(spec.ref) || spec.ref.includes('://')) {
      benchmarks.push(planned);
      continue;
    }
    const needed = await benchmarkFiles(spec.ref);
    const name = path.basename(spec.ref);
    if (needed.length > 1 || files[name] !== undefined) {
      throw new NelError('config', `${spec.ref} imports files beside it, which a ConfigMap cannot hold as they are`, {
        hint: 'Put the benchmark into the image, and name it by its path there.',
      });
    }
    files[name] = await readFile(spec.ref, 'utf8');
    benchmarks.push({ ...planned, spec: { ...spec, ref: path.posix.join(path.posix.dirname(PLAN_FILE), name) } });
  }
  return { plan: { ...run, benchmarks }, files };
}
