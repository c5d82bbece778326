/**
 * Whatever a model call threw → the ModelCallError that says what it was and whether to try again. The engine decides nothing about
 * errors itself. No error made here has a cause: the client's errors hold headers.
 */

import { APIConnectionTimeoutError, APIError } from 'openai';
import type { CallFailure } from '../../core/failures.js';
import { type Disposition, ModelCallError } from '../../core/model.js';
import { type ErrorBody, readErrorBody, type Scrub } from './endpoint-words.js';
import { LightHeaders, NotJsonError, TransportError } from './light-fetch.js';
import { BadReplyError } from './reply.js';
import { retryAfterMs } from './retry-after.js';

export interface CallContext {
  /** The URL called, as it may be shown. */
  readonly url: string;
  /** Seconds that the call was given. */
  readonly timeoutS: number;
  /** Name of the variable that holds the key, or null for an endpoint without one. */
  readonly keyVariable: string | null;
  readonly scrub: Scrub;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

type Verdict = readonly [CallFailure, Disposition];

/** Codes and types under status 429 that no waiting helps against. */
const NO_CREDIT = new Set(['insufficient_quota', 'billing_hard_limit_reached', 'billing_not_active']);

/** Trying again may help: time-out, conflict and 425 (too early) on the endpoint's side, and all of 5xx. */
const RETRIED_4XX = new Set([408, 409, 425]);

const CONTEXT_CODES = new Set(['context_length_exceeded', 'string_above_max_length', 'context_window_exceeded']);
const CONTEXT_TEXT =
  /(maximum|max) (context|model|sequence|input) length|context (length|window|size)|max_model_len|(prompt|input|request) is too (long|large)|too many (input |prompt )?tokens|input (tokens|length)\b.{0,80}\bexceed/i;

const FILTER_CODES = new Set(['content_filter', 'content_policy_violation', 'responsibleaipolicyviolation']);
const FILTER_TEXT = /content (management |safety )?(filter|policy)|content_filter|rejected (by|as a result of) (our|the) safety system/i;

/** Codes of Node's TLS (X.509 verification results) that say the certificate is not to be trusted. */
const CERTIFICATE_CODE =
  /^(CERT_|DEPTH_ZERO_SELF_SIGNED_CERT$|SELF_SIGNED_CERT_IN_CHAIN$|UNABLE_TO_(VERIFY|GET|DECRYPT|DECODE)_|ERR_TLS_CERT_ALTNAME_INVALID$|INVALID_(CA|PURPOSE)$|PATH_LENGTH_EXCEEDED$|HOSTNAME_MISMATCH$)/;

/** @returns what to throw in place of `error`. */
export function toModelCallError(error: unknown, context: CallContext): ModelCallError {
  if (error instanceof APIConnectionTimeoutError) {
    return new ModelCallError(`no answer within ${context.timeoutS} s from ${context.url}`, { category: 'timeout', disposition: 'retry' });
  }
  if (error instanceof APIError && error.status !== undefined) return fromStatus(error as APIError, context);
  const transport = transportErrorOf(error);
  if (transport) return fromTransport(transport, context);
  if (error instanceof NotJsonError || error instanceof BadReplyError) {
    const words = context.scrub(error.text, 200);
    return new ModelCallError(`no usable answer from ${context.url}: ${error.message}${words === '' ? '' : `: ${words}`}`, {
      category: 'bad_response',
      disposition: 'retry',
      status: 200,
    });
  }
  // Nothing that a reply or a connection does: a request that cannot even be made will not succeed when made again.
  const words = context.scrub(error instanceof Error ? error.message : String(error));
  return new ModelCallError(`the request to ${context.url} cannot be sent: ${words}`, {
    category: 'bad_response',
    disposition: 'stop_run',
  });
}

/** The TransportError that the client wrapped, or `error` itself. */
function transportErrorOf(error: unknown): TransportError | undefined {
  for (let next = error, depth = 0; next instanceof Error && depth < 4; next = next.cause, depth++) {
    if (next instanceof TransportError) return next;
  }
  return undefined;
}

function fromTransport({ code, detail }: TransportError, { url, scrub }: CallContext): ModelCallError {
  const words = `${scrub(detail, 200)} (${code})`;
  if (CERTIFICATE_CODE.test(code)) {
    const advice = 'use a valid certificate, or name the file of its authority in NODE_EXTRA_CA_CERTS';
    return new ModelCallError(`the TLS certificate of ${url} is not valid: ${words}; ${advice}`, {
      category: 'connection',
      disposition: 'stop_run',
    });
  }
  if (code === 'ERR_SSL_WRONG_VERSION_NUMBER') {
    return new ModelCallError(`${url} does not speak TLS: use http:// in its URL`, { category: 'connection', disposition: 'stop_run' });
  }
  const refused = /^Proxy response \((403|407)\)/.exec(detail);
  if (refused || detail === 'redirect count exceeded') {
    const advice = refused ? 'check HTTPS_PROXY, HTTP_PROXY and NO_PROXY' : "check the service's url";
    return new ModelCallError(`${url} cannot be reached: ${scrub(detail, 200)}; ${advice}`, {
      category: 'connection',
      disposition: 'stop_run',
    });
  }
  if (code.startsWith('HPE_') || code === 'UND_ERR_HEADERS_OVERFLOW' || code === 'ERR_REPLY_TOO_LARGE') {
    return new ModelCallError(`no usable answer from ${url}: ${words}`, { category: 'bad_response', disposition: 'retry' });
  }
  return new ModelCallError(`no connection to ${url}, or cut off: ${words}`, { category: 'connection', disposition: 'retry' });
}

function fromStatus(error: APIError, context: CallContext): ModelCallError {
  const status = error.status as number;
  const headers: unknown = error.headers;
  const body = readErrorBody(headers instanceof LightHeaders ? headers.bodyText : error.message);
  const [category, disposition] = verdict(status, body);
  const words = context.scrub(body.text);
  const location = status < 400 && headers instanceof LightHeaders ? headers.get('location') : null;
  const advice = disposition === 'stop_run' ? adviceFor(status, location, context) : '';
  return new ModelCallError(`HTTP ${status} from ${context.url}${words === '' ? '' : `: ${words}`}${advice}`, {
    category,
    disposition,
    status,
    retryAfterMs: disposition === 'retry' && headers instanceof LightHeaders ? retryAfterMs(headers, context.now) : null,
  });
}

function verdict(status: number, { text, code, type }: ErrorBody): Verdict {
  if (status === 429) return NO_CREDIT.has(code) || NO_CREDIT.has(type) ? ['rate_limit', 'stop_run'] : ['rate_limit', 'retry'];
  if (status >= 500 || RETRIED_4XX.has(status)) return ['server_error', 'retry'];
  if (status === 413) return ['context_length', 'fail_sample'];
  if (status === 400 || status === 422) {
    if (CONTEXT_CODES.has(code) || CONTEXT_TEXT.test(text.slice(0, 4000))) return ['context_length', 'fail_sample'];
    if (FILTER_CODES.has(code) || FILTER_CODES.has(type) || FILTER_TEXT.test(text.slice(0, 4000))) return ['bad_response', 'fail_sample'];
  }
  return ['bad_response', 'stop_run'];
}

/** What a person can do about a status that stops the run. */
function adviceFor(status: number, location: string | null, { keyVariable, scrub }: CallContext): string {
  if (status === 401 || status === 403) {
    return keyVariable === null ? ' (the service has no API key: set its api_key)' : ` (check the API key in ${keyVariable})`;
  }
  if (status === 404 || status === 405) return " (check the service's url, protocol and model)";
  if (location !== null) return ` (it redirects to ${scrub(location.replace(/[?#].*$/, ''), 200)}: use that in the service's url)`;
  return '';
}
