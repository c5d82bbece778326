/** Slurm's words and tables, most of them recorded from Slurm 22.05 (test/labs/slurm), as states of tasks. */

import { readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  arrayExpression,
  isPassingRefusal,
  isSubmitLimit,
  jobReports,
  parseSacct,
  parseSqueue,
  parseSubmission,
  refusalReason,
  tasksOf,
} from '../../../../src/core/slurm/output.js';
import { isImpossible, taskState } from '../../../../src/core/slurm/states.js';

const recorded = (name: string): string =>
  readFileSync(path.resolve(import.meta.dirname, `../../../golden/slurm/recorded/${name}.txt`), 'utf8');
const exit = (exitCode: number | null, signal: number | null = null) => ({ state: 'failed', reason: 'exit', exitCode, signal });

describe('a recorded array of eight: three succeed, one exits 3, one is killed, one is cancelled, two lose their node', () => {
  const queue = (name: string) => parseSqueue(recorded(name));
  const accounting = parseSacct(recorded('sacct-array'));

  it('is told from queue and accounting together', () => {
    expect(jobReports('22', queue('squeue-array-end'), accounting)).toEqual([
      { task: 0, jobId: '22_0', nodes: 'nel0', status: { state: 'completed' } },
      { task: 1, jobId: '22_1', nodes: 'nel0', status: exit(3) },
      { task: 2, jobId: '22_2', nodes: 'nel1', status: { state: 'cancelled' } },
      { task: 3, jobId: '22_3', nodes: 'nel1', status: exit(0, 9) },
      { task: 4, jobId: '22_4', nodes: 'nel2', status: { state: 'failed', reason: 'node_fail', exitCode: 0, signal: null } },
      { task: 5, jobId: '22_5', nodes: 'nel2', status: { state: 'failed', reason: 'node_fail', exitCode: 0, signal: null } },
      { task: 6, jobId: '22_6', nodes: 'nel0', status: { state: 'completed' } },
      { task: 7, jobId: '22_7', nodes: 'nel1', status: { state: 'completed' } },
    ]);
  });

  it('is told from accounting alone once the queue has forgotten it', () => {
    expect(jobReports('22', parseSqueue(recorded('squeue-forgotten')), accounting)).toEqual(
      jobReports('22', queue('squeue-array-end'), accounting),
    );
  });

  it('is told from the queue alone where there is no accounting, without exit codes', () => {
    const states = jobReports('22', queue('squeue-array-end'), []).map(({ status }) => status);
    expect(states[1]).toEqual(exit(null));
    expect(states.map(({ state }) => state)).toEqual([
      'completed',
      'failed',
      'cancelled',
      'failed',
      'failed',
      'failed',
      'completed',
      'completed',
    ]);
  });

  it('believes the queue about what goes on', () => {
    const states = jobReports('22', queue('squeue-array-live'), parseSacct('22_4|NODE_FAIL|0:0|nel2|None|x\n')).map(({ task, status }) => [
      task,
      status.state,
    ]);
    expect(states).toContainEqual([2, 'running']);
    expect(states).toContainEqual([4, 'running']);
  });

  it('knows nothing of a task that goes on for accounting alone: word of its end was lost', () => {
    const lagging = parseSacct('22_0|RUNNING|0:0|nel0|None|x\n22_1|PENDING|0:0|None assigned|None|x\n22_2|COMPLETED|0:0|nel1|None|x\n');
    const states = (text: string) => jobReports('22', parseSqueue(text), lagging).map(({ task, status }) => [task, status.state]);
    expect(states('')).toEqual([
      [0, 'unknown'],
      [1, 'unknown'],
      [2, 'completed'],
    ]);
    expect(states('22_1|PENDING|Priority||x\n')).toEqual([
      [0, 'unknown'],
      [1, 'pending'],
      [2, 'completed'],
    ]);
    // A job that is not split up yet stands for all its tasks.
    expect(states('22|PENDING|Priority||x\n')).toEqual([
      [0, 'running'],
      [1, 'pending'],
      [2, 'completed'],
    ]);
  });
});

describe('recorded ends', () => {
  it('knows a time limit', () => {
    expect(jobReports('44', [], parseSacct(recorded('sacct-timeout')))).toMatchObject([
      { task: 2, status: { state: 'failed', reason: 'timeout' } },
    ]);
  });

  it('knows a preemption', () => {
    expect(jobReports('30', [], parseSacct(recorded('sacct-preempted')))).toMatchObject([
      { task: 2, status: { state: 'failed', reason: 'preempted' } },
    ]);
  });

  it('takes a heterogeneous job by its leader', () => {
    expect(jobReports('45', [], parseSacct(recorded('sacct-het')))).toEqual([
      { task: null, jobId: '45', nodes: 'nel0', status: { state: 'completed' } },
    ]);
  });
});

describe('recorded jobs that wait', () => {
  const queue = parseSqueue(recorded('squeue-impossible'));
  const accounting = parseSacct(recorded('sacct-impossible'));
  const of = (name: string) => {
    const id = queue.find((line) => line.name === name)?.id ?? '';
    return jobReports(id, queue, accounting)[0]?.status;
  };

  it.each([
    ['nel-t1', 'PartitionTimeLimit'],
    ['nel-nodes', 'PartitionConfig'],
    ['nel-cpus', 'PartitionConfig'],
    ['nel-depend', 'DependencyNeverSatisfied'],
    ['nel-dependkill', 'DependencyNeverSatisfied'],
  ])('%s can never start: %s', (name, reason) => {
    expect(of(name)).toEqual({ state: 'impossible', reason });
  });

  it.each([
    ['nel-broke', 'AssocGrpCpuLimit'],
    ['nel-hold', 'JobHeldUser'],
  ])('%s waits for a limit: %s', (name, reason) => {
    expect(of(name)).toEqual({ state: 'pending', reason, limit: true });
  });
});

describe('isImpossible', () => {
  it.each([
    'InvalidAccount',
    'InvalidQOS',
    'AccountNotAllowed',
    'BadConstraints',
    'AssocMaxWallDurationPerJobLimit',
    'QOSMaxWallDurationPerJobLimit',
    'QOSMaxCpuPerJobLimit',
    'QOSMaxGRESPerJob',
    'QOSMaxNodePerJobLimit',
    'QOSMinGRES',
    'AssocGrpCPUMinutesLimit',
    'AssocGrpCpuMinutesLimit',
    'QOSGrpGRESMinutes',
    'QOSGrpWallLimit',
  ])('%s: no waiting helps', (reason) => {
    expect(isImpossible(reason)).toBe(true);
  });

  it.each([
    'None',
    'Priority',
    'Resources',
    'Dependency',
    'JobArrayTaskLimit',
    'BeginTime',
    'AssocGrpCpuLimit',
    'QOSGrpNodeLimit',
    'QOSMaxJobsPerUserLimit',
    'QOSMaxCpuPerUserLimit',
    'AssocGrpCPURunMinutesLimit',
    'ReqNodeNotAvail',
    'PartitionDown',
    'Licenses',
    'JobHeldUser',
    'Cleaning',
    '',
  ])('%s: it may start yet', (reason) => {
    expect(isImpossible(reason)).toBe(false);
  });
});

describe('taskState', () => {
  const line = (state: string, exitText: string | null = null, reason = 'None') =>
    taskState({ id: '1', state, reason, exit: exitText, nodes: null });

  it('tells a shard that drained before its walltime from one that failed', () => {
    expect(line('FAILED', '75:0')).toEqual({ state: 'failed', reason: 'drained', exitCode: 75, signal: null });
    expect(line('FAILED', '1:0')).toEqual(exit(1));
  });

  it('reads the state in front of what sacct adds to it', () => {
    expect(line('CANCELLED by 1000')).toEqual({ state: 'cancelled' });
    expect(line('OUT_OF_MEMORY', '0:125')).toMatchObject({ state: 'failed', reason: 'oom' });
    expect(line('REQUEUED')).toMatchObject({ state: 'pending' });
    expect(line('COMPLETING')).toEqual({ state: 'running' });
  });

  it('takes a job that sbatch refused and left behind for impossible', () => {
    expect(line('FAILED', null, 'BadConstraints')).toEqual({ state: 'impossible', reason: 'BadConstraints' });
  });

  it('does not guess at a state of the future', () => {
    expect(line('TELEPORTED')).toEqual({ state: 'unknown' });
  });
});

describe('tasksOf', () => {
  it('reads the ids of Slurm', () => {
    expect(tasksOf('12_3')).toEqual([3]);
    expect(tasksOf('12_[4-6,9%2]')).toEqual([4, 5, 6, 9]);
    expect(tasksOf('12_[0-8:4]')).toEqual([0, 4, 8]);
    expect(tasksOf('12')).toEqual([null]);
    expect(tasksOf('12+1')).toEqual([null]);
    expect(tasksOf('12_[0-99999999999]')).toEqual([]);
  });

  it('is undone by arrayExpression, whatever the tasks', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(2000), { minLength: 1 }), (tasks) => {
        expect(tasksOf(`1_[${arrayExpression(tasks)}]`)).toEqual([...tasks].sort((a, b) => a - b));
      }),
    );
  });
});

describe('parsers', () => {
  it('leave out whatever is no line of theirs', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'|12_[]-,x\n %'), maxLength: 60 }), (text) => {
        for (const line of [...parseSqueue(text), ...parseSacct(text)]) expect(line.id).toMatch(/^\d+/);
      }),
    );
  });

  it('find the id that sbatch printed', () => {
    expect(parseSubmission('1234\n')).toBe('1234');
    expect(parseSubmission('welcome\n1234;cluster\n')).toBe('1234');
    expect(parseSubmission('Submitted batch job\n')).toBeNull();
    expect(parseSubmission('')).toBeNull();
  });
});

describe('refusalReason', () => {
  it.each([
    ['account', 'Batch job submission failed: Invalid account or account/partition combination specified'],
    ['partition', 'invalid partition specified: nope; Batch job submission failed: Invalid partition name specified'],
    ['mem', 'Memory specification can not be satisfied; Batch job submission failed: Requested node configuration is not available'],
    ['time', 'Invalid --time specification'],
  ])("gives Slurm's own words about a wrong %s", (name, words) => {
    const stderr = recorded(`sbatch-${name}`).replace(/rc=\d+\n$/, '');
    expect(refusalReason(stderr)).toBe(words);
    expect(isPassingRefusal(stderr)).toBe(false);
  });

  it('tells a controller that is away from a refusal', () => {
    expect(isPassingRefusal('slurm_load_jobs error: Unable to contact slurm controller (connect failure)')).toBe(true);
    expect(isPassingRefusal('sbatch: error: Batch job submission failed: Socket timed out on send/recv operation')).toBe(true);
    expect(isPassingRefusal('slurm_load_jobs error: Slurm backup controller in standby mode')).toBe(true);
    expect(isPassingRefusal('bash: fork: retry: Resource temporarily unavailable')).toBe(true);
  });

  it('tells a limit of submitted jobs, which passes as they end, from other refusals', () => {
    const limit =
      "sbatch: error: QOSMaxSubmitJobPerUserLimit\nsbatch: error: Batch job submission failed: Job violates accounting/QOS policy (job submit limit, user's size and/or time limits)";
    expect([isSubmitLimit(limit), isPassingRefusal(limit)]).toEqual([true, false]);
    expect(isSubmitLimit('sbatch: error: invalid partition specified: nope')).toBe(false);
  });
});
