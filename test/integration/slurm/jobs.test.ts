/** A run's jobs on a real Slurm: submitted once, told apart by what became of them, resubmitted in part, cancelled, waited for. */

import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createLocalShell } from '../../../src/adapters/clusters/local/shell.js';
import { closeJobs, findJob, pollJobs } from '../../../src/adapters/clusters/slurm/client.js';
import {
  cancelShards,
  jobKey,
  pollShards,
  removeSecrets,
  submitMerge,
  submitServe,
  submitShards,
} from '../../../src/adapters/clusters/slurm/jobs.js';
import { logFile, type ShardJob, secretsFile } from '../../../src/adapters/clusters/slurm/script.js';
import { createSshShell } from '../../../src/adapters/clusters/ssh/shell.js';
import type { ClusterShell, NodePool, ServedModel, ShardReport, SlurmCluster, SubmittedShards } from '../../../src/core/cluster.js';
import { NelError } from '../../../src/core/errors.js';
import { serveInJob } from '../../../src/workers/slurm-serve.js';
import { hasSlurm, type SlurmLab, startSlurmLab } from './lab.js';

const SECRET = "s3cret 'value' $HOME";
const POOL: NodePool = {
  partition: 'batch',
  nodes: 1,
  ntasks_per_node: 1,
  cpus_per_task: null,
  mem: null,
  gres: null,
  account: null,
  qos: null,
  constraint: null,
  reservation: null,
  exclusive: false,
};
/** Answers 200 on /health with its port; ends on TERM. */
const SERVER = `require('node:http').createServer((q, r) => r.writeHead(q.url === '/health' ? 200 : 404).end(process.argv[1])).listen(Number(process.argv[1]))`;
const MODEL: ServedModel = {
  name: 'my-model',
  type: 'command',
  model: 'org/tiny',
  command: [process.execPath, '-e', SERVER, '{port}'],
  args: [],
  port: 21_000,
  tensor_parallel_size: null,
  node_pool: null,
  health_path: '/health',
  health_timeout: 30,
  base_path: '/v1',
  container: null,
};

describe.skipIf(!hasSlurm)('jobs on Slurm (install slurm-wlm slurmdbd munge openssh-server openssh-client mariadb-server)', () => {
  let lab: SlurmLab;
  let shell: ClusterShell;
  beforeAll(() => {
    lab = startSlurmLab();
    shell = createSshShell(lab.ssh, { env: {} });
  });
  afterAll(async () => {
    await shell?.close();
    lab?.close();
  });

  /** A job whose shards run `body` (bash) as their evaluation. */
  function jobOf(body: string, change: Partial<ShardJob> = {}, cluster: Partial<SlurmCluster> = {}): ShardJob {
    const workdir = path.join(lab.folder, `run-${randomBytes(4).toString('hex')}`);
    mkdirSync(workdir);
    writeFileSync(path.join(workdir, 'evaluate.sh'), body);
    return {
      key: jobKey('a workflow/é', randomBytes(4).toString('hex')),
      attempt: 1,
      shards: [0, 1, 2, 3],
      totalShards: 4,
      pool: 'compute',
      workdir,
      models: [],
      command: ['bash', 'evaluate.sh'],
      cluster: {
        type: 'slurm',
        walltime: '5',
        shards: 4,
        node_pools: { compute: POOL },
        ssh: lab.ssh,
        workdir,
        setup: [],
        container: null,
        max_concurrent_shards: null,
        max_attempts: 3,
        env: {},
        secret_env: [],
        nel: ['nel'],
        submit: true,
        ...cluster,
      },
      ...change,
    };
  }
  const submit = (job: ShardJob, over = shell): Promise<SubmittedShards> =>
    submitShards(over, job, { secrets: { NEL_TEST_TOKEN: SECRET } });
  const states = (reports: readonly ShardReport[]): readonly string[] =>
    reports.map(({ status }) => (status.state === 'failed' ? `${status.reason} ${status.exitCode}` : status.state));

  async function pollUntil(
    job: ShardJob,
    submitted: SubmittedShards,
    done: (reports: readonly ShardReport[]) => boolean,
    seconds = 40,
  ): Promise<readonly ShardReport[]> {
    const end = performance.now() + seconds * 1000;
    for (;;) {
      const reports = await pollShards(shell, submitted, { workdir: job.workdir });
      if (done(reports)) return reports;
      if (performance.now() > end) throw new Error(`still ${JSON.stringify(reports)}; ${lab.admin('squeue')}`);
      await sleep(500);
    }
  }
  const over = (reports: readonly ShardReport[]): boolean =>
    reports.every(({ status: { state } }) => !['pending', 'running', 'unknown'].includes(state));
  const running = (reports: readonly ShardReport[]): boolean => reports.every(({ status: { state } }) => state === 'running');
  const read = (job: ShardJob, file: string): string => readFileSync(path.join(job.workdir, file), 'utf8');

  it.each(['ssh', 'local'])('runs four shards with a served model and a secret, over %s, and one fails', async (kind) => {
    const local = createLocalShell({ env: { ...lab.env, OPENAI_API_KEY: 'must-not-travel' } });
    const evaluate = `
      [[ $NEL_TEST_TOKEN == ${JSON.stringify(SECRET).replace('$', '\\$')} ]] || exit 90
      [[ $PLAIN == "two words" && -z \${OPENAI_API_KEY:-} ]] || exit 91
      port=\${NEMO_MODEL_URL#http://127.0.0.1:}; port=\${port%/v1}
      exec 3<>/dev/tcp/127.0.0.1/$port; printf 'GET /health HTTP/1.0\\r\\n\\r\\n' >&3; grep -q "^$port" <&3 || exit 92
      echo "$port" >"port-$NEL_SHARD_IDX"
      if [[ $NEL_SHARD_IDX == 2 && $NEL_ATTEMPT == 1 ]]; then exit 3; fi
      echo "$NEL_SHARD_IDX/$NEL_TOTAL_SHARDS" >"result-$NEL_SHARD_IDX"`;
    const job = jobOf(evaluate, { models: [MODEL] }, { env: { PLAIN: 'two words' }, secret_env: ['NEL_TEST_TOKEN'] });
    const submitted = await submit(job, kind === 'ssh' ? shell : local);
    expect(submitted).toEqual({ attempt: 1, jobs: [{ jobId: expect.stringMatching(/^\d+$/), shards: [0, 1, 2, 3] }] });
    const reports = await pollUntil(job, submitted, over);
    expect(states(reports), read(job, logFile(1, 0))).toEqual(['completed', 'completed', 'exit 3', 'completed']);
    expect(reports.map(({ shard }) => shard)).toEqual([0, 1, 2, 3]);
    for (const { nodes } of reports) expect(nodes).toMatch(/^nel\d$/);
    // All nodes of the lab are this host: the models took ports of their own.
    expect(new Set([0, 1, 2, 3].map((shard) => read(job, `port-${shard}`))).size).toBe(4);
    expect(read(job, logFile(1, 1))).toMatch(
      /shard 1 of 4, attempt 1, job \d+, node nel\d, rank 0[^]*service my_model answers[^]*exit code 0/,
    );
    expect(readdirSync(path.join(job.workdir, 'attempt-1/secrets'))).toEqual([]);
    expect(read(job, 'attempt-1/shards.sh')).not.toContain('s3cret');

    const again = { ...job, attempt: 2, shards: [2] };
    const second = await submit(again, kind === 'ssh' ? shell : local);
    expect(states(await pollUntil(job, second, over))).toEqual(['completed']);
    expect(read(job, 'result-2')).toBe('2/4\n');
  });

  it('submits once: again, by two at once, and when its own notes are lost', async () => {
    const job = jobOf('sleep 300', {}, { secret_env: ['NEL_TEST_TOKEN'] });
    const [first, second] = await Promise.all([submit(job), submit(job)]);
    expect(second).toEqual(first);
    rmSync(path.join(job.workdir, 'jobs'), { recursive: true });
    expect(await submit(job)).toEqual(first);
    const jobName = `${job.key}-a1`;
    expect(await findJob(shell, { jobName, lockFolder: `${job.workdir}/jobs` })).toBe(first.jobs[0]?.jobId);
    expect(await findJob(shell, { jobName: 'nel-nobody', lockFolder: `${job.workdir}/jobs` })).toBeNull();
    expect(lab.admin('squeue', '--noheader', '--array', `--name=${jobName}`, '--format=%F').trim().split('\n')).toEqual(
      Array(4).fill(first.jobs[0]?.jobId),
    );

    await pollUntil(job, first, running);
    await cancelShards(shell, first, { workdir: job.workdir });
    expect(states(await pollUntil(job, first, over))).toEqual(Array(4).fill('cancelled'));
    await cancelShards(shell, first, { workdir: job.workdir });
  });

  it('ends all jobs of a key, and refuses what is submitted with it later', async () => {
    const job = jobOf('sleep 300', { shards: [0, 1] });
    const other = jobOf('sleep 300', { shards: [0], key: `${job.key}0` });
    const [first, second, beside] = [await submit(job), await submit({ ...job, attempt: 2 }), await submit(other)];
    const folder = `${job.workdir}/jobs`;
    await closeJobs(shell, { keys: [job.key], lockFolder: folder });
    expect(states(await pollUntil(job, first, over))).toEqual(['cancelled', 'cancelled']);
    expect(states(await pollUntil(job, second, over))).toEqual(['cancelled', 'cancelled']);
    expect(states(await pollShards(shell, beside, { workdir: other.workdir }))).not.toContain('cancelled');
    await expect(submit({ ...job, attempt: 3 })).rejects.toThrow('the run was ended while its jobs were being submitted');
    await closeJobs(shell, { keys: [job.key, other.key], lockFolder: folder });
    expect(states(await pollUntil(other, beside, over))).toEqual(['cancelled']);
  });

  it('keeps secrets from all but this user until a task takes them, and removes what none took', async () => {
    const job = jobOf(
      'true',
      { shards: [0, 1] },
      { secret_env: ['NEL_TEST_TOKEN'], node_pools: { compute: { ...POOL, account: 'broke' } } },
    );
    const submitted = await submit(job);
    const file = path.join(job.workdir, secretsFile(1, 1));
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readFileSync(file, 'utf8')).toContain('NEL_TEST_TOKEN=');
    // The account may have no CPU at all: the queue says so, and others might give some back.
    const [report] = await pollUntil(
      job,
      submitted,
      ([first]) => first?.status.state === 'pending' && first.status.reason !== 'None' && first.status.reason !== 'Priority',
    );
    expect(report?.status).toEqual({ state: 'pending', reason: 'AssocGrpCpuLimit', limit: true });
    await cancelShards(shell, submitted, { workdir: job.workdir });
    expect(existsSync(path.dirname(file))).toBe(false);
    await removeSecrets(shell, submitted, { workdir: job.workdir });
  });

  it('keeps to max_concurrent_shards', async () => {
    const job = jobOf('sleep 300', {}, { max_concurrent_shards: 2 });
    const submitted = await submit(job);
    const reports = await pollUntil(job, submitted, (all) => all.filter(({ status }) => status.state === 'running').length === 2);
    expect(states(reports)).toEqual(['running', 'running', 'pending', 'pending']);
    await cancelShards(shell, submitted, { workdir: job.workdir });
    expect(states(await pollUntil(job, submitted, over))).toEqual(Array(4).fill('cancelled'));
  });

  it('keeps to max_concurrent_shards when shards are submitted again', async () => {
    const job = jobOf('touch "started-$NEL_SHARD_IDX-$NEL_ATTEMPT"; sleep 300', {}, { max_concurrent_shards: 2 });
    const first = await submit(job);
    const runs = (all: readonly ShardReport[]): readonly number[] =>
      all.flatMap(({ shard, status }) => (status.state === 'running' ? [shard] : []));
    await pollUntil(job, first, (all) => runs(all).length === 2);
    const id = first.jobs[0]?.jobId as string;
    // Shard 0 has failed: 1 runs beside 2, 3 waits, and so does 0.
    lab.admin('scancel', `${id}_0`);
    await pollUntil(job, first, (all) => runs(all).join() === '1,2');
    const again = { ...job, attempt: 2, shards: [0] };
    const second = await submit(again);
    expect(await submit(again)).toEqual(second);
    // 2 and 1 end: now 3 runs alone, and there is room for 0.
    lab.admin('scancel', `${id}_2`);
    await pollUntil(job, first, (all) => runs(all).join() === '1,3');
    await sleep(3000);
    expect(states(await pollShards(shell, second, { workdir: job.workdir }))).toEqual(['pending']);
    lab.admin('scancel', `${id}_1`);
    await pollUntil(job, second, running);
    expect(runs(await pollShards(shell, first, { workdir: job.workdir }))).toEqual([3]);
    await closeJobs(shell, { keys: [job.key], lockFolder: `${job.workdir}/jobs` });
  }, 60_000);

  it('brings secrets to more shards than a command line has room for, and reads their exit codes', async () => {
    const shards = Array.from({ length: 2_000 }, (_, i) => i);
    // Refused, for a walltime beyond the partition's: nothing has to run.
    const job = jobOf('true', { shards, totalShards: 2_000 }, { secret_env: ['NEL_TEST_TOKEN'], walltime: '05:00:00' });
    await expect(submit(job)).rejects.toThrow('Slurm refuses the job');
    expect(readdirSync(path.join(job.workdir, 'attempt-1/secrets'))).toHaveLength(2_000);
    expect(readFileSync(path.join(job.workdir, secretsFile(1, 1_999)), 'utf8')).toContain('NEL_TEST_TOKEN=');
    mkdirSync(path.join(job.workdir, 'attempt-1/status'));
    for (const shard of shards) writeFileSync(path.join(job.workdir, `attempt-1/status/shard-${shard}`), `${shard % 2}\n`);
    const forgotten = { attempt: 1, jobs: [{ jobId: '900001', shards }] };
    expect(states(await pollShards(shell, forgotten, { workdir: job.workdir })).slice(-2)).toEqual(['completed', 'exit 1']);
  });

  it('tells a lost node from a failure', async () => {
    const job = jobOf('sleep 300', { shards: [0, 3] });
    const submitted = await submit(job);
    const [first] = await pollUntil(job, submitted, running);
    const node = first?.nodes as string;
    lab.admin('scontrol', 'update', `nodename=${node}`, 'state=down', 'reason=test');
    const reports = await pollUntil(job, submitted, ([lost]) => lost?.status.state === 'failed');
    expect(reports[0]).toMatchObject({ shard: 0, nodes: node, status: { state: 'failed', reason: 'node_fail' } });
    await cancelShards(shell, submitted, { workdir: job.workdir });
    lab.repair();
  });

  it('tells a killed program from one that failed', async () => {
    const job = jobOf('kill -9 $PPID', { shards: [1] });
    const submitted = await submit(job);
    // The queue knows first that it failed; accounting, how.
    const [report] = await pollUntil(job, submitted, ([first]) => first?.status.state === 'failed' && first.status.exitCode !== null);
    expect(report?.status).toEqual({ state: 'failed', reason: 'exit', exitCode: 0, signal: 9 });
  });

  it("ends with Slurm's own reason when it refuses a job", async () => {
    for (const [change, reason] of [
      [{ account: 'nosuch' }, 'Invalid account or account/partition combination specified'],
      [{ partition: 'nope' }, 'Invalid partition name specified'],
      [{ constraint: 'a100' }, 'Invalid feature specification'],
      [{ gres: 'gpu:40' }, 'Requested node configuration is not available'],
    ] as const) {
      const error = await submit(jobOf('true', {}, { node_pools: { compute: { ...POOL, ...change } } })).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(NelError);
      expect((error as NelError).message).toContain(reason);
    }
  });

  it('knows a job that can never start, by its reason', async () => {
    for (const [cluster, reason] of [
      // Slurm calls it a matter of the partition's configuration when it looks at that first.
      [{ walltime: '05:00:00' }, /^Partition(TimeLimit|Config)$/],
      [{ node_pools: { compute: { ...POOL, nodes: 40 } } }, /^PartitionConfig$/],
    ] as const) {
      const job = jobOf('true', { shards: [0] }, cluster);
      const submitted = await submit(job);
      const [report] = await pollUntil(job, submitted, over);
      expect(report?.status).toEqual({ state: 'impossible', reason: expect.stringMatching(reason) });
      await cancelShards(shell, submitted, { workdir: job.workdir });
    }
  });

  it('merges when all shards have succeeded, and not when one has failed', async () => {
    for (const [body, outcome] of [
      ['sleep 1', { state: 'completed' }],
      ['exit 1', { state: 'impossible', reason: 'DependencyNeverSatisfied' }],
    ] as const) {
      const job = jobOf(body, { shards: [0, 1] });
      const after = await submit(job);
      const merge = { ...job, command: ['touch', 'merged'], walltime: '1' };
      const id = await submitMerge(shell, merge, { after });
      expect(await submitMerge(shell, merge, { after })).toBe(id);
      let report = (await pollJobs(shell, [id])).get(id)?.[0];
      for (let i = 0; i < 60 && ['pending', 'running', undefined].includes(report?.status.state); i++) {
        await sleep(500);
        report = (await pollJobs(shell, [id])).get(id)?.[0];
      }
      expect(report?.status).toEqual(outcome);
      expect(existsSync(path.join(job.workdir, 'merged'))).toBe(outcome.state === 'completed');
    }
  });

  it('gives a model nodes of its own, one job a shard', async () => {
    const evaluate = `curl --version >/dev/null 2>&1 || true; echo "$SLURM_JOB_NODELIST $NEMO_MODEL_URL" >"result-$NEL_SHARD_IDX"`;
    const job = jobOf(
      evaluate,
      { shards: [0, 2], models: [{ ...MODEL, node_pool: 'gpu' }] },
      { node_pools: { compute: POOL, gpu: { ...POOL, gres: 'gpu:2' } }, max_concurrent_shards: 1 },
    );
    const submitted = await submit(job);
    expect(submitted.jobs.map(({ shards }) => shards)).toEqual([[0], [2]]);
    const reports = await pollUntil(job, submitted, over, 50);
    expect(states(reports), lab.admin('squeue')).toEqual(['completed', 'completed']);
    expect(read(job, 'result-2')).toMatch(/^nel\d http:\/\/127\.\d+\.\d+\.\d+:21002\/v1\n$/);
  });

  it('says why a model does not come up, and stops', async () => {
    const model = { ...MODEL, command: ['bash', '-c', 'echo "no such weights" >&2; exit 5', '{port}'] };
    const job = jobOf('true', { shards: [0], models: [model] });
    const submitted = await submit(job);
    expect(states(await pollUntil(job, submitted, over))).toEqual(['exit 69']);
    expect(read(job, logFile(1, 0))).toMatch(/service my_model has ended with exit code 5[^]*no such weights/);
  });

  it('leaves the address of the environment server while it serves', async () => {
    const job = jobOf('true');
    const endpointFile = `${job.workdir}/endpoint.txt`;
    const serve = {
      ...job,
      command: ['bash', '-c', 'trap "exit 0" TERM; echo http://node:1 >endpoint.txt; sleep 300 & wait'],
      walltime: null,
    };
    writeFileSync(endpointFile, 'stale');
    const id = await submitServe(shell, serve, { endpointFile });
    for (let i = 0; i < 40 && (await pollJobs(shell, [id])).get(id)?.[0]?.status.state !== 'running'; i++) await sleep(250);
    await sleep(1000);
    expect(readFileSync(endpointFile, 'utf8')).toBe('http://node:1\n');
    lab.admin('scancel', '--batch', '--signal=TERM', id);
    for (let i = 0; i < 40 && existsSync(endpointFile); i++) await sleep(250);
    expect(existsSync(endpointFile)).toBe(false);
  });

  it('cancels the server that is no longer waited for, says so, and throws why the wait was ended', async () => {
    const { cluster, workdir } = jobOf('true', {}, { node_pools: { compute: { ...POOL, account: 'broke' } } });
    const serve = { cluster, bench: 'gsm8k', configFile: path.join(workdir, 'evaluate.sh'), flags: [], secrets: ['NEL_TEST_TOKEN'] };
    const stop = new AbortController();
    const said: string[] = [];
    const log = (line: string): void => {
      said.push(line);
      if (line.includes('is pending')) stop.abort(new Error('enough'));
    };
    await expect(serveInJob(serve, { env: { NEL_TEST_TOKEN: SECRET }, stop: stop.signal, log })).rejects.toThrow('enough');
    expect(said.at(-1)).toMatch(/^job \d+ is cancelled$/);
    const jobId = said.at(-1)?.split(' ')[1] as string;
    expect((await pollJobs(shell, [jobId])).get(jobId)?.[0]?.status).toEqual({ state: 'cancelled' });
    expect(readdirSync(workdir, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('secrets.env'))).toEqual([]);
  });

  it('goes on after sshd was away for 30 seconds', async () => {
    const job = jobOf('sleep 10', { shards: [0, 1] });
    const submitted = await submit(job);
    const polls = pollUntil(job, submitted, over, 75);
    await sleep(2000);
    lab.stopSshd();
    await sleep(30_000);
    lab.repair();
    expect(states(await polls)).toEqual(['completed', 'completed']);
  }, 120_000);

  it('drains before the walltime and asks to be continued', async () => {
    const job = jobOf(`trap 'echo drained >drained; exit 130' TERM; sleep 300 & wait`, { shards: [1], models: [MODEL] }, { walltime: '1' });
    const submitted = await submit(job);
    expect(states(await pollUntil(job, submitted, over, 110))).toEqual(['drained 75']);
    expect(read(job, 'drained')).toBe('drained\n');
    expect(read(job, logFile(1, 1))).toMatch(/TERM: draining[^]*exit code 75/);
    expect(await shell.list(`${job.workdir}/attempt-1/status`)).toEqual([{ path: 'shard-1', size: 3 }]);
  }, 150_000);

  it('reads the exit codes that scripts left once Slurm has forgotten them', async () => {
    const job = jobOf('exit 4', { shards: [0, 1] });
    const submitted = await submit(job);
    await pollUntil(job, submitted, over);
    const forgotten = { attempt: 1, jobs: [{ jobId: '900000', shards: [0, 1, 2] }] };
    expect(states(await pollShards(shell, forgotten, { workdir: job.workdir }))).toEqual(['exit 4', 'exit 4', 'unknown']);
  });
});
