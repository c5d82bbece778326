/** Runs embedded servers in state folders of their own, and makes sure that nothing of them is left. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { resolveTemporalBinary } from '../../../src/client/embedded/binary.js';
import { newestOwner } from '../../../src/client/embedded/owner.js';
import { serverFolder, socketFolders } from '../../../src/client/embedded/paths.js';
import { isAlive } from '../../../src/client/embedded/process-identity.js';
import { ensureServer, type ServerLease, type ServerStatus, serverStatus, stopServer } from '../../../src/client/embedded/server.js';
import { databasePath, endProcess, serversOf } from '../../../src/client/embedded/server-process.js';

const ROOT = path.resolve(import.meta.dirname, '../../..');

/** A supervisor runs the compiled files: compiles when they are missing or older than the sources. */
export function compileEmbedded(): void {
  const supervisor = path.join(ROOT, 'dist/client/embedded/supervisor.js');
  if (newestTime('src/client/embedded', '.ts') <= newestTime('dist/client/embedded', '.js')) return;
  // Errors in other folders do not keep tsc from writing these.
  spawnSync(process.execPath, [path.join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', 'tsconfig.build.json'], { cwd: ROOT });
  if (!existsSync(supervisor)) throw new Error('dist/client/embedded/supervisor.js was not compiled');
}

function newestTime(folder: string, extension: string): number {
  const absolute = path.join(ROOT, folder);
  if (!existsSync(absolute)) return 0;
  const files = readdirSync(absolute).filter((name) => name.endsWith(extension) && !name.endsWith('.d.ts'));
  return Math.max(0, ...files.map((name) => statSync(path.join(absolute, name)).mtimeMs));
}

/** Fetches the CLI once for all tests, so that no test's time depends on it. */
export async function prepare(): Promise<void> {
  compileEmbedded();
  await resolveTemporalBinary();
}

/** One state folder and what runs in it. */
export class Place {
  readonly stateDir: string;
  readonly folder: string;
  private readonly root: string;
  private readonly children: ChildProcess[] = [];
  private readonly leases: ServerLease[] = [];

  /** @param below folders of the state directory below a new temporary one */
  constructor(...below: string[]) {
    this.root = mkdtempSync(path.join(tmpdir(), 'nel-embedded-'));
    this.stateDir = path.join(this.root, ...below);
    this.folder = serverFolder(this.stateDir);
  }

  async ensure(idleSeconds?: number): Promise<ServerLease> {
    const lease = await ensureServer({ stateDir: this.stateDir, ...(idleSeconds === undefined ? {} : { idleSeconds }) });
    this.leases.push(lease);
    return lease;
  }

  stop(force = false): ReturnType<typeof stopServer> {
    return stopServer({ stateDir: this.stateDir, force });
  }

  status(): Promise<ServerStatus> {
    return serverStatus({ stateDir: this.stateDir });
  }

  /** The status of a server that serves. */
  async serving(): Promise<{ serverPid: number; supervisorPid: number; address: string; leases: readonly number[] }> {
    const status = await this.status();
    if (!status.running || !status.server) throw new Error(`not serving: ${JSON.stringify(status)}`);
    return { serverPid: status.server.pid, supervisorPid: status.supervisorPid, address: status.server.address, leases: status.leases };
  }

  /** Pids of the servers on this folder's database, however they were started. */
  servers(): number[] {
    return serversOf(databasePath(this.folder)).map(({ pid }) => pid);
  }

  /** Another process that takes a lease; resolves when it has it. */
  async holder(environment: Record<string, string> = {}): Promise<{ child: ChildProcess; address: string }> {
    const child = spawn(process.execPath, [path.join(import.meta.dirname, 'hold-lease.mjs')], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, NEL_STATE_DIR: this.stateDir, ...environment },
    });
    this.children.push(child);
    const line = await new Promise<string>((resolve, reject) => {
      child.stdout?.once('data', (data: Buffer) => resolve(data.toString('utf8')));
      child.once('exit', (code) => reject(new Error(`the lease holder ended with ${code}`)));
    });
    return { child, address: (JSON.parse(line) as { address: string }).address };
  }

  /** Ends everything and removes the folder. */
  async clean(): Promise<void> {
    for (const child of this.children) child.kill('SIGKILL');
    // A lease that is still open would start a new supervisor.
    for (const lease of this.leases) await lease.release();
    for (let owner = newestOwner(this.folder).record; owner && isAlive(owner.process); owner = newestOwner(this.folder).record) {
      process.kill(owner.process.pid, 'SIGKILL');
      await endProcess(owner.process, 0);
    }
    for (const server of serversOf(databasePath(this.folder))) await endProcess(server, 0);
    for (const folder of [this.root, ...socketFolders(this.folder)]) rmSync(folder, { recursive: true, force: true });
  }
}

/** Runs `use` with a client of the server. */
export async function withClient<T>(address: string, use: (client: Client) => Promise<T>): Promise<T> {
  const connection = await Connection.connect({ address });
  try {
    return await use(new Client({ connection }));
  } finally {
    await connection.close();
  }
}

/** Starts a workflow that no worker ever takes, so that it stays open. */
export async function openWorkflow(address: string, workflowId: string): Promise<void> {
  await withClient(address, (client) => client.workflow.start('nobody', { workflowId, taskQueue: 'nobody' }));
}

/** Ids of the open workflows. */
export function openWorkflows(address: string): Promise<string[]> {
  return withClient(address, async (client) => {
    const ids: string[] = [];
    for await (const { workflowId } of client.workflow.list({ query: "ExecutionStatus = 'Running'" })) ids.push(workflowId);
    return ids.sort();
  });
}

/** Polls until `check` holds. */
export async function until(what: string, check: () => boolean | Promise<boolean>, limitMs = 10_000): Promise<void> {
  const giveUpAt = Date.now() + limitMs;
  while (!(await check())) {
    if (Date.now() > giveUpAt) throw new Error(`not within ${limitMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
