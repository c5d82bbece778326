/** Samples out of what a harness wrote: the fields that any of them may hold, and what none of them says. */

import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { StringDecoder } from 'node:string_decoder';
import { NelError } from '../../core/errors.js';
import type { HarnessRecordContext } from '../../core/harness.js';
import { canonicalJson, isJsonObject, type JsonObject } from '../../core/json.js';
import type { ChatMessage } from '../../core/model.js';
import type { SampleRecord } from '../../core/sample.js';

/** Records handed on at once. */
export const RECORD_BATCH = 256;

/** One sample as a harness tells of it. */
export interface HarnessSample {
  readonly problem_idx: number;
  readonly reward: number;
  readonly prompt: string;
  readonly messages: readonly ChatMessage[];
  readonly response: string | null;
  readonly extracted: string | null;
  readonly expected: string;
  readonly category: string | null;
  readonly scoring_method: string;
  readonly scoring_details: JsonObject;
  readonly metadata: JsonObject;
  /** Nothing could be taken from the response. */
  readonly unreadable: boolean;
}

export const sha256 = (text: string): string => `sha256:${createHash('sha256').update(text).digest('hex')}`;

/**
 * A harness says nothing of tokens, times, retries or finish reasons of single samples: those are null where they may be. Each sample has the
 * whole run's time as its total, so that the run's elapsed time comes out right.
 */
export function toRecord(sample: HarnessSample, context: HarnessRecordContext): SampleRecord {
  const { problem_idx, prompt, messages, response } = sample;
  return {
    step_id: `${context.runId}:${problem_idx}:0`,
    problem_idx,
    repeat: 0,
    timestamp: context.timestamp,
    generation: context.generation,
    status: 'scored',
    reward: sample.reward,
    extracted_answer: sample.extracted,
    expected_answer: sample.expected,
    scoring_method: sample.scoring_method,
    scoring_details: sample.scoring_details,
    failure_category: response?.trim() === '' ? 'empty_response' : sample.unreadable ? 'format_error' : null,
    category: sample.category,
    metadata: sample.metadata,
    prompt,
    messages,
    request_hash: sha256(canonicalJson({ model: context.model, messages })),
    attempts: 1,
    timing: { seed_ms: 0, model_ms: 0, verify_ms: 0, total_ms: context.elapsedMs },
    model:
      response === null
        ? null
        : {
            content: response,
            reasoning_content: null,
            model: context.model,
            finish_reason: null,
            tokens: { prompt: null, completion: null, reasoning: null, total: null },
            latency_ms: 0,
            request_hash: sha256(canonicalJson({ model: context.model, messages })),
            response_hash: sha256(response),
          },
    model_error: null,
  };
}

/** A number of a result row, with booleans as 1 and 0; in texts (CSV) too, where pandas writes True and False. Undefined for anything else. */
export function numberOf(value: unknown): number | undefined {
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (typeof value === 'string' && /^\s*(?:true|false)\s*$/i.test(value)) return /t/i.test(value) ? 1 : 0;
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined;
}

/** A text of a result row: other values as JSON, nothing as null. */
export function textOf(value: unknown): string | null {
  if (value === undefined || value === null) return null;
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** The value at a dotted path; numbers are places in lists. Only own members are seen. */
export function valueAt(row: unknown, dotted: string): unknown {
  let at: unknown = row;
  for (const step of dotted.split('.')) {
    if (Array.isArray(at)) at = /^\d{1,9}$/.test(step) ? (at as unknown[])[Number(step)] : undefined;
    else at = isJsonObject(at) && Object.hasOwn(at, step) ? at[step] : undefined;
  }
  return at;
}

/** The means of what is added under each name; a sample that lacks a name counts 0, as everywhere here. */
export class Means {
  private readonly sums = new Map<string, number>();

  constructor(private n = 0) {}

  addSample(): void {
    this.n++;
  }

  add(name: string, value: number): void {
    this.sums.set(name, (this.sums.get(name) ?? 0) + value);
  }

  get(name: string): number | undefined {
    const sum = this.sums.get(name);
    return sum === undefined || this.n === 0 ? undefined : sum / this.n;
  }
}

/** Whether two means of the same numbers agree but for the order of addition. */
export function agrees(a: number, b: number): boolean {
  return Math.abs(a - b) <= 1e-6 * Math.max(1, Math.abs(a), Math.abs(b));
}

/** Python writes NaN and Infinity into JSON: such a number is taken as null. @throws NelError of kind `data` for what is no JSON object */
export function parsePythonJson(text: string, file: string): Record<string, unknown> {
  const value = tolerantParse(text);
  if (isJsonObject(value)) return value;
  throw new NelError('data', 'not a JSON object: the file is cut off or broken', { at: { file } });
}

function tolerantParse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    // Texts are stepped over whole, so that a NaN within one stays.
    const mended = text.replace(/"(?:[^"\\]|\\.)*"|-?\b(?:NaN|Infinity)\b/gs, (token) => (token.startsWith('"') ? token : 'null'));
    try {
      return JSON.parse(mended) as unknown;
    } catch {
      return undefined;
    }
  }
}

/** Rows of a file of JSON Lines that Python wrote, one after the other. @throws NelError of kind `data` with the line */
export async function* pythonJsonLines(file: string): AsyncGenerator<Readonly<Record<string, unknown>>> {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  let line = 0;
  const row = (text: string): Record<string, unknown> | undefined => {
    line++;
    if (text.trim() === '') return undefined;
    const value = tolerantParse(text);
    if (isJsonObject(value)) return value;
    throw new NelError('data', 'not a JSON object: the line is cut off or broken', { at: { file, line } });
  };
  for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20 }) as AsyncIterable<Buffer>) {
    const lines = (rest + decoder.write(chunk)).split('\n');
    rest = lines.pop() ?? '';
    for (const text of lines) {
      const value = row(text);
      if (value !== undefined) yield value;
    }
  }
  const last = row(rest + decoder.end());
  if (last !== undefined) yield last;
}
