/** Shards as Jobs, by the official client against an API server of our own: submitted once, looked at, submitted again where they failed. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type KubernetesApi, openKubernetes } from '../../../src/adapters/clusters/kubernetes/client.js';
import {
  cancelRun,
  cancelShards,
  knownAttempts,
  pollShards,
  putPlan,
  shardLog,
  submitMerge,
  submitShards,
} from '../../../src/adapters/clusters/kubernetes/jobs.js';
import type { SubmittedShards } from '../../../src/core/cluster.js';
import { FakeKubeApi } from '../../fakes/kube-api.js';
import { shardJob } from '../../unit/adapters/kubernetes/cluster.js';

const dir = mkdtempSync(path.join(tmpdir(), 'nel-kube-'));
const JOB = 'nel-run-0123456789-a1';
let fake: FakeKubeApi;
let api: KubernetesApi;

const kubeconfig = (): string => path.join(dir, 'config');
const open = (context: string | null = null): Promise<KubernetesApi> =>
  openKubernetes({ namespace: 'evals', context, kubeconfig: kubeconfig() });
const poll = (submitted: SubmittedShards, now = Date.now()) => pollShards(api, submitted, { unschedulableAfter: 600, now: () => now });
const states = async (submitted: SubmittedShards) => (await poll(submitted)).map(({ shard, status }) => [shard, status.state]);

beforeAll(async () => {
  // Loading the client takes its time.
  await import('@kubernetes/client-node');
}, 60_000);
beforeEach(async () => {
  fake = await FakeKubeApi.start();
  writeFileSync(kubeconfig(), fake.kubeconfig());
  api = await open();
});
afterEach(() => fake.close());
afterAll(() => rmSync(dir, { recursive: true, force: true }));

describe('an attempt', () => {
  it('goes from pending to completed, shard by shard', async () => {
    const submitted = await submitShards(api, shardJob());
    expect(submitted).toEqual({ attempt: 1, jobs: [{ jobId: JOB, shards: [0, 1, 2, 3] }] });
    expect((await poll(submitted))[0]).toMatchObject({
      shard: 0,
      attempt: 1,
      nodes: null,
      status: { state: 'pending', reason: 'waits for a node' },
    });
    fake.run(JOB, 0, 'node-7');
    fake.end(JOB, 1, 0);
    expect((await poll(submitted))[0]).toMatchObject({ nodes: 'node-7', status: { state: 'running' } });
    expect(await states(submitted)).toEqual([
      [0, 'running'],
      [1, 'completed'],
      [2, 'pending'],
      [3, 'pending'],
    ]);
    for (const index of [0, 2, 3]) fake.end(JOB, index, 0);
    expect((await poll(submitted)).every(({ status }) => status.state === 'completed')).toBe(true);
  });

  it('is submitted once, however often and by however many', async () => {
    const all = await Promise.all([1, 2, 3].map(() => submitShards(api, shardJob())));
    expect(new Set(all.map((one) => JSON.stringify(one))).size).toBe(1);
    expect(fake.jobs.size).toBe(1);
    expect(fake.pods.size).toBe(4);
  });

  it('is not taken for a Job of the same name that somebody else made', async () => {
    await submitShards(api, shardJob());
    (fake.jobs.get(JOB)?.metadata.labels as Record<string, string>)['nel/run'] = 'another';
    await expect(submitShards(api, shardJob())).rejects.toMatchObject({
      kind: 'run',
      message: expect.stringContaining('is not of this run'),
    });
  });

  it('lets Kubernetes start a failed Pod once more, then has failed, and only its shard is submitted again', async () => {
    const submitted = await submitShards(api, shardJob());
    for (const index of [0, 1, 3]) fake.end(JOB, index, 0);
    fake.run(JOB, 2);
    fake.end(JOB, 2, 137, 'OOMKilled');
    expect(await states(submitted)).toContainEqual([2, 'pending']);
    fake.end(JOB, 2, 137, 'OOMKilled');
    expect((await poll(submitted))[2]?.status).toEqual({ state: 'failed', reason: 'oom', exitCode: null, signal: 9 });
    const again = await submitShards(api, shardJob({ attempt: 2, shards: [2] }));
    const name = again.jobs[0]?.jobId as string;
    expect(fake.jobs.get(name)?.spec.template.spec.containers[0]?.env).toContainEqual({ name: 'NEL_SHARDS', value: '0:2' });
    fake.end(name, 0, 0);
    expect(await states(again)).toEqual([[2, 'completed']]);
    expect(await knownAttempts(api, shardJob())).toEqual([1, 2]);
  });

  it('fails at once, with its exit code, where starting again cannot help', async () => {
    const submitted = await submitShards(api, shardJob());
    fake.end(JOB, 0, 3);
    expect((await poll(submitted))[0]?.status).toEqual({ state: 'failed', reason: 'exit', exitCode: 3, signal: null });
    expect([...fake.pods.keys()].filter((name) => name.startsWith(`${JOB}-0-`))).toHaveLength(1);
  });

  it('survives any number of lost nodes', async () => {
    const submitted = await submitShards(api, shardJob());
    for (let i = 0; i < 5; i++) fake.disrupt(JOB, 0);
    fake.end(JOB, 0, 0);
    expect((await states(submitted))[0]).toEqual([0, 'completed']);
  });

  it('waits for an image for some minutes, then says why its shards are impossible', async () => {
    const submitted = await submitShards(api, shardJob());
    const words = 'Back-off pulling image "registry.example/nel:0.1.0"';
    fake.hold(JOB, 0, 'ImagePullBackOff', words, 20);
    fake.hold(JOB, 1, 'ImagePullBackOff', words, 400);
    fake.hold(JOB, 2, 'InvalidImageName', 'couldn\u0007t parse', 1);
    fake.hold(JOB, 3, 'CreateContainerConfigError', 'secret "nemo-api" not found', 90);
    expect((await poll(submitted)).map(({ status }) => status)).toEqual([
      { state: 'pending', reason: `ImagePullBackOff: ${words}`, limit: false },
      { state: 'impossible', reason: `ImagePullBackOff: ${words}` },
      { state: 'impossible', reason: 'InvalidImageName: couldn t parse' },
      { state: 'impossible', reason: 'CreateContainerConfigError: secret "nemo-api" not found' },
    ]);
  });

  it('waits for a node as long as the config says', async () => {
    const submitted = await submitShards(api, shardJob());
    fake.unschedulable(JOB, 0, '0/3 nodes are available: insufficient cpu', 300);
    fake.unschedulable(JOB, 1, '0/3 nodes are available: insufficient cpu', 601);
    const [young, old] = await poll(submitted);
    expect(young?.status).toMatchObject({ state: 'pending', limit: true });
    expect(old?.status).toEqual({ state: 'impossible', reason: 'Unschedulable: 0/3 nodes are available: insufficient cpu' });
  });

  it('has failed shards where the Job was ended as a whole', async () => {
    const submitted = await submitShards(api, shardJob());
    fake.end(JOB, 0, 0);
    fake.failJob(JOB, 'DeadlineExceeded');
    expect((await poll(submitted)).map(({ status }) => status).slice(0, 2)).toEqual([
      { state: 'completed' },
      { state: 'failed', reason: 'timeout', exitCode: null, signal: null },
    ]);
  });

  it('is unknown when its Job is gone', async () => {
    const submitted = await submitShards(api, shardJob());
    await cancelShards(api, submitted);
    await cancelShards(api, submitted);
    expect(fake.pods.size).toBe(0);
    expect((await poll(submitted))[0]?.status).toEqual({ state: 'unknown' });
  });

  it('of more Pods than fit a page is seen whole', async () => {
    const shards = Array.from({ length: 1_101 }, (_, i) => i);
    const submitted = await submitShards(api, shardJob({ shards, totalShards: 1_101 }));
    for (const index of [0, 600, 1_100]) fake.run(JOB, index);
    const running = (await poll(submitted)).filter(({ status }) => status.state === 'running').map(({ shard }) => shard);
    expect(running).toEqual([0, 600, 1_100]);
  });
});

describe('a run', () => {
  it('has one plan, and leaves nothing when it is cancelled', async () => {
    await putPlan(api, shardJob(), { runJson: '{"run_id":"a"}' });
    await putPlan(api, shardJob(), { runJson: '{"run_id":"b"}' });
    expect([...fake.configMaps.values()][0]?.data).toEqual({ 'run.json': '{"run_id":"a"}' });
    await submitShards(api, shardJob());
    await submitShards(api, shardJob({ attempt: 2, shards: [3] }));
    expect(await submitMerge(api, shardJob())).toBe('nel-run-0123456789-merge');
    await cancelRun(api, shardJob());
    expect([fake.jobs.size, fake.configMaps.size, fake.pods.size]).toEqual([0, 0, 0]);
  });

  it("shows the last lines of a shard's log once there are some", async () => {
    const submitted = await submitShards(api, shardJob());
    const [report] = await poll(submitted);
    const one = { jobId: report?.jobId as string };
    expect(await shardLog(api, one, 2)).toBeNull();
    fake.logs.set(one.jobId, 'one\ntwo\nthree');
    expect(await shardLog(api, one, 2)).toBe('two\nthree');
  });
});

describe('an API server', () => {
  it('that refuses says what and why, and the token stays here', async () => {
    const message = 'jobs.batch is forbidden: User "ci" cannot create resource "jobs" in the namespace "evals"';
    fake.refuse = (method) => (method === 'POST' ? { code: 403, message } : null);
    const error = await submitShards(api, shardJob()).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ name: 'NelError', kind: 'config', hint: expect.stringContaining('jobs and configmaps') });
    expect((error as Error).message).toContain(message);
    expect(JSON.stringify([error, (error as Error).message])).not.toContain('fake-token');
  });

  it('that does not know the user is a config error', async () => {
    await expect(submitShards(await open('stranger'), shardJob())).rejects.toMatchObject({
      kind: 'config',
      message: expect.stringContaining('(401)'),
    });
  });

  it.each([500, 503, 429])('that answers %i is asked again later', async (code) => {
    fake.refuse = () => ({ code });
    await expect(submitShards(api, shardJob())).rejects.toMatchObject({ name: 'ClusterUnreachable' });
  });

  it('that is gone is asked again later', async () => {
    const submitted = await submitShards(api, shardJob());
    await fake.close();
    await expect(poll(submitted)).rejects.toMatchObject({ name: 'ClusterUnreachable', message: expect.stringContaining('ECONNREFUSED') });
    fake = await FakeKubeApi.start();
  });

  it('that the client will not speak to is a config error, not one that passes', async () => {
    writeFileSync(kubeconfig(), fake.kubeconfig().replace('"insecure-skip-tls-verify":true', '"insecure-skip-tls-verify":false'));
    await expect(submitShards(await open(), shardJob())).rejects.toMatchObject({
      kind: 'config',
      message: expect.stringContaining('cannot be used'),
    });
  });

  it('that took a Job whose answer was lost gets no second one', async () => {
    await submitShards(api, shardJob());
    let lost = true;
    fake.refuse = (method) => {
      const once = method === 'POST' && lost;
      lost = false;
      return once ? { code: 504 } : null;
    };
    await expect(submitShards(api, shardJob())).rejects.toMatchObject({ name: 'ClusterUnreachable' });
    await submitShards(api, shardJob());
    expect(fake.jobs.size).toBe(1);
  });
});

describe('a kubeconfig', () => {
  it('without the wanted context names those that it has', async () => {
    await expect(open('prod')).rejects.toMatchObject({ kind: 'config', hint: 'It has fake, stranger.' });
  });

  it('that cannot be read is named, and not quoted', async () => {
    writeFileSync(path.join(dir, 'broken'), 'users: [{token: s3cr3t-in-file');
    for (const file of ['broken', 'missing']) {
      const error = await openKubernetes({ namespace: 'evals', context: null, kubeconfig: path.join(dir, file) }).catch((e: unknown) => e);
      expect(error).toMatchObject({ kind: 'config', message: expect.stringContaining(path.join(dir, file)) });
      expect((error as Error).message).not.toContain('s3cr3t');
    }
  });
});
