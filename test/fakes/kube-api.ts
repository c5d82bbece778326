/**
 * An API server for Jobs, Pods and ConfigMaps over node:http, with the part of the Job controller that shards depend on: indexes, failures an
 * index, disruptions that do not count. Tests play the kubelet: they start, fail and finish Pods.
 */

import http from 'node:http';
import type { AddressInfo } from 'node:net';

interface ObjectMeta {
  name: string;
  namespace: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  creationTimestamp?: string;
  uid?: string;
}

interface Job {
  metadata: ObjectMeta;
  spec: {
    completions: number;
    parallelism: number;
    backoffLimitPerIndex?: number;
    podFailurePolicy?: {
      rules: { action: string; onExitCodes?: { operator: string; values: number[] }; onPodConditions?: { type: string }[] }[];
    };
    template: { metadata: { labels: Record<string, string> }; spec: { containers: { env?: { name: string; value?: string }[] }[] } };
  };
  status: { completedIndexes?: string; failedIndexes?: string; conditions?: { type: string; status: string; reason?: string }[] };
}

interface Pod {
  metadata: ObjectMeta;
  spec: { nodeName?: string };
  status: Record<string, unknown> & { phase: string };
}

interface IndexState {
  failures: number;
  ended: 'completed' | 'failed' | null;
}

const TOKEN = 'fake-token-of-the-fake-cluster';

export class FakeKubeApi {
  readonly jobs = new Map<string, Job>();
  readonly pods = new Map<string, Pod>();
  readonly configMaps = new Map<string, { metadata: ObjectMeta; data: Record<string, string> }>();
  /** Method and path of every request. */
  readonly requests: string[] = [];
  /** Answers requests for which it gives a status, before anything happens. */
  refuse: (method: string, path: string) => { code: number; message?: string } | null = () => null;
  logs = new Map<string, string>();
  private readonly indexes = new Map<string, IndexState[]>();
  private podNumber = 0;

  private constructor(private readonly server: http.Server) {}

  static async start(): Promise<FakeKubeApi> {
    const server = http.createServer();
    const fake = new FakeKubeApi(server);
    server.on('request', (request, response) => void fake.answer(request, response));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return fake;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** A kubeconfig with the contexts `fake` and `stranger`, whose token nobody knows. */
  kubeconfig(): string {
    const context = (name: string) => ({ name, context: { cluster: 'fake', user: name, namespace: 'default' } });
    return JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': 'fake',
      clusters: [{ name: 'fake', cluster: { server: this.url, 'insecure-skip-tls-verify': true } }],
      contexts: [context('fake'), context('stranger')],
      users: [
        { name: 'fake', user: { token: TOKEN } },
        { name: 'stranger', user: { token: 'expired-token' } },
      ],
    });
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  /** The Pod of an index that has not ended. */
  pod(job: string, index: number): Pod {
    const found = [...this.pods.values()].find(
      ({ metadata, status }) =>
        metadata.labels?.['batch.kubernetes.io/job-name'] === job && indexOf(metadata) === index && !isOver(status.phase),
    );
    if (found === undefined) throw new Error(`no Pod of ${job} for index ${index}`);
    return found;
  }

  run(job: string, index: number, node = 'node-1'): void {
    const pod = this.pod(job, index);
    pod.spec.nodeName = node;
    pod.status = { phase: 'Running', containerStatuses: [{ name: 'nel', state: { running: {} } }] };
  }

  /** The container ended with an exit code; the controller reacts. */
  end(job: string, index: number, exitCode: number, reason = exitCode === 0 ? 'Completed' : 'Error'): void {
    const pod = this.pod(job, index);
    const terminated = { exitCode, reason };
    pod.status = { phase: exitCode === 0 ? 'Succeeded' : 'Failed', containerStatuses: [{ name: 'nel', state: { terminated } }] };
    this.settle(job, index, exitCode === 0 ? 'completed' : 'failed', exitCode, false);
  }

  /** The node went away under the Pod. */
  disrupt(job: string, index: number, reason = 'DeletionByTaintManager'): void {
    const pod = this.pod(job, index);
    pod.status = { phase: 'Failed', conditions: [{ type: 'DisruptionTarget', status: 'True', reason }] };
    this.settle(job, index, 'failed', 137, true);
  }

  /** The container does not start. */
  hold(job: string, index: number, reason: string, message: string, ageSeconds = 0): void {
    const pod = this.pod(job, index);
    pod.metadata.creationTimestamp = new Date(Date.now() - ageSeconds * 1000).toISOString();
    pod.status = { phase: 'Pending', containerStatuses: [{ name: 'nel', state: { waiting: { reason, message } } }] };
  }

  unschedulable(job: string, index: number, message: string, ageSeconds: number): void {
    const pod = this.pod(job, index);
    pod.metadata.creationTimestamp = new Date(Date.now() - ageSeconds * 1000).toISOString();
    pod.status = { phase: 'Pending', conditions: [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message }] };
  }

  /** A job's end by its controller: deadline, backoff limit. */
  failJob(job: string, reason: string): void {
    (this.jobs.get(job) as Job).status.conditions = [{ type: 'Failed', status: 'True', reason }];
  }

  private settle(name: string, index: number, how: 'completed' | 'failed', exitCode: number, disrupted: boolean): void {
    const job = this.jobs.get(name) as Job;
    const state = this.indexes.get(name)?.[index] as IndexState;
    if (how === 'completed') state.ended = 'completed';
    else {
      const rule = job.spec.podFailurePolicy?.rules.find(({ onExitCodes, onPodConditions }) =>
        onExitCodes
          ? !disrupted && onExitCodes.values.includes(exitCode)
          : onPodConditions?.some(({ type }) => disrupted && type === 'DisruptionTarget'),
      );
      if (rule?.action !== 'Ignore') state.failures++;
      if (rule?.action === 'FailIndex' || state.failures > (job.spec.backoffLimitPerIndex ?? Number.POSITIVE_INFINITY))
        state.ended = 'failed';
    }
    this.reconcile(job);
  }

  private reconcile(job: Job): void {
    const { name, namespace } = job.metadata;
    const states = this.indexes.get(name) as IndexState[];
    const ended = (how: 'completed' | 'failed'): string => states.flatMap((state, index) => (state.ended === how ? [index] : [])).join(',');
    job.status = { ...job.status, completedIndexes: ended('completed') };
    if (ended('failed') !== '') job.status.failedIndexes = ended('failed');
    const all = states.every((state) => state.ended !== null);
    if (all) job.status.conditions = [{ type: ended('failed') === '' ? 'Complete' : 'Failed', status: 'True', reason: 'FailedIndexes' }];
    const active = (index: number): boolean =>
      [...this.pods.values()].some(
        ({ metadata, status }) =>
          metadata.labels?.['batch.kubernetes.io/job-name'] === name && indexOf(metadata) === index && !isOver(status.phase),
      );
    let running = states.filter((_, index) => active(index)).length;
    states.forEach((state, index) => {
      if (state.ended !== null || active(index) || running >= job.spec.parallelism) return;
      running++;
      const pod = `${name}-${index}-${(this.podNumber++).toString(36).padStart(5, 'x')}`;
      this.pods.set(pod, {
        metadata: {
          name: pod,
          namespace,
          labels: { ...job.spec.template.metadata.labels, 'batch.kubernetes.io/job-name': name },
          annotations: { 'batch.kubernetes.io/job-completion-index': String(index) },
          creationTimestamp: new Date().toISOString(),
        },
        spec: {},
        status: { phase: 'Pending' },
      });
    });
  }

  private async answer(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? '/', this.url);
    const method = request.method ?? 'GET';
    this.requests.push(`${method} ${pathname}`);
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const send = (code: number, body: unknown): void => {
      response.writeHead(code, { 'content-type': 'application/json' });
      response.end(JSON.stringify(body));
    };
    const fail = (code: number, message: string): void =>
      send(code, { kind: 'Status', apiVersion: 'v1', status: 'Failure', message, code });
    const refused = this.refuse(method, pathname);
    if (refused !== null) return fail(refused.code, refused.message ?? 'refused');
    if (request.headers.authorization !== `Bearer ${TOKEN}`) return fail(401, 'Unauthorized');
    const match = /^\/(?:api\/v1|apis\/batch\/v1)\/namespaces\/([^/]+)\/(jobs|pods|configmaps)(?:\/([^/]+)(\/log)?)?$/.exec(pathname);
    if (match === null) return fail(404, 'the server could not find the requested resource');
    const [, namespace = '', kind = '', name, log] = match;
    const body = chunks.length === 0 ? undefined : (JSON.parse(Buffer.concat(chunks).toString()) as { metadata: ObjectMeta });
    if (method === 'POST' && body !== undefined) return this.create(kind, namespace, body, send, fail);
    const store = { jobs: this.jobs, pods: this.pods, configmaps: this.configMaps }[kind] as Map<string, { metadata: ObjectMeta }>;
    if (name === undefined) {
      const items = [...store.values()].filter(
        ({ metadata }) => metadata.namespace === namespace && selected(metadata.labels ?? {}, searchParams.get('labelSelector') ?? ''),
      );
      const from = Number(searchParams.get('continue') ?? 0);
      const limit = Number(searchParams.get('limit') ?? 0) || items.length;
      const rest = from + limit < items.length ? { continue: String(from + limit) } : {};
      return send(200, { kind: 'List', apiVersion: 'v1', metadata: rest, items: items.slice(from, from + limit) });
    }
    const found = store.get(name);
    if (found === undefined || found.metadata.namespace !== namespace) return fail(404, `${kind} "${name}" not found`);
    if (log !== undefined) {
      const text = this.logs.get(name);
      if (text === undefined) return fail(400, `container "nel" in pod "${name}" is waiting to start`);
      response.writeHead(200, { 'content-type': 'text/plain' });
      response.end(
        text
          .split('\n')
          .slice(-Number(searchParams.get('tailLines') ?? 1000))
          .join('\n'),
      );
      return;
    }
    if (method === 'DELETE') {
      store.delete(name);
      if (kind === 'jobs') {
        for (const [pod, { metadata }] of this.pods) if (metadata.labels?.['batch.kubernetes.io/job-name'] === name) this.pods.delete(pod);
      }
      return send(200, { kind: 'Status', apiVersion: 'v1', status: 'Success' });
    }
    send(200, found);
  }

  private create(
    kind: string,
    namespace: string,
    body: { metadata: ObjectMeta },
    send: (code: number, body: unknown) => void,
    fail: (code: number, message: string) => void,
  ): void {
    const { name } = body.metadata;
    const store = (kind === 'jobs' ? this.jobs : this.configMaps) as Map<string, { metadata: ObjectMeta }>;
    if (!/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(name)) return fail(422, `${kind} "${name}" is invalid: metadata.name`);
    if (body.metadata.namespace !== undefined && body.metadata.namespace !== namespace) return fail(400, 'the namespace does not match');
    if (store.has(name)) return fail(409, `${kind} "${name}" already exists`);
    const made = { ...body, metadata: { ...body.metadata, namespace, uid: `uid-${name}`, creationTimestamp: new Date().toISOString() } };
    store.set(name, made);
    if (kind === 'jobs') {
      const job = made as unknown as Job;
      job.status = {};
      this.indexes.set(
        name,
        Array.from({ length: job.spec.completions ?? 1 }, () => ({ failures: 0, ended: null })),
      );
      this.reconcile(job);
    }
    send(201, made);
  }
}

function indexOf({ annotations }: ObjectMeta): number {
  return Number(annotations?.['batch.kubernetes.io/job-completion-index']);
}

function isOver(phase: string): boolean {
  return phase === 'Succeeded' || phase === 'Failed';
}

/** `a=b,c`: equality and existence. */
function selected(labels: Record<string, string>, selector: string): boolean {
  return selector.split(',').every((term) => {
    const [key = '', value] = term.split('=');
    return key === '' || (value === undefined ? labels[key] !== undefined : labels[key] === value);
  });
}
