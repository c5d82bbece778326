/** The engine behind its port, in this very thread: opens runs, runs batches, writes artifacts. */

import type {
  ArtifactsRef,
  BenchmarkRef,
  EngineAttempt,
  EnginePort,
  HarnessAttempt,
  HarnessSummary,
  WrittenSummary,
} from '../activities/engine-port.js';
import { gateDirectories } from '../artifacts/gate-directories.js';
import { batchFolder } from '../artifacts/journal.js';
import { journalRecords, writeArtifacts } from '../artifacts/write-artifacts.js';
import { writeFileAtomic } from '../artifacts/write-atomic.js';
import { loadGatePolicy } from '../config/policy.js';
import type { ProbeResult } from '../core/model.js';
import { runBatch } from '../engine/batch.js';
import { now, sleep } from '../engine/clock.js';
import { GapWatch } from '../engine/gap.js';
import { type BatchRef, type GateRef, type GateResult, type NightSteps, NO_TOTALS, type Totals } from '../workflows/contract.js';
import { isHarnessBenchmark, runHarness, writeHarnessArtifacts } from './harness-run.js';
import { attemptName } from './new-run.js';
import type { NightWork } from './night.js';
import { RunOpener } from './run-opener.js';
import { readableDirectory } from './stores.js';

export class Engine implements EnginePort {
  private readonly opener: RunOpener;
  private readonly gaps = new GapWatch(now);

  private nights: Promise<NightWork> | undefined;

  constructor(private readonly env: Readonly<Record<string, string | undefined>>) {
    this.opener = new RunOpener(env);
  }

  /** Takes every credential that this engine has read out of a text. */
  get redact(): (text: string) => string {
    return this.opener.redactor.redact;
  }

  async runBatch(ref: BatchRef, attempt: EngineAttempt): Promise<Totals> {
    const run = await this.opener.open(ref);
    const benchmark = await run.openBenchmark(ref.benchmark);
    const { limiter } = benchmark.endpoint;
    benchmark.endpoint.setConcurrency(benchmark.planned.spec.solver.service ?? 'none', ref.concurrency);
    let inFlight = 0;
    let totals: Totals = NO_TOTALS;
    const report = (): void => attempt.onProgress({ totals, in_flight: inFlight, limit: limiter.state.limit });
    const stop = new AbortController();
    const onStop = (): void => stop.abort(attempt.stop.reason);
    if (attempt.stop.aborted) onStop();
    else attempt.stop.addEventListener('abort', onStop, { once: true });
    const range = { start: ref.start, end: ref.end };
    const following = await run.mirror?.follow(batchFolder(ref.benchmark, range), attempt.abort);
    try {
      const done = await runBatch({
        context: {
          ...benchmark,
          runId: ref.run_id,
          benchmark: ref.benchmark,
          generation: ref.generation,
          runtime: {
            now,
            random: Math.random,
            sleep,
            beforeCall: this.ownershipCheck(attempt),
            onCall: (change) => {
              inFlight += change;
              report();
            },
          },
        },
        benchmarkDir: benchmark.dir,
        range,
        repeats: benchmark.planned.spec.repeats,
        attempt: attemptName(),
        redact: this.redact,
        signals: { stop: stop.signal, abort: attempt.abort },
        stop: (reason) => stop.abort(reason),
        onProgress: (sums) => {
          totals = sums;
          report();
        },
      });
      await following?.finish(attempt.stop);
      return done;
    } catch (error) {
      // What ended the batch is what is to be told.
      await following?.finish(attempt.stop).catch(() => undefined);
      throw error;
    } finally {
      attempt.stop.removeEventListener('abort', onStop);
    }
  }

  async probe(ref: BenchmarkRef, signal: AbortSignal): Promise<ProbeResult> {
    const { model, judges } = await (await this.opener.open(ref)).openBenchmark(ref.benchmark);
    for (const asked of [model, ...judges]) {
      const result = await asked.probe(signal);
      if (!result.up) return { up: false, detail: this.redact(result.detail) };
    }
    return { up: true };
  }

  async runHarness(ref: BenchmarkRef, attempt: HarnessAttempt): Promise<HarnessSummary> {
    const { mirror } = await this.opener.open(ref);
    const folder = `${ref.benchmark}/harness`;
    await mirror?.pullTree(folder, attempt.stop);
    const done = await runHarness(await this.opener.openHarness(ref), attempt, this.opener.redactor);
    await mirror?.pushTree(folder, attempt.stop);
    return done;
  }

  async writeArtifacts(ref: ArtifactsRef, signal: AbortSignal): Promise<WrittenSummary> {
    const open = await this.opener.open(ref);
    if (isHarnessBenchmark(open.run, ref.benchmark)) {
      await open.mirror?.pullTree(`${ref.benchmark}/harness`, signal);
      const written = await writeHarnessArtifacts(await this.opener.openHarness(ref), this.redact, signal);
      await open.mirror?.publish(ref.benchmark, signal);
      return written;
    }
    const { planned, dir, environment } = await open.openBenchmark(ref.benchmark);
    // Other machines may have worked on it.
    await open.mirror?.pullJournal(`${ref.benchmark}/journal`, signal);
    const { aggregate, bundle } = await writeArtifacts({
      run: open.run,
      benchmark: planned,
      benchmarkDir: dir,
      records: journalRecords({ run: open.run, benchmark: planned, benchmarkDir: dir }, ref.partial),
      partial: ref.partial,
      ...(ref.max_errors === undefined ? {} : { maxErrors: ref.max_errors }),
      createSummary: environment.createSummary?.bind(environment),
      onProgress: () => signal.throwIfAborted(),
    });
    await open.mirror?.publish(ref.benchmark, signal);
    const { expected, errors } = aggregate.coverage;
    return { bundle, mean_reward: aggregate.scores['mean_reward']?.value ?? null, expected, errors };
  }

  async gateRuns(ref: GateRef, signal: AbortSignal): Promise<GateResult> {
    const found = await gateDirectories({
      baselineDir: await readableDirectory(ref.baseline_dir, this.env, signal),
      candidateDir: await readableDirectory(ref.candidate_dir, this.env, signal),
      policy: loadGatePolicy(ref.policy_file),
      evidence: ref.evidence ?? undefined,
      force: ref.force,
      onBenchmark: () => signal.throwIfAborted(),
    });
    const report = {
      ...found,
      baseline: { ...found.baseline, path: ref.baseline_dir },
      candidate: { ...found.candidate, path: ref.candidate_dir },
    };
    await writeFileAtomic(ref.report_file, `${JSON.stringify(report, null, 2)}\n`);
    return { verdict: report.verdict, verdict_reasons: report.verdict_reasons, report_file: ref.report_file };
  }

  async night<S extends keyof NightSteps>(step: S, ref: NightSteps[S]['ref'], signal: AbortSignal): Promise<NightSteps[S]['result']> {
    this.nights ??= this.openNights();
    return (await this.nights)[step](ref as never, signal) as Promise<NightSteps[S]['result']>;
  }

  /** Loaded when there is a night: most engines never see one, and it brings Temporal's client along. */
  private async openNights(): Promise<NightWork> {
    const { NightWork } = await import('./night.js');
    return new NightWork({ env: this.env, redactor: this.opener.redactor, probe: (ref, signal) => this.probe(ref, signal) });
  }

  /** One question for all calls of a batch after each gap. */
  private ownershipCheck(attempt: EngineAttempt): () => Promise<void> | undefined {
    let seen = this.gaps.count;
    let asking: Promise<void> | undefined;
    return () => {
      const { count } = this.gaps;
      if (count === seen) return undefined;
      asking ??= attempt.checkOwned().then(() => {
        seen = count;
        asking = undefined;
      });
      return asking;
    };
  }
}
