/** The cluster port of a worker: hands each run to the kind of cluster that its run.json names. */

import type { ClusterPort, EndedShard } from '../activities/cluster.js';
import { NelError } from '../core/errors.js';
import type { ClusterPollRef, ClusterRef, ClusterSubmitRef } from '../workflows/contract.js';
import { KubernetesRuns } from './kubernetes-runs.js';
import { runOf } from './merge-run.js';
import type { Env } from './open-benchmark.js';
import { SlurmRuns } from './slurm-runs.js';

export class ClusterRuns implements ClusterPort {
  private readonly slurm: SlurmRuns;
  private readonly kubernetes: KubernetesRuns;

  constructor(env: Env) {
    this.slurm = new SlurmRuns(env);
    this.kubernetes = new KubernetesRuns(env);
  }

  async prepare(ref: ClusterRef, signal: AbortSignal) {
    return (await this.of(ref)).prepare(ref, signal);
  }

  async submit(ref: ClusterSubmitRef, signal: AbortSignal) {
    return (await this.of(ref)).submit(ref, signal);
  }

  async poll(ref: ClusterPollRef, signal: AbortSignal) {
    return (await this.of(ref)).poll(ref, signal);
  }

  async cancel(ref: ClusterRef, signal: AbortSignal) {
    return (await this.of(ref)).cancel(ref, signal);
  }

  async log(ref: ClusterRef, shard: EndedShard, signal: AbortSignal) {
    return (await this.of(ref)).log(ref, shard, signal);
  }

  async fetch(ref: ClusterRef, signal: AbortSignal) {
    return (await this.of(ref)).fetch(ref, signal);
  }

  async merge(ref: ClusterRef, signal: AbortSignal) {
    return (await this.of(ref)).merge(ref, signal);
  }

  async close(): Promise<void> {
    await Promise.all([this.slurm.close(), this.kubernetes.close()]);
  }

  private async of(ref: ClusterRef): Promise<ClusterPort> {
    const type = (await runOf(ref)).spec.cluster?.type;
    switch (type) {
      case 'slurm':
        return this.slurm;
      case 'kubernetes':
        return this.kubernetes;
      case undefined:
        throw new NelError('data', `${ref.run_dir}/run.json names no cluster`);
    }
  }
}
