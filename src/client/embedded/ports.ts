/** Which local ports the embedded server takes: the ones it had before when they are free, so that connected clients find it again. */
import { createHash } from 'node:crypto';
import net from 'node:net';

/**
 * Ports are taken from here. The range lies below the systems' ephemeral ports: a port among those can be taken by any outgoing connection
 * between two starts, even by a client that dials the dead server and is connected to itself.
 */
const FIRST_PORT = 20_000;
const PORT_COUNT = 10_000;

export interface Ports {
  readonly grpc: number;
  readonly ui: number;
}

/** The previous ports when both are free, else free ones; `folder` spreads the servers of different folders. */
export async function choosePorts(folder: string, previous: Ports | undefined): Promise<Ports> {
  const grpc = previous && (await isPortFree(previous.grpc)) ? previous.grpc : await freePort(folder, 0);
  const ui = previous && (await isPortFree(previous.ui)) ? previous.ui : await freePort(folder, 1, grpc);
  return { grpc, ui };
}

/** The order in which ports are tried for a folder: starts at a point of its own and covers the whole range. */
export function portSequence(folder: string, index: number): number {
  const start = createHash('sha256').update(folder).digest().readUInt32BE(0);
  return FIRST_PORT + ((start + index) % PORT_COUNT);
}

/** Whether a listener on 127.0.0.1 gets the port. */
export function isPortFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = net.createServer();
    probe.once('error', () => resolve(false));
    probe.listen({ port, host: '127.0.0.1', exclusive: true }, () => probe.close(() => resolve(true)));
  });
}

async function freePort(folder: string, from: number, except?: number): Promise<number> {
  for (let index = from; index < PORT_COUNT; index += 1) {
    const port = portSequence(folder, index);
    if (port !== except && (await isPortFree(port))) return port;
  }
  throw new Error(`no free port between ${FIRST_PORT} and ${FIRST_PORT + PORT_COUNT - 1}`);
}

/** Resolves when something accepts connections on the port, or with false when `giveUp` says so. Polls every 20 ms. */
export async function waitForListener(port: number, giveUp: () => boolean): Promise<boolean> {
  while (!giveUp()) {
    if (await accepts(port)) return true;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return false;
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1');
    const done = (open: boolean) => () => {
      socket.destroy();
      resolve(open);
    };
    socket.once('connect', done(true));
    socket.once('error', done(false));
    socket.setTimeout(1000, done(false));
  });
}
