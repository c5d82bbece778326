/** The API server by the official client, as far as runs need it: create, read, list, delete; and what its refusals mean for a person. */

import type { BatchV1Api, CoreV1Api, V1ConfigMap, V1Job, V1Pod } from '@kubernetes/client-node';
import { ClusterUnreachable } from '../../../core/cluster.js';
import { errorMessage, NelError } from '../../../core/errors.js';
import type { KubernetesCluster } from '../../../core/kubernetes.js';

const PODS_A_PAGE = 500;
const TIMEOUT_MS = 30_000;
/** Passing failures of a connection; a certificate that is not trusted or a login that fails is none. */
const NETWORK =
  /^(ECONN\w*|EPIPE|ETIMEDOUT|EAI_AGAIN|ENOTFOUND|EHOSTUNREACH|ENETUNREACH|UND_ERR_\w+|fetch failed|terminated|other side closed)/;

export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
}

/** All methods throw ClusterUnreachable for what may pass (ask again), and NelError for what does not. */
export interface KubernetesApi {
  readonly namespace: string;
  /** @returns false when an object of that name is there */
  createJob(job: V1Job, options?: CallOptions): Promise<boolean>;
  createConfigMap(map: V1ConfigMap, options?: CallOptions): Promise<boolean>;
  /** Null where there is none. */
  readJob(name: string, options?: CallOptions): Promise<V1Job | null>;
  listJobs(labelSelector: string, options?: CallOptions): Promise<readonly V1Job[]>;
  listPods(labelSelector: string, options?: CallOptions): Promise<readonly V1Pod[]>;
  /** With its Pods. No error where there is none. */
  deleteJob(name: string, options?: CallOptions): Promise<void>;
  deleteConfigMap(name: string, options?: CallOptions): Promise<void>;
  /** The last lines that a container wrote; null while there are none. */
  podLog(pod: string, container: string, lines: number, options?: CallOptions): Promise<string | null>;
}

/**
 * Reads the kubeconfig; nothing is asked yet.
 * @throws NelError of kind `config` for a kubeconfig that cannot be read or a context that it lacks
 */
export async function openKubernetes(cluster: Pick<KubernetesCluster, 'namespace' | 'context' | 'kubeconfig'>): Promise<KubernetesApi> {
  const { BatchV1Api, CoreV1Api, KubeConfig } = await loadClient();
  const config = new KubeConfig();
  try {
    if (cluster.kubeconfig === null) config.loadFromDefault();
    else config.loadFromFile(cluster.kubeconfig);
  } catch (error) {
    const where = cluster.kubeconfig ?? 'the default kubeconfig';
    // A parser's message may quote the file, which holds keys.
    const code = (error as NodeJS.ErrnoException).code;
    throw new NelError('config', `${where} cannot be read${code === undefined ? '' : ` (${code})`}`, {
      hint: 'Set cluster.kubeconfig or KUBECONFIG to the file that kubectl uses.',
    });
  }
  if (cluster.context !== null) {
    if (config.getContextObject(cluster.context) === null) {
      const known = config.getContexts().map(({ name }) => name);
      throw new NelError('config', `cluster.context: the kubeconfig has no context ${JSON.stringify(cluster.context)}`, {
        hint: `It has ${known.join(', ') || 'none'}.`,
      });
    }
    config.setCurrentContext(cluster.context);
  }
  const server = config.getCurrentCluster();
  if (server === null) {
    throw new NelError('config', 'no Kubernetes cluster is configured', {
      hint: 'Set KUBECONFIG or cluster.kubeconfig, or run in the cluster.',
    });
  }
  return new Client(config.makeApiClient(BatchV1Api), config.makeApiClient(CoreV1Api), cluster.namespace, hostOf(server.server));
}

/** Loaded with the first cluster: it is large, and its own needs may be newer than this project's. */
async function loadClient(): Promise<typeof import('@kubernetes/client-node')> {
  try {
    return await import('@kubernetes/client-node');
  } catch (error) {
    throw new NelError(
      'config',
      `the Kubernetes client does not load in Node ${process.versions.node}: ${shortened(errorMessage(error))}`,
      {
        hint: 'Use a newer version of Node for runs on Kubernetes.',
      },
    );
  }
}

class Client implements KubernetesApi {
  constructor(
    private readonly batch: BatchV1Api,
    private readonly core: CoreV1Api,
    readonly namespace: string,
    private readonly server: string,
  ) {}

  createJob(body: V1Job, options?: CallOptions): Promise<boolean> {
    return this.created(
      `create the Job ${body.metadata?.name}`,
      () => this.batch.createNamespacedJob({ namespace: this.namespace, body }),
      options,
    );
  }

  createConfigMap(body: V1ConfigMap, options?: CallOptions): Promise<boolean> {
    const create = (): Promise<unknown> => this.core.createNamespacedConfigMap({ namespace: this.namespace, body });
    return this.created(`create the ConfigMap ${body.metadata?.name}`, create, options);
  }

  readJob(name: string, options?: CallOptions): Promise<V1Job | null> {
    return this.orNull(`read the Job ${name}`, () => this.batch.readNamespacedJob({ namespace: this.namespace, name }), options);
  }

  async listJobs(labelSelector: string, options?: CallOptions): Promise<readonly V1Job[]> {
    const list = await this.asked('list Jobs', () => this.batch.listNamespacedJob({ namespace: this.namespace, labelSelector }), options);
    return list.items;
  }

  async listPods(labelSelector: string, options?: CallOptions): Promise<readonly V1Pod[]> {
    const pods: V1Pod[] = [];
    for (let next: string | undefined; ; ) {
      const page = { namespace: this.namespace, labelSelector, limit: PODS_A_PAGE, ...(next ? { _continue: next } : {}) };
      const { items, metadata } = await this.asked('list Pods', () => this.core.listNamespacedPod(page), options);
      pods.push(...items);
      next = metadata?._continue;
      if (!next) return pods;
    }
  }

  async deleteJob(name: string, options?: CallOptions): Promise<void> {
    const request = { namespace: this.namespace, name, propagationPolicy: 'Background' };
    await this.orNull(`delete the Job ${name}`, () => this.batch.deleteNamespacedJob(request), options);
  }

  async deleteConfigMap(name: string, options?: CallOptions): Promise<void> {
    await this.orNull(
      `delete the ConfigMap ${name}`,
      () => this.core.deleteNamespacedConfigMap({ namespace: this.namespace, name }),
      options,
    );
  }

  async podLog(pod: string, container: string, lines: number, options?: CallOptions): Promise<string | null> {
    const request = { namespace: this.namespace, name: pod, container, tailLines: lines };
    try {
      return await this.orNull(`read the log of ${pod}`, () => this.core.readNamespacedPodLog(request), options);
    } catch (error) {
      // A container that has not started has no log, which the API calls a bad request.
      if (error instanceof NelError && / \(400\)/.test(error.message)) return null;
      throw error;
    }
  }

  private async created(what: string, request: () => Promise<unknown>, options: CallOptions | undefined): Promise<boolean> {
    try {
      await this.raw(request, options);
      return true;
    } catch (error) {
      if (statusOf(error) === 409) return false;
      throw this.meaning(what, error);
    }
  }

  private async orNull<T>(what: string, request: () => Promise<T>, options: CallOptions | undefined): Promise<T | null> {
    try {
      return await this.raw(request, options);
    } catch (error) {
      if (statusOf(error) === 404) return null;
      throw this.meaning(what, error);
    }
  }

  private async asked<T>(what: string, request: () => Promise<T>, options: CallOptions | undefined): Promise<T> {
    try {
      return await this.raw(request, options);
    } catch (error) {
      throw this.meaning(what, error);
    }
  }

  /** The client takes no signal: the caller is let go, the request ends by itself. */
  private raw<T>(request: () => Promise<T>, { signal }: CallOptions = {}): Promise<T> {
    const limit = AbortSignal.timeout(TIMEOUT_MS);
    const either = signal === undefined ? limit : AbortSignal.any([signal, limit]);
    return new Promise<T>((resolve, reject) => {
      const onAbort = (): void =>
        reject(signal?.aborted ? (signal.reason as Error) : new ClusterUnreachable(`${this.server} does not answer`));
      if (either.aborted) onAbort();
      else either.addEventListener('abort', onAbort, { once: true });
      request()
        .then(resolve, reject)
        .finally(() => either.removeEventListener('abort', onAbort));
    });
  }

  private meaning(what: string, error: unknown): unknown {
    if (error instanceof ClusterUnreachable || error instanceof NelError) return error;
    const status = statusOf(error);
    if (status === undefined) {
      // An abort of the caller's is theirs; anything else before an answer is the network's.
      if (error instanceof Error && error.name === 'AbortError') return error;
      const reason = shortened(networkReason(error));
      if (NETWORK.test(reason)) return new ClusterUnreachable(`${this.server} cannot be reached: ${reason}`);
      return new NelError('config', `${this.server} cannot be used: ${reason}`, {
        hint: 'Does kubectl work with the same kubeconfig? Check server, certificate and how it logs in.',
      });
    }
    if (status >= 500 || status === 429 || status === 408) return new ClusterUnreachable(`${this.server} asks for patience (${status})`);
    const message = shortened(messageOf(error));
    const words = `${this.server}: may not ${what} in namespace ${this.namespace} (${status})${message === '' ? '' : `: ${message}`}`;
    if (status === 401) return new NelError('config', words, { hint: 'The credentials of the kubeconfig are wrong or have expired.' });
    if (status === 403) {
      return new NelError('config', words, {
        hint: 'Needed in the namespace: create, get, list and delete of jobs and configmaps, list of pods, get of pods/log. A quota refuses in this way as well.',
      });
    }
    if (status === 404) return new NelError('config', words, { hint: 'Does the namespace exist?' });
    if (status === 422 || status === 400) return new NelError('config', words, { hint: 'Check the cluster section of the config.' });
    return new NelError('run', words);
  }
}

function statusOf(error: unknown): number | undefined {
  const { code } = (typeof error === 'object' && error !== null ? error : {}) as { readonly code?: unknown };
  return typeof code === 'number' ? code : undefined;
}

/** The server's own sentence, without the headers that the client's error would add. */
function messageOf(error: unknown): string {
  let { body } = error as { readonly body?: unknown };
  if (typeof body === 'string') {
    try {
      body = JSON.parse(body) as unknown;
    } catch {
      return '';
    }
  }
  const message = (body as { readonly message?: unknown } | null | undefined)?.message;
  return typeof message === 'string' ? message : '';
}

function networkReason(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return (cause as NodeJS.ErrnoException).code ?? errorMessage(cause);
}

/** One plain line. */
function shortened(text: string): string {
  return text.replaceAll(/[^\x20-\x7e]+/g, ' ').slice(0, 300);
}

function hostOf(server: string): string {
  return URL.canParse(server) ? new URL(server).host : 'the cluster';
}
