/** The limit on shards at once, over all attempts of a run. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { afterAllBut, type OpenTask, openTasks } from '../../../../../src/adapters/clusters/slurm/turns.js';
import { type ClusterShell, ClusterUnreachable } from '../../../../../src/core/cluster.js';

const tasks = (jobId: string, ...numbers: readonly number[]): OpenTask[] => numbers.map((task) => ({ jobId, task }));

describe('afterAllBut', () => {
  it('waits for nothing where there is room', () => {
    expect(afterAllBut(0, [])).toBeUndefined();
    expect(afterAllBut(2, tasks('7', 0, 1))).toBeUndefined();
  });

  it('names whole jobs, and the tasks of the one that it may run beside', () => {
    const open = [...tasks('7', 3, 4), { jobId: '8', task: null }, ...tasks('9', 0, 1, 2)];
    expect(afterAllBut(0, open)).toBe('afterany:7:8:9');
    expect(afterAllBut(2, open)).toBe('afterany:7:8:9_0');
    expect(afterAllBut(3, open)).toBe('afterany:7:8');
  });

  it('waits for the whole of an array rather than naming thousands of tasks', () => {
    expect(afterAllBut(1, tasks('7', ...Array(5_000).keys()))).toBe('afterany:7');
  });

  it('lets no more run than the limit, whatever ends when and is submitted again', () => {
    const runs = fc.record({
      limit: fc.integer({ min: 1, max: 5 }),
      shards: fc.integer({ min: 1, max: 9 }),
      choices: fc.array(fc.nat(1_000), { maxLength: 60 }),
    });
    fc.assert(
      fc.property(runs, ({ limit, shards, choices }) => {
        const cluster = new PlayedCluster(limit);
        cluster.submit(Array.from({ length: shards }, (_, i) => i));
        for (const choice of choices) {
          cluster.startAll(choice);
          expect(cluster.running().length).toBeLessThanOrEqual(limit);
          // Nothing waits for ever.
          expect(cluster.running().length).toBeGreaterThan(0);
          const running = cluster.running();
          const failed = running.filter((_, i) => i <= choice % running.length);
          for (const task of failed) task.state = 'ended';
          cluster.submit(failed.map(({ task }) => task));
        }
      }),
    );
  });
});

interface PlayedTask {
  readonly jobId: string;
  readonly task: number;
  readonly after: readonly string[];
  state: 'pending' | 'running' | 'ended';
}

/** Slurm as far as it matters here: arrays of at most `limit` tasks at once, which may wait for jobs and tasks. */
class PlayedCluster {
  private readonly tasks: PlayedTask[] = [];
  private jobs = 0;

  constructor(private readonly limit: number) {}

  submit(shards: readonly number[]): void {
    if (shards.length === 0) return;
    const open = this.tasks.filter(({ state }) => state !== 'ended');
    const after = (afterAllBut(this.limit - Math.min(this.limit, shards.length), open) ?? 'afterany').split(':').slice(1);
    const jobId = String(++this.jobs);
    for (const task of shards) this.tasks.push({ jobId, task, after, state: 'pending' });
  }

  running(): readonly PlayedTask[] {
    return this.tasks.filter(({ state }) => state === 'running');
  }

  /** Starts what may start, in an order of its own. */
  startAll(seed: number): void {
    for (const at of this.tasks.keys()) {
      const one = this.tasks[(at + seed) % this.tasks.length] as PlayedTask;
      if (one.state === 'pending' && one.after.every((name) => this.hasEnded(name)) && this.isBelowLimit(one)) one.state = 'running';
    }
  }

  private hasEnded(name: string): boolean {
    return this.tasks.every(({ jobId, task, state }) => state === 'ended' || (name !== jobId && name !== `${jobId}_${task}`));
  }

  private isBelowLimit({ jobId }: PlayedTask): boolean {
    return this.running().filter((other) => other.jobId === jobId).length < this.limit;
  }
}

describe('openTasks', () => {
  const shellSaying = (code: number, stdout: string, stderr = ''): ClusterShell =>
    ({ name: 'there', run: () => Promise.resolve({ code, stdout, stderr }) }) as unknown as ClusterShell;

  it("reads this run's earlier attempts out of the queue", async () => {
    const queue = [
      '13_1|PENDING|Dependency||nel-x-a2',
      '12_3|RUNNING|None|n1|nel-x-a1',
      '12_[7-8%2]|PENDING|JobArrayTaskLimit||nel-x-a1',
      '14+0|RUNNING|None|n2|nel-x-a2-s5',
      '14+1|RUNNING|None|n3|nel-x-a2-s5',
      '15_0|RUNNING|None|n3|nel-x-a3',
      '16_0|RUNNING|None|n3|nel-xy-a1',
      '17|RUNNING|None|n3|nel-x-a1-merge',
    ];
    expect(await openTasks(shellSaying(0, queue.join('\n')), { key: 'nel-x', attempt: 3 }, {})).toEqual([
      ...tasks('12', 3, 7, 8),
      ...tasks('13', 1),
      { jobId: '14', task: null },
    ]);
  });

  it('are to be asked for again whatever keeps squeue from telling, but not where there is none', async () => {
    const asked = (code: number, stderr: string) => openTasks(shellSaying(code, '', stderr), { key: 'nel-x', attempt: 2 }, {});
    await expect(asked(1, 'slurm_load_jobs error: Unable to contact slurm controller')).rejects.toBeInstanceOf(ClusterUnreachable);
    await expect(asked(1, 'squeue: error: never seen before')).rejects.toBeInstanceOf(ClusterUnreachable);
    await expect(asked(127, 'bash: squeue: command not found')).rejects.toMatchObject({ kind: 'config' });
  });
});
