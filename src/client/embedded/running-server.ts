/** A server process under a supervisor's eyes: when it serves, and when it is gone. */
import type { ChildProcess } from 'node:child_process';
import { errorMessage } from '../../core/errors.js';
import type { ServingServer } from './control.js';
import type { ServerHealth } from './health.js';
import { waitForListener } from './ports.js';
import { isAlive } from './process-identity.js';
import type { ServerRecord } from './server-process.js';

export interface RunningServer {
  readonly record: ServerRecord;
  readonly health: ServerHealth;
  /** Resolves when the process is gone. */
  readonly gone: Promise<void>;
}

export interface ServingWait {
  readonly limitMs: number;
  /** Ends the wait early. */
  readonly giveUp: () => boolean;
  readonly openHealth: (address: string) => Promise<ServerHealth>;
  readonly log: (line: string) => void;
}

/** Waits until the server serves with all search attributes; undefined when it ended, or did not in time. Polls every 20 ms. */
export async function whenServing(record: ServerRecord, gone: Promise<void>, wait: ServingWait): Promise<RunningServer | undefined> {
  let ended = false;
  void gone.then(() => {
    ended = true;
  });
  const giveUpAt = Date.now() + wait.limitMs;
  const giveUp = (): boolean => ended || wait.giveUp() || Date.now() > giveUpAt;
  const health = await wait.openHealth(`127.0.0.1:${record.ports.grpc}`);
  // gRPC backs off for a second after a refused connection, so the port is watched first.
  if (await waitForListener(record.ports.grpc, giveUp)) {
    while (!giveUp()) {
      if (await health.isServing()) {
        await health.ensureSearchAttributes().catch((error: unknown) => wait.log(`search attributes: ${errorMessage(error)}`));
        return { record, health, gone };
      }
      await pause(20);
    }
  }
  health.close();
  return undefined;
}

/** When our own child ends. */
export function childGone(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => child.once('exit', () => resolve()));
}

/** When a server ends that is nobody's child any more. Looking is a file read on Linux and a process elsewhere. */
export function processGone(record: ServerRecord): Promise<void> {
  return new Promise((resolve) => {
    const poll = setInterval(
      () => {
        if (isAlive(record.process)) return;
        clearInterval(poll);
        resolve();
      },
      process.platform === 'linux' ? 250 : 1000,
    );
  });
}

/** What clients are told of a server. */
export function serving(record: ServerRecord): ServingServer {
  const { ports, startedAt } = record;
  return { address: `127.0.0.1:${ports.grpc}`, uiUrl: `http://127.0.0.1:${ports.ui}`, pid: record.process.pid, startedAt };
}

export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
