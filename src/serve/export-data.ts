/** `--export-data`: a benchmark's problems as the rows that NeMo Gym's collector reads, one JSON object a line. */

import path from 'node:path';
import { LineWriter } from '../artifacts/line-writer.js';
import type { Environment, Seed } from '../core/environment.js';
import { NelError } from '../core/errors.js';
import type { Json, JsonObject } from '../core/json.js';
import type { ChatMessage, GenerationSettings } from '../core/model.js';
import { uuidOf } from './service.js';

export interface ExportOptions {
  /** Only the first so many problems; null for all. */
  readonly maxProblems?: number | null;
  /** Settings that the benchmark's authors prescribe: the collector sends them with every call. */
  readonly generation?: GenerationSettings;
}

/**
 * Writes `dir/<benchmark>.jsonl`, whole or not at all.
 * @returns the file and its number of rows
 * @throws NelError of kind `data` for a row that makes no prompt, or a conversation that the Responses API cannot hold
 */
export async function exportData(
  environment: Environment,
  dir: string,
  options: ExportOptions = {},
): Promise<{ readonly file: string; readonly rows: number }> {
  const { size } = environment.dataset;
  const rows = Math.min(size, options.maxProblems ?? size);
  const file = path.resolve(dir, `${environment.name}.jsonl`);
  const never = new AbortController().signal;
  // Rows with images do not fit into memory together.
  const writer = await LineWriter.open(file);
  try {
    for (let index = 0; index < rows; index++) {
      const made = environment.seed(index, 0, never);
      const seed = made instanceof Promise ? await made : made;
      await writer.write(gymRow(environment.name, index, seed, options.generation ?? {}));
    }
    await writer.commit();
  } catch (error) {
    await writer.discard();
    throw error;
  }
  return { file, rows };
}

/**
 * One row. `responses_create_params` takes no members that the Responses API does not have. `uuid` and the metadata's `problem_idx` are
 * what /verify finds the problem by. A category that is not the metadata's own goes there too: rows have no other place for it.
 */
export function gymRow(benchmark: string, index: number, seed: Seed, generation: GenerationSettings): JsonObject {
  const where = `${benchmark}, problem_idx ${index}`;
  const own = typeof seed.metadata['category'] === 'string' ? seed.metadata['category'] : null;
  return {
    responses_create_params: { input: seed.messages.map((message) => inputMessage(message, where)), ...parameters(generation) },
    expected_answer: seed.expected_answer,
    uuid: uuidOf(benchmark, index),
    eval_type: benchmark,
    metadata: { problem_idx: index, ...(seed.category === own ? {} : { problem_category: seed.category }), ...seed.metadata },
  };
}

/** Those settings that the Responses API knows, under its names. */
function parameters({ temperature, top_p, max_tokens }: GenerationSettings): JsonObject {
  return {
    ...(temperature === undefined ? {} : { temperature }),
    ...(top_p === undefined ? {} : { top_p }),
    ...(max_tokens === undefined ? {} : { max_output_tokens: max_tokens }),
  };
}

function inputMessage({ role, content }: ChatMessage, where: string): JsonObject {
  if (role === 'tool') throw new NelError('data', `${where}: a tool's message has no form in NeMo Gym's rows`);
  if (typeof content === 'string') return { role, content };
  // What an assistant said stands as plain text: its parts are typed as output, which an input cannot hold.
  if (role === 'assistant') return { role, content: content.map((part) => (part.type === 'text' ? part.text : '')).join('') };
  const parts = content.map((part): Json => {
    if (part.type === 'text') return { type: 'input_text', text: part.text };
    return { type: 'input_image', image_url: part.image_url.url, detail: part.image_url.detail ?? 'auto' };
  });
  return { role, content: parts };
}
