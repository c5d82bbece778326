/** What failures of Slurm's commands mean, over a shell that plays them. */

import { expect, it } from 'vitest';
import { JobRefused, pollJobs, submitJob } from '../../../../../src/adapters/clusters/slurm/client.js';
import { type ClusterShell, ClusterUnreachable, type CommandResult } from '../../../../../src/core/cluster.js';
import { NelError } from '../../../../../src/core/errors.js';

const shellWith = (answer: (program: string) => Partial<CommandResult>): ClusterShell =>
  ({
    name: 'login',
    run: ([program = '']: readonly string[]) => Promise.resolve({ code: 0, stdout: '', stderr: '', ...answer(program) }),
  }) as unknown as ClusterShell;
const failing = (code: number, stderr: string): ClusterShell => shellWith((program) => (program === 'sacct' ? {} : { code, stderr }));
const submission = { key: 'k', jobName: 'k-a1', script: '/w/s.sh', lockFolder: '/w/jobs', comment: 'c' };

it.each([
  'bash: fork: retry: Resource temporarily unavailable',
  'slurm_load_jobs error: Slurm backup controller in standby mode',
  'squeue: error: something that nobody has seen before',
])('a look that fails is waited out: %s', async (stderr) => {
  await expect(pollJobs(failing(1, stderr), ['12'])).rejects.toBeInstanceOf(ClusterUnreachable);
});

it('a job that squeue has forgotten is no failure', async () => {
  const reports = await pollJobs(failing(1, 'slurm_load_jobs error: Invalid job id specified'), ['12']);
  expect(reports.get('12')).toEqual([]);
});

it('a login node without Slurm is a config error', async () => {
  await expect(pollJobs(failing(127, 'bash: squeue: command not found'), ['12'])).rejects.toMatchObject({ kind: 'config' });
});

it('a refused job is an error in the words of Slurm; a limit of submitted jobs is told from others', async () => {
  const refused = (stderr: string) => submitJob(failing(1, `sbatch: error: ${stderr}`), submission).catch((error: unknown) => error);
  const account = await refused('Batch job submission failed: Invalid account');
  expect(account).toBeInstanceOf(JobRefused);
  expect(account).toMatchObject({ kind: 'run', message: 'Slurm refuses the job: Batch job submission failed: Invalid account' });
  const limit = await refused('QOSMaxSubmitJobPerUserLimit');
  expect(limit).toBeInstanceOf(NelError);
  expect(limit).not.toBeInstanceOf(JobRefused);
});

it('a submission that could not ask squeue first was not refused', async () => {
  await expect(submitJob(failing(34, 'slurm_load_jobs error: whatever'), submission)).rejects.toBeInstanceOf(ClusterUnreachable);
});
