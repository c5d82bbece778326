/** The shard's workflow, from the shipped bundle on a real server, over activities that the test answers. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ApplicationFailure, Context } from '@temporalio/activity';
import { Client, Connection, type WorkflowHandle } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureServer, type ServerLease, stopServer } from '../../src/client/embedded/server.js';
import { laneCount } from '../../src/core/lanes.js';
import {
  type BatchRef,
  concurrencySignal,
  FAILURES,
  pauseSignal,
  progressQuery,
  resumeSignal,
  type ShardInput,
  type ShardProgress,
  type Totals,
} from '../../src/workflows/contract.js';

const stateDir = mkdtempSync(path.join(tmpdir(), 'nel-shard-'));
const failureConverterPath = path.resolve(import.meta.dirname, '../../dist/workflows/failure-converter.js');
const codePath = path.resolve(import.meta.dirname, '../../dist/workflow-bundle.js');
let lease: ServerLease;
let connection: NativeConnection;
let client: Client;
let shards = 0;

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

/** One batch that a lane has begun. */
interface Batch {
  readonly ref: BatchRef;
  readonly cancelled: AbortSignal;
  finish(totals?: Partial<Totals>): void;
  fail(error: Error): void;
}

class World {
  readonly batches: Batch[] = [];
  readonly waits: { over(): void }[] = [];
  readonly handle: Promise<WorkflowHandle>;

  constructor(
    private readonly taskQueue: string,
    input: Partial<ShardInput>,
  ) {
    const whole: ShardInput = {
      run_dir: '/tmp/run',
      run_id: 'run',
      spec_hash: 'hash',
      generation: 0,
      benchmark: 'sums',
      start: 0,
      end: 100,
      batch_size: 10,
      concurrency: 1,
      max_errors: 100,
      ...input,
    };
    this.handle = client.workflow.start('runShard', { workflowId: taskQueue, taskQueue, args: [whole] });
  }

  readonly activities = {
    runBatch: (ref: BatchRef): Promise<Totals> =>
      new Promise((resolve, reject) => {
        const { end, start } = ref;
        const scored = end - start;
        this.batches.push({
          ref,
          cancelled: Context.current().cancellationSignal,
          finish: (totals) => resolve({ scored, errors: 0, reward_sum: scored / 2, tokens: scored, ...totals }),
          fail: reject,
        });
        const beat = setInterval(Context.current().heartbeat.bind(Context.current()), 200);
        Context.current().cancelled.catch(() => clearInterval(beat));
      }),
    awaitEndpoint: (): Promise<void> => new Promise((resolve) => void this.waits.push({ over: resolve })),
  };

  async begun(n: number): Promise<Batch[]> {
    await until(`${n} batches, not ${this.batches.length}`, () => this.batches.length >= n);
    return this.batches;
  }

  async progress(): Promise<ShardProgress> {
    return (await this.handle).query(progressQuery);
  }

  /** Time enough for a batch to begin that must not. */
  async nothingMore(): Promise<void> {
    const before = this.batches.length;
    await new Promise((resolve) => setTimeout(resolve, 400));
    expect(this.batches.length).toBe(before);
  }

  async result(): Promise<Totals> {
    return (await this.handle).result() as Promise<Totals>;
  }

  queue(): string {
    return this.taskQueue;
  }
}

async function until(what: string, check: () => boolean | Promise<boolean>): Promise<void> {
  const end = Date.now() + 15_000;
  while (!(await check())) {
    if (Date.now() > end) throw new Error(`waited for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Runs `use` beside a worker of its own. */
async function shard(input: Partial<ShardInput>, use: (world: World) => Promise<void>): Promise<void> {
  const world = new World(`shard-test-${shards++}`, input);
  const worker = await Worker.create({
    connection,
    taskQueue: world.queue(),
    workflowBundle: { codePath },
    activities: world.activities,
    dataConverter: { failureConverterPath },
    maxHeartbeatThrottleInterval: '100ms',
    defaultHeartbeatThrottleInterval: '100ms',
    shutdownGraceTime: '100ms',
    shutdownForceTime: '5s',
  });
  await worker.runUntil(async () => {
    try {
      await use(world);
    } finally {
      await (await world.handle).terminate().catch(() => undefined);
      for (const batch of world.batches) batch.finish();
      for (const wait of world.waits) wait.over();
    }
  });
}

it('counts lanes so that more than two rounds of calls are under way, and always at least two', () => {
  expect([laneCount(1, 50), laneCount(1, 200)]).toEqual([2, 2]);
  let last = 0;
  for (let concurrency = 1; concurrency <= 2000; concurrency += 13) {
    const lanes = laneCount(concurrency, 200);
    expect(lanes).toBeGreaterThanOrEqual(last);
    expect((lanes - 1) * 200).toBeGreaterThanOrEqual(2 * concurrency);
    last = lanes;
  }
  // Without a bound a large concurrency would run up the history in one workflow task.
  expect(laneCount(100_000, 50)).toBeLessThanOrEqual(64);
});

describe('lanes', () => {
  it('start the next batch as one ends, cover the range once and add up', async () => {
    await shard({ end: 45 }, async (world) => {
      await world.begun(2);
      await world.nothingMore();
      world.batches[1]?.finish({ errors: 1, scored: 9 });
      await world.begun(3);
      expect(await world.progress()).toEqual({
        samples: 45,
        totals: { scored: 9, errors: 1, reward_sum: 5, tokens: 10 },
        state: 'running',
        waiting_for: null,
      });
      for (let i = 0; i < 5; i++) (await world.begun(i + 1))[i]?.finish();
      expect(await world.result()).toEqual({ scored: 44, errors: 1, reward_sum: 22.5, tokens: 45 });
      expect(world.batches.map(({ ref }) => [ref.start, ref.end])).toEqual([
        [0, 10],
        [10, 20],
        [20, 30],
        [30, 40],
        [40, 45],
      ]);
      expect(world.batches[0]?.ref).toEqual({
        run_dir: '/tmp/run',
        run_id: 'run',
        spec_hash: 'hash',
        generation: 0,
        benchmark: 'sums',
        start: 0,
        end: 10,
        concurrency: 1,
      });
      expect((await world.progress()).state).toBe('done');
    });
  });

  it('begin no further batch while paused, let those under way finish, and go on when resumed', async () => {
    await shard({ end: 40 }, async (world) => {
      await world.begun(2);
      const handle = await world.handle;
      await handle.signal(pauseSignal);
      for (const batch of world.batches) batch.finish();
      await world.nothingMore();
      expect(await world.progress()).toMatchObject({ state: 'paused', totals: { scored: 20 } });
      await handle.signal(resumeSignal);
      for (const batch of await world.begun(4)) batch.finish();
      expect(await world.result()).toMatchObject({ scored: 40 });
    });
  });

  it('hand a changed concurrency to the next batches, and are as many as it needs', async () => {
    await shard({ end: 100 }, async (world) => {
      await world.begun(2);
      await (await world.handle).signal(concurrencySignal, 10);
      world.batches[0]?.finish();
      // One has ended.
      const wanted = 1 + laneCount(10, 10);
      await world.begun(wanted);
      await world.nothingMore();
      expect(world.batches.map(({ ref }) => ref.concurrency)).toEqual([1, 1, ...Array(wanted - 2).fill(10)]);
    });
  });
});

describe('an endpoint that is down', () => {
  it('is waited for once by all lanes, which then ask their batches again', async () => {
    await shard({ end: 20 }, async (world) => {
      const down = (): Error => ApplicationFailure.nonRetryable('nothing answers', FAILURES.endpointDown);
      for (const batch of await world.begun(2)) batch.fail(down());
      await until('the wait', () => world.waits.length > 0);
      await world.nothingMore();
      expect(world.waits).toHaveLength(1);
      expect(await world.progress()).toMatchObject({ state: 'waiting', waiting_for: 'nothing answers', totals: { scored: 0, errors: 0 } });
      world.waits[0]?.over();
      await world.begun(4);
      expect(world.batches.map(({ ref }) => ref.start).sort((a, b) => a - b)).toEqual([0, 0, 10, 10]);
      expect(await world.progress()).toMatchObject({ state: 'running', waiting_for: null });
      for (const batch of world.batches) batch.finish();
      expect(await world.result()).toMatchObject({ scored: 20, errors: 0 });
    });
  });
});

describe('a shard that ends early', () => {
  it('waits for its batches when it is cancelled', async () => {
    await shard({}, async (world) => {
      await world.begun(2);
      const handle = await world.handle;
      await handle.cancel();
      await until('the cancellation', () => world.batches.every(({ cancelled }) => cancelled.aborted));
      world.batches[0]?.finish();
      await world.nothingMore();
      expect((await handle.describe()).status.name).toBe('RUNNING');
      world.batches[1]?.finish();
      await handle.result().catch(() => undefined);
      expect((await handle.describe()).status.name).toBe('CANCELLED');
      expect(await world.progress()).toMatchObject({ totals: { scored: 20 } });
    });
  });

  it('cancels the other batches when one fails for good, and fails with its message', async () => {
    await shard({}, async (world) => {
      await world.begun(2);
      world.batches[0]?.fail(ApplicationFailure.nonRetryable('wrong key', FAILURES.endpointRefused));
      await until('the cancellation', () => world.batches[1]?.cancelled.aborted === true);
      expect((await (await world.handle).describe()).status.name).toBe('RUNNING');
      world.batches[1]?.finish();
      await expect(world.result()).rejects.toMatchObject({ cause: { cause: { message: 'wrong key', type: FAILURES.endpointRefused } } });
      expect(world.batches).toHaveLength(2);
    });
  });

  it('tries a batch again whose worker shut down', async () => {
    await shard({ end: 10 }, async (world) => {
      (await world.begun(1))[0]?.fail(ApplicationFailure.retryable('the worker was shut down', FAILURES.workerShutdown));
      (await world.begun(2))[1]?.finish();
      expect(await world.result()).toMatchObject({ scored: 10 });
    });
  });

  it('begins no further batch once its errors exceed the allowed ones, with a result of what it has', async () => {
    await shard({ max_errors: 3 }, async (world) => {
      await world.begun(2);
      world.batches[0]?.finish({ scored: 7, errors: 3 });
      await world.begun(3);
      world.batches[1]?.finish({ scored: 9, errors: 1 });
      await world.nothingMore();
      world.batches[2]?.finish();
      expect(await world.result()).toMatchObject({ scored: 26, errors: 4 });
    });
  });
});

it('goes on from what an earlier execution carried over, also paused', async () => {
  await shard({ start: 60, end: 80, carried: { scored: 55, errors: 5, reward_sum: 30, tokens: 600 }, paused: true }, async (world) => {
    await world.nothingMore();
    expect(await world.progress()).toEqual({
      samples: 80,
      totals: { scored: 55, errors: 5, reward_sum: 30, tokens: 600 },
      state: 'paused',
      waiting_for: null,
    });
    await (await world.handle).signal(resumeSignal);
    for (const batch of await world.begun(2)) batch.finish();
    expect(await world.result()).toEqual({ scored: 75, errors: 5, reward_sum: 40, tokens: 620 });
    expect(world.batches.map(({ ref }) => ref.start)).toEqual([60, 70]);
  });
});
