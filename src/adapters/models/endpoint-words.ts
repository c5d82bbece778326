/**
 * What an endpoint said, made fit to show: taken out of the body of a failed reply, without secrets and control characters, short.
 * The endpoint's text is hostile: it may echo the key, move a terminal's cursor, or be megabytes long.
 */

import { isJsonObject } from '../../core/json.js';

/** Most characters of an endpoint's text that go into an error. */
const WORDS_LIMIT = 500;

/** Characters that are looked at: longer bodies say what is wrong at their start. */
const READ_LIMIT = 65_536;

/** Makes a text fit to show, cut to `limit` characters (default 500). */
export type Scrub = (text: string, limit?: number) => string;

/**
 * @param apiKey the key itself: redacted also as JSON or a URL would write it
 * @param redact the run's redaction of all its secrets
 */
export function createScrub(apiKey: string | null, redact: (text: string) => string): Scrub {
  const forms = apiKey === null || apiKey.length < 4 ? [] : [apiKey, JSON.stringify(apiKey).slice(1, -1), encodeURIComponent(apiKey)];
  const longest = Math.max(0, ...forms.map((form) => form.length));
  return (text, limit = WORDS_LIMIT) => {
    // Control and format characters go first: a key broken up by them must still be recognised.
    let plain = text
      .slice(0, READ_LIMIT)
      .replace(/[\t\n\r\u2028\u2029]+/g, ' ')
      .replace(/[\p{Cc}\p{Cf}\p{Co}]/gu, '');
    for (const form of forms) plain = plain.replaceAll(form, '[redacted]');
    plain = redact(plain)
      .replace(/\b(Bearer|Basic)\s+[^\s"'<>,;]+/gi, '$1 [redacted]')
      .replace(/\/\/[^/\s@]{1,512}@/g, '//');
    if (text.length > READ_LIMIT) plain = plain.slice(0, -longest - 1); // a key cut in two at the limit
    const short = plain.replace(/ {2,}/g, ' ').trim();
    return short.length > limit ? `${short.slice(0, limit).replace(/[\uD800-\uDBFF]$/, '')}…` : short;
  };
}

/** The scheme, host, port and path of a URL, without a trailing slash: what of it may be shown. */
export function shownUrl(url: URL): string {
  return `${url.protocol}//${url.host}${url.pathname.replace(/\/+$/, '')}`;
}

/** The parts of an error body that decide its class. `code` and `type` are lower case, empty where absent. */
export interface ErrorBody {
  readonly text: string;
  readonly code: string;
  readonly type: string;
}

/**
 * Reads the shapes in use: `{error: {message, code, type}}`, `{error: "…"}`, `{message}`, `{detail: "…"}`, `{detail: [{msg}]}`, an
 * array of one of these, HTML, plain text. What fits none is its own text.
 */
export function readErrorBody(body: string): ErrorBody {
  const value = unwrap(parse(body));
  if (!isJsonObject(value)) return { text: typeof value === 'string' ? value : textOf(body), code: '', type: '' };
  const inner = isJsonObject(value['error']) ? value['error'] : value;
  const candidates = [inner['message'], value['error'], value['message'], value['detail'], inner['msg']];
  const text = candidates.map(messageOf).find((candidate) => candidate !== '') ?? body;
  return { text, code: word(inner['code'] ?? nestedCode(inner)), type: word(inner['type'] ?? inner['status']) };
}

/** `innererror.code` is where Azure says which filter it was. */
function nestedCode(error: Record<string, unknown>): unknown {
  return isJsonObject(error['innererror']) ? error['innererror']['code'] : undefined;
}

function messageOf(value: unknown): string {
  if (typeof value === 'string') return value;
  if (!Array.isArray(value)) return '';
  return value
    .slice(0, 5)
    .map((item: unknown) => (isJsonObject(item) && typeof item['msg'] === 'string' ? item['msg'] : ''))
    .filter((message) => message !== '')
    .join('; ');
}

function word(value: unknown): string {
  return typeof value === 'string' ? value.toLowerCase() : '';
}

function unwrap(value: unknown): unknown {
  return Array.isArray(value) && value.length === 1 ? value[0] : value;
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

/** Text of an HTML page, or the text itself. */
function textOf(body: string): string {
  const start = body.slice(0, READ_LIMIT);
  return /^\s*</.test(start) ? start.replace(/<[^<>]*>/g, ' ') : body;
}
