/** Rows of NeMo Gym's collector as seeds, for servers that have no problems of their own. Read by gym.ts. */

import path from 'node:path';
import { readJsonLines } from '../../artifacts/jsonl.js';
import type { Seed } from '../../core/environment.js';
import { NelError, type SourcePosition } from '../../core/errors.js';
import { canonicalJson, isJsonObject, type JsonObject } from '../../core/json.js';
import type { ChatMessage, ContentPart, GenerationSettings } from '../../core/model.js';
import { contentText } from './seeds.js';

export type GymRow = Readonly<Record<string, unknown>>;

export interface GymRows {
  readonly rows: readonly GymRow[];
  /** What all of them prescribe. */
  readonly generation: GenerationSettings;
}

/**
 * @throws NelError with file and line: of kind `data` for what is unreadable or empty, a line that is no row, a row that prescribes other
 *   settings than the first; `config` for a row that lets the model use tools
 */
export async function readGymRows(file: string, cwd: string): Promise<GymRows> {
  const target = path.resolve(cwd, file);
  const rows: GymRow[] = [];
  let generation: GenerationSettings = {};
  await readJsonLines(target, (row, line) => {
    const at = { file: target, line };
    const params = row['responses_create_params'];
    if (!isJsonObject(params)) throw new NelError('data', 'not a row of NeMo Gym: it has no responses_create_params', { at });
    if (Array.isArray(params['tools']) && params['tools'].length > 0)
      throw new NelError('config', 'the row lets the model use tools, which gym:// does not carry', { at });
    const settings = settingsOf(params, at);
    if (rows.length === 0) generation = settings;
    else if (canonicalJson(settings) !== canonicalJson(generation)) {
      throw new NelError(
        'data',
        `the row prescribes other settings (${canonicalJson(settings)}) than the first (${canonicalJson(generation)})`,
        {
          at,
          hint: 'A run has one set of them: split the file.',
        },
      );
    }
    rows.push(row);
  });
  if (rows.length === 0) throw new NelError('data', `${target} has no rows`, { hint: '`nel serve --export-data DIR` writes such a file.' });
  return { rows, generation };
}

const SETTINGS = { temperature: 'temperature', top_p: 'top_p', max_output_tokens: 'max_tokens' } as const;

/** Settings of the Responses API under the names that they have here; null is its way to leave one out. */
function settingsOf(params: Readonly<Record<string, unknown>>, at: SourcePosition): GenerationSettings {
  const settings: Record<string, number> = {};
  for (const [name, ours] of Object.entries(SETTINGS)) {
    const value = params[name];
    if (value === undefined || value === null) continue;
    if (typeof value !== 'number' || !Number.isFinite(value))
      throw new NelError('data', `responses_create_params.${name}: a number is expected`, { at });
    settings[ours] = value;
  }
  return settings;
}

/** @throws NelError of kind `data` for a conversation that the chat protocol cannot hold as it is */
export function seedOfRow(row: GymRow, where: string): Seed {
  const messages = messagesOf(row['responses_create_params'] as JsonObject, where);
  const { category, metadata } = ownMetadata(row);
  return { prompt: promptOf(messages), messages, expected_answer: answerOf(row['expected_answer'], where), category, metadata };
}

/** What the completions protocol is sent; see seeds.ts. */
function promptOf(messages: readonly ChatMessage[]): string {
  return messages.map(({ content }) => contentText(content)).join('\n\n');
}

function answerOf(value: unknown, where: string): string {
  if (value === undefined || value === null) return '';
  if (typeof value === 'object') throw new NelError('data', `${where}: expected_answer is no text`);
  return String(value as string | number | boolean);
}

/** A row that `nel serve` exported carries index and category among its metadata: what is not the benchmark's own is taken out again. */
function ownMetadata(row: GymRow): { category: string | null; metadata: JsonObject } {
  const metadata = isJsonObject(row['metadata']) ? (row['metadata'] as JsonObject) : {};
  const exported = typeof row['eval_type'] === 'string' && row['uuid'] === `${row['eval_type']}-${String(metadata['problem_idx'])}`;
  const added = exported && Object.hasOwn(metadata, 'problem_category');
  const category = metadata[added ? 'problem_category' : 'category'];
  const { problem_idx: _index, problem_category: _category, ...rest } = metadata;
  return { category: typeof category === 'string' ? category : null, metadata: exported ? rest : metadata };
}

function messagesOf({ input, instructions }: JsonObject, where: string): ChatMessage[] {
  const before: ChatMessage[] = typeof instructions === 'string' ? [{ role: 'system', content: instructions }] : [];
  if (typeof input === 'string') return [...before, { role: 'user', content: input }];
  if (!Array.isArray(input) || input.length === 0) throw new NelError('data', `${where}: responses_create_params.input is no conversation`);
  return [...before, ...input.map((item: unknown) => messageOf(item, where))];
}

const ROLES: Readonly<Record<string, ChatMessage['role']>> = {
  system: 'system',
  developer: 'system',
  user: 'user',
  assistant: 'assistant',
};

function messageOf(item: unknown, where: string): ChatMessage {
  const role =
    isJsonObject(item) && typeof item['role'] === 'string' && Object.hasOwn(ROLES, item['role']) ? ROLES[item['role']] : undefined;
  if (!isJsonObject(item) || role === undefined)
    throw new NelError('data', `${where}: an item of the conversation is no message of a system, user or assistant`);
  const content = item['content'];
  if (typeof content === 'string') return { role, content };
  if (!Array.isArray(content)) throw new NelError('data', `${where}: a message has no content`);
  const parts = content.map((part: unknown) => partOf(part, where));
  return { role, content: parts };
}

function partOf(part: unknown, where: string): ContentPart {
  if (isJsonObject(part)) {
    const { type, text, image_url: url, detail } = part;
    if ((type === 'input_text' || type === 'output_text') && typeof text === 'string') return { type: 'text', text };
    if (type === 'input_image' && typeof url === 'string') {
      // `auto` is what an image without a detail is exported with.
      const wanted = detail === 'low' || detail === 'high' ? { detail: detail as 'low' | 'high' } : {};
      return { type: 'image_url', image_url: { url, ...wanted } };
    }
  }
  throw new NelError('data', `${where}: a part of a message is neither text nor image`);
}
