/** Whole runs on a real Slurm over a real sshd, through the built CLI: what the files hold in the end, and how often the endpoint was asked. */

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type SpawnedEndpoint, spawnFakeEndpoint } from '../../fakes/spawn-endpoint.js';
import { Lab, type Running, readBundle, readLines, timeless, until } from '../runs/lab.js';
import { type ClusterRun, clusterRun, filesHolding, journaled, shardProcesses } from './cluster-config.js';
import { hasSlurm, type SlurmLab, startSlurmLab } from './lab.js';

const KEY = 'test-key-5f1c0b7e';
const GSM8K = [{ name: 'gsm8k' }];
const RIGHT = 742;

function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended a moment ago.
  }
}

describe.skipIf(!hasSlurm)('runs on Slurm (install slurm-wlm slurmdbd munge openssh-server openssh-client mariadb-server)', () => {
  const lab = new Lab();
  let slurm: SlurmLab;
  beforeAll(() => {
    slurm = startSlurmLab();
  }, 90_000);
  afterAll(async () => {
    await lab.close();
    slurm?.close();
  });

  // What a failed test leaves must not fail the next one.
  afterEach(async () => {
    slurm.repair();
    slurm.admin('bash', '-c', 'scancel --user="$(id -un)"');
    await until('an empty queue', () => squeue() === '', 20);
  });

  const squeue = (): string => slurm.admin('squeue', '--noheader', '--format=%j').trim();
  const nodeOf = (shard: number): string =>
    slurm.admin('squeue', '--noheader', '--array', '--states=RUNNING', '--format=%K %N').match(new RegExp(`^${shard} (\\S+)$`, 'm'))?.[1] ??
    '';

  /** More calls than prompts: what was in flight at deaths. */
  async function askedAgain(endpoint: SpawnedEndpoint, prompts: number): Promise<number> {
    const counts = Object.values((await endpoint.stats()).byBody);
    expect(counts).toHaveLength(prompts);
    return counts.reduce((sum, n) => sum + n - 1, 0);
  }

  function expectWhole({ out }: ClusterRun): void {
    expect(readBundle(path.join(out, 'gsm8k'))?.coverage).toEqual({ expected: 1319, scored: 1319, errors: 0 });
    const rows = readLines(path.join(out, 'gsm8k/results.jsonl'));
    expect(rows.map(({ problem_idx }) => problem_idx)).toEqual(Array.from({ length: 1319 }, (_, i) => i));
    expect(rows.filter(({ reward }) => reward === 1)).toHaveLength(RIGHT);
  }

  it('evaluates four shards, merges them into what an unsharded run has, and gates', { timeout: 150_000 }, async () => {
    const endpoint = await spawnFakeEndpoint({ answer: { gsm8k: '175b_verification' }, apiKey: KEY });
    const weaker = await spawnFakeEndpoint({ answer: { gsm8k: '175b_finetuning' } });
    try {
      const env = { NEL_TEST_KEY: KEY };
      const service = { api_key: '${NEL_TEST_KEY}', concurrency: 16 };
      const run = clusterRun(lab, slurm, { name: 'plain', url: endpoint.url, benchmarks: GSM8K, service });
      const asked = ['eval', 'run', '--bench', 'gsm8k', '--model-id', 'm'];
      expect(await lab.nel([...asked, '--model-url', weaker.url, '-o', lab.path('weaker')])).toMatchObject({ code: 0 });
      const policy = lab.path('policy.yaml');
      writeFileSync(policy, 'version: 1\ndefaults: {tier: critical, metric: mean_reward, max_drop: 0.01}\n');
      const gated = await lab.nel(['gate', lab.path('weaker'), run.config, '--policy', policy], env);
      expect(gated, gated.stderr).toMatchObject({ code: 0, stdout: expect.stringMatching(/^GO\n/) });
      expect(gated.stderr).not.toContain('waiting for the endpoint');
      expectWhole(run);
      expect(await askedAgain(endpoint, 1319)).toBe(0);

      // The same, unsharded, here.
      const local = [...asked, '--model-url', endpoint.url, '--api-key-env', 'NEL_TEST_KEY', '-o', lab.path('unsharded')];
      expect(await lab.nel(local, env)).toMatchObject({ code: 0 });
      const rows = (dir: string): unknown[] => readLines(path.join(dir, 'gsm8k/results.jsonl')).map(timeless);
      expect(rows(run.out)).toEqual(rows(lab.path('unsharded')));
      const scores = (dir: string): unknown => readBundle(path.join(dir, 'gsm8k'))?.benchmark;
      expect(scores(run.out)).toEqual(scores(lab.path('unsharded')));

      // The key reached the jobs, or the endpoint would have refused them; it is nowhere else.
      expect(
        filesHolding(KEY, run.workdir(), run.out, lab.stateDir, path.join(slurm.folder, 'log'), path.join(slurm.folder, 'state')),
      ).toEqual([]);
      expect(readFileSync(path.join(run.out, 'logs/attempt-1-shard-2.log'), 'utf8')).toMatch(
        /shard 2 of 4, attempt 1, job \d+, node nel\d, rank 0/,
      );
    } finally {
      await Promise.all([endpoint.close(), weaker.close()]);
    }
  });

  it('bears a lost node, a killed task, sshd away for 30 seconds and its own death, in one run', { timeout: 240_000 }, async () => {
    const endpoint = await spawnFakeEndpoint({ answer: { gsm8k: '175b_verification' }, latencyMs: 350 });
    try {
      const run = clusterRun(lab, slurm, { name: 'faults', url: endpoint.url, benchmarks: GSM8K });
      const first = lab.start(['eval', 'run', run.config]);
      await until(`answers of all shards; ${first.stderr()}`, () => journaled(run, 'gsm8k').every((lines) => lines >= 12), 90);
      const node = nodeOf(0);
      slurm.admin('scontrol', 'update', `nodename=${node}`, 'state=down', 'reason=test');
      const [victim] = shardProcesses(run, 1);
      // Slurm may have put both shards on the node that is down: then it has died with it.
      if (victim !== undefined) killIfThere(victim);
      await until(`both to be submitted again; ${slurm.admin('squeue')}`, () => squeue().includes('-a2'), 60);
      let shown = '';
      await until(
        `all rows; ${shown}`,
        async () => {
          shown = (await lab.nel(['runs', 'show', run.out])).stdout;
          return [/^ *0 +(?:pending|running) .* 2 +\d+\/330/m, /^ *2 +running +nel\d +\d+_2 +1 +[1-9]\d*\/330/m].every((row) =>
            row.test(shown),
          );
        },
        30,
      ).catch((error: unknown) => {
        throw new Error(`${String(error)}\n${shown}`);
      });
      expect(shown).toMatch(/^shard +state +node +job +attempt +done/m);
      for (const line of shown.split('\n').slice(2)) expect(line.length).toBeLessThanOrEqual(80);

      slurm.stopSshd();
      await sleep(3_000);
      first.child.kill('SIGKILL');
      await first.done;
      const second = lab.start(['eval', 'run', run.config]);
      await sleep(27_000);
      slurm.repair();
      const finished = await second.done;
      expect(finished, finished.stderr).toMatchObject({ code: 0 });
      expect(finished.stderr).toContain('going on with');
      expectWhole(run);
      // Two deaths with four calls in flight each.
      expect(await askedAgain(endpoint, 1319)).toBeLessThanOrEqual(8);
      const attempts = [0, 1, 2, 3].map(
        (shard) => JSON.parse(readFileSync(path.join(run.out, `shard_${shard}/run.json`), 'utf8')) as { generation: number },
      );
      expect(attempts.map(({ generation }) => generation)).toEqual([1, 1, 0, 0]);
    } finally {
      await endpoint.close();
    }
  });

  it('takes a benchmark file with what it needs along, is cancelled, and goes on when started again', { timeout: 150_000 }, async () => {
    const endpoint = await spawnFakeEndpoint({ answer: 'Answer: 4', latencyMs: 400 });
    try {
      mkdirSync(lab.path('own/parts'), { recursive: true });
      const rows = Array.from({ length: 160 }, (_, i) => `${i},${i % 9}\n`).join('');
      writeFileSync(lab.path('own/rows.csv'), `n,sum\n${rows}`);
      writeFileSync(lab.path('own/parts/text.ts'), "export const PROMPT = 'Number {n}: what is it modulo 9? End with: Answer: N';\n");
      writeFileSync(
        lab.path('own/bench.ts'),
        `import { answerLine, defineBenchmark } from 'nel';\nimport { PROMPT } from './parts/text.js';\n` +
          `export const b = defineBenchmark({ name: 'modulo', dataset: './rows.csv', prompt: PROMPT, targetField: 'sum', scorer: answerLine() });\n`,
      );
      const run = clusterRun(lab, slurm, {
        name: 'own-run',
        url: endpoint.url,
        benchmarks: [{ name: lab.path('own/bench.ts') }],
        cluster: { shards: 3 },
        service: { concurrency: 2 },
      });
      const first = lab.start(['eval', 'run', run.config]);
      await until(`answers; ${first.stderr()}`, () => journaled(run, 'modulo', 3).every((lines) => lines >= 5), 60);
      expect(await lab.nel(['runs', 'cancel', run.out])).toMatchObject({ code: 0 });
      const ended = await first.done;
      expect(ended).toMatchObject({ code: 4, stderr: expect.stringContaining('the run was cancelled') });
      await until(`the jobs to go: ${squeue()}`, () => squeue() === '', 15);
      const safe = journaled(run, 'modulo', 3).reduce((a, b) => a + b, 0);
      expect(safe).toBeLessThan(160);
      const before = (await endpoint.stats()).requests;
      const finished = await lab.nel(['eval', 'run', run.config]);
      expect(finished, finished.stderr).toMatchObject({ code: 0 });
      expect((await endpoint.stats()).requests - before).toBe(160 - safe);
      expect(readBundle(path.join(run.out, 'modulo'))?.coverage).toEqual({ expected: 160, scored: 160, errors: 0 });
      expect(readLines(path.join(run.out, 'modulo/results.jsonl')).filter(({ reward }) => reward === 1)).toHaveLength(18);
    } finally {
      await endpoint.close();
    }
  });

  it('is left to its jobs by SIGTERM, and cancelled by Ctrl-C or `nel runs cancel`, also when its process is gone', {
    timeout: 240_000,
  }, async () => {
    const endpoint = await spawnFakeEndpoint({ answer: { gsm8k: '175b_verification' }, latencyMs: 2_000 });
    try {
      const run = clusterRun(lab, slurm, {
        name: 'left',
        url: endpoint.url,
        benchmarks: [{ name: 'gsm8k', max_problems: 400 }],
        cluster: { shards: 2 },
        service: { concurrency: 2 },
      });
      const begun = async (): Promise<Running> => {
        const started = lab.start(['eval', 'run', run.config]);
        await until(`jobs that run; ${started.stderr()}`, () => nodeOf(0) !== '' && nodeOf(1) !== '', 60);
        return started;
      };
      const left = await begun();
      left.child.kill('SIGTERM');
      expect(await left.done).toMatchObject({ code: 130, stderr: expect.stringContaining('the jobs go on without this command') });
      const jobs = squeue();
      expect(jobs).not.toBe('');

      const killed = await begun();
      const shown = async (): Promise<string> => (await lab.nel(['runs', 'show', run.out])).stdout;
      const row = /^0 +running +nel\d +\d+_0 +1 /m;
      await until('a look of the second process', async () => row.test(await shown()));
      expect(killed.stderr()).toContain('going on with');
      killed.child.kill('SIGKILL');
      await killed.done;
      expect(squeue()).toBe(jobs);
      // Nobody answers for the workflow: its history and the last heartbeat do.
      expect(await shown()).toMatch(row);
      const cancelled = await lab.nel(['runs', 'cancel', run.out]);
      expect(cancelled, cancelled.stderr).toMatchObject({ code: 0, stdout: expect.stringMatching(/^cancelled$/m) });
      await until('the jobs to go', () => squeue() === '', 15);
      expect(await shown()).toMatch(/^1 +cancelled /m);

      // Twice Ctrl-C does not wait for the cancellation, and loses it not.
      const twice = await begun();
      slurm.stopSshd();
      twice.child.kill('SIGINT');
      await until('the first', () => twice.stderr().includes('the jobs are cancelled'));
      twice.child.kill('SIGINT');
      expect(await twice.done).toMatchObject({ code: 130, stderr: expect.stringContaining('carries their cancellation out') });
      expect(squeue()).not.toBe('');
      slurm.repair();
      expect(await lab.nel(['runs', 'cancel', run.out])).toMatchObject({ code: 0, stdout: expect.stringMatching(/^cancelled$/m) });
      await until('the jobs to go', () => squeue() === '', 15);
    } finally {
      await endpoint.close();
    }
  });

  it('says why a shard failed for good: the last lines of its log, which is here then', { timeout: 90_000 }, async () => {
    const run = clusterRun(lab, slurm, {
      name: 'failing',
      url: 'http://127.0.0.1:9/v1',
      benchmarks: [{ name: 'gsm8k', max_problems: 8 }],
      cluster: { shards: 2, max_attempts: 1, nel: ['nel-that-is-not-there'] },
    });
    const finished = await lab.nel(['eval', 'run', run.config]);
    const log = path.join(run.out, 'logs/attempt-1-shard-0.log');
    expect(finished.code).toBe(4);
    expect(finished.stderr).toMatch(/shard \d failed once, last: exit \(exit code 127\) \(job \d+_\d\)/);
    expect(finished.stderr).toMatch(/its log, \S+\/logs\/attempt-1-shard-\d\.log, ends with:\n(?: {4}.*\n)* {4}.*nel-that-is-not-there/);
    expect(readFileSync(log.replace('shard-0', `shard-${/attempt-1-shard-(\d)/.exec(finished.stderr)?.[1]}`), 'utf8')).toContain(
      'nel-that',
    );
    expect((await lab.nel(['runs', 'show', run.out])).stdout).toMatch(/^\d +failed +nel\d +\d+_\d +1 .*exit \(exit code 127\)$/m);
  });

  it('shows why it waits for a login node that is away, before anything is submitted', { timeout: 120_000 }, async () => {
    const run = clusterRun(lab, slurm, { name: 'away', url: 'http://127.0.0.1:9/v1', benchmarks: [{ name: 'gsm8k', max_problems: 8 }] });
    slurm.stopSshd();
    const waiting = lab.start(['eval', 'run', run.config]);
    await until(`the reason; ${waiting.stderr()}`, () => /waiting for the cluster: .* cannot be reached/.test(waiting.stderr()), 60);
    expect((await lab.nel(['runs', 'show', run.out])).stdout).toMatch(/waits for the cluster: .* cannot be reached/);
    waiting.child.kill('SIGINT');
    expect(await waiting.done).toMatchObject({ code: 130 });
  });

  it.each([
    ['a partition limit', { walltime: '05:00:00' }, /can never start: PartitionTimeLimit/],
    [
      'an unknown account',
      { node_pools: { compute: { account: 'nosuch' } } },
      /Invalid account or account\/partition combination specified/,
    ],
  ])("ends with Slurm's own reason: %s", { timeout: 60_000 }, async (name, cluster, reason) => {
    const run = clusterRun(lab, slurm, {
      name: name.replaceAll(' ', '-'),
      url: 'http://127.0.0.1:9/v1',
      benchmarks: [{ name: 'gsm8k', max_problems: 8 }],
      cluster,
    });
    const finished = await lab.nel(['eval', 'run', run.config]);
    expect(finished.code).toBe(4);
    expect(finished.stderr).toMatch(reason);
    await until('the jobs to go', () => squeue() === '', 15);
  });

  it('writes scripts that a person hands in, the merge included', { timeout: 90_000 }, async () => {
    const endpoint = await spawnFakeEndpoint({ answer: { gsm8k: '175b_verification' }, apiKey: KEY });
    try {
      const run = clusterRun(lab, slurm, {
        name: 'by-hand',
        url: endpoint.url,
        benchmarks: [{ name: 'gsm8k', max_problems: 50 }],
        service: { api_key: '${NEL_TEST_KEY}' },
        cluster: { submit: false, shards: 2 },
      });
      const env = { NEL_TEST_KEY: KEY };
      const written = await lab.nel(['eval', 'run', run.config], env);
      expect(written).toMatchObject({ code: 0, stderr: expect.stringContaining('nothing was submitted') });
      expect(squeue()).toBe('');
      const script = readFileSync(path.join(run.out, 'slurm/submit.sh'), 'utf8');
      expect(script).toContain('sbatch --dependency="afterok:${jobs%%;*}" --kill-on-invalid-dep=yes merge.sh');
      const workdir = run.workdir();
      mkdirSync(workdir, { recursive: true });
      slurm.admin('cp', '-R', `${run.out}/slurm/.`, workdir);
      slurm.admin('env', `NEL_TEST_KEY=${KEY}`, 'bash', path.join(workdir, 'submit.sh'));
      await until(`the merge; ${slurm.admin('squeue')}`, () => readBundle(path.join(workdir, 'out/gsm8k')) !== undefined, 60);
      expect(readBundle(path.join(workdir, 'out/gsm8k'))?.coverage).toEqual({ expected: 50, scored: 50, errors: 0 });
      expect(filesHolding(KEY, workdir, run.out)).toEqual([]);
    } finally {
      await endpoint.close();
    }
  });

  it('serves a benchmark in a job, whose endpoint.txt leads gym:// to it', { timeout: 120_000 }, async () => {
    const endpoint = await spawnFakeEndpoint({ answer: { gsm8k: '175b_verification' } });
    try {
      const { config } = clusterRun(lab, slurm, { name: 'served', url: endpoint.url, benchmarks: [{ name: 'gsm8k' }] });
      const env = { NEL_TEST_TOKEN: KEY };
      const serve = ['serve', '-b', 'gsm8k', '--config', config, '--slurm', '-o', lab.path('served')];
      expect(await lab.nel(serve, env)).toMatchObject({ code: 3, stderr: expect.stringContaining('--token-env') });
      const started = await lab.nel([...serve, '--token-env', 'NEL_TEST_TOKEN', '--max-problems', '20'], env);
      expect(started, started.stderr).toMatchObject({ code: 0, stdout: expect.stringMatching(/^http:\/\/\S+:\d+\n$/) });
      const address = readFileSync(lab.path('served/endpoint.txt'), 'utf8').trim().replace('http://', '');
      const asked = [
        '--bench',
        `gym://${address}?token_env=NEL_TEST_TOKEN`,
        '--model-url',
        endpoint.url,
        '--model-id',
        'm',
        '-o',
        lab.path('asked'),
      ];
      const run = await lab.nel(['eval', 'run', ...asked], env);
      expect(run, run.stderr).toMatchObject({ code: 0 });
      expect(readBundle(path.join(lab.path('asked'), 'gsm8k'))?.coverage).toEqual({ expected: 20, scored: 20, errors: 0 });
      expect(filesHolding(KEY, path.join(slurm.folder, 'work'))).toEqual([]);
    } finally {
      await endpoint.close();
    }
  });
});
