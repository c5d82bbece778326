/** The workflow of a run on a cluster, from the shipped bundle on a real server, over a cluster that the test plays. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Context } from '@temporalio/activity';
import { Client, Connection, type WorkflowHandle } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ClusterPort, createClusterActivities, type EndedShard, type LookTimes } from '../../src/activities/cluster.js';
import { readCluster } from '../../src/client/cluster-shards.js';
import { ensureServer, type ServerLease, stopServer } from '../../src/client/embedded/server.js';
import type { SubmittedShards } from '../../src/core/cluster.js';
import { ClusterUnreachable } from '../../src/core/cluster.js';
import type { ClusterShardReport, ShardLog } from '../../src/core/cluster-shards.js';
import { NelError } from '../../src/core/errors.js';
import type { BenchmarkResult, ClusterPollRef, ClusterRunInput, ClusterSubmitRef } from '../../src/workflows/contract.js';

const stateDir = mkdtempSync(path.join(tmpdir(), 'nel-cluster-'));
const failureConverterPath = path.resolve(import.meta.dirname, '../../dist/workflows/failure-converter.js');
const codePath = path.resolve(import.meta.dirname, '../../dist/workflow-bundle.js');
let lease: ServerLease;
let connection: NativeConnection;
let client: Client;
let runs = 0;

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

type Report = Pick<ClusterShardReport, 'state'> & Partial<ClusterShardReport>;

/** What becomes of a shard in an attempt, look by look; the last one stays. */
type Story = (shard: number, attempt: number, look: number) => Report;

/** A cluster that follows a story, and notes what it is told. */
class PlayedCluster implements ClusterPort {
  readonly submissions: { readonly attempt: number; readonly shards: readonly number[] }[] = [];
  readonly asked: string[] = [];
  prepared = 0;
  cancelled = 0;
  fetched = 0;
  looks = 0;
  private readonly seen = new Map<string, number>();

  constructor(private readonly story: Story) {}

  prepare = async (): Promise<void> => void this.prepared++;
  fetch = async (): Promise<void> => void this.fetched++;
  cancel = async (): Promise<void> => void this.cancelled++;
  log = async (_: unknown, { shard, attempt }: EndedShard): Promise<ShardLog | null> => ({
    file: `/tmp/run/logs/attempt-${attempt}-shard-${shard}.log`,
    tail: 'loading\nno such module',
  });
  merge = async (): Promise<readonly BenchmarkResult[]> => [
    { benchmark: 'sums', status: 'completed', reason: null, mean_reward: 0.5, bundle: '/tmp/run/sums/eval-x.json' },
  ];

  async submit({ attempt, shards }: ClusterSubmitRef): Promise<SubmittedShards> {
    this.submissions.push({ attempt, shards });
    return { attempt, jobs: [{ jobId: String(attempt), shards }] };
  }

  async poll({ submitted }: ClusterPollRef): Promise<readonly ClusterShardReport[]> {
    this.looks++;
    return submitted.flatMap(({ attempt, jobs }) =>
      jobs.flatMap(({ jobId, shards }) =>
        shards.map((shard) => {
          const key = `${attempt}/${shard}`;
          this.asked.push(key);
          const look = this.seen.get(key) ?? 0;
          this.seen.set(key, look + 1);
          const reason = null;
          return { shard, job_id: `${jobId}_${shard}`, node: null, done: 0, samples: 100, reason, ...this.story(shard, attempt, look) };
        }),
      ),
    );
  }
}

/** As fast as the server can. */
const AT_ONCE: LookTimes = {
  first: 5,
  longest: 20,
  durableFrom: Number.POSITIVE_INFINITY,
  lostAfter: 300,
  now: () => Date.now(),
  sleep: (ms) => Context.current().sleep(ms),
};

async function withWorker(
  options: { readonly cluster: ClusterPort; readonly looks?: LookTimes; readonly input?: Partial<ClusterRunInput> },
  use: (handle: WorkflowHandle, startWorker: () => Promise<Worker>) => Promise<void>,
): Promise<void> {
  const { cluster, looks = AT_ONCE, input = {} } = options;
  const taskQueue = `cluster-test-${runs++}`;
  const whole: ClusterRunInput = {
    run_dir: '/tmp/run',
    run_id: 'run',
    spec_hash: 'hash',
    generation: 0,
    benchmarks: [{ name: 'sums', model: 'm', samples: 400, concurrency: 4 }],
    shards: 4,
    max_attempts: 3,
    max_error_rate: 0.01,
    search_attributes: [],
    ...input,
  };
  const startWorker = (): Promise<Worker> =>
    Worker.create({
      connection,
      taskQueue,
      workflowBundle: { codePath },
      activities: createClusterActivities({ cluster, looks }),
      dataConverter: { failureConverterPath },
      maxHeartbeatThrottleInterval: '100ms',
      defaultHeartbeatThrottleInterval: '100ms',
      shutdownForceTime: '5s',
    });
  const handle = await client.workflow.start('slurmRun', { workflowId: `${taskQueue}/cluster`, taskQueue, args: [whole] });
  try {
    await use(handle, startWorker);
  } finally {
    await handle.terminate().catch(() => undefined);
  }
}

/** Runs a story to its end. @returns the result or the message that ended it */
async function play(story: Story, input: Partial<ClusterRunInput> = {}): Promise<{ cluster: PlayedCluster; result: unknown }> {
  const cluster = new PlayedCluster(story);
  let result: unknown;
  await withWorker({ cluster, input }, async (handle, startWorker) => {
    const worker = await startWorker();
    result = await worker.runUntil(
      handle.result().catch((error: unknown) => {
        let at = error as Error;
        while (at.cause instanceof Error) at = at.cause;
        return at.message;
      }),
    );
  });
  return { cluster, result };
}

const done: Report = { state: 'completed', done: 100 };
const goesWell: Story = (_, __, look) => [{ state: 'pending' } as const, { state: 'running', node: 'n1' } as const][look] ?? done;

async function until(what: string, check: () => boolean | Promise<boolean>): Promise<void> {
  const end = Date.now() + 15_000;
  while (!(await check())) {
    if (Date.now() > end) throw new Error(`waited for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

describe('a run on a cluster', () => {
  it('submits all shards once, looks until they have ended, fetches and merges', async () => {
    const { cluster, result } = await play(goesWell);
    expect(result).toMatchObject([{ benchmark: 'sums', status: 'completed', mean_reward: 0.5 }]);
    expect(cluster).toMatchObject({ prepared: 1, fetched: 1, cancelled: 0, submissions: [{ attempt: 1, shards: [0, 1, 2, 3] }] });
  });

  it('submits a failed shard again while the others run, and asks about its old job no more', async () => {
    const { cluster, result } = await play((shard, attempt, look) => {
      if (shard === 2 && attempt === 1 && look >= 1) return { state: 'failed', reason: 'node_fail' };
      if (shard === 0) return cluster0Done(attempt, look);
      return goesWell(shard, attempt, look);
    });
    expect(result).toMatchObject([{ status: 'completed' }]);
    expect(cluster.submissions).toEqual([
      { attempt: 1, shards: [0, 1, 2, 3] },
      { attempt: 2, shards: [2] },
    ]);
    // Shard 0 ran all the while.
    expect(cluster.asked.lastIndexOf('1/0')).toBeGreaterThan(cluster.asked.indexOf('2/2'));
    expect(cluster.asked.lastIndexOf('1/2')).toBeLessThan(cluster.asked.indexOf('2/2'));
  });

  /** Runs for three seconds or so: the pause before a second attempt takes two of them. */
  function cluster0Done(attempt: number, look: number): Report {
    return look < 8 ? { state: 'running', node: `n${attempt}${look % 2}` } : done;
  }

  it('counts a walltime only when no answer was added', { timeout: 60_000 }, async () => {
    const chunks: Story = (shard, attempt, look) => {
      if (shard !== 1) return done;
      if (attempt === 6) return done;
      return look === 0 ? { state: 'running', done: (attempt - 1) * 10 } : { state: 'failed', reason: 'timeout', done: attempt * 10 };
    };
    const { cluster, result } = await play(chunks, { max_attempts: 2 });
    expect(result).toMatchObject([{ status: 'completed' }]);
    expect(cluster.submissions.map(({ shards }) => shards)).toEqual([[0, 1, 2, 3], [1], [1], [1], [1], [1]]);

    const stuck = await play((shard) => (shard === 1 ? { state: 'failed', reason: 'timeout', done: 10, job_id: 'j' } : done), {
      max_attempts: 2,
    });
    // The first one added ten answers.
    expect(stuck.result).toMatch(/^shard 1 failed 2 times, last: timeout \(job j\)\n/);
    expect(stuck.cluster.submissions).toHaveLength(3);
    expect(stuck.cluster.cancelled).toBe(1);
  });

  it('gives up after max_attempts and ends the other jobs', async () => {
    const { cluster, result } = await play(
      (shard, attempt) => (shard === 3 ? { state: 'failed', reason: 'exit (exit code 3)', job_id: `${attempt}_3` } : { state: 'running' }),
      { max_attempts: 2 },
    );
    expect(result).toBe(
      'shard 3 failed 2 times, last: exit (exit code 3) (job 2_3)\n' +
        '  its log, /tmp/run/logs/attempt-2-shard-3.log, ends with:\n    loading\n    no such module',
    );
    expect(cluster).toMatchObject({ cancelled: 1, fetched: 0 });
  });

  it.each([
    ['can never start', { state: 'impossible', reason: 'PartitionTimeLimit' }, /^job 1_2 can never start: PartitionTimeLimit$/],
    ['was cancelled there', { state: 'cancelled' }, /^job 1_2 \(shard 2\) was cancelled on the cluster$/],
  ] as const)('ends when a job %s', async (_, report, message) => {
    const { cluster, result } = await play((shard) => (shard === 2 ? report : { state: 'running' }));
    expect(result).toMatch(message);
    expect(cluster.cancelled).toBe(1);
  });

  it("ends with the cluster's own words when it refuses the job, and with an unreachable cluster waits", async () => {
    const cluster = new PlayedCluster(goesWell);
    let away = 2;
    cluster.prepare = async () => {
      if (away-- > 0) throw new ClusterUnreachable('no route');
    };
    cluster.submit = () => Promise.reject(new NelError('run', 'Slurm refuses the job: Invalid account'));
    await withWorker({ cluster }, async (handle, startWorker) => {
      const worker = await startWorker();
      await worker.runUntil(
        expect(handle.result()).rejects.toMatchObject({ cause: { cause: { message: 'Slurm refuses the job: Invalid account' } } }),
      );
    });
    expect(away).toBe(-1);
  });

  it('takes a job that the cluster has forgotten for lost, and one that it does not know yet not', async () => {
    const { cluster, result } = await play((shard, attempt, look) => {
      if (shard === 1 && attempt === 1) return { state: 'unknown' };
      if (shard === 2 && look < 3) return { state: 'unknown' };
      return done;
    });
    expect(result).toMatchObject([{ status: 'completed' }]);
    expect(cluster.submissions).toEqual([
      { attempt: 1, shards: [0, 1, 2, 3] },
      { attempt: 2, shards: [1] },
    ]);
  });

  it('leaves a table of what became of each shard', async () => {
    const cluster = new PlayedCluster((shard, attempt) =>
      shard === 3
        ? { state: 'failed', reason: 'exit (exit code 3)', node: 'n7' }
        : shard === 0
          ? done
          : { state: 'running', done: attempt },
    );
    await withWorker({ cluster, input: { max_attempts: 1 } }, async (handle, startWorker) => {
      const worker = await startWorker();
      await worker.runUntil(handle.result().catch(() => undefined));
      const { shards } = await readCluster(client, handle.workflowId);
      expect(shards).toMatchObject([
        { state: 'completed', job_id: '1_0', done: 100 },
        { state: 'cancelled', job_id: '1_1', attempt: 1, done: 1 },
        { state: 'cancelled' },
        { state: 'failed', node: 'n7', job_id: '1_3', reason: 'exit (exit code 3)', attempt: 1 },
      ]);
    });
  });
});

describe('a cluster that gives trouble in mid-run', () => {
  it('is waited for, whatever keeps it from being asked, and says what that is', { timeout: 60_000 }, async () => {
    const cluster = new PlayedCluster(() => done);
    const { poll } = cluster;
    let trouble: Error | null = new NelError('config', 'me@login accepts none of\nthe keys');
    cluster.poll = (ref) => (trouble === null ? poll.call(cluster, ref) : Promise.reject(trouble));
    await withWorker({ cluster }, async (handle, startWorker) => {
      const worker = await startWorker();
      await worker.runUntil(async () => {
        const told = async (): Promise<string | null> => (await readCluster(client, handle.workflowId)).trouble;
        await until('the refusal', async () => (await told()) === 'me@login accepts none of the keys');
        trouble = new ClusterUnreachable('squeue failed');
        await until('the failure', async () => (await told()) === 'squeue failed');
        trouble = null;
        expect(await handle.result()).toMatchObject([{ status: 'completed' }]);
        expect((await readCluster(client, handle.workflowId)).trouble).toBeNull();
      });
    });
    expect(cluster).toMatchObject({ cancelled: 0, submissions: [{ attempt: 1 }] });
  });

  it('does not end the run once a submission was tried: it may have handed in jobs', { timeout: 60_000 }, async () => {
    const cluster = new PlayedCluster(goesWell);
    const { submit } = cluster;
    const troubles = [new ClusterUnreachable('no room'), new NelError('config', 'no agent')];
    cluster.submit = (ref) => {
      const trouble = troubles.shift();
      return trouble === undefined ? submit.call(cluster, ref) : Promise.reject(trouble);
    };
    await withWorker({ cluster }, async (handle, startWorker) => {
      const worker = await startWorker();
      expect(await worker.runUntil(handle.result())).toMatchObject([{ status: 'completed' }]);
    });
    expect(troubles).toEqual([]);
  });

  it('does not end the run by its resubmissions either', { timeout: 60_000 }, async () => {
    const cluster = new PlayedCluster((shard, attempt) => (shard === 1 && attempt === 1 ? { state: 'failed', reason: 'node_fail' } : done));
    const { submit } = cluster;
    let refusals = 1;
    cluster.submit = (ref) =>
      ref.attempt > 1 && refusals-- > 0 ? Promise.reject(new NelError('config', 'no agent')) : submit.call(cluster, ref);
    await withWorker({ cluster }, async (handle, startWorker) => {
      const worker = await startWorker();
      expect(await worker.runUntil(handle.result())).toMatchObject([{ status: 'completed' }]);
    });
    expect(cluster.submissions).toHaveLength(2);
  });
});

describe('a run that is cancelled', () => {
  it('ends its jobs, and closes only then', async () => {
    const cluster = new PlayedCluster(() => ({ state: 'running' }));
    let release: () => void = () => undefined;
    cluster.cancel = () => {
      cluster.cancelled++;
      return new Promise((resolve) => (release = resolve));
    };
    await withWorker({ cluster, looks: { ...AT_ONCE, longest: 60_000, durableFrom: 0 } }, async (handle, startWorker) => {
      const worker = await startWorker();
      await worker.runUntil(async () => {
        await until('a look', () => cluster.looks >= 1);
        await handle.cancel();
        await until('the cancellation', () => cluster.cancelled === 1);
        expect((await handle.describe()).status.name).toBe('RUNNING');
        release();
        await handle.result().catch(() => undefined);
        expect((await handle.describe()).status.name).toBe('CANCELLED');
        expect(await handle.query('cluster')).toMatchObject(Array(4).fill({ state: 'cancelled' }));
      });
    });
  });

  it('ends jobs whose submission was cut off', async () => {
    const cluster = new PlayedCluster(goesWell);
    let submitting = false;
    cluster.submit = (_: ClusterSubmitRef, signal?: AbortSignal) =>
      new Promise((_resolve, reject) => {
        submitting = true;
        signal?.addEventListener('abort', () => reject(signal.reason instanceof Error ? signal.reason : new Error('aborted')));
      });
    await withWorker({ cluster }, async (handle, startWorker) => {
      const worker = await startWorker();
      await worker.runUntil(async () => {
        await until('the submission', () => submitting);
        await handle.cancel();
        await handle.result().catch(() => undefined);
        expect((await handle.describe()).status.name).toBe('CANCELLED');
      });
    });
    expect(cluster.cancelled).toBe(1);
  });
});

describe('while jobs run', () => {
  it('the history stays as it is, the heartbeat tells how far they are, and another worker goes on', { timeout: 60_000 }, async () => {
    let stop = false;
    const cluster = new PlayedCluster((_, __, look) => (stop ? done : { state: 'running', node: 'n1', done: Math.min(90, look) }));
    // Every wait is the server's.
    await withWorker({ cluster, looks: { ...AT_ONCE, durableFrom: 0 } }, async (handle, startWorker) => {
      const first = await startWorker();
      const before = await first.runUntil(async () => {
        await until('a look', () => cluster.looks >= 2);
        const { length } = (await handle.fetchHistory()).events ?? [];
        await until('more looks', () => cluster.looks >= 6);
        expect((await handle.fetchHistory()).events).toHaveLength(length);
        return length;
      });
      // Nobody answers for the workflow now: its history and the last heartbeat do.
      const asked = { state: 'running', node: 'n1', attempt: 1, samples: 100 };
      const { shards } = await readCluster(client, handle.workflowId);
      expect(shards).toMatchObject([{ ...asked, job_id: '1_0' }, ...Array(3).fill(asked)]);
      const looks = cluster.looks;
      const second = await startWorker();
      await second.runUntil(async () => {
        await until('looks of the second worker', () => cluster.looks > looks + 2);
        const { shards: shown, trouble } = await readCluster(client, handle.workflowId);
        expect(trouble).toBeNull();
        expect(shown).toMatchObject(Array(4).fill(asked));
        for (const shard of shown) expect(shard.done).toBeGreaterThan(3);
        stop = true;
        expect(await handle.result()).toMatchObject([{ status: 'completed' }]);
      });
      expect(cluster.submissions).toHaveLength(1);
      expect(before).toBeLessThan(30);
    });
  });
});

describe('14,000 problems with 8 repeats over 16 shards', () => {
  const HOUR = 3_600_000;
  const SAMPLES = 7_000;

  /** Queues of up to three hours, jobs of four hours that hit their walltime, and every seventh attempt loses its node. Time is played too. */
  class Simulated extends PlayedCluster {
    time = 0;
    private readonly begun = new Map<string, number>();
    private readonly answered = new Array<number>(16).fill(0);

    override async submit(ref: ClusterSubmitRef): Promise<SubmittedShards> {
      for (const shard of ref.shards) this.begun.set(`${ref.attempt}/${shard}`, this.time);
      return super.submit(ref);
    }

    at(shard: number, attempt: number): Report {
      const hours = (this.time - (this.begun.get(`${attempt}/${shard}`) ?? 0)) / HOUR;
      const queued = (((shard * 7 + attempt * 3) % 13) + shard / 20) / 4;
      if (hours < queued) return { state: 'pending', reason: hours % 1 < 0.5 ? 'Priority' : 'Resources' };
      const ran = hours - queued;
      const before = this.answered[shard] as number;
      const lostAt = (shard + attempt) % 7 === 0 ? 1.5 : Number.POSITIVE_INFINITY;
      const doneNow = Math.min(SAMPLES, before + Math.floor(Math.min(ran, 4, lostAt) * 330));
      const node = `n${(shard + attempt) % 16}`;
      if (doneNow === SAMPLES) return { state: 'completed', node, done: SAMPLES, samples: SAMPLES };
      if (ran < Math.min(4, lostAt)) return { state: 'running', node, done: doneNow, samples: SAMPLES };
      this.answered[shard] = doneNow;
      return { state: 'failed', node, reason: ran >= lostAt ? 'node_fail' : 'timeout', done: doneNow, samples: SAMPLES };
    }
  }

  it('take under 2,000 events in all, over a day and a hundred jobs, and no more memory at the end', { timeout: 120_000 }, async () => {
    const cluster: Simulated = new Simulated((shard, attempt) => cluster.at(shard, attempt));
    const heap: number[] = [];
    // The looks of the real thing, in played time.
    const looks: LookTimes = {
      first: 2_000,
      longest: 300_000,
      durableFrom: Number.POSITIVE_INFINITY,
      lostAfter: 600_000,
      now: () => cluster.time,
      sleep: async (ms) => {
        cluster.time += ms;
        if (cluster.looks % 50 === 0) heap.push(process.memoryUsage().heapUsed / 2 ** 20);
        await new Promise((resolve) => setImmediate(resolve));
      },
    };
    // The workflow's own pauses, before another attempt, are real: shards that fail alone pay them.
    const input = { shards: 16, max_attempts: 4, benchmarks: [{ name: 'sums', model: 'm', samples: 112_000, concurrency: 64 }] };
    await withWorker({ cluster, looks, input }, async (handle, startWorker) => {
      const worker = await startWorker();
      expect(await worker.runUntil(handle.result())).toMatchObject([{ status: 'completed' }]);
      const jobs = cluster.submissions.reduce((sum, { shards }) => sum + shards.length, 0);
      expect(jobs).toBeGreaterThan(90);
      expect(cluster.time).toBeGreaterThan(24 * HOUR);
      const lengths = await eventsOf(handle);
      const events = lengths.reduce((sum, length) => sum + length, 0);
      const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
      const [early, late] = [mean(heap.slice(5, 15)), mean(heap.slice(-10))];
      console.log(
        `${jobs} jobs, ${cluster.looks} looks, ${Math.round(cluster.time / HOUR)} hours: ${events} events in ${lengths.length} executions; heap ${early.toFixed(0)} MiB, then ${late.toFixed(0)} MiB`,
      );
      expect(events).toBeLessThan(2_000);
      expect(late).toBeLessThan(early + 40);
    });
  });

  /** Events of each execution of a workflow that was continued. */
  async function eventsOf(handle: WorkflowHandle): Promise<number[]> {
    const lengths: number[] = [];
    for await (const { runId } of client.workflow.list({ query: `WorkflowId = '${handle.workflowId}'` })) {
      const history = await client.workflow.getHandle(handle.workflowId, runId).fetchHistory();
      lengths.push(history.events?.length ?? 0);
    }
    return lengths;
  }

  it('carry what is known to the next execution', { timeout: 60_000 }, async () => {
    let goOn = false;
    const cluster = new PlayedCluster((shard, attempt) => {
      if (!goOn) return { state: 'running', node: 'n1', done: 7 };
      if (shard === 0 && attempt === 1) return { state: 'failed', reason: 'drained', done: 50 };
      return done;
    });
    await withWorker({ cluster }, async (handle, startWorker) => {
      const worker = await startWorker();
      await worker.runUntil(async () => {
        await until('a look', () => cluster.looks > 0);
        // A long history in short: nobody listens to these, but each is an event.
        await Promise.all(Array.from({ length: 1_500 }, () => handle.signal('nobody')));
        goOn = true;
        // Of the last execution: its id is the same.
        const latest = client.workflow.getHandle(handle.workflowId);
        expect(await latest.result()).toMatchObject([{ status: 'completed' }]);
        expect(await latest.query('cluster')).toMatchObject([
          { state: 'completed', attempt: 2, failures: 0, done_before: 50 },
          ...Array(3).fill({ state: 'completed', attempt: 1, failures: 0, done_before: 0 }),
        ]);
        const lengths = await eventsOf(handle);
        expect(lengths).toHaveLength(2);
        for (const length of lengths) expect(length).toBeLessThan(2_500);
      });
    });
    // Jobs that are well outlive the execution that submitted them.
    expect(cluster).toMatchObject({
      prepared: 1,
      cancelled: 0,
      submissions: [
        { attempt: 1, shards: [0, 1, 2, 3] },
        { attempt: 2, shards: [0] },
      ],
    });
  });
});
