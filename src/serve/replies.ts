/** What a route answers: a status and JSON, as a web response or straight into Node's. Written by app.ts. */

import type { ServerResponse } from 'node:http';
import { errorMessage } from '../core/errors.js';
import { Refusal } from './refusal.js';

export interface Reply {
  readonly status: number;
  /** JSON. */
  readonly text: string;
  readonly headers: Readonly<Record<string, string>>;
}

const JSON_HEADERS = { 'Content-Type': 'application/json' } as const;

export interface ReplyOptions {
  readonly headers?: Readonly<Record<string, string>>;
  /** Default 200. */
  readonly status?: number;
  /** Whose the value is where it cannot be written; see Refusal. */
  readonly reason?: 'data' | 'verify';
}

/** @throws Refusal 422 when a member is nested so deeply that it cannot be written, 500 when one has no form in JSON (a BigInt) */
export function jsonReply(value: unknown, { headers, status = 200, reason }: ReplyOptions = {}): Reply {
  let text: string;
  try {
    text = JSON.stringify(value);
  } catch (error) {
    if (error instanceof RangeError) throw new Refusal(422, 'body: nested too deeply');
    throw new Refusal(500, `what was found cannot be written as JSON: ${errorMessage(error).split('\n', 1)[0]}`, reason);
  }
  return { status, text, headers: headers === undefined ? JSON_HEADERS : { ...JSON_HEADERS, ...headers } };
}

/** An error of ours says what is wrong; any other stays in the server's log. */
export function refusalReply(error: unknown): Reply {
  if (!(error instanceof Refusal)) process.stderr.write(`serve: ${error instanceof Error ? error.stack : String(error)}\n`);
  const refusal = error instanceof Refusal ? error : new Refusal(500, 'internal error; the server has written what happened');
  const { status, message, reason, allow } = refusal;
  // A body that was not read to its end would be taken for the next request.
  const unread = status === 408 || status === 413 ? { Connection: 'close' } : {};
  const busy = status === 503 ? { 'Retry-After': '1' } : {};
  const stranger = status === 401 ? { 'WWW-Authenticate': 'Bearer' } : {};
  const allowed = allow === undefined ? {} : { Allow: allow };
  const detail = { detail: message, ...(reason === undefined ? {} : { reason }) };
  return jsonReply(detail, { status, headers: { ...unread, ...busy, ...stranger, ...allowed } });
}

export function webResponse({ status, text, headers }: Reply): Response {
  return new Response(text, { status, headers });
}

/** To a client that is still there. */
export function writeReply(outgoing: ServerResponse, { status, text, headers }: Reply): void {
  if (outgoing.destroyed) return;
  outgoing.writeHead(status, { ...headers, 'Content-Length': Buffer.byteLength(text) });
  outgoing.end(text);
}
