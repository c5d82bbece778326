/**
 * What request bodies hold, checked by hand: /verify is the busy path, and a body's own members (`__proto__`, `constructor`) must
 * come through as they are. A body is never copied by assignment, only by spread, which defines members and sets none.
 */

import { isUtf8 } from 'node:buffer';
import { isJsonObject, type JsonObject } from '../core/json.js';
import { quoted, Refusal } from './refusal.js';

export type Body = Readonly<Record<string, unknown>>;

/** @throws Refusal 422 when the bytes are not JSON, or not an object; an empty body is an empty object where `emptyAllowed` */
export function parseBody(bytes: Buffer, emptyAllowed: boolean): Body {
  if (bytes.length === 0 && emptyAllowed) return {};
  // Decoding would put other characters in the place of what is none, and an answer be judged that nobody gave.
  if (!isUtf8(bytes)) throw new Refusal(422, 'body: not UTF-8');
  const text = bytes.toString('utf8');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new Refusal(422, `body: not JSON: ${error instanceof Error ? jsonProblem(error.message) : 'unreadable'}`);
  }
  if (!isJsonObject(value)) throw new Refusal(422, `body: an object is expected, not ${value === null ? 'null' : quoted(value)}`);
  return value;
}

/** V8 quotes the text around the problem: what the client sent is not repeated at length. */
function jsonProblem(message: string): string {
  return message.slice(0, 160);
}

/** A member of the body's own, undefined where it has none. */
export function member(body: Body, name: string): unknown {
  return Object.hasOwn(body, name) ? body[name] : undefined;
}

/**
 * The number of a problem: an integer, or one written as text.
 * @throws Refusal 422 for anything else, 400 when it is not in [0, size)
 */
export function problemIndex(value: unknown, size: number, name: string): number {
  const index = typeof value === 'string' && /^-?\d{1,15}$/.test(value) ? Number(value) : value;
  if (typeof index !== 'number' || !Number.isInteger(index))
    throw new Refusal(422, `${name}: an integer is expected, not ${quoted(value)}`);
  if (index < 0 || index >= size) throw new Refusal(400, `${name}=${index} out of range [0, ${size})`);
  return index;
}

/** The same where it is a hint, which a row of another data set may hold for its own ends: null for what is no problem's number. */
export function hintedIndex(value: unknown, size: number): number | null {
  const index = typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : value;
  return typeof index === 'number' && Number.isInteger(index) && index >= 0 && index < size ? index : null;
}

/** The right answer as scorers take it, null where the body has none. @throws Refusal 422 for an object or a list */
export function expectedAnswer(body: Body): string | null {
  const value = member(body, 'expected') ?? member(body, 'expected_answer');
  if (value === undefined || value === null) return null;
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw new Refusal(422, `expected answer: a text is expected, not ${quoted(value)}`);
}

/**
 * @param anything whether metadata that are no object are taken for none
 * @throws Refusal 422 otherwise
 */
export function metadataOf(body: Body, anything = false): JsonObject {
  const value = member(body, 'metadata');
  if (isJsonObject(value)) return value as JsonObject;
  if (value === undefined || value === null || anything) return {};
  throw new Refusal(422, `metadata: an object is expected, not ${quoted(value)}`);
}
