/** What the activities of a scheduled night do: each step may be repeated after a crash and comes to the same. Loaded with the first night. */

import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { BenchmarkRef } from '../activities/engine-port.js';
import { postWebhook } from '../adapters/notifiers/webhook.js';
import { compareDirectories } from '../artifacts/compare-directories.js';
import { discoverBundles } from '../artifacts/discover.js';
import { appendHistory, findRun, finishedRun, readHistory, readLastGo, readSchedule, writeLastGo } from '../artifacts/nights.js';
import { readRunFile, writeRunFile } from '../artifacts/run-file.js';
import { writeFileAtomic } from '../artifacts/write-atomic.js';
import { suiteInput } from '../client/start-run.js';
import { loadEvalConfig } from '../config/load.js';
import { loadGatePolicy } from '../config/policy.js';
import { resolveRunSpec } from '../config/resolve.js';
import { checkSecrets } from '../config/secrets.js';
import { toRegression } from '../core/compare-report.js';
import { errorMessage, NelError } from '../core/errors.js';
import { type GateReport, gateReport } from '../core/gate.js';
import type { ProbeResult } from '../core/model.js';
import { meanScore, type NightBenchmark, type NightRecord, type NotifyTarget, type ScheduleFile } from '../core/night.js';
import { gateEvidence } from '../core/policy.js';
import type { RunFile } from '../core/spec.js';
import { now, sleep } from '../engine/clock.js';
import { gateText } from '../report/gate-text.js';
import { nightMessage } from '../report/night-message.js';
import type { NightOutcome, NightRef, NightSteps } from '../workflows/contract.js';
import { newRun } from './new-run.js';
import type { Env } from './open-benchmark.js';
import { planBenchmarks } from './plan.js';
import type { Redactor } from './redactor.js';

const REPORT_FILE = 'gate_report.json';

export interface NightDeps {
  readonly env: Env;
  readonly redactor: Redactor;
  readonly probe: (ref: BenchmarkRef, signal: AbortSignal) => Promise<ProbeResult>;
}

type Steps = {
  readonly [S in keyof NightSteps]: (ref: NightSteps[S]['ref'], signal: AbortSignal) => Promise<NightSteps[S]['result']>;
};

export class NightWork implements Steps {
  constructor(private readonly deps: NightDeps) {}

  /** Resolves the config as it is tonight and writes run.json; a repetition takes the one that is there. */
  async prepareNight(ref: NightRef): Promise<NightSteps['prepareNight']['result']> {
    const schedule = await readSchedule(ref.dir);
    // A policy that cannot be read must not cost a night of model calls first.
    loadGatePolicy(schedule.policy_file);
    const runDir = runDirOf(ref);
    const run = (await readRunFile(runDir)) ?? (await this.newRun(ref, schedule));
    return {
      workflow_id: run.workflow_id,
      suite: suiteInput(run, []),
      gate: {
        candidate_dir: runDir,
        policy_file: schedule.policy_file,
        evidence: null,
        force: false,
        report_file: path.join(runDir, REPORT_FILE),
      },
    };
  }

  private async newRun(ref: NightRef, schedule: ScheduleFile): Promise<RunFile> {
    const { env } = this.deps;
    const file = loadEvalConfig(schedule.config_file);
    const { spec } = resolveRunSpec({ file, flags: { outputDir: runDirOf(ref) }, env, cwd: schedule.cwd });
    checkSecrets(spec, env, file);
    const run = newRun(spec, await planBenchmarks(spec, env), ref.run_id);
    await writeRunFile(spec.output.dir, run);
    return run;
  }

  /** @throws NelError where the baseline is named but not there: that is no reason for a verdict */
  async nightBaseline(ref: NightRef): Promise<NightSteps['nightBaseline']['result']> {
    const { baseline, name } = await readSchedule(ref.dir);
    switch (baseline.kind) {
      case 'directory':
        return { kind: 'run', ...(await finishedRun(baseline.dir)) };
      case 'run':
        return { kind: 'run', ...(await findRun(path.dirname(ref.dir), baseline.run_id)) };
      case 'last-go': {
        const lastGo = await readLastGo(ref.dir);
        if (lastGo === undefined) {
          return { kind: 'none', reason: `No baseline yet: nel schedule accept ${name} ${ref.run_id} makes this run the first` };
        }
        const { dir } = await finishedRun(lastGo.dir);
        return { kind: 'run', dir, run_id: lastGo.run_id };
      }
    }
  }

  /** Keeps reports, moves the baseline on GO, adds the night to the history. What is in the history already is not done again. */
  async finishNight(
    { outcome, ...ref }: NightSteps['finishNight']['ref'],
    signal: AbortSignal,
  ): Promise<NightSteps['finishNight']['result']> {
    const written = (await readHistory(ref.dir)).find(({ run_id }) => run_id === ref.run_id);
    const record = written ?? (await this.record(ref, outcome, signal));
    if (written === undefined) await appendHistory(ref.dir, record);
    const { run_id, verdict, reasons, score, became_last_go } = record;
    return { run_id, verdict, reasons, score, became_last_go };
  }

  private async record(ref: NightRef, outcome: NightOutcome, signal: AbortSignal): Promise<NightRecord> {
    const schedule = await readSchedule(ref.dir);
    const reasons: string[] = [];
    let report: GateReport | null = null;
    if (outcome.kind === 'gated') {
      report = JSON.parse(await readFile(outcome.gate.report_file, 'utf8')) as GateReport;
      reasons.push(...(await writeComparison(outcome.baseline.dir, runDirOf(ref))));
    } else if (outcome.kind === 'no-baseline') {
      report = withoutBaseline(schedule, ref, outcome.reason);
      await writeFileAtomic(path.join(runDirOf(ref), REPORT_FILE), `${JSON.stringify(report, null, 2)}\n`);
    } else {
      reasons.push(outcome.reason);
      if (outcome.kind === 'failed' && outcome.timed_out) reasons.push(...(await this.silentEndpoints(ref, signal)));
    }
    if (report !== null) {
      reasons.unshift(...report.verdict_reasons);
      await writeFileAtomic(path.join(runDirOf(ref), 'gate_report.txt'), gateText(report, { verbose: true }));
    }
    const benchmarks = await benchmarksOf(runDirOf(ref), report);
    const became_last_go = await moveLastGo(ref, schedule, outcome);
    if (became_last_go && outcome.kind === 'no-baseline') reasons.push('This run is the baseline from now on');
    return {
      schema_version: 1,
      run_id: ref.run_id,
      started: ref.started,
      finished: new Date(now()).toISOString(),
      status: outcome.kind === 'failed' || outcome.kind === 'cancelled' ? outcome.kind : 'gated',
      verdict: report?.verdict ?? null,
      reasons: reasons.map(this.deps.redactor.redact),
      baseline: outcome.kind === 'gated' ? outcome.baseline : null,
      score: meanScore(benchmarks.map(({ score }) => score)),
      benchmarks,
      became_last_go,
    };
  }

  /** Why a run may have waited: whose endpoint gives no sign of life now. */
  private async silentEndpoints(ref: NightRef, signal: AbortSignal): Promise<string[]> {
    const run = await readRunFile(runDirOf(ref));
    if (run === undefined) return [];
    const { run_id, spec_hash, generation } = run;
    const asked = run.benchmarks.map(async ({ name }) => {
      const probe = await this.deps.probe({ run_dir: runDirOf(ref), run_id, spec_hash, generation, benchmark: name }, signal);
      return probe.up ? [] : [`${name}: its endpoint does not answer: ${probe.detail}`];
    });
    return (await Promise.all(asked.map((one) => one.catch(() => [])))).flat();
  }

  /** Tells of the night as the history has it. Never throws for what is wrong on the other side, nor for an address that is none. */
  async notifyNight(ref: NightRef, signal: AbortSignal): Promise<NightSteps['notifyNight']['result']> {
    const { notify, notify_secret_env, name } = await readSchedule(ref.dir);
    if (notify === null) return 'none';
    const record = (await readHistory(ref.dir)).find(({ run_id }) => run_id === ref.run_id);
    if (record === undefined) throw new NelError('data', `${ref.run_id} is not in the history of ${name}`);
    const address = this.address(notify);
    const secret = this.deps.env[notify_secret_env] || null;
    if (secret !== null) this.deps.redactor.learn(secret);
    const delivery =
      'problem' in address
        ? { delivered: false as const, attempts: 0, reason: address.problem }
        : await postWebhook({
            url: address.url,
            body: JSON.stringify(nightMessage(name, record, runDirOf(ref))),
            secret,
            delivery: ref.run_id,
            signal,
            now,
            sleep,
          });
    const kept = { ...delivery, to: notify.kind === 'env' ? `env:${notify.name}` : 'url', at: new Date(now()).toISOString() };
    await writeFileAtomic(path.join(runDirOf(ref), 'notification.json'), `${JSON.stringify(kept, null, 2)}\n`);
    return delivery.delivered ? 'sent' : 'failed';
  }

  private address(notify: NotifyTarget): { readonly url: string } | { readonly problem: string } {
    const text = (notify.kind === 'url' ? notify.url : (this.deps.env[notify.name] ?? '')).trim();
    const where = notify.kind === 'url' ? 'the notification address' : `the variable ${notify.name} where the worker runs`;
    if (text === '') return { problem: `${where} is not set` };
    if (notify.kind === 'env') this.deps.redactor.learn(text);
    const url = URL.canParse(text) ? new URL(text) : null;
    if (url === null || !/^https?:$/.test(url.protocol)) return { problem: `${where} is not an http(s) address` };
    // fetch refuses an address with credentials in it, and repeats it in its error.
    if (url.username !== '' || url.password !== '') return { problem: `${where} holds a user name or password` };
    return { url: text };
  }
}

function runDirOf({ dir, run_id }: NightRef): string {
  return path.join(dir, run_id);
}

/** regression.json beside the gate's report. What keeps it from being made is said, and changes no verdict. */
async function writeComparison(baseline: string, candidate: string): Promise<string[]> {
  try {
    const report = await compareDirectories({ baseline, candidate });
    await writeFileAtomic(path.join(candidate, 'regression.json'), `${JSON.stringify(toRegression(report), null, 2)}\n`);
    return [];
  } catch (error) {
    return [`no regression.json: ${errorMessage(error)}`];
  }
}

/** The report of a night that had nothing to be held against. */
function withoutBaseline(schedule: ScheduleFile, ref: NightRef, reason: string): GateReport {
  const policy = loadGatePolicy(schedule.policy_file);
  const empty = gateReport({
    policy: { path: policy.source?.path ?? null, sha256: policy.source?.sha256 ?? null },
    baseline: { path: path.join(ref.dir, 'last-go.json'), run_ids: [] },
    candidate: { path: runDirOf(ref), run_ids: [ref.run_id] },
    evidence: gateEvidence(policy, undefined),
    benchmarks: [],
    warnings: [],
  });
  return { ...empty, verdict_reasons: [reason] };
}

async function benchmarksOf(runDir: string, report: GateReport | null): Promise<NightBenchmark[]> {
  const { benchmarks } = await discoverBundles(runDir);
  return [...benchmarks].map(([name, { bundle }]) => {
    const judged = report?.benchmarks.find(({ benchmark }) => benchmark === name);
    const { delta = null, status = null } = judged ?? {};
    const direction = judged === undefined || delta === null ? null : judged.direction;
    return { name, score: bundle.scores['mean_reward']?.value ?? null, delta, direction, status };
  });
}

/** Whether this run is the baseline from now on: after GO, or as the first where the schedule says so. */
async function moveLastGo(ref: NightRef, schedule: ScheduleFile, outcome: NightOutcome): Promise<boolean> {
  const go = outcome.kind === 'gated' && outcome.gate.verdict === 'GO';
  if (!go) {
    if (outcome.kind !== 'no-baseline' || !schedule.first_run_is_baseline) return false;
    const before = await readLastGo(ref.dir);
    // A crash after the move brings this step back: it is ours then.
    if (before !== undefined) return before.run_id === ref.run_id;
  }
  await writeLastGo(ref.dir, {
    schema_version: 1,
    run_id: ref.run_id,
    dir: runDirOf(ref),
    moved: new Date(now()).toISOString(),
    by: go ? 'go' : 'first-run',
  });
  return true;
}
