/**
 * The engine in a thread of its own. A scorer that blocks for seconds does not stop heartbeats, so no attempt is lost to it;
 * Temporal's context tracking, which on Node 20 taxes every promise of its thread, does not touch the hot path; and the
 * thread has a young generation that fits thousands of samples in flight.
 */

import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type {
  ArtifactsRef,
  BenchmarkRef,
  EngineAttempt,
  EnginePort,
  HarnessAttempt,
  HarnessSummary,
  WrittenSummary,
} from '../activities/engine-port.js';
import { errorMessage } from '../core/errors.js';
import type { ProbeResult } from '../core/model.js';
import type { BatchRef, GateRef, GateResult, NightSteps, Totals } from '../workflows/contract.js';
import { type FromEngine, fromWire, type Job, type ToEngine } from './engine-protocol.js';

/** Three quarters of the collector's time went into a young generation of 16 MiB. */
const YOUNG_GENERATION_MIB = 64;

type Listener = Pick<EngineAttempt, 'checkOwned'> & Partial<Pick<EngineAttempt, 'onProgress'> & Pick<HarnessAttempt, 'onLine'>>;

interface Pending {
  resolve(result: never): void;
  reject(error: Error): void;
  readonly attempt: Listener | undefined;
}

/** A thread that does not end an aborted job by then is stuck in a scorer, and is ended with it. */
const ABORT_LIMIT_MS = 5_000;
/** From so many calls in flight on, one thread would be the bottleneck at a fast endpoint. */
const CONCURRENCY_FOR_TWO = 128;

/** Jobs over one thread, or two for a benchmark with many calls in flight, which then share its concurrency. */
export class EngineHost implements EnginePort {
  private readonly threads = [new EngineThread(), new EngineThread()] as const;
  private batches = 0;

  runBatch(ref: BatchRef, attempt: EngineAttempt): Promise<Totals> {
    const { concurrency } = ref;
    if (concurrency < CONCURRENCY_FOR_TWO || availableParallelism() < 2)
      return this.threads[0].run({ op: 'runBatch', ref }, attempt, attempt);
    const second = this.batches++ % 2 === 1;
    const share = second ? Math.floor(concurrency / 2) : Math.ceil(concurrency / 2);
    return this.threads[second ? 1 : 0].run({ op: 'runBatch', ref: { ...ref, concurrency: share } }, attempt, attempt);
  }

  probe(ref: BenchmarkRef, signal: AbortSignal): Promise<ProbeResult> {
    return this.threads[0].run({ op: 'probe', ref }, { abort: signal });
  }

  runHarness(ref: BenchmarkRef, attempt: HarnessAttempt): Promise<HarnessSummary> {
    return this.threads[0].run({ op: 'runHarness', ref }, attempt, attempt);
  }

  writeArtifacts(ref: ArtifactsRef, signal: AbortSignal): Promise<WrittenSummary> {
    return this.threads[0].run({ op: 'writeArtifacts', ref }, { abort: signal });
  }

  gateRuns(ref: GateRef, signal: AbortSignal): Promise<GateResult> {
    return this.threads[0].run({ op: 'gateRuns', ref }, { abort: signal });
  }

  night<S extends keyof NightSteps>(step: S, ref: NightSteps[S]['ref'], signal: AbortSignal): Promise<NightSteps[S]['result']> {
    return this.threads[0].run({ op: 'night', step, ref } as Job, { abort: signal });
  }

  async close(): Promise<void> {
    await Promise.all(this.threads.map((thread) => thread.close()));
  }
}

/** One thread, started with its first job. */
class EngineThread {
  private thread: Worker | undefined;
  private nextId = 0;
  private readonly pending = new Map<number, Pending>();

  async close(): Promise<void> {
    await this.thread?.terminate();
    this.thread = undefined;
  }

  async run<T>(job: Job, signals: { readonly stop?: AbortSignal; readonly abort: AbortSignal }, attempt?: Listener): Promise<T> {
    const id = this.nextId++;
    const thread = (this.thread ??= this.spawn());
    const say = (message: ToEngine): void => thread.postMessage(message);
    let deadline: NodeJS.Timeout | undefined;
    const unlisten = [
      forward(signals.stop, () => say({ id, kind: 'stop' })),
      forward(signals.abort, () => {
        say({ id, kind: 'abort' });
        deadline = setTimeout(() => void thread.terminate(), ABORT_LIMIT_MS);
      }),
    ];
    try {
      return await new Promise<T>((resolve, reject) => {
        this.pending.set(id, { resolve, reject, attempt });
        say({ id, kind: 'job', job });
        if (signals.stop?.aborted) say({ id, kind: 'stop' });
        if (signals.abort.aborted) say({ id, kind: 'abort' });
      });
    } finally {
      this.pending.delete(id);
      clearTimeout(deadline);
      for (const off of unlisten) off();
    }
  }

  private spawn(): Worker {
    const thread = new Worker(new URL('./engine-thread.js', import.meta.url), {
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MIB },
    });
    thread.on('message', (message: FromEngine) => this.receive(thread, message));
    let cause: unknown;
    thread.on('error', (error) => void (cause = error));
    thread.on('exit', (code) => {
      if (this.thread === thread) this.thread = undefined;
      const reason = new Error(`the engine's thread ended (${cause === undefined ? `code ${code}` : errorMessage(cause)})`);
      for (const { reject } of this.pending.values()) reject(reason);
    });
    return thread;
  }

  private receive(thread: Worker, message: FromEngine): void {
    const pending = this.pending.get(message.id);
    if (pending === undefined) return;
    switch (message.kind) {
      case 'progress':
        pending.attempt?.onProgress?.(message.beat);
        return;
      case 'line':
        pending.attempt?.onLine?.(message.line);
        return;
      case 'check':
        void this.answerCheck(thread, message.id, pending);
        return;
      case 'done':
        pending.resolve(message.result as never);
        return;
      case 'failed':
        pending.reject(fromWire(message.error));
        return;
    }
  }

  private async answerCheck(thread: Worker, id: number, { attempt }: Pending): Promise<void> {
    try {
      await attempt?.checkOwned();
      thread.postMessage({ id, kind: 'owned' } satisfies ToEngine);
    } catch (error) {
      thread.postMessage({ id, kind: 'lost', reason: errorMessage(error) } satisfies ToEngine);
    }
  }
}

/** Calls `tell` when the signal is aborted from now on; returns how to stop listening. */
function forward(signal: AbortSignal | undefined, tell: () => void): () => void {
  signal?.addEventListener('abort', tell, { once: true });
  return () => signal?.removeEventListener('abort', tell);
}
