/** The supervisor's side of the control socket: keeps the open leases, hands status and stop on. The kernel tells when a lease holder dies. */
import { randomBytes } from 'node:crypto';
import { existsSync, unlinkSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { errorMessage } from '../../core/errors.js';
import type { LeaseEvent, LeaseRequest, StopAnswer, SupervisorStatus } from './control.js';
import { makePrivateFolder } from './paths.js';

/** Bytes of a request body that are read; real ones have under 100. */
const MAX_BODY_BYTES = 4096;

/** What the supervisor does for the socket. */
export interface ControlHandlers {
  /** The event that a new lease starts with. */
  current(): LeaseEvent;
  leaseOpened(request: LeaseRequest): void;
  leaseClosed(): void;
  status(): Promise<SupervisorStatus>;
  /** Resolves when the server is gone, or with the reason why not. */
  stop(request: { force: boolean; pid: number }): Promise<StopAnswer>;
  /** Called when the answer to a successful stop is on its way. */
  stopped(): void;
}

export class ControlServer {
  /** Where it listens; set by `listen`. */
  socketPath = '';
  private readonly leases = new Map<http.ServerResponse, number>();
  private ready: (handlers: ControlHandlers) => void = () => undefined;
  private readonly handlers = new Promise<ControlHandlers>((resolve) => {
    this.ready = resolve;
  });
  private server = this.createServer();

  /** Listens in the first of the folders that takes a socket (some network file systems do not). */
  async listen(folders: readonly string[]): Promise<void> {
    const failures: string[] = [];
    for (const folder of folders) {
      const candidate = path.join(folder, `c-${randomBytes(4).toString('hex')}.sock`);
      try {
        makePrivateFolder(folder);
        await this.listenOn(candidate);
        this.socketPath = candidate;
        return;
      } catch (error) {
        failures.push(errorMessage(error));
      }
    }
    throw new Error(`no folder for the control socket: ${failures.join('; ')}`);
  }

  /** Until this is called requests wait. */
  serve(handlers: ControlHandlers): void {
    this.ready(handlers);
  }

  /** Pids of the lease holders. */
  holders(): number[] {
    return [...this.leases.values()];
  }

  broadcast(event: LeaseEvent): void {
    for (const response of this.leases.keys()) writeEvent(response, event);
  }

  /** Listens again where a cleaner of temporary files has removed the socket; open leases are not touched. */
  async repair(): Promise<void> {
    if (existsSync(this.socketPath)) return;
    const old = this.server;
    this.server = this.createServer();
    makePrivateFolder(path.dirname(this.socketPath));
    await this.listenOn(this.socketPath);
    detach(old);
  }

  /** Ends every lease and removes the socket. */
  close(): void {
    for (const response of this.leases.keys()) response.end();
    this.server.close();
    removeSocket(this.socketPath);
  }

  private createServer(): http.Server {
    return http.createServer((request, response) => {
      this.answer(request, response).catch((error: unknown) => {
        response.statusCode = 500;
        response.end(JSON.stringify({ error: errorMessage(error) }));
      });
    });
  }

  private listenOn(file: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(file, () => {
        this.server.off('error', reject);
        resolve();
      });
    });
  }

  private async answer(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const body = await readBody(request);
    const handlers = await this.handlers;
    const route = `${request.method} ${request.url}`;
    if (route === 'POST /lease') return this.openLease(handlers, response, body as unknown as LeaseRequest);
    if (route === 'GET /status') {
      response.end(JSON.stringify(await handlers.status()));
    } else if (route === 'POST /stop') {
      const answer = await handlers.stop({ force: body['force'] === true, pid: Number(body['pid']) });
      response.end(JSON.stringify(answer), () => answer.stopped && handlers.stopped());
    } else {
      response.statusCode = 404;
      response.end('{}');
    }
  }

  private openLease(handlers: ControlHandlers, response: http.ServerResponse, request: LeaseRequest): void {
    const current = handlers.current();
    if (current.event === 'stopping' || current.event === 'failed') {
      writeEvent(response, current);
      response.end();
      return;
    }
    this.leases.set(response, request.pid);
    response.on('close', () => {
      this.leases.delete(response);
      handlers.leaseClosed();
    });
    handlers.leaseOpened(request);
    writeEvent(response, current);
  }
}

function writeEvent(response: http.ServerResponse, event: LeaseEvent): void {
  response.write(`${JSON.stringify(event)}\n`);
}

/** Stops a listener whose socket file is gone without removing the file that replaced it: closing unlinks by name. */
function detach(server: http.Server): void {
  server.unref();
}

function removeSocket(file: string): void {
  try {
    unlinkSync(file);
  } catch {
    // Already gone.
  }
}

async function readBody(request: http.IncomingMessage): Promise<Record<string, unknown>> {
  let text = '';
  request.setEncoding('utf8');
  for await (const part of request) {
    text += part as string;
    if (text.length > MAX_BODY_BYTES) throw new Error('request too large');
  }
  const body: unknown = text === '' ? {} : JSON.parse(text);
  return typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {};
}
