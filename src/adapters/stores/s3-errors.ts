/**
 * What a failed request to a store means for a person. The store's own words are never shown: they can hold the key's name, the request
 * as it was signed, or whatever a hostile store wrote.
 */

import { NelError } from '../../core/errors.js';
import { StoreUnavailable } from '../../core/store.js';

export interface StoreContext {
  readonly verb: 'list' | 'read' | 'write' | 'delete';
  readonly address: string;
  readonly bucket: string;
  /** As configured; undefined: Amazon's. */
  readonly endpoint: string | undefined;
}

const WRONG_KEY = new Set([
  'InvalidAccessKeyId',
  'SignatureDoesNotMatch',
  'InvalidToken',
  'InvalidSecurity',
  'NotSignedUp',
  'UnrecognizedClientException',
]);
const OLD_KEY = new Set(['ExpiredToken', 'ExpiredTokenException', 'TokenRefreshRequired', 'RequestExpired']);
const WRONG_REGION = new Set(['PermanentRedirect', 'AuthorizationHeaderMalformed', 'IllegalLocationConstraintException']);
/** Kinds of failure before an answer. */
const NETWORK =
  /^(ECONN\w*|EPIPE|ETIMEDOUT|EAI_AGAIN|ENOTFOUND|EHOSTUNREACH|ENETUNREACH|TimeoutError|NetworkingError|ERR_STREAM_PREMATURE_CLOSE)$/;

const CREDENTIALS_HINT =
  'Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (and AWS_SESSION_TOKEN), or AWS_PROFILE, or run where a role gives credentials.';

interface Details {
  readonly name: string;
  /** HTTP status; undefined: no answer came. */
  readonly status: number | undefined;
}

function details(error: unknown): Details {
  const { name, Code, code, $metadata } = (typeof error === 'object' && error !== null ? error : {}) as {
    readonly name?: unknown;
    readonly Code?: unknown;
    readonly code?: unknown;
    readonly $metadata?: { readonly httpStatusCode?: number };
  };
  const known = [Code, code, name].find((one): one is string => typeof one === 'string' && one !== '' && one !== 'Error');
  return { name: known ?? 'Error', status: $metadata?.httpStatusCode };
}

/** Nothing stands at the path. A missing bucket is something else. */
export function isMissing(error: unknown): boolean {
  const { name } = details(error);
  return name === 'NoSuchKey' || name === 'NotFound';
}

/** A conditional write was refused because its condition does not hold, or because another write to the same path came first. */
export function isRefusedCondition(error: unknown): boolean {
  const { name, status } = details(error);
  return status === 412 || name === 'PreconditionFailed' || name === 'ConditionalRequestConflict';
}

/** @returns NelError of kind `config` or `run`, StoreUnavailable, or `error` itself when it is one of these or a missing file */
export function storeError(error: unknown, context: StoreContext): unknown {
  if (error instanceof NelError || error instanceof StoreUnavailable || isMissing(error)) return error;
  const { name, status } = details(error);
  const { verb, address, bucket } = context;
  const refuse = (message: string, hint: string): NelError => new NelError('config', `${address}: ${message}`, { hint });
  if (/Credential|TokenProvider|SSO/i.test(name) && status === undefined)
    return refuse('there are no usable credentials for the store', CREDENTIALS_HINT);
  if (WRONG_KEY.has(name) || /UserNotFound$/.test(name))
    return refuse(`the store does not accept the credentials (${name})`, CREDENTIALS_HINT);
  if (OLD_KEY.has(name)) return refuse(`the credentials have expired (${name})`, 'Log in again, then start the same command again.');
  if (name === 'NoSuchBucket') return refuse(`there is no bucket ${bucket} at ${host(context)}`, 'Create it, or mend the address.');
  if (WRONG_REGION.has(name) || /region/i.test(messageOf(error)))
    return refuse('the region is missing or is not that of the bucket', 'Set AWS_REGION.');
  if (name === 'RequestTimeTooSkewed') return refuse("this machine's clock is wrong by more than the store takes", 'Set the clock.');
  if (name === 'AccessDenied' || status === 401 || status === 403) {
    const rights = 's3:ListBucket on the bucket; s3:GetObject, s3:PutObject and s3:DeleteObject below the address';
    return refuse(`the credentials may not ${verb} there`, `A run needs ${rights}.`);
  }
  if (name === 'NotImplemented' || status === 501)
    return refuse('the store lacks what a run needs', 'It must take conditional writes (If-None-Match, If-Match) and multipart uploads.');
  if (status === undefined ? NETWORK.test(name) || isSocketError(error) : status >= 500 || status === 429 || status === 408) {
    return new StoreUnavailable(`${address}: ${host(context)} does not ${verb === 'list' ? 'answer' : verb} (${status ?? name})`);
  }
  return new NelError(
    'run',
    `${address}: the store refused to ${verb} (${printableName(name)}${status === undefined ? '' : `, ${status}`})`,
  );
}

function host({ endpoint }: StoreContext): string {
  if (endpoint === undefined) return 'Amazon S3';
  return URL.canParse(endpoint) ? new URL(endpoint).host : 'the endpoint';
}

/** Only to look for a word in it. */
function messageOf(error: unknown): string {
  return error instanceof Error && details(error).status === undefined ? error.message : '';
}

function isSocketError(error: unknown): boolean {
  return error instanceof Error && ('syscall' in error || 'errno' in error || /socket|aborted|closed/i.test(error.message));
}

function printableName(name: string): string {
  return name.replaceAll(/[^A-Za-z0-9_.-]/g, '').slice(0, 60);
}
