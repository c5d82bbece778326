import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { jobKey, mergeJobManifest, planConfigMap, shardJobManifest } from '../../../../src/adapters/clusters/kubernetes/manifest.js';
import { cluster, shardJob } from './cluster.js';

const container = (over = {}) => shardJobManifest(shardJob(over)).spec?.template.spec?.containers[0];

describe('the Job of an attempt at all shards', () => {
  it("takes a Pod's index for its shard", () => {
    expect(container()?.env?.slice(0, 2)).toEqual([
      { name: 'NEL_SHARD_IDX', valueFrom: { fieldRef: { fieldPath: "metadata.annotations['batch.kubernetes.io/job-completion-index']" } } },
      { name: 'NEL_TOTAL_SHARDS', value: '4' },
    ]);
    expect(container()?.command).toEqual(['nel', 'eval', 'shard', '/plan/run.json', '-o', 's3://evals/run']);
  });

  it('counts failures an index, never a disruption, and starts no config error again', () => {
    expect(shardJobManifest(shardJob()).spec).toMatchObject({
      completionMode: 'Indexed',
      completions: 4,
      parallelism: 4,
      backoffLimitPerIndex: 1,
      podReplacementPolicy: 'Failed',
      podFailurePolicy: {
        rules: [
          { action: 'FailIndex', onExitCodes: { containerName: 'nel', operator: 'In', values: [3, 4] } },
          { action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] },
        ],
      },
    });
  });

  it('runs as many Pods at once as the config allows', () => {
    expect(shardJobManifest(shardJob({ cluster: cluster({ max_concurrent_shards: 2 }) })).spec?.parallelism).toBe(2);
  });

  it('names secrets and never has their values', () => {
    process.env['NEMO_API_KEY'] = 'the-value-itself';
    const text = JSON.stringify(shardJobManifest(shardJob()));
    delete process.env['NEMO_API_KEY'];
    expect(text).toContain('"secretKeyRef":{"name":"nemo-api","key":"api_key"}');
    expect(text).not.toContain('the-value-itself');
  });

  it('gives values to the Pods as they were written', () => {
    const env = container({ cluster: cluster({ env: { PRICE: '$(HOME) costs $5' } }) })?.env;
    expect(env).toContainEqual({ name: 'PRICE', value: '$$(HOME) costs $5' });
  });

  it('tries errors again where that is asked for', () => {
    expect(container({ resume: true })?.command?.at(-1)).toBe('--resume');
  });
});

describe('the Job of an attempt at some shards', () => {
  const some = { attempt: 2, shards: [1, 3] };

  it('has as many indexes as shards, under a name of its own', () => {
    expect(shardJobManifest(shardJob(some))).toMatchObject({
      metadata: { name: 'nel-run-0123456789-a2', labels: { 'nel/run': 'nel-run-0123456789', 'nel/attempt': '2' } },
      spec: { completions: 2, parallelism: 2 },
    });
  });

  it.each([
    [0, '1 of 4'],
    [1, '3 of 4'],
  ])('makes index %i shard %s, by its own script', (index, expected) => {
    const one = container({ ...some, cluster: cluster({ nel: ['/bin/sh', '-c', 'echo "$NEL_SHARD_IDX of $NEL_TOTAL_SHARDS"; :'] }) });
    const env = Object.fromEntries((one?.env ?? []).flatMap(({ name, value }) => (value === undefined ? [] : [[name, value]])));
    const [program = '', ...args] = one?.command ?? [];
    expect(execFileSync(program, args, { env: { ...env, JOB_COMPLETION_INDEX: String(index) }, encoding: 'utf8' }).trim()).toBe(expected);
  });

  it('fails an index beyond the list as a config error', () => {
    const one = container(some);
    const [program = '', ...args] = one?.command ?? [];
    const run = () => execFileSync(program, args, { env: { NEL_SHARDS: '0:1 1:3', JOB_COMPLETION_INDEX: '2' }, stdio: 'pipe' });
    expect(run).toThrow(expect.objectContaining({ status: 3 }));
  });
});

describe('the names of objects', () => {
  it('are what Kubernetes takes, whatever the workflow is called', () => {
    for (const id of ['nel-20260102T030405Z-abcdef', 'Ünïcode / and ~ such', '', 'x'.repeat(300)]) {
      expect(jobKey(id, '0')).toMatch(/^nel-[a-z0-9-]{10,36}$/);
    }
  });

  it('differ from start to start, and between workflows that read alike', () => {
    expect(new Set([jobKey('a b', '0'), jobKey('a-b', '0'), jobKey('a b', '1')]).size).toBe(3);
  });
});

describe('the plan', () => {
  it('is refused when it is larger than an object can be', () => {
    expect(() => planConfigMap(shardJob(), 'x'.repeat(1_000_001))).toThrow('more than a ConfigMap can hold');
    expect(planConfigMap(shardJob(), '{}', { 'mine.mjs': '1' })).toMatchObject({
      immutable: true,
      data: { 'run.json': '{}', 'mine.mjs': '1' },
    });
  });
});

describe('the merge', () => {
  it('merges where the shards wrote', () => {
    const volume = { claim: 'eval-data', mount_path: '/data' };
    const spec = mergeJobManifest({ ...shardJob(), cluster: cluster({ volume }), output: '/data/run' }).spec?.template.spec;
    expect(spec?.containers[0]?.command).toEqual(['nel', 'eval', 'merge', '/data/run']);
    expect(spec?.volumes).toContainEqual({ name: 'data', persistentVolumeClaim: { claimName: 'eval-data' } });
  });
});
