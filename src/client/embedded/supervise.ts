/**
 * Keeps one embedded server alive: adopts or ends what a dead supervisor left, starts the server, starts it again on the same ports when it
 * dies, stops it when asked or idle. Runs in the supervisor process; clients see it through the control socket.
 */
import { statSync, truncateSync } from 'node:fs';
import { errorMessage } from '../../core/errors.js';
import type { LeaseEvent, LeaseRequest, OwnerRecord, StopAnswer, SupervisorStatus } from './control.js';
import type { ControlHandlers, ControlServer } from './control-server.js';
import { newestGeneration } from './generation-lock.js';
import type { ServerHealth } from './health.js';
import { IdleClock } from './idle.js';
import { choosePorts } from './ports.js';
import { isAlive } from './process-identity.js';
import { childGone, pause, processGone, type RunningServer, serving, whenServing } from './running-server.js';
import { databasePath, endProcess, lastLines, readServerRecord, serverLogFile, serversOf, startServer } from './server-process.js';

/** How long a started server may take to serve, also on a busy machine. */
const START_LIMIT_MS = 60_000;
/** How long a server that was found running may take to answer. */
const ADOPT_LIMIT_MS = 10_000;
/** How long the server may take to end by itself; it needs 1.3 s. */
const STOP_GRACE_MS = 8000;
/** Starts in a row that failed, after which the supervisor gives up. */
const MAX_FAILED_STARTS = 4;
/** A server that lived shorter is started again with a growing pause, a longer-lived one at once. */
const STABLE_AFTER_MS = 10_000;
/** A log of the running server is emptied above this. */
const MAX_RUNNING_LOG_BYTES = 50_000_000;

export interface SupervisorOptions {
  readonly folder: string;
  /** The Temporal CLI. */
  readonly binary: string;
  readonly idleSeconds: number;
  /** The generation of the lock that this process owns. */
  readonly lock: { readonly name: string; readonly number: number };
  readonly log: (line: string) => void;
  /** Loaded after the lock is won, so that the losers of a race cost little. */
  readonly openHealth: (address: string) => Promise<ServerHealth>;
}

export class Supervisor implements ControlHandlers {
  private state: 'starting' | 'serving' | 'stopping' = 'starting';
  private failure: string | undefined;
  private running: RunningServer | undefined;
  private restarts = 0;
  private ticking = false;
  private readonly idle: IdleClock;
  private keeping: Promise<void> = Promise.resolve();
  private stopWork: Promise<void> | undefined;
  private finish: () => void = () => undefined;
  private readonly finished = new Promise<void>((resolve) => {
    this.finish = resolve;
  });

  constructor(
    private readonly options: SupervisorOptions,
    private readonly control: ControlServer,
  ) {
    this.idle = new IdleClock(options.idleSeconds * 1000, Date.now());
  }

  /** Runs until the server is stopped for good, cannot be started, or another supervisor has taken over. */
  async run(): Promise<void> {
    this.control.serve(this);
    this.keeping = this.keepRunning().catch((error: unknown) => this.fail(errorMessage(error)));
    const tick = setInterval(() => void this.tick(), this.tickMs());
    await this.finished;
    clearInterval(tick);
    this.running?.health.close();
    this.control.close();
  }

  // What the control socket asks for.

  current(): LeaseEvent {
    if (this.failure !== undefined) return { event: 'failed', reason: this.failure };
    const running = this.servingNow();
    if (running) return { event: 'serving', ...serving(running.record) };
    return { event: this.state === 'stopping' ? 'stopping' : 'starting' };
  }

  leaseOpened(request: LeaseRequest): void {
    if (request.idleSeconds !== undefined && request.idleSeconds >= 0) this.idle.idleMs = request.idleSeconds * 1000;
    this.idle.touch(Date.now());
  }

  leaseClosed(): void {
    this.idle.touch(Date.now());
  }

  async status(): Promise<SupervisorStatus> {
    const running = this.servingNow();
    const open = await running?.health.openWork();
    return {
      state: this.state === 'serving' && !running ? 'starting' : this.state,
      supervisorPid: process.pid,
      ...(running ? { server: serving(running.record) } : {}),
      databasePath: databasePath(this.options.folder),
      logFile: serverLogFile(this.options.folder),
      leases: this.control.holders(),
      ...(open ? { open } : {}),
      restarts: this.restarts,
    };
  }

  async stop({ force, pid }: { force: boolean; pid: number }): Promise<StopAnswer> {
    if (!force) {
      const open = await this.running?.health.openWork();
      const leases = this.control.holders().filter((holder) => holder !== pid);
      const workflows = open?.workflows ?? 0;
      if (leases.length > 0 || workflows > 0) return { stopped: false, leases, workflows };
    }
    await this.shutDown(force ? 'stop was asked for, by force' : 'stop was asked for');
    return { stopped: true };
  }

  stopped(): void {
    this.finish();
  }

  /** Ends the server, for good. */
  async terminate(reason: string): Promise<void> {
    await this.shutDown(reason);
    this.finish();
  }

  // The server's life.

  private async keepRunning(): Promise<void> {
    this.running = await this.adopt();
    let failedStarts = 0;
    while (this.state !== 'stopping') {
      if (this.running) {
        await this.serveUntilGone(this.running);
        continue;
      }
      this.running = await this.tryStart(failedStarts);
      failedStarts = this.running ? 0 : failedStarts + 1;
      if (failedStarts >= MAX_FAILED_STARTS) return this.fail(this.startFailure());
      if (!this.running) await pause(100 * 2 ** failedStarts);
    }
  }

  private async serveUntilGone(running: RunningServer): Promise<void> {
    this.state = 'serving';
    this.idle.touch(Date.now());
    const since = Date.now();
    this.options.log(`serving on 127.0.0.1:${running.record.ports.grpc}, pid ${running.record.process.pid}`);
    this.control.broadcast(this.current());
    await running.gone;
    if (this.isStopping()) return;
    running.health.close();
    this.running = undefined;
    this.state = 'starting';
    this.restarts += 1;
    this.options.log(`the server, pid ${running.record.process.pid}, died; starting it again`);
    this.control.broadcast({ event: 'starting' });
    if (Date.now() - since < STABLE_AFTER_MS && this.restarts > 1) await pause(Math.min(5000, 50 * 2 ** Math.min(this.restarts, 7)));
  }

  /** The server that a dead supervisor left, when it is provably ours and healthy; what else holds the database is ended. */
  private async adopt(): Promise<RunningServer | undefined> {
    const { folder, log } = this.options;
    const record = readServerRecord(folder);
    const ours = record && record.databasePath === databasePath(folder) && isAlive(record.process) ? record : undefined;
    await this.endStrays(ours?.process.pid);
    if (!ours) return undefined;
    const running = await whenServing(ours, processGone(ours), this.wait(ADOPT_LIMIT_MS));
    if (running) {
      log(`adopted the running server, pid ${ours.process.pid}`);
      return running;
    }
    log(`ending the server left behind, pid ${ours.process.pid}: it does not serve`);
    await endProcess(ours.process, 0);
    return undefined;
  }

  /** Two failures may be the ports' fault: then others are taken. */
  private async tryStart(failedStarts: number): Promise<RunningServer | undefined> {
    const { folder, binary, log } = this.options;
    try {
      if (failedStarts > 0) await this.endStrays(undefined);
      const previous = failedStarts < 2 ? readServerRecord(folder)?.ports : undefined;
      const { child, record } = await startServer(folder, binary, await choosePorts(folder, previous));
      const running = await whenServing(record, childGone(child), this.wait(START_LIMIT_MS));
      if (running) return running;
      await endProcess(record.process, 0);
      if (!this.isStopping()) log('the server ended, or did not serve in time');
    } catch (error) {
      log(`the server did not start: ${errorMessage(error)}`);
    }
    return undefined;
  }

  private async endStrays(except: number | undefined): Promise<void> {
    for (const stray of serversOf(databasePath(this.options.folder))) {
      if (stray.pid === except) continue;
      this.options.log(`ending a stray server of this database, pid ${stray.pid}`);
      await endProcess(stray, 0);
    }
  }

  private wait(limitMs: number): Parameters<typeof whenServing>[2] {
    const { openHealth, log } = this.options;
    return { limitMs, openHealth, log, giveUp: () => this.isStopping() };
  }

  private startFailure(): string {
    return lastLines(serverLogFile(this.options.folder), 3) || `${this.options.binary} ended without a word`;
  }

  private fail(reason: string): void {
    this.options.log(`giving up: ${reason}`);
    this.failure = reason;
    this.control.broadcast({ event: 'failed', reason });
    this.finish();
  }

  private shutDown(reason: string): Promise<void> {
    this.stopWork ??= (async () => {
      this.options.log(`stopping: ${reason}`);
      this.state = 'stopping';
      this.control.broadcast({ event: 'stopping' });
      if (this.running) await endProcess(this.running.record.process, STOP_GRACE_MS);
      await this.keeping;
      // One that came up just then.
      if (this.running) await endProcess(this.running.record.process, STOP_GRACE_MS);
    })();
    return this.stopWork;
  }

  /** Looks at the process itself: on a busy machine the news of its death comes late. */
  private servingNow(): RunningServer | undefined {
    return this.state === 'serving' && this.running && isAlive(this.running.record.process) ? this.running : undefined;
  }

  /** A call, so that the compiler does not take the state for unchanged across an await. */
  private isStopping(): boolean {
    return this.state === 'stopping';
  }

  // Housekeeping.

  private tickMs(): number {
    return Math.min(5000, Math.max(100, this.options.idleSeconds * 250));
  }

  private async tick(): Promise<void> {
    if (this.ticking || this.isStopping()) return;
    this.ticking = true;
    try {
      if (await this.isStillOwner()) {
        await this.control.repair();
        emptyLargeLog(serverLogFile(this.options.folder));
        await this.stopWhenIdle();
      }
    } catch (error) {
      this.options.log(`housekeeping: ${errorMessage(error)}`);
    } finally {
      this.ticking = false;
    }
  }

  /** A supervisor that took over has this one's server; where the folder was removed the server works on a deleted database and must end. */
  private async isStillOwner(): Promise<boolean> {
    const { folder, lock } = this.options;
    const newest = newestGeneration(folder, lock.name);
    const socket = (newest?.record as Partial<OwnerRecord> | undefined)?.socket;
    if (newest?.number === lock.number && socket === this.control.socketPath) return true;
    if (newest && newest.number > lock.number) {
      this.options.log(`generation ${newest.number} has taken over`);
      this.finish();
    } else {
      await this.terminate('the state folder was removed');
    }
    return false;
  }

  private async stopWhenIdle(): Promise<void> {
    if (this.state !== 'serving' || !this.idle.isDue(this.control.holders().length, Date.now())) return;
    const open = await this.running?.health.openWork();
    if (this.state === 'serving' && this.idle.mayStop(open, this.control.holders().length, Date.now())) await this.terminate('idle');
  }
}

function emptyLargeLog(file: string): void {
  try {
    if (statSync(file).size > MAX_RUNNING_LOG_BYTES) truncateSync(file);
  } catch {
    // No log yet.
  }
}
