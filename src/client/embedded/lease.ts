/** A process's hold on the embedded server: finds the supervisor or spawns one, waits until the server serves, and holds on when either dies. */
import path from 'node:path';
import { errorMessage, NelError } from '../../core/errors.js';
import { resolveTemporalBinary } from './binary.js';
import { type LeaseEvent, type LeaseStream, type OwnerRecord, openLease, type ServingServer } from './control.js';
import { newestOwner, ownerLives } from './owner.js';
import { lastLines, serverLogFile } from './server-process.js';
import { spawnSupervisor } from './spawn-supervisor.js';

/** How long a command waits for the server, all attempts together. */
const ACQUIRE_LIMIT_MS = 120_000;
/** Seconds; the supervisor's idle time where nobody says otherwise. */
const DEFAULT_IDLE_SECONDS = 600;
/** Supervisors that ended with an error, after which a command gives up. */
const MAX_FAILED_SPAWNS = 2;
/** After the supervisor's death a lease tries this often to get a new one. */
const MAX_REATTACHES = 5;

/** Keeps the server from stopping when idle. It ends with `release` or with the process; it does not keep the process running. */
export interface ServerLease {
  /** host:port of gRPC, plaintext. Stays the same when the server is started again, unless another program took the port meanwhile. */
  readonly address: string;
  /** The web UI. */
  readonly uiUrl: string;
  readonly stateDir: string;
  release(): Promise<void>;
}

export interface LeaseOptions {
  readonly stateDir: string;
  readonly folder: string;
  readonly idleSeconds: number | undefined;
  readonly log: (line: string) => void;
}

/** How an attempt to get a lease from one supervisor ended. */
type Outcome = { readonly kind: 'serving' | 'stopping' | 'gone' | 'silent' } | { readonly kind: 'failed'; readonly reason: string };

export class SharedLease implements ServerLease {
  private server: ServingServer | undefined;
  private stream: LeaseStream | undefined;
  private released = false;
  /** Somebody stopped the server on purpose. */
  private stopped = false;

  constructor(private readonly options: LeaseOptions) {}

  get address(): string {
    return this.server?.address ?? '';
  }

  get uiUrl(): string {
    return this.server?.uiUrl ?? '';
  }

  get stateDir(): string {
    return this.options.stateDir;
  }

  async release(): Promise<void> {
    this.released = true;
    this.stream?.close();
  }

  /** Returns when the server serves. */
  async acquire(): Promise<void> {
    const { folder } = this.options;
    const giveUpAt = Date.now() + ACQUIRE_LIMIT_MS;
    let failedSpawns = 0;
    while (Date.now() < giveUpAt) {
      const owner = newestOwner(folder);
      const outcome: Outcome = owner.record ? await this.attach(owner.record, giveUpAt) : { kind: 'gone' };
      if (outcome.kind === 'serving') return;
      if (outcome.kind === 'failed') throw doesNotStart(folder, outcome.reason);
      if (outcome.kind === 'silent') break;
      if (owner.record && (await ownerLives(owner.record))) {
        // It is on its way out, or listens again in a moment.
        await new Promise((resolve) => setTimeout(resolve, 50));
        continue;
      }
      if (!(await this.spawn(owner.generation))) failedSpawns += 1;
      if (failedSpawns >= MAX_FAILED_SPAWNS) throw doesNotStart(folder, lastLines(path.join(folder, 'supervisor.log'), 1));
    }
    throw new NelError('run', `the embedded Temporal server did not serve within ${ACQUIRE_LIMIT_MS / 1000} s`, {
      hint: `See ${path.join(folder, 'supervisor.log')} and ${serverLogFile(folder)}.`,
    });
  }

  private async spawn(generation: number): Promise<boolean> {
    const { folder, log, idleSeconds = DEFAULT_IDLE_SECONDS } = this.options;
    const binary = await resolveTemporalBinary({ log });
    if (newestOwner(folder).generation !== generation) return true;
    return spawnSupervisor({ folder, binary, idleSeconds }, generation);
  }

  /** Asks one supervisor for a lease and waits for the server to serve. */
  private attach(owner: OwnerRecord, giveUpAt: number): Promise<Outcome> {
    const { idleSeconds } = this.options;
    return new Promise((resolve) => {
      let settled = false;
      const settle = (outcome: Outcome): void => {
        if (settled) return;
        settled = true;
        clearTimeout(timer);
        if (outcome.kind !== 'serving') stream.close();
        resolve(outcome);
      };
      const timer = setTimeout(() => settle({ kind: 'silent' }), Math.max(0, giveUpAt - Date.now()));
      const stream = openLease(
        owner.socket,
        { pid: process.pid, ...(idleSeconds === undefined ? {} : { idleSeconds }) },
        {
          onEvent: (event) => {
            if (settled) return this.follow(event);
            if (event.event === 'serving') {
              this.hold(stream, event);
              settle({ kind: 'serving' });
            } else if (event.event === 'stopping') {
              settle({ kind: 'stopping' });
            } else if (event.event === 'failed') {
              settle({ kind: 'failed', reason: event.reason });
            }
          },
          onEnd: () => (settled ? this.lost() : settle({ kind: 'gone' })),
        },
      );
    });
  }

  private hold(stream: LeaseStream, server: ServingServer): void {
    this.server = server;
    this.stream = stream;
    stream.unref();
    if (this.released) stream.close();
  }

  /** What happens while the lease is held. */
  private follow(event: LeaseEvent): void {
    const { log } = this.options;
    if (event.event === 'starting') log('the embedded Temporal server died and is being started again');
    if (event.event === 'failed') log(`the embedded Temporal server cannot be started again: ${event.reason}`);
    if (event.event === 'stopping') {
      this.stopped = true;
      log('the embedded Temporal server was stopped');
    }
    if (event.event === 'serving') {
      if (event.address !== this.address) log(`the embedded Temporal server has moved to ${event.address}`);
      this.server = event;
    }
  }

  /** The supervisor died: somebody must watch the server again. */
  private lost(): void {
    if (this.released || this.stopped) return;
    void this.reattach();
  }

  private async reattach(): Promise<void> {
    for (let attempt = 0; attempt < MAX_REATTACHES && !this.released; attempt += 1) {
      try {
        return await this.acquire();
      } catch (error) {
        this.options.log(`the embedded Temporal server has no supervisor: ${errorMessage(error)}`);
        await new Promise((resolve) => setTimeout(resolve, 1000 * 2 ** attempt).unref());
      }
    }
  }
}

function doesNotStart(folder: string, reason: string): NelError {
  return new NelError('run', `the embedded Temporal server does not start: ${reason}`, {
    hint: `See ${serverLogFile(folder)}; if its database is broken, move ${folder} away: runs resume from their own folders.`,
  });
}
