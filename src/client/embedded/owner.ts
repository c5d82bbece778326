/** Who owns the embedded server of a folder, and whether that supervisor still lives. Shared by clients and supervisors. */
import net from 'node:net';
import { nobodyListens, type OwnerRecord } from './control.js';
import { newestGeneration } from './generation-lock.js';
import { isAlive } from './process-identity.js';

/** Files of the lock: owner.1, owner.2 … */
export const OWNER_LOCK = 'owner';

/** The newest owner, dead or alive. */
export interface Owner {
  /** Of the lock; 0 when there was never an owner. */
  readonly generation: number;
  /** Undefined when there is none, or its record cannot be read. */
  readonly record: OwnerRecord | undefined;
}

export function newestOwner(folder: string): Owner {
  const newest = newestGeneration(folder, OWNER_LOCK);
  return { generation: newest?.number ?? 0, record: asOwner(newest?.record) };
}

/**
 * Whether the owner lives: its process does, or somebody listens on its socket. The socket decides where pids say nothing, as between
 * containers; a supervisor listens before it takes the lock, so a refused connection is the proof of death.
 */
export async function ownerLives(owner: OwnerRecord): Promise<boolean> {
  return isAlive(owner.process) || (await listens(owner.socket));
}

function listens(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect(socketPath);
    socket.setTimeout(2000, () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', (error) => resolve(!nobodyListens(error)));
  });
}

function asOwner(record: unknown): OwnerRecord | undefined {
  const candidate = record as Partial<OwnerRecord> | undefined;
  const whole = typeof candidate?.socket === 'string' && typeof candidate.process?.pid === 'number';
  return whole ? (candidate as OwnerRecord) : undefined;
}
