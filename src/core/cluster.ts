/** The port to a cluster: the `cluster:` section of a config as resolved, what runs there, and a shell on the machine that takes its jobs. */

/** One kind of node that a job may ask for: a line of `#SBATCH` for each member that is not null. */
export interface NodePool {
  readonly partition: string | null;
  readonly nodes: number;
  readonly ntasks_per_node: number | null;
  readonly cpus_per_task: number | null;
  /** As Slurm writes it: `64G`. */
  readonly mem: string | null;
  /** Generic resources a node, as Slurm writes them: `gpu:4`. */
  readonly gres: string | null;
  readonly account: string | null;
  readonly qos: string | null;
  readonly constraint: string | null;
  readonly reservation: string | null;
  readonly exclusive: boolean;
}

/** How to reach the login node. Exactly one way to know its host key is needed: `fingerprint` wins over `known_hosts`. */
export interface SshTarget {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  /** Private key file (`~/` is expanded), or null. */
  readonly key_path: string | null;
  /** NAME of the environment variable with the key's passphrase, or null. */
  readonly key_passphrase_env: string | null;
  /** `true`: the agent of SSH_AUTH_SOCK; a text: the agent's socket. Asked after `key_path`. */
  readonly agent: boolean | string;
  /** File in OpenSSH's form (`~/` is expanded). */
  readonly known_hosts: string;
  /** `SHA256:…` of the host key, or null. */
  readonly fingerprint: string | null;
}

export interface ClusterContainer {
  readonly type: 'pyxis' | 'apptainer';
  readonly image: string;
  /** `source:target[:options]`, absolute paths. */
  readonly mounts: readonly string[];
}

export interface SlurmCluster {
  readonly type: 'slurm';
  /** `minutes`, `hours:minutes:seconds` or `days-hours:minutes:seconds`. */
  readonly walltime: string;
  readonly shards: number;
  /** At least one; the first is where shards run unless a job names another. */
  readonly node_pools: Readonly<Record<string, NodePool>>;
  /** null: sbatch is called on this machine. */
  readonly ssh: SshTarget | null;
  /** Folder that login node and compute nodes share; absolute or `~/…`. */
  readonly workdir: string;
  /** Lines of bash that run first in every job (`module load …`, `source venv/bin/activate`), as written. */
  readonly setup: readonly string[];
  readonly container: ClusterContainer | null;
  readonly max_concurrent_shards: number | null;
  /** Attempts at each shard, the first included. */
  readonly max_attempts: number;
  /** Values for the jobs' environment; they stand in the scripts for all to read. */
  readonly env: Readonly<Record<string, string>>;
  /** NAMES of environment variables whose values go to the jobs as secrets. */
  readonly secret_env: readonly string[];
  /** How `nel` is called there. */
  readonly nel: readonly string[];
  /** false: scripts are written and nothing is submitted. */
  readonly submit: boolean;
}

/** A model that a job serves for itself before it evaluates. */
export interface ServedModel {
  /** Name of the service in the config. */
  readonly name: string;
  readonly type: 'vllm' | 'command';
  /** What the endpoint is asked for; with `vllm` also what it loads. */
  readonly model: string;
  /** Argument vector of `command`; `{port}` and `{model}` are filled in. Empty with `vllm`. */
  readonly command: readonly string[];
  /** Further arguments, at the end. */
  readonly args: readonly string[];
  /** First port to try: shards that share a node take the next free ones (a command without `{port}` gets this one or fails). */
  readonly port: number;
  readonly tensor_parallel_size: number | null;
  /** Name of the pool that serves it, or null: where the shard runs. */
  readonly node_pool: string | null;
  /** Path that answers 200 once the model is loaded. */
  readonly health_path: string;
  /** Seconds until a model that does not answer fails the job. */
  readonly health_timeout: number;
  /** Put after host and port in the address that the evaluation gets: `/v1`. */
  readonly base_path: string;
  readonly container: ClusterContainer | null;
}

/** The variable by which a job tells its evaluation where a served model is. Names of services may hold `-` and begin with a digit. */
export function serviceUrlVariable(service: string): string {
  return `NEL_SERVICE_${service.replaceAll(/[^A-Za-z0-9]/g, '_').toUpperCase()}_URL`;
}

/** What became of one task of a job. */
export type TaskState =
  /** `limit`: it waits for a limit of its account or group and not just for its turn. */
  | { readonly state: 'pending'; readonly reason: string; readonly limit: boolean }
  | { readonly state: 'running' }
  | { readonly state: 'completed' }
  | { readonly state: 'failed'; readonly reason: TaskFailure; readonly exitCode: number | null; readonly signal: number | null }
  | { readonly state: 'cancelled' }
  /** It can never start; the reason is the cluster's own word. */
  | { readonly state: 'impossible'; readonly reason: string }
  /** The cluster has forgotten it, or has not heard of it yet. */
  | { readonly state: 'unknown' };

/** `drained`: it stopped before its walltime and is to be continued. `exit`: the program ended with `exitCode` or was killed by `signal`. */
export type TaskFailure = 'node_fail' | 'timeout' | 'preempted' | 'oom' | 'drained' | 'exit';

/** One task with where it ran. `task` is the shard's index, or null for a job that is no array. */
export interface TaskReport {
  readonly task: number | null;
  /** As the cluster writes it: `1234_7`. */
  readonly jobId: string;
  /** `n012` or `n[012-013]`, or null. */
  readonly nodes: string | null;
  readonly status: TaskState;
}

/** Jobs of one attempt at some shards. Small enough for a workflow's history. */
export interface SubmittedShards {
  readonly attempt: number;
  readonly jobs: readonly { readonly jobId: string; readonly shards: readonly number[] }[];
}

export interface ShardReport extends Omit<TaskReport, 'task'> {
  readonly shard: number;
  readonly attempt: number;
}

export interface CommandResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CommandOptions {
  /** Text for its standard input. The place for secrets: it is in no list of processes and no log. */
  readonly stdin?: string;
  readonly signal?: AbortSignal;
  /** Milliseconds; default 60,000. */
  readonly timeoutMs?: number;
  /** Whether it may be run again when the connection breaks before its result is known. Default true. */
  readonly repeatable?: boolean;
}

export interface TransferOptions {
  /** Permission bits of the written file; default 0o644. */
  readonly mode?: number;
  readonly signal?: AbortSignal;
  /** Called with the bytes that are across, and all. */
  readonly onProgress?: (done: number, total: number) => void;
}

export interface RemoteFile {
  /** Relative to the listed folder, with `/`. */
  readonly path: string;
  /** Bytes. */
  readonly size: number;
}

/** A shell on the machine that takes a cluster's jobs: this one, or a login node over SSH. */
export interface ClusterShell {
  /** For messages: `user@host:port`, or `this machine`. */
  readonly name: string;
  /**
   * Runs an argument vector (no shell reads it) and gives its end, whatever its exit code.
   * @throws ClusterUnreachable while the machine cannot be reached; NelError when it never can be
   */
  run(command: readonly string[], options?: CommandOptions): Promise<CommandResult>;
  /** Copies a local file; it appears under its name at once and whole. A copy that broke off is continued. Folders are made. */
  upload(localPath: string, remotePath: string, options?: TransferOptions): Promise<void>;
  /** Writes a text as a file, at once and whole. */
  write(text: string, remotePath: string, options?: TransferOptions): Promise<void>;
  /** Copies a file from there, in the same way. @throws NelError of kind `data` when there is none */
  download(remotePath: string, localPath: string, options?: TransferOptions): Promise<void>;
  /** The same for several files below a folder, without a question for each of them. `onFile` is called as each is there. */
  downloadAll(
    from: { readonly remoteFolder: string; readonly files: readonly RemoteFile[] },
    localFolder: string,
    options?: { readonly signal?: AbortSignal; readonly onFile?: (file: string) => void },
  ): Promise<void>;
  exists(remotePath: string): Promise<boolean>;
  /** Regular files below a folder, sorted by path; links are left out. Empty when there is no such folder. */
  list(remoteFolder: string): Promise<readonly RemoteFile[]>;
  close(): Promise<void>;
}

/** The cluster cannot be reached now: try again later. Whatever else fails is a NelError and stays failed. */
export class ClusterUnreachable extends Error {
  override readonly name = 'ClusterUnreachable';

  constructor(message: string, options: { cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
  }
}
