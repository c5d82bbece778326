/** From a row to a seed: system prompt, few-shot turns, prompt, target, category, metadata. Used by the local environment. */

import type { Benchmark, FewShotSource, Row } from '../../core/benchmark.js';
import type { Seed } from '../../core/environment.js';
import { errorMessage, NelError } from '../../core/errors.js';
import type { Json, JsonObject } from '../../core/json.js';
import type { ChatMessage, ContentPart } from '../../core/model.js';
import { compileTemplate, fieldText, fieldValue } from '../../core/template.js';

/**
 * What is the same for all rows is worked out here, once.
 * @param examples rows of the benchmark's few-shot source; empty where it has none
 */
export function seedMaker(benchmark: Benchmark, systemPrompt: string | null, examples: readonly Row[]): (row: Row) => Seed {
  const { prompt, target, category, fewShot = [], metadataFields = [] } = benchmark;
  const render = typeof prompt === 'function' ? prompt : compileTemplate(prompt, `prompt of benchmark "${benchmark.name}"`).render;
  const targetOf = typeof target === 'function' ? target : (row: Row) => fieldText(row, target);
  const categoryOf = typeof category === 'function' ? category : (row: Row) => (category === undefined ? null : fieldText(row, category));
  const system: readonly ChatMessage[] = systemPrompt === null ? [] : [{ role: 'system', content: systemPrompt }];
  const before = isSource(fewShot) ? [] : [...system, ...fewShot];
  const lead = leadOf(before);
  return (row) => {
    const content = checkedContent(render(row));
    const turns = isSource(fewShot) ? [...system, ...exampleTurns(fewShot, examples, row)] : before;
    return {
      prompt: (isSource(fewShot) ? leadOf(turns) : lead) + contentText(content),
      messages: [...turns, { role: 'user', content }],
      expected_answer: checkedText(targetOf(row), 'target'),
      category: categoryOf(row),
      metadata: metadataOf(row, metadataFields),
    };
  };
}

/** A few-shot example that makes no turns: what is wrong stands in its row, and not in that of the problem. */
export class BrokenExampleError extends NelError {
  constructor(
    /** Of the example's row. */
    readonly index: number,
    cause: unknown,
  ) {
    const hint = cause instanceof NelError ? cause.hint : undefined;
    super('data', errorMessage(cause), { cause, ...(hint === undefined ? {} : { hint }) });
  }
}

/** The text of a message; images have none. */
export function contentText(content: ChatMessage['content']): string {
  return typeof content === 'string' ? content : content.map((part) => (part.type === 'text' ? part.text : '')).join('');
}

function isSource(fewShot: Benchmark['fewShot']): fewShot is FewShotSource {
  return fewShot !== undefined && 'dataset' in fewShot;
}

/** The completions protocol has no turns: they stand before the prompt, each with a blank line behind it. */
function leadOf(turns: readonly ChatMessage[]): string {
  return turns.map(({ content }) => `${contentText(content)}\n\n`).join('');
}

function exampleTurns(source: FewShotSource, examples: readonly Row[], row: Row): ChatMessage[] {
  const turns: ChatMessage[] = [];
  for (const [index, example] of examples.entries()) {
    if (turns.length === 2 * source.count) break;
    if (source.eligible && !source.eligible(example, row)) continue;
    const { user, assistant } = turnsOf(source, example, index);
    turns.push({ role: 'user', content: user }, { role: 'assistant', content: assistant });
  }
  if (turns.length < 2 * source.count) {
    throw new NelError('data', `only ${turns.length / 2} of ${source.count} few-shot examples were found for this problem`, {
      hint: 'Ask for fewer shots, or give a data set with more examples.',
    });
  }
  return turns;
}

function turnsOf(source: FewShotSource, example: Row, index: number): ReturnType<FewShotSource['turns']> {
  try {
    return source.turns(example);
  } catch (error) {
    throw new BrokenExampleError(index, error);
  }
}

/** Users' files need not be TypeScript: what their functions return is checked. */
function checkedContent(value: unknown): string | readonly ContentPart[] {
  if (!Array.isArray(value)) return checkedText(value, 'prompt');
  const parts = value as readonly ContentPart[];
  const known = parts.every(
    (part) =>
      (part?.type === 'text' && typeof part.text === 'string') || (part?.type === 'image_url' && typeof part.image_url?.url === 'string'),
  );
  if (parts.length === 0 || !known)
    throw new NelError('data', 'the prompt function gave a list with something else than text and image_url parts');
  return parts;
}

function checkedText(value: unknown, what: string): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint') return String(value);
  throw new NelError('data', `the ${what} function gave ${value === null ? 'null' : typeof value}, not a text`);
}

function metadataOf(row: Row, fields: readonly string[]): JsonObject {
  const metadata: Record<string, Json> = {};
  for (const field of fields) {
    const value = fieldValue(row, field);
    if (value !== undefined) metadata[field] = value as Json;
  }
  return metadata;
}
