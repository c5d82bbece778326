/**
 * The `docker` sandbox: one container a program, without network, rights and a writable disk. Files go in through stdin, so that the
 * daemon may be on another machine.
 */

import { randomUUID } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { NelError } from '../../core/errors.js';
import {
  checkSandboxJob,
  type Sandbox,
  type SandboxJob,
  type SandboxLimits,
  type SandboxOutcome,
  sandboxLimits,
} from '../../core/sandbox.js';
import { NOBODY, sandboxEnvironment } from './limits.js';
import { Places } from './places.js';
import { type Environment, findProgram, runProgram } from './programs.js';
import { type SupervisedEnd, supervise } from './supervise.js';

export const DEFAULT_IMAGE = 'python:3.12-slim';

const SCRATCH = '/scratch';
const INSTALL = 'Install Docker and start its daemon (docker version must show a server), or name another sandbox.';
const DAEMON_MS = 5_000;
const PULL_MS = 900_000;
/** What docker run exits with when it is docker that failed, and what it then says. */
const DOCKER_FAILED = 125;
const DOCKER_SAYS = /^(?:docker|Error response from daemon|error during connect|Cannot connect to the Docker daemon)\b/m;
/** The command does not exist in the image, or is no program. */
const NOT_A_COMMAND = new Set([126, 127]);

/** Of the user's environment the client gets what finds its daemon; nothing of it reaches the container. */
const CLIENT_VARIABLES = [
  'PATH',
  'HOME',
  'DOCKER_HOST',
  'DOCKER_CONTEXT',
  'DOCKER_CONFIG',
  'DOCKER_TLS_VERIFY',
  'DOCKER_CERT_PATH',
  'XDG_RUNTIME_DIR',
];

/**
 * Runs in the container first: stdin begins with the length of a JSON text in bytes and a line break, then that text, then the
 * program's own stdin. Reads byte by byte up to the line break so that nothing of the rest is taken.
 */
export const LOADER = [
  'import json, os, sys',
  'head = b""',
  'while not head.endswith(b"\\n"):',
  '    byte = os.read(0, 1)',
  '    if not byte: sys.exit("no files came")',
  '    head += byte',
  'left = int(head)',
  'parts = []',
  'while left:',
  '    part = os.read(0, min(left, 65536))',
  '    if not part: sys.exit("the files came incomplete")',
  '    parts.append(part)',
  '    left -= len(part)',
  'for name, text in json.loads(b"".join(parts)).items():',
  '    os.makedirs(os.path.dirname(name) or ".", exist_ok=True)',
  '    with open(name, "wb") as file: file.write(text.encode("utf-8", "replace"))',
  'os.execvp(sys.argv[1], sys.argv[1:])',
].join('\n');

export interface DockerOptions {
  /** Has python3. Default: DEFAULT_IMAGE. Pulled when the daemon does not have it. */
  readonly image?: string;
  /** Programs at once. Default: the number of CPUs. */
  readonly concurrency?: number;
  /** In place of what a job asks for. */
  readonly limits?: Partial<SandboxLimits>;
  readonly env: Environment;
}

/** @throws NelError of kind `run` when no daemon answers, or the image is not there and cannot be pulled */
export async function openDocker(options: DockerOptions): Promise<Sandbox> {
  const { env, image = DEFAULT_IMAGE } = options;
  if (!/^[A-Za-z0-9]/.test(image)) throw new NelError('config', `sandbox: ${JSON.stringify(image)} is no name of an image`);
  const file = findProgram('docker', env);
  if (file === undefined) throw new NelError('run', 'docker is not installed', { hint: INSTALL });
  const client = clientEnvironment(env);
  const version = await runProgram(file, ['version', '--format', '{{.Server.Version}}'], client, DAEMON_MS);
  if (version.code !== 0) throw new NelError('run', `docker's daemon does not answer: ${lastLine(version.stderr)}`, { hint: INSTALL });
  const inspected = await runProgram(file, ['image', 'inspect', '--format', '{{.Id}}', image], client, DAEMON_MS);
  if (inspected.code !== 0) {
    const pulled = await runProgram(file, ['pull', '--quiet', image], client, PULL_MS);
    if (pulled.code !== 0) {
      throw new NelError('run', `the image ${image} cannot be pulled: ${lastLine(pulled.stderr)}`, {
        hint: 'Load it by hand (docker pull, docker load), or name another in sandbox: {image: …}.',
      });
    }
  }
  const sandbox = new Docker(file, client, image, options);
  const probe = await sandbox.run({ files: { probe: '' }, command: ['python3', '-S', '-c', 'pass'] }, new AbortController().signal);
  if (probe.exit_code !== 0) {
    throw new NelError('run', `the image ${image} does not run python3: ${lastLine(probe.stderr)}`, {
      hint: 'Name an image with Python 3.',
    });
  }
  return sandbox;
}

class Docker implements Sandbox {
  readonly type = 'docker';
  readonly nonce = randomUUID();
  private readonly places: Places;

  constructor(
    private readonly file: string,
    private readonly client: Record<string, string>,
    private readonly image: string,
    private readonly options: DockerOptions,
  ) {
    this.places = new Places(options.concurrency ?? availableParallelism());
  }

  async run(job: SandboxJob, signal: AbortSignal): Promise<SandboxOutcome> {
    checkSandboxJob(job);
    const limits = sandboxLimits(job.limits, this.options.limits);
    return this.places.use(signal, async () => {
      const name = `nel-sandbox-${randomUUID()}`;
      let removed: Promise<unknown> | undefined;
      // The client's death does not end its container.
      const remove = (): void => {
        removed = runProgram(this.file, ['rm', '--force', name], this.client, 30_000);
      };
      try {
        const end = await supervise({
          file: this.file,
          args: dockerArguments(this.image, name, job, limits),
          env: this.client,
          cwd: '/',
          inputs: [dockerInput(job)],
          limits,
          signal,
          onKill: remove,
        });
        return dockerOutcome(end);
      } finally {
        await removed;
      }
    });
  }

  async close(): Promise<void> {
    await this.places.empty();
  }
}

function clientEnvironment(env: Environment): Record<string, string> {
  return Object.fromEntries(CLIENT_VARIABLES.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]])));
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1)?.slice(0, 300) || 'it said nothing';
}

/** The arguments of docker for a job: words, never a shell's text. */
export function dockerArguments(image: string, name: string, job: SandboxJob, limits: SandboxLimits): string[] {
  const { memory_mb: memory, file_mb: file, cpu_seconds: cpu } = limits;
  const bytes = file * 1_048_576;
  return [
    ...['run', '--rm', '--interactive', '--pull', 'never', '--name', name, '--log-driver', 'none'],
    ...['--network', 'none', '--ipc', 'private', '--hostname', 'sandbox'],
    ...['--read-only', '--cap-drop', 'ALL', '--security-opt', 'no-new-privileges', '--user', `${NOBODY}:${NOBODY}`],
    ...['--tmpfs', `${SCRATCH}:rw,nosuid,nodev,size=${bytes},mode=1777`, '--workdir', SCRATCH],
    ...['--memory', `${memory}m`, '--memory-swap', `${memory}m`, '--cpus', '1', '--pids-limit', String(limits.processes)],
    ...['--ulimit', `cpu=${cpu}:${cpu + 1}`, '--ulimit', `fsize=${bytes}`, '--ulimit', 'nofile=256', '--ulimit', 'core=0'],
    ...Object.entries(sandboxEnvironment(SCRATCH)).flatMap(([key, value]) => ['--env', `${key}=${value}`]),
    // The image's entry point would stand in front of the loader.
    ...['--entrypoint', 'python3', image, '-I', '-S', '-c', LOADER],
    ...job.command,
  ];
}

/** What goes through stdin: the files as the loader reads them, then the program's own input. */
export function dockerInput({ files, stdin }: SandboxJob): string {
  const text = JSON.stringify(files);
  return `${Buffer.byteLength(text)}\n${text}${stdin ?? ''}`;
}

/** @throws NelError of kind `run` when docker failed, not the program */
export function dockerOutcome({ report: _, ...outcome }: SupervisedEnd): SandboxOutcome {
  const { exit_code: code, stderr } = outcome;
  if (code !== null && ((code === DOCKER_FAILED && DOCKER_SAYS.test(stderr)) || (NOT_A_COMMAND.has(code) && /^docker: /m.test(stderr)))) {
    throw new NelError('run', `docker could not start the program: ${lastLine(stderr)}`, { hint: INSTALL });
  }
  return outcome;
}
