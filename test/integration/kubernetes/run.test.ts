/** A run on Kubernetes from its config to its bundle: a fake API server, real shard processes, one of which dies on the way. */

import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { DATA_DIR } from '../../data-dir.js';
import { FakeKubeApi } from '../../fakes/kube-api.js';
import { Lab, readBundle, readLines, until } from '../runs/lab.js';

const NEL = path.resolve(import.meta.dirname, '../../../dist/cli/main.js');
const hasData = existsSync(path.join(DATA_DIR, 'gsm8k/test.jsonl'));

let lab: Lab;
let fake: FakeKubeApi;
let kubelet: Kubelet;
beforeEach(async () => {
  lab = new Lab();
  fake = await FakeKubeApi.start();
  kubelet = new Kubelet(fake, lab);
});
afterEach(async () => {
  kubelet.stop();
  await lab.close();
  await fake.close();
});

/** Starts the containers of pending Pods as processes, with the ConfigMap's files where the mount would be. */
class Kubelet {
  /** Every container that was started: job and index. */
  readonly started: string[] = [];
  /** Exit code of a container that is to die at once, once. */
  readonly doomed = new Map<string, number>();
  private readonly known = new Set<string>();
  private readonly children: ChildProcess[] = [];
  private readonly timer: NodeJS.Timeout;

  constructor(
    private readonly api: FakeKubeApi,
    private readonly home: Lab,
  ) {
    this.timer = setInterval(() => this.look(), 100);
  }

  stop(): void {
    clearInterval(this.timer);
    for (const child of this.children) child.kill('SIGKILL');
  }

  private look(): void {
    for (const [name, pod] of this.api.pods) {
      if (this.known.has(name) || pod.status.phase !== 'Pending') continue;
      this.known.add(name);
      const job = pod.metadata.labels?.['batch.kubernetes.io/job-name'] as string;
      this.start(job, Number(pod.metadata.annotations?.['batch.kubernetes.io/job-completion-index']));
    }
  }

  private start(job: string, index: number): void {
    this.api.run(job, index);
    this.started.push(`${job.slice(-2)}:${index}`);
    const doom = this.doomed.get(`${job.slice(-2)}:${index}`);
    if (doom !== undefined) {
      this.api.end(job, index, doom);
      return;
    }
    const { template } = (this.api.jobs.get(job) as unknown as { spec: { template: { spec: { containers: Container[] } } } }).spec;
    const [container] = template.spec.containers as [Container];
    const env = Object.fromEntries(container.env.map(({ name, value }) => [name, value ?? String(index)]));
    const [program = '', ...args] = container.command.map((word) => word.replace('/plan/', `${this.plan(job)}/`));
    const child = spawn(program, args, {
      env: { PATH: process.env['PATH'], HOME: this.home.dir, JOB_COMPLETION_INDEX: String(index), ...env },
      stdio: 'ignore',
    });
    this.children.push(child);
    child.once('exit', (code) => this.api.end(job, index, code ?? 137));
  }

  private plan(job: string): string {
    const map = [...this.api.configMaps.values()].find(({ metadata }) => job.startsWith(metadata.name.replace(/-plan$/, '')));
    const folder = this.home.path('plan');
    mkdirSync(folder, { recursive: true });
    for (const [name, text] of Object.entries(map?.data ?? {})) writeFileSync(path.join(folder, name), text);
    return folder;
  }
}

interface Container {
  readonly command: readonly string[];
  readonly env: readonly { readonly name: string; readonly value?: string }[];
}

function config(): string {
  const file = lab.path('cluster.json');
  writeFileSync(lab.path('kubeconfig'), fake.kubeconfig());
  writeFileSync(
    file,
    JSON.stringify({
      cluster: {
        type: 'kubernetes',
        namespace: 'evals',
        image: 'nel:test',
        shards: 3,
        max_attempts: 2,
        kubeconfig: lab.path('kubeconfig'),
        volume: { claim: 'data', mount_path: lab.dir },
        nel: [process.execPath, NEL],
        env: { NEL_DATA_DIR: DATA_DIR },
      },
      benchmarks: [
        {
          name: 'gsm8k',
          max_problems: 90,
          solver: { type: 'replay', file: path.join(DATA_DIR, 'gsm8k/recordings/175b_verification.jsonl'), key: 'prompt' },
        },
      ],
    }),
  );
  return file;
}

it.skipIf(!hasData)(
  'runs, submits the one index that failed for good again, and merges to what an unsharded run gives (needs ../shared/data)',
  async () => {
    // Kubernetes starts a failed container once more; then the index has failed.
    kubelet.doomed.set('a1:1', 137);
    const { code, stderr } = await lab.nel(['eval', 'run', config(), '-o', lab.path('out')]);
    expect(stderr).not.toContain('error:');
    expect(code).toBe(0);
    expect(kubelet.started.filter((one) => one.startsWith('a2'))).toEqual(['a2:0']);
    const whole = await lab.nel([
      ...['eval', 'run', '-b', 'gsm8k', '--max-problems', '90', '-o', lab.path('whole')],
      ...['--replay', path.join(DATA_DIR, 'gsm8k/recordings/175b_verification.jsonl')],
    ]);
    expect(whole.code).toBe(0);
    const [merged, unsharded] = [lab.path('out/gsm8k'), lab.path('whole/gsm8k')];
    expect(readLines(path.join(merged, 'results.jsonl'))).toEqual(readLines(path.join(unsharded, 'results.jsonl')));
    expect(readBundle(merged)?.benchmark.scores).toEqual(readBundle(unsharded)?.benchmark.scores);
    // Nothing of the run is left on the cluster.
    expect([...fake.jobs.keys(), ...fake.configMaps.keys()]).toEqual([]);
  },
  180_000,
);

it.skipIf(!hasData)(
  'ends with the reason of a shard that fails again and again, and deletes its Jobs (needs ../shared/data)',
  async () => {
    for (const job of ['a1:0', 'a2:0']) kubelet.doomed.set(job, 137);
    const { code, stderr } = await lab.nel(['eval', 'run', config(), '-o', lab.path('out')]);
    expect(code).toBe(4);
    expect(stderr).toContain('shard 0 failed 2 times');
    expect([...fake.jobs.keys()]).toEqual([]);
  },
  180_000,
);

it.skipIf(!hasData)(
  'an interrupted run deletes its Jobs and can be gone on with (needs ../shared/data)',
  async () => {
    kubelet.stop();
    const running = lab.start(['eval', 'run', config(), '-o', lab.path('out')]);
    await until('the Job', () => fake.jobs.size > 0, 60);
    running.child.kill('SIGINT');
    expect((await running.done).code).toBe(130);
    expect([...fake.jobs.keys()]).toEqual([]);
    kubelet = new Kubelet(fake, lab);
    expect((await lab.nel(['eval', 'run', config(), '-o', lab.path('out'), '--resume'])).code).toBe(0);
    const run = JSON.parse(readFileSync(lab.path('out/run.json'), 'utf8')) as { generation: number };
    expect(run.generation).toBe(1);
  },
  180_000,
);
