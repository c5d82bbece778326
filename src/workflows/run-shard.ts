/** A shard: lanes of batches over a range of samples, so that the pipe to the endpoint never drains between two batches. */

import {
  ActivityFailure,
  ApplicationFailure,
  CancellationScope,
  condition,
  continueAsNew,
  isCancellation,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import { laneCount } from '../core/lanes.js';
import { awaitEndpoint, runBatch } from './activities.js';
import {
  addTotals,
  concurrencySignal,
  FAILURES,
  NO_TOTALS,
  pauseSignal,
  progressQuery,
  resumeSignal,
  type ShardInput,
  type ShardProgress,
  type Totals,
} from './contract.js';

class Shard {
  private totals: Totals;
  private next: number;
  private concurrency: number;
  private paused: boolean;
  private outage: { readonly reason: string; readonly over: Promise<void> } | undefined;
  private lanes = 0;
  private renewing = false;
  private failure: unknown;

  constructor(private readonly input: ShardInput) {
    this.totals = input.carried ?? NO_TOTALS;
    this.next = input.start;
    this.concurrency = input.concurrency;
    this.paused = input.paused ?? false;
    setHandler(progressQuery, () => this.progress());
    setHandler(pauseSignal, () => void (this.paused = true));
    setHandler(resumeSignal, () => void (this.paused = false));
    setHandler(concurrencySignal, (max) => void (this.concurrency = max));
  }

  /** Ends when all batches have ended, also after a failure or a cancellation: then every answer is in the journal. */
  async run(): Promise<Totals> {
    try {
      await this.loop();
    } catch (error) {
      this.failure ??= error;
    }
    await CancellationScope.nonCancellable(() => condition(() => this.lanes === 0));
    if (this.failure !== undefined) throw this.failure;
    return this.totals;
  }

  private async loop(): Promise<void> {
    while (!this.finished()) {
      await condition(() => this.finished() || this.mayStart() || this.mayRenew());
      if (this.finished()) return;
      if (this.mayRenew()) await this.renew();
      this.startBatch();
      this.renewing = workflowInfo().continueAsNewSuggested;
    }
  }

  private mayStart(): boolean {
    return !this.paused && !this.renewing && !this.outage && this.lanes < laneCount(this.concurrency, this.input.batch_size);
  }

  private mayRenew(): boolean {
    return this.renewing && this.lanes === 0;
  }

  private finished(): boolean {
    return this.failure !== undefined || this.next >= this.input.end || this.totals.errors > this.input.max_errors;
  }

  private startBatch(): void {
    const start = this.next;
    const end = Math.min(this.input.end, start + this.input.batch_size);
    this.next = end;
    this.lanes++;
    void this.lane(start, end)
      .catch((error: unknown) => {
        if (this.failure !== undefined) return;
        this.failure = error;
        // The other lanes' batches can only meet the same fate, or were cancelled with this one.
        if (!isCancellation(error)) CancellationScope.current().cancel();
      })
      .finally(() => void this.lanes--);
  }

  private async lane(start: number, end: number): Promise<void> {
    const { run_dir, run_id, spec_hash, generation, benchmark } = this.input;
    for (;;) {
      await this.outage?.over;
      try {
        const totals = await runBatch({ run_dir, run_id, spec_hash, generation, benchmark, start, end, concurrency: this.concurrency });
        this.totals = addTotals(this.totals, totals);
        return;
      } catch (error) {
        const cause = error instanceof ActivityFailure ? error.cause : error;
        if (!(cause instanceof ApplicationFailure) || cause.type !== FAILURES.endpointDown) throw error;
        this.waitForEndpoint(cause.message);
      }
    }
  }

  /** One wait for all lanes: an activity that asks now and then, so that an outage of days costs three events. */
  private waitForEndpoint(reason: string): void {
    if (this.outage) return;
    const { run_dir, run_id, spec_hash, generation, benchmark } = this.input;
    const over = awaitEndpoint({ run_dir, run_id, spec_hash, generation, benchmark }).finally(() => void (this.outage = undefined));
    over.catch(() => undefined);
    this.outage = { reason, over };
  }

  private async renew(): Promise<never> {
    return continueAsNew<(input: ShardInput) => Promise<Totals>>({
      ...this.input,
      start: this.next,
      concurrency: this.concurrency,
      carried: this.totals,
      paused: this.paused,
    });
  }

  private progress(): ShardProgress {
    const state = this.finished() && this.lanes === 0 ? 'done' : this.outage ? 'waiting' : this.paused ? 'paused' : 'running';
    const carried = this.input.carried ?? NO_TOTALS;
    const samples = this.input.end - this.input.start + carried.scored + carried.errors;
    return { samples, totals: this.totals, state, waiting_for: this.outage?.reason ?? null };
  }
}

export async function runShard(input: ShardInput): Promise<Totals> {
  const shard = new Shard(input);
  return CancellationScope.cancellable(() => shard.run());
}
