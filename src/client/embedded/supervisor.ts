/**
 * Entry file of the supervisor, the detached process that owns the embedded server. Spawned by `ensureServer` with one argument, the JSON of
 * SupervisorArguments. Several may start at once: one wins the lock, the others end without a word.
 */
import { appendFileSync, renameSync, statSync, unlinkSync } from 'node:fs';
import path from 'node:path';
import type { OwnerRecord } from './control.js';
import { ControlServer } from './control-server.js';
import { claimGeneration } from './generation-lock.js';
import { newestOwner, OWNER_LOCK, ownerLives } from './owner.js';
import { makePrivateFolder, socketFolders } from './paths.js';
import { ownIdentity } from './process-identity.js';

export interface SupervisorArguments {
  readonly folder: string;
  readonly binary: string;
  readonly idleSeconds: number;
}

const MAX_LOG_BYTES = 1_000_000;

async function main(): Promise<void> {
  const { folder, binary, idleSeconds } = JSON.parse(process.argv[2] ?? '{}') as SupervisorArguments;
  process.umask(0o077);
  makePrivateFolder(folder);
  const log = openLog(path.join(folder, 'supervisor.log'));
  const die = (error: unknown): never => {
    log(`died: ${error instanceof Error ? error.stack : String(error)}`);
    process.exit(1);
  };
  process.on('uncaughtException', die);
  process.on('unhandledRejection', die);
  // The terminal's Ctrl-C and its closing are meant for the commands in it.
  process.on('SIGINT', () => undefined);
  process.on('SIGHUP', () => undefined);

  const control = new ControlServer();
  await control.listen(socketFolders(folder));
  const generation = await takeLock(folder, control.socketPath);
  if (generation === undefined) {
    control.close();
    process.exit(0);
  }
  log(`generation ${generation} took over`);
  const [{ Supervisor }, openHealth] = [await import('./supervise.js'), loadHealth()];
  const supervisor = new Supervisor(
    { folder, binary, idleSeconds, lock: { name: OWNER_LOCK, number: generation }, log, openHealth },
    control,
  );
  process.on('SIGTERM', () => void supervisor.terminate('SIGTERM'));
  await supervisor.run();
  log('ended');
  // Lets the last lines to clients leave.
  setTimeout(() => process.exit(0), 100);
}

/** The generation that this process now owns; undefined when another owner lives. */
async function takeLock(folder: string, socket: string): Promise<number | undefined> {
  const record: OwnerRecord = { process: ownIdentity(), socket };
  for (;;) {
    const owner = newestOwner(folder);
    if (owner.record && (await ownerLives(owner.record))) return undefined;
    if (claimGeneration(folder, OWNER_LOCK, owner.generation + 1, record)) {
      if (owner.record) removeDeadSocket(owner.record.socket);
      return owner.generation + 1;
    }
  }
}

function removeDeadSocket(file: string): void {
  if (!/^c-[0-9a-f]{8}\.sock$/.test(path.basename(file))) return;
  try {
    unlinkSync(file);
  } catch {
    // Already gone.
  }
}

/** Loads the gRPC client, a third of a second, while the server starts. */
function loadHealth(): (address: string) => Promise<import('./health.js').ServerHealth> {
  const module = import('./health.js');
  return async (address) => (await module).ServerHealth.open(address);
}

function openLog(file: string): (line: string) => void {
  try {
    if (statSync(file).size > MAX_LOG_BYTES) renameSync(file, `${file}.1`);
  } catch {
    // The first start.
  }
  return (line) => {
    try {
      appendFileSync(file, `${new Date().toISOString()} ${process.pid} ${line}\n`, { mode: 0o600 });
    } catch {
      // The folder was removed: nobody reads the log any more.
    }
  };
}

await main();
