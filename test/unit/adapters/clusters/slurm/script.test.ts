/** Job scripts, whole, as golden files that shellcheck passes; and what no script may hold. */

import { spawnSync } from 'node:child_process';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { drainSeconds, walltimeSeconds } from '../../../../../src/adapters/clusters/slurm/directives.js';
import {
  renderMergeScript,
  renderServeScript,
  renderShardScript,
  type ShardJob,
} from '../../../../../src/adapters/clusters/slurm/script.js';
import { renderSubmitScript } from '../../../../../src/adapters/clusters/slurm/submit-script.js';
import { serviceUrlVariable } from '../../../../../src/core/cluster.js';
import { NelError } from '../../../../../src/core/errors.js';
import { CLUSTER, JOB, POOL, VLLM } from './fixtures.js';

const GOLDEN = path.resolve(import.meta.dirname, '../../../../golden/slurm/scripts');
const hasShellcheck = spawnSync('shellcheck', ['--version']).error === undefined;

const MERGE = renderMergeScript({ ...JOB, command: ['nel', 'eval', 'merge', 'out'], walltime: '00:30:00' });

const VARIANTS: Readonly<Record<string, string>> = {
  'a served model': renderShardScript(JOB).text,
  'second attempt, some shards, secrets, setup, environment': renderShardScript({
    ...JOB,
    attempt: 2,
    shards: [1, 2, 3, 7],
    cluster: {
      ...CLUSTER,
      max_concurrent_shards: 2,
      setup: ['module load cuda/12.4', 'export PATH="$HOME/nel/bin:$PATH"'],
      env: { HF_HOME: '/lustre/hf cache', GREETING: "it's $HOME & more" },
      secret_env: ['HF_TOKEN', 'WANDB_API_KEY'],
    },
  }).text,
  'pyxis container': renderShardScript({
    ...JOB,
    cluster: {
      ...CLUSTER,
      container: { type: 'pyxis', image: 'nvcr.io#nvidia/vllm:25.01', mounts: ['/lustre/models:/models:ro'] },
      node_pools: {
        compute: { ...POOL, account: 'research', qos: 'high', constraint: 'a100&nvlink', exclusive: true, cpus_per_task: 32, mem: '0' },
      },
    },
  }).text,
  'apptainer container and a command of its own': renderShardScript({
    ...JOB,
    cluster: { ...CLUSTER, container: { type: 'apptainer', image: '/lustre/images/eval.sif', mounts: [] } },
    models: [
      {
        ...VLLM,
        name: 'my-judge',
        type: 'command',
        command: ['python3', '-m', 'server', '--port={port}', '--model', '{model}'],
        args: ["--note=it's"],
        model: 'org/judge model',
      },
    ],
  }).text,
  'a model with nodes of its own': renderShardScript({
    ...JOB,
    cluster: { ...CLUSTER, node_pools: { cpu: { ...POOL, partition: 'cpu', gres: null }, gpu: POOL } },
    pool: 'cpu',
    models: [{ ...VLLM, node_pool: 'gpu' }],
  }).text,
  'no model': renderShardScript({ ...JOB, models: [], totalShards: 1, shards: [0] }).text,
  merge: renderMergeScript({ ...JOB, command: ['nel', 'eval', 'merge', 'results'], walltime: '00:30:00' }).text,
  'handed in by a person': renderSubmitScript({ ...JOB, cluster: { ...CLUSTER, secret_env: ['HF_TOKEN', 'NVIDIA_API_KEY'] } }, MERGE).text,
  'handed in by a person, one job a shard': renderSubmitScript(
    {
      ...JOB,
      shards: [0, 1, 2],
      cluster: { ...CLUSTER, node_pools: { cpu: { ...POOL, partition: 'cpu', gres: null }, gpu: POOL } },
      pool: 'cpu',
      models: [{ ...VLLM, node_pool: 'gpu' }],
    },
    MERGE,
  ).text,
  'handed in by a person, one job a shard, some at once': renderSubmitScript(
    {
      ...JOB,
      cluster: { ...CLUSTER, max_concurrent_shards: 2, node_pools: { cpu: { ...POOL, partition: 'cpu', gres: null }, gpu: POOL } },
      pool: 'cpu',
      models: [{ ...VLLM, node_pool: 'gpu' }],
    },
    MERGE,
  ).text,
  serve: renderServeScript(
    { ...JOB, command: ['nel', 'serve', '-b', 'gsm8k', '--port', '0', '-o', '/lustre/nel/gsm8k'], walltime: null },
    { endpointFile: '/lustre/nel/gsm8k/endpoint.txt' },
  ).text,
};

describe.each(Object.entries(VARIANTS))('script: %s', (name, text) => {
  const file = path.join(GOLDEN, `${name.replaceAll(/[^a-z]+/gi, '-')}.sh`);

  it('is the golden file', async () => {
    await expect(text).toMatchFileSnapshot(file);
  });

  it.skipIf(!hasShellcheck)('passes shellcheck (install shellcheck)', () => {
    const { stdout } = spawnSync('shellcheck', ['--shell=bash', '-'], { input: text, encoding: 'utf8' });
    expect(stdout).toBe('');
  });
});

describe('renderShardScript', () => {
  it('submits an array, but each shard by itself when the model has nodes of its own: Slurm has no arrays of such jobs', () => {
    expect(renderShardScript(JOB)).toMatchObject({ submission: 'array', jobName: 'nel-gsm8k-0a1b2c3d4e-a1', path: 'attempt-1/shards.sh' });
    const cluster = { ...CLUSTER, node_pools: { cpu: POOL, gpu: POOL } };
    expect(renderShardScript({ ...JOB, cluster, pool: 'cpu', models: [{ ...VLLM, node_pool: 'gpu' }] }).submission).toBe('each');
  });

  const refusals: readonly (readonly [string, Partial<ShardJob>, string])[] = [
    [
      'a line break in a partition',
      { cluster: { ...CLUSTER, node_pools: { compute: { ...POOL, partition: 'a\n#SBATCH --uid=0' } } } },
      'partition: sbatch cannot take',
    ],
    [
      'a space in an account',
      { cluster: { ...CLUSTER, node_pools: { compute: { ...POOL, account: 'a b' } } } },
      'account: sbatch cannot take',
    ],
    ['a relative workdir', { workdir: 'runs' }, 'cluster.workdir'],
    ['a workdir with a pattern', { workdir: '/runs/%j' }, 'cluster.workdir'],
    ['a workdir with a line break', { workdir: '/runs\n/x' }, 'cluster.workdir'],
    ['a workdir that climbs', { workdir: '/runs/../etc' }, 'cluster.workdir'],
    ['a pool that there is not', { pool: 'comptue' }, 'there is no node pool "comptue" (did you mean "compute"?)'],
    ['a variable that no shell takes', { cluster: { ...CLUSTER, env: { 'A B': '1' } } }, 'cannot be the name of an environment variable'],
    ['a secret that no shell takes', { cluster: { ...CLUSTER, secret_env: ['A;id'] } }, 'cannot be the name of an environment variable'],
    ['a walltime that is none', { cluster: { ...CLUSTER, walltime: 'long' } }, 'cluster.walltime'],
    [
      'two mounts in one',
      { cluster: { ...CLUSTER, container: { type: 'pyxis', image: 'x', mounts: ['/a:/b,/etc:/etc'] } } },
      'is no mount',
    ],
    ['a base path with a quote', { models: [{ ...VLLM, base_path: '/v1"$(id)' }] }, 'base_path'],
    ['a base path without its slash', { models: [{ ...VLLM, base_path: 'v1' }] }, 'base_path'],
    ['a command that is empty', { models: [{ ...VLLM, type: 'command' }] }, 'a command is needed'],
  ];
  it.each(refusals)('refuses %s', (_, change, message) => {
    const render = (): unknown => renderShardScript({ ...JOB, ...change });
    expect(render).toThrow(NelError);
    expect(render).toThrow(message);
  });

  it('names a service whose name begins with a digit as its evaluation does', () => {
    const { text } = renderShardScript({ ...JOB, models: [{ ...VLLM, name: '7b-judge', base_path: '/v1' }] });
    expect(text).toContain(`export ${serviceUrlVariable('7b-judge')}="http://\${s7b_judge_host}:\${s7b_judge_port}/v1"\n`);
  });

  it('hands in each job of a shard behind the one that many places before it', () => {
    const text = VARIANTS['handed in by a person, one job a shard, some at once'] ?? '';
    const loop = text.slice(text.indexOf('ids=()'), text.indexOf('jobs=$('));
    // Its last word is the shard; the job's id is ten times that.
    const fake = 'sbatch() { echo "$*" >&2; echo "${!#}0;fed"; }\n';
    const { stderr } = spawnSync('bash', ['-euo', 'pipefail', '-c', `${fake}${loop}`], { encoding: 'utf8' });
    const name = '--parsable --job-name=nel-gsm8k-0a1b2c3d4e-a1-s';
    expect(stderr.split('\n').slice(0, 4)).toEqual([
      `${name}0 attempt-1/shards.sh 0`,
      `${name}1 attempt-1/shards.sh 1`,
      `${name}2 --dependency=afterany:00 attempt-1/shards.sh 2`,
      `${name}3 --dependency=afterany:10 attempt-1/shards.sh 3`,
    ]);
  });

  it('holds every value of the environment and every argument as it is, as bash reads it', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'\'"\\$`!#\n{}port a='), maxLength: 10 }), (value) => {
        const text = renderShardScript({ ...JOB, models: [], cluster: { ...CLUSTER, env: { V: value } } }).text;
        const line = text.slice(text.indexOf('export V='), text.indexOf('log "evaluating"'));
        const { stdout } = spawnSync('bash', ['-c', `${line}printf %s "$V"`], { encoding: 'utf8' });
        expect(stdout).toBe(value);
      }),
      { numRuns: 60 },
    );
  });
});

describe('walltimeSeconds', () => {
  it.each([
    ['90', 5400],
    ['90:30', 5430],
    ['02:00:00', 7200],
    ['1-12', 129_600],
    ['2-00:30', 174_600],
    ['1-00:00:10', 86_410],
  ])('reads %s', (text, seconds) => {
    expect(walltimeSeconds(text)).toBe(seconds);
  });

  it('leaves two minutes to drain, or less of a short job', () => {
    expect(['02:00:00', '00:06:00', '1', '0'].map(drainSeconds)).toEqual([120, 60, 10, 5]);
  });
});
