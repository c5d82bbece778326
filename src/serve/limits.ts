/** What keeps one client from taking the server down: bounded bodies, time and verifications at once. Used by every route of src/serve. */

import type { IncomingMessage, ServerResponse } from 'node:http';
import { Refusal } from './refusal.js';

export interface Limits {
  /** Bytes of a body. Default 16 MiB: images in prompts come as data URLs. */
  readonly maxBodyBytes: number;
  /** Bytes of a body of /aggregate_metrics, which holds a line for each sample of a collection. Default 256 MiB. */
  readonly maxAggregateBytes: number;
  /** Milliseconds until a body is there. Default 60 s. */
  readonly bodyTimeoutMs: number;
  /** Milliseconds from a request's body to its reply, waiting for a turn included. Default 600 s. */
  readonly requestTimeoutMs: number;
  /** Verifications at once; those of plain scorers take no time, those of judges and code do. Default 32. */
  readonly maxConcurrent: number;
  /** Verifications that wait for a turn; more are refused with 503. Default 10,000. */
  readonly maxQueued: number;
}

export const DEFAULT_LIMITS: Limits = {
  maxBodyBytes: 16 * 2 ** 20,
  maxAggregateBytes: 256 * 2 ** 20,
  bodyTimeoutMs: 60_000,
  requestTimeoutMs: 600_000,
  maxConcurrent: 32,
  maxQueued: 10_000,
};

/** Of a body that is too long this much is read past the limit and thrown away, so that the client sees the reply and not a reset. */
const DISCARDED_BYTES = 64 * 2 ** 20;

/** How exactly a body's time is kept, milliseconds. */
const SWEEP_MS = 50;

/** What @hono/node-server hands to a route; absent when the app is called in process. */
export interface NodeBindings {
  readonly incoming?: IncomingMessage;
  readonly outgoing?: ServerResponse;
}

/**
 * The body, read once.
 * @throws Refusal 413 when it is longer than `maxBytes`, 408 when it is not there in time
 */
export function readBody(request: Request, bindings: NodeBindings | undefined, maxBytes: number, timeoutMs: number): Promise<Buffer> {
  const incoming = bindings?.incoming;
  return incoming === undefined ? readStream(request, maxBytes) : readIncoming(incoming, maxBytes, timeoutMs);
}

const tooLong = (maxBytes: number): Refusal => new Refusal(413, `body: longer than ${maxBytes} bytes`);

/** Bodies that are being read, by when each has to be there. Most come with their headers: a timer of its own would cost more than reading one. */
const reading = new Map<() => void, number>();
let sweep: NodeJS.Timeout | undefined;

function watch(late: () => void, timeoutMs: number): void {
  reading.set(late, performance.now() + timeoutMs);
  sweep ??= setInterval(endLate, SWEEP_MS).unref();
}

function endLate(): void {
  const now = performance.now();
  for (const [late, deadline] of reading) if (now >= deadline) late();
  if (reading.size > 0) return;
  clearInterval(sweep);
  sweep = undefined;
}

/** As readBody, straight off the socket: a web stream in between costs more than all the rest of a verification. */
export function readIncoming(incoming: IncomingMessage, maxBytes: number, timeoutMs: number): Promise<Buffer> {
  const announced = Number(incoming.headers['content-length'] ?? 0);
  if (announced > maxBytes + DISCARDED_BYTES) return Promise.reject(tooLong(maxBytes));
  return new Promise((resolve, reject) => {
    let chunks: Buffer[] | null = [];
    let bytes = 0;
    const refuse = (refusal: Refusal): void => {
      reading.delete(onLate);
      chunks = null;
      reject(refusal);
    };
    const onLate = (): void => refuse(new Refusal(408, `body: not complete after ${timeoutMs / 1000} s`));
    const onData = (chunk: Buffer): void => {
      bytes += chunk.length;
      if (bytes <= maxBytes) chunks?.push(chunk);
      else if (chunks !== null) {
        chunks.length = 0;
        if (bytes > maxBytes + DISCARDED_BYTES) refuse(tooLong(maxBytes));
      }
    };
    const onEnd = (): void => {
      if (chunks === null) return;
      if (bytes > maxBytes) return refuse(tooLong(maxBytes));
      reading.delete(onLate);
      resolve(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks));
      chunks = null;
    };
    // Comes after each end, too.
    const onCut = (): void => {
      if (chunks !== null) refuse(new Refusal(400, 'body: cut off'));
    };
    if (incoming.destroyed) return onCut();
    watch(onLate, timeoutMs);
    incoming.on('data', onData).on('end', onEnd).on('error', onCut).on('close', onCut);
  });
}

async function readStream(request: Request, maxBytes: number): Promise<Buffer> {
  if (request.body === null) return Buffer.alloc(0);
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of request.body as unknown as AsyncIterable<Uint8Array>) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw tooLong(maxBytes);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** So many tasks at once, the rest in a queue of bounded length, first come first served. */
export class Turnstile {
  private active = 0;
  private readonly waiting: (() => void)[] = [];
  private head = 0;

  constructor(
    private readonly maxConcurrent: number,
    private readonly maxQueued: number,
  ) {}

  get queued(): number {
    return this.waiting.length - this.head;
  }

  get running(): number {
    return this.active;
  }

  /**
   * Runs `task` when it has a turn, at once where one is free: what a plain scorer returns is not made a promise. The turn ends when
   * the task settles, not when its caller gives up: what still runs still counts.
   * @throws Refusal 503 when the queue is full; the signal's reason when it is aborted before the turn comes
   */
  run<T>(task: () => T | Promise<T>, signal: AbortSignal): T | Promise<T> {
    if (this.active < this.maxConcurrent) return this.start(task);
    if (this.queued >= this.maxQueued) throw new Refusal(503, `busy: ${this.maxConcurrent} verifications run and ${this.queued} wait`);
    return new Promise<T>((resolve, reject) => {
      this.waiting.push(() => {
        if (signal.aborted) {
          this.release();
          reject(signal.reason instanceof Error ? signal.reason : new Error('aborted'));
          return;
        }
        // The turn was handed on: it is counted already.
        this.active--;
        try {
          resolve(this.start(task));
        } catch (error) {
          reject(error instanceof Error ? error : new Error(String(error)));
        }
      });
    });
  }

  private start<T>(task: () => T | Promise<T>): T | Promise<T> {
    this.active++;
    let result: T | Promise<T>;
    try {
      result = task();
    } catch (error) {
      this.release();
      throw error;
    }
    if (!(result instanceof Promise)) {
      this.release();
      return result;
    }
    return result.finally(() => this.release());
  }

  /** Hands the turn to who waits longest. */
  private release(): void {
    const next = this.waiting[this.head];
    if (next === undefined) {
      this.active--;
      return;
    }
    this.head++;
    if (this.head > 1024 && this.head * 2 > this.waiting.length) {
      this.waiting.splice(0, this.head);
      this.head = 0;
    }
    // Not from within the one that ends: a long queue of plain scorers would nest as deep as it is long.
    queueMicrotask(next);
  }
}

/** One that nobody listens to any more, for the next task: making one costs as much as judging an answer. */
let spare: AbortController | undefined;

/**
 * Gives a task a signal that ends with its time or with its client, and its caller an answer by then. A task that ends at once must not
 * keep its signal: the next one gets the same.
 * @throws Refusal 504 after `timeoutMs`
 */
export function withinTime<T>(
  work: (signal: AbortSignal) => T | Promise<T>,
  timeoutMs: number,
  bindings: NodeBindings | undefined,
): T | Promise<T> {
  const controller = spare ?? new AbortController();
  spare = undefined;
  const result = work(controller.signal);
  if (!(result instanceof Promise)) {
    spare = controller;
    return result;
  }
  return new Promise<T>((resolve, reject) => {
    const outgoing = bindings?.outgoing;
    const giveUp = (refusal: Refusal): void => {
      controller.abort(refusal);
      reject(refusal);
    };
    const timer = setTimeout(() => giveUp(new Refusal(504, `no verdict after ${timeoutMs / 1000} s`)), timeoutMs);
    const onClose = (): void => giveUp(new Refusal(503, 'the client went away'));
    outgoing?.once('close', onClose);
    void result.then(resolve, reject).finally(() => {
      clearTimeout(timer);
      outgoing?.off('close', onClose);
    });
  });
}
