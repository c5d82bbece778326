/** The submission of shards over a shell that plays a login node: what is asked there, and what failures mean for jobs that were taken. */

import { describe, expect, it } from 'vitest';
import { closeJobs, pollJobs } from '../../../../../src/adapters/clusters/slurm/client.js';
import { submitShards } from '../../../../../src/adapters/clusters/slurm/jobs.js';
import type { ShardJob } from '../../../../../src/adapters/clusters/slurm/script.js';
import { type ClusterShell, ClusterUnreachable, type CommandResult } from '../../../../../src/core/cluster.js';
import { NelError } from '../../../../../src/core/errors.js';
import { CLUSTER, JOB, POOL } from './fixtures.js';

interface Played {
  readonly shell: ClusterShell;
  /** The commands that were run, each as one text. */
  readonly ran: readonly string[];
}

const HETEROGENEOUS = { ...CLUSTER, node_pools: { ...CLUSTER.node_pools, gpus: { ...POOL, partition: 'gpu' } } };

/** @param answer by the name under which a command runs (`nel-submit`, `mkdir`) and how often it did before; nothing: all is well */
function login(answer: (name: string, before: number) => Partial<CommandResult> | Error | undefined): Played {
  const ran: string[] = [];
  const counts = new Map<string, number>();
  const run = (command: readonly string[]): Promise<CommandResult> => {
    ran.push(command.join(' '));
    const name = (command[0] === 'bash' ? command[3] : command[0]) ?? '';
    const before = counts.get(name) ?? 0;
    counts.set(name, before + 1);
    const given = answer(name, before);
    if (given instanceof Error) return Promise.reject(given);
    return Promise.resolve({ code: 0, stdout: name === 'nel-submit' ? `${100 + before}\n` : '', stderr: '', ...given });
  };
  const write = (): Promise<void> => {
    const given = answer('write', 0);
    return given instanceof Error ? Promise.reject(given) : Promise.resolve();
  };
  return { shell: { name: 'login', run, write } as unknown as ClusterShell, ran };
}

/** Three shards, each a job of its own. */
const job = (change: Partial<ShardJob> = {}): ShardJob => ({
  ...JOB,
  cluster: HETEROGENEOUS,
  shards: [0, 1, 2],
  totalShards: 3,
  ...change,
});
const ONE_JOB_A_SHARD: Partial<ShardJob> = { models: JOB.models.map((model) => ({ ...model, node_pool: 'gpus' })) };
const submit = (shell: ClusterShell, change: Partial<ShardJob> = {}) =>
  submitShards(shell, job({ ...ONE_JOB_A_SHARD, ...change }), { secrets: { NEL_TOKEN: 'x' } });

const LIMIT = { code: 1, stderr: 'sbatch: error: QOSMaxSubmitJobPerUserLimit' };
const refusing = (from: number, refusal: Partial<CommandResult> | Error): ClusterShell =>
  login((name, before) => (name === 'nel-submit' && before >= from ? refusal : undefined)).shell;

it('asks squeue for hidden partitions too, in every question', async () => {
  const { shell, ran } = login(() => undefined);
  await submit(shell, { attempt: 2, cluster: { ...HETEROGENEOUS, max_concurrent_shards: 2 } });
  await pollJobs(shell, ['100']);
  await closeJobs(shell, { keys: [JOB.key], lockFolder: '/jobs' });
  const asking = (name: string): readonly string[] => ran.filter((command) => command.includes(name)).slice(0, 1);
  const questions = ['nel-open', 'nel-find', 'nel-submit', 'squeue --', 'nel-close'].flatMap(asking);
  expect(questions.map((command) => command.match(/\bsqueue --\S+ \S+/g))).toEqual(Array(5).fill(['squeue --noheader --all']));
});

describe('before a job was taken', () => {
  it('a limit of submitted jobs, and a refusal, are errors', async () => {
    await expect(submit(refusing(0, LIMIT))).rejects.toMatchObject({ kind: 'run', message: expect.stringContaining('QOSMaxSubmitJob') });
    await expect(submit(refusing(0, new NelError('config', 'no key is accepted')))).rejects.toMatchObject({ kind: 'config' });
  });

  it.each(['mkdir', 'nel-secrets'])('what fails on the login node is tried again: %s', async (step) => {
    const { shell } = login((name) => (name === step ? { code: 254, stderr: 'bash: fork: something' } : undefined));
    const failed = submit(shell, { cluster: { ...HETEROGENEOUS, secret_env: ['NEL_TOKEN'] } });
    await expect(failed).rejects.toBeInstanceOf(ClusterUnreachable);
  });
});

describe('once a job was taken', () => {
  it('a limit of submitted jobs is waited out, as a key that is refused', async () => {
    for (const trouble of [LIMIT, new NelError('config', 'no key is accepted')]) {
      await expect(submit(refusing(1, trouble))).rejects.toBeInstanceOf(ClusterUnreachable);
      await expect(submit(refusing(0, trouble), { attempt: 2 })).rejects.toBeInstanceOf(ClusterUnreachable);
    }
  });

  it('a resubmission waits for a login node that takes no file', async () => {
    const { shell } = login((name) => (name === 'write' ? new NelError('run', 'cannot be written: Stale file handle') : undefined));
    await expect(submit(shell, { attempt: 2 })).rejects.toBeInstanceOf(ClusterUnreachable);
  });

  it('a job that is refused, or a run that was ended, is an error all the same', async () => {
    const account = { code: 1, stderr: 'sbatch: error: Batch job submission failed: Invalid account' };
    await expect(submit(refusing(1, account))).rejects.toMatchObject({ kind: 'run', message: expect.stringContaining('Invalid account') });
    await expect(submit(refusing(1, { code: 33 }))).rejects.toMatchObject({ kind: 'run', message: expect.stringContaining('was ended') });
  });
});
