/** The night's workflow, from the shipped bundle on a real server, over activities that the test answers. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ApplicationFailure, Context } from '@temporalio/activity';
import { Client, Connection, type WorkflowHandle } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureServer, type ServerLease, stopServer } from '../../src/client/embedded/server.js';
import {
  FAILURES,
  type GateRef,
  type GateResult,
  type NightBaseline,
  type NightlyInput,
  type NightOutcome,
  type NightRef,
  type NightResult,
  type PreparedNight,
  type Totals,
} from '../../src/workflows/contract.js';

const stateDir = mkdtempSync(path.join(tmpdir(), 'nel-nightly-'));
const failureConverterPath = path.resolve(import.meta.dirname, '../../dist/workflows/failure-converter.js');
const codePath = path.resolve(import.meta.dirname, '../../dist/workflow-bundle.js');
let lease: ServerLease;
let connection: NativeConnection;
let client: Client;
let nights = 0;

beforeAll(async () => {
  Runtime.install({ logger: new DefaultLogger('ERROR'), telemetryOptions: { logging: { forward: {}, filter: 'error' } } });
  lease = await ensureServer({ stateDir, idleSeconds: 60 });
  connection = await NativeConnection.connect({ address: lease.address });
  client = new Client({ connection: await Connection.connect({ address: lease.address }), dataConverter: { failureConverterPath } });
}, 120_000);
afterAll(async () => {
  await client.connection.close();
  await connection.close();
  await lease.release();
  await stopServer({ stateDir, force: true });
  rmSync(stateDir, { recursive: true, force: true });
});

const GO: GateResult = { verdict: 'GO', verdict_reasons: ['all passed'], report_file: '/nights/n/report.json' };
const BASELINE: NightBaseline = { kind: 'run', dir: '/base', run_id: 'b' };

/** What a night does where a test does not say otherwise: it is GO. */
class World {
  readonly calls: string[] = [];
  outcome: NightOutcome | undefined;
  ref: NightRef | undefined;
  gated: GateRef | undefined;
  constructor(
    readonly id: string,
    readonly change: {
      baseline?: () => NightBaseline;
      notify?: () => NightResult['notification'];
      batch?: 'hangs' | 'fails';
      gate?: () => GateResult;
    } = {},
  ) {}

  readonly activities = {
    prepareNight: (ref: NightRef): PreparedNight => {
      this.calls.push('prepareNight');
      this.ref = ref;
      const benchmarks = this.change.batch !== undefined ? [{ name: 'sums', model: 'm', samples: 1, concurrency: 1 }] : [];
      const run = { run_dir: '/nights/n', run_id: ref.run_id, spec_hash: 'h', generation: 0 };
      const gate = { candidate_dir: '/nights/n', policy_file: '/policy.yaml', evidence: null, force: false, report_file: GO.report_file };
      return {
        workflow_id: `${this.id}-run`,
        suite: { ...run, benchmarks, batch_size: 1, max_error_rate: 0, search_attributes: [] },
        gate,
      };
    },
    /** Answers nothing until it is cancelled, or fails at once. */
    runBatch: async (): Promise<Totals> => {
      this.calls.push('runBatch');
      if (this.change.batch === 'fails') throw ApplicationFailure.nonRetryable('401: wrong key', FAILURES.endpointRefused);
      const context = Context.current();
      const beat = setInterval(() => context.heartbeat(), 100);
      return context.cancelled.finally(() => clearInterval(beat));
    },
    nightBaseline: (): NightBaseline => {
      this.calls.push('nightBaseline');
      return (this.change.baseline ?? (() => BASELINE))();
    },
    gateRuns: (ref: GateRef): GateResult => {
      this.calls.push('gateRuns');
      this.gated = ref;
      return (this.change.gate ?? (() => GO))();
    },
    finishNight: ({ run_id, outcome }: NightRef & { outcome: NightOutcome }): Omit<NightResult, 'notification'> => {
      this.calls.push(`finishNight ${outcome.kind}`);
      this.outcome = outcome;
      const reasons = outcome.kind === 'gated' ? outcome.gate.verdict_reasons : [outcome.reason];
      const verdict = outcome.kind === 'gated' ? outcome.gate.verdict : outcome.kind === 'no-baseline' ? 'INCONCLUSIVE' : null;
      return { run_id, verdict, reasons, score: 0.5, became_last_go: verdict === 'GO' };
    },
    notifyNight: (): NightResult['notification'] => {
      this.calls.push('notifyNight');
      return (this.change.notify ?? (() => 'sent' as const))();
    },
  };
}

/** Runs one night beside a worker of its own. */
async function night(
  change: World['change'],
  use: (handle: WorkflowHandle, world: World) => Promise<void>,
  limitMs = 600_000,
): Promise<void> {
  const id = `night-test-${nights++}`;
  const world = new World(id, change);
  const input: NightlyInput = {
    schedule: 'n',
    dir: '/nights',
    time_limit_ms: limitMs,
    search_attributes: ['NelVerdict', 'NelScore', 'NelRun'],
  };
  const worker = await Worker.create({
    connection,
    taskQueue: id,
    workflowBundle: { codePath },
    activities: world.activities,
    dataConverter: { failureConverterPath },
    maxHeartbeatThrottleInterval: '100ms',
    defaultHeartbeatThrottleInterval: '100ms',
    shutdownGraceTime: '100ms',
  });
  await worker.runUntil(async () => {
    await use(await client.workflow.start('nightly', { workflowId: id, taskQueue: id, args: [input] }), world);
  });
}

async function failureOf(handle: WorkflowHandle): Promise<string> {
  const failure: unknown = await handle.result().then(
    () => undefined,
    (error: unknown) => error,
  );
  return failure instanceof Error && failure.cause instanceof Error ? failure.cause.message : String(failure);
}

const WHOLE = ['prepareNight', 'nightBaseline', 'gateRuns', 'finishNight gated', 'notifyNight'];

async function until(what: string, check: () => boolean): Promise<void> {
  const end = Date.now() + 15_000;
  while (!check()) {
    if (Date.now() > end) throw new Error(`waited for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

describe('a night', () => {
  it('evaluates, finds the baseline, gates, is kept, then told', async () => {
    await night({}, async (handle, world) => {
      const result = (await handle.result()) as NightResult;
      expect(world.calls).toEqual(WHOLE);
      expect(world.gated?.baseline_dir).toBe('/base');
      expect(world.outcome).toEqual({ kind: 'gated', gate: GO, baseline: { dir: '/base', run_id: 'b' } });
      const { run_id } = world.ref as NightRef;
      expect(result).toEqual({ run_id, verdict: 'GO', reasons: ['all passed'], score: 0.5, became_last_go: true, notification: 'sent' });
    });
  });

  it('has a run whose id says when it began, and which execution it is', async () => {
    await night({}, async (handle, world) => {
      await handle.result();
      const { startTime, runId } = await handle.describe();
      const { run_id, started } = world.ref as NightRef;
      expect(new Date(started).getTime()).toBe(startTime.getTime());
      expect(run_id).toBe(`${startTime.toISOString().slice(0, 19).replace(/[-:]/g, '')}Z-${runId.slice(-6)}`);
    });
  });

  it('shows verdict and score in search attributes and memo', async () => {
    await night({}, async (handle) => {
      await handle.result();
      const { typedSearchAttributes, memo } = await handle.describe();
      const shown = Object.fromEntries(typedSearchAttributes.getAll().map(({ key, value }) => [key.name, value]));
      expect(shown).toMatchObject({ NelVerdict: 'GO', NelScore: 0.5 });
      expect(memo).toMatchObject({ verdict: 'GO', summary: 'GO; all passed' });
    });
  });

  it('gates nothing without a baseline, and is kept as that', async () => {
    await night({ baseline: () => ({ kind: 'none', reason: 'none yet' }) }, async (handle, world) => {
      expect(await handle.result()).toMatchObject({ verdict: 'INCONCLUSIVE' });
      expect(world.calls).toEqual(['prepareNight', 'nightBaseline', 'finishNight no-baseline', 'notifyNight']);
    });
  });

  it('keeps its verdict when nobody could be told', async () => {
    const notify = () => {
      throw ApplicationFailure.nonRetryable('no such file', FAILURES.badInput);
    };
    await night({ notify }, async (handle) => {
      expect(await handle.result()).toMatchObject({ verdict: 'GO', notification: 'failed' });
    });
  });
});

describe('a night without a verdict', () => {
  it('is kept and told with what went wrong, and fails', async () => {
    const gate = () => {
      throw ApplicationFailure.nonRetryable('Different data sets', FAILURES.badInput);
    };
    await night({ gate }, async (handle, world) => {
      expect(await failureOf(handle)).toBe('Different data sets');
      expect(world.outcome).toEqual({ kind: 'failed', reason: 'Different data sets', timed_out: false });
      expect(world.calls).toEqual(['prepareNight', 'nightBaseline', 'gateRuns', 'finishNight failed', 'notifyNight']);
      const { status, memo } = await handle.describe();
      expect([status.name, memo?.['summary']]).toEqual(['FAILED', 'no verdict (failed); Different data sets']);
    });
  });

  it('gates nothing when its run failed', async () => {
    await night({ batch: 'fails' }, async (handle, world) => {
      expect(await failureOf(handle)).toBe('sums: 401: wrong key');
      expect(world.outcome).toEqual({ kind: 'failed', reason: 'sums: 401: wrong key', timed_out: false });
      expect(world.calls).toEqual(['prepareNight', 'runBatch', 'finishNight failed', 'notifyNight']);
    });
  });

  it('gives an evaluation up that takes longer than it may', async () => {
    await night(
      { batch: 'hangs' },
      async (handle, world) => {
        expect(await failureOf(handle)).toBe('the run did not end within 1s');
        expect(world.outcome).toMatchObject({ kind: 'failed', timed_out: true });
        expect(world.calls).toEqual(['prepareNight', 'runBatch', 'finishNight failed', 'notifyNight']);
      },
      1_000,
    );
  });

  it('is kept and told when it is cancelled, and ends as cancelled', async () => {
    await night({ batch: 'hangs' }, async (handle, world) => {
      await until('the batch', () => world.calls.includes('runBatch'));
      await handle.cancel();
      expect(await failureOf(handle)).toBe('Workflow canceled');
      expect(world.outcome).toEqual({ kind: 'cancelled', reason: 'the night was cancelled' });
      expect(world.calls.at(-1)).toBe('notifyNight');
      expect((await handle.describe()).status.name).toBe('CANCELLED');
    });
  });

  it('fails when its run alone is cancelled, and says so', async () => {
    await night({ batch: 'hangs' }, async (handle, world) => {
      await until('the batch', () => world.calls.includes('runBatch'));
      await client.workflow.getHandle(`${world.id}-run`).cancel();
      expect(await failureOf(handle)).toBe('the run was cancelled');
      expect(world.outcome).toEqual({ kind: 'cancelled', reason: 'the run was cancelled' });
      expect((await handle.describe()).status.name).toBe('FAILED');
    });
  });
});
