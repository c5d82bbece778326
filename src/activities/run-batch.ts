/** The activity that sends model calls: one batch of samples, through the engine, into the journal. */

import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { Context } from '@temporalio/activity';
import { runBatch } from '../engine/batch.js';
import type { BatchHeartbeat, BatchRef, Totals } from '../workflows/contract.js';
import { NO_TOTALS } from '../workflows/contract.js';
import { underHeartbeat } from './attempt.js';
import type { ActivityDeps } from './open-run.js';

/** Attempts at a batch within this process, so that a second one reads the journal only when the first has written its last line. */
const underWay = new Map<string, Promise<unknown>>();

export function createRunBatch(deps: ActivityDeps): (ref: BatchRef) => Promise<Totals> {
  return async (ref) => {
    const key = `${ref.run_dir}\0${ref.benchmark}\0${ref.start}`;
    const earlier = underWay.get(key);
    const mine = attempt(deps, ref, earlier);
    const settled = mine.catch(() => undefined);
    underWay.set(key, settled);
    try {
      return await mine;
    } finally {
      if (underWay.get(key) === settled) underWay.delete(key);
    }
  };
}

async function attempt(deps: ActivityDeps, ref: BatchRef, earlier: Promise<unknown> | undefined): Promise<Totals> {
  let totals: Totals = NO_TOTALS;
  let limiter: { readonly inFlight: number; readonly limit: number } = { inFlight: 0, limit: 0 };
  const details = (): BatchHeartbeat => ({ totals, in_flight: limiter.inFlight, limit: limiter.limit });
  return underHeartbeat({ details, ...deps }, async (held) => {
    await earlier;
    const open = await deps.openRun(ref);
    const benchmark = await open.openBenchmark(ref.benchmark);
    benchmark.endpoint.limiter.setMax(ref.concurrency);
    await deps.assertOwned(Context.current().info.taskToken, details());
    return runBatch({
      context: {
        runId: ref.run_id,
        benchmark: ref.benchmark,
        environment: benchmark.environment,
        solver: benchmark.solver,
        model: benchmark.model,
        endpoint: benchmark.endpoint,
        policy: benchmark.policy,
        generation: ref.generation,
        runtime: {
          now: () => performance.timeOrigin + performance.now(),
          random: Math.random,
          sleep: async (ms, signal) => void (await delay(ms, undefined, { signal })),
          beforeCall: held.beforeCall,
        },
      },
      benchmarkDir: benchmark.dir,
      range: { start: ref.start, end: ref.end },
      repeats: benchmark.planned.spec.repeats,
      attempt: attemptName(),
      redact: deps.redact,
      signals: { stop: held.stop.signal, abort: held.abort.signal },
      stop: (reason) => held.stop.abort(reason),
      onProgress: (sum) => {
        totals = sum;
        limiter = benchmark.endpoint.limiter.state;
      },
    });
  });
}

/** Names sort by time; the random part keeps two attempts of one millisecond apart. */
function attemptName(): string {
  return `${new Date().toISOString().replace(/[:.]/g, '')}-${process.pid}-${randomBytes(4).toString('hex')}`;
}
