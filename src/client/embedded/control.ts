/**
 * What clients and the supervisor say to each other: HTTP over a unix socket in a folder that only this user can enter.
 * POST /lease answers with a stream of LeaseEvent lines and stays open: the open connection is the lease, so the kernel gives it back whatever
 * ends its holder. GET /status answers SupervisorStatus; POST /stop answers StopAnswer once the server is gone.
 */
import http from 'node:http';
import type { ProcessIdentity } from './process-identity.js';

/** What owner.N holds. */
export interface OwnerRecord {
  readonly process: ProcessIdentity;
  readonly socket: string;
}

/** A server that serves. */
export interface ServingServer {
  /** host:port of gRPC. */
  readonly address: string;
  readonly uiUrl: string;
  readonly pid: number;
  /** ISO 8601. */
  readonly startedAt: string;
}

export type LeaseEvent =
  | { readonly event: 'starting' }
  | ({ readonly event: 'serving' } & ServingServer)
  /** Somebody stopped the server; it is not to be started again on this lease's behalf. */
  | { readonly event: 'stopping' }
  /** The server cannot be started. */
  | { readonly event: 'failed'; readonly reason: string };

export interface SupervisorStatus {
  readonly state: 'starting' | 'serving' | 'stopping';
  readonly supervisorPid: number;
  /** Present while it serves. */
  readonly server?: ServingServer;
  readonly databasePath: string;
  readonly logFile: string;
  /** Pids of the processes that hold a lease. */
  readonly leases: readonly number[];
  /** Undefined when the server could not be asked. */
  readonly open?: OpenWork;
  /** How often the server was started again after it died. */
  readonly restarts: number;
}

export interface OpenWork {
  readonly workflows: number;
  readonly unpausedSchedules: number;
}

export type StopAnswer =
  | { readonly stopped: true }
  /** Refused: other processes hold leases or workflows are open. */
  | { readonly stopped: false; readonly leases: readonly number[]; readonly workflows: number };

export interface LeaseRequest {
  readonly pid: number;
  /** Seconds; absent: the supervisor keeps what it has. */
  readonly idleSeconds?: number;
}

/** One request and its JSON answer. Rejects with the system's error (ECONNREFUSED, ENOENT) when nobody listens. */
export function ask(socketPath: string, request: { method: string; path: string; body?: unknown; timeoutMs: number }): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const outgoing = http.request({ socketPath, method: request.method, path: request.path, agent: false }, (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('error', reject);
      response.on('end', () => {
        try {
          const text = Buffer.concat(parts).toString('utf8');
          if (response.statusCode !== 200) throw new Error(`status ${response.statusCode}: ${text}`);
          resolve(JSON.parse(text));
        } catch (error) {
          reject(error);
        }
      });
    });
    outgoing.setTimeout(request.timeoutMs, () => outgoing.destroy(new Error(`no answer within ${request.timeoutMs} ms`)));
    outgoing.on('error', reject);
    outgoing.end(request.body === undefined ? undefined : JSON.stringify(request.body));
  });
}

/** An open lease, before and after the server serves. */
export interface LeaseStream {
  /** Gives the lease back; nothing is reported afterwards. */
  close(): void;
  /** Lets the process end while the lease is open. */
  unref(): void;
}

/** Opens a lease. `onEnd` is called once, when the connection ends or cannot be made; `onEvent` for each line. */
export function openLease(
  socketPath: string,
  request: LeaseRequest,
  handlers: { onEvent: (event: LeaseEvent) => void; onEnd: (error: NodeJS.ErrnoException | undefined) => void },
): LeaseStream {
  let ended = false;
  const end = (error?: NodeJS.ErrnoException): void => {
    if (ended) return;
    ended = true;
    handlers.onEnd(error);
  };
  const outgoing = http.request({ socketPath, method: 'POST', path: '/lease', agent: false }, (response) => {
    let rest = '';
    response.setEncoding('utf8');
    response.on('data', (part: string) => {
      const lines = (rest + part).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        if (!ended) handlers.onEvent(JSON.parse(line) as LeaseEvent);
      }
    });
    response.on('error', end);
    response.on('close', () => end());
  });
  outgoing.on('error', end);
  outgoing.end(JSON.stringify(request));
  return {
    close: () => {
      ended = true;
      outgoing.destroy();
    },
    unref: () => outgoing.socket?.unref(),
  };
}

/** Whether the error of a connection means that nobody listens on the socket, so that its owner is dead or about to be. */
export function nobodyListens(error: NodeJS.ErrnoException | undefined): boolean {
  return error?.code === 'ECONNREFUSED' || error?.code === 'ENOENT';
}
