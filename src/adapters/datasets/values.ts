/** Rows as read become plain JSON values, and their fingerprint: what formats disagree on is settled here. */

import { createHash } from 'node:crypto';
import type { Row } from '../../core/benchmark.js';
import { canonicalJson, type Json } from '../../core/json.js';

/**
 * A value as JSON has it: 64-bit integers become numbers where they are exact and texts where not (as in exact-json.ts), dates ISO
 * texts, bytes base64, NaN and infinities null; members without a value are left out. What Parquet's types mean is settled in parquet.ts.
 */
export function toJson(value: unknown): Json | undefined {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value;
    case 'number':
      return Number.isFinite(value) ? value : null;
    case 'bigint':
      return Number.isSafeInteger(Number(value)) ? Number(value) : value.toString();
    case 'object':
      return value === null ? null : objectToJson(value);
    default:
      return undefined;
  }
}

function objectToJson(value: object): Json {
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (ArrayBuffer.isView(value)) return Array.from(value as unknown as ArrayLike<unknown>, (item) => toJson(item) ?? null);
  if (Array.isArray(value)) return value.map((item) => toJson(item) ?? null);
  const members: [string, Json][] = [];
  for (const [key, member] of Object.entries(value)) {
    const json = toJson(member);
    if (json !== undefined) members.push([key, json]);
  }
  return Object.fromEntries(members);
}

/** A row as plain JSON values. */
export function toRow(record: object): Row {
  return objectToJson(record) as Row;
}

/** `sha256:` over the rows' canonical JSON, one line each, in order; no two data sets share one. */
export function fingerprint(rows: readonly Row[]): string {
  const hash = createHash('sha256');
  for (const row of rows) hash.update(`${canonicalJson(row)}\n`);
  return `sha256:${hash.digest('hex')}`;
}
