/** The replay solver: recorded answers from a JSON Lines file in place of a model, found by problem_idx or by prompt. */

import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { readJsonLines } from '../../artifacts/jsonl.js';
import type { Seed } from '../../core/environment.js';
import { errorMessage, NelError } from '../../core/errors.js';
import { isJsonObject } from '../../core/json.js';
import { ModelCallError, type ModelResponse, type TokenCounts } from '../../core/model.js';
import type { Solver } from '../../core/solver.js';
import type { ReplayKey } from '../../core/spec.js';

export interface ReplayOptions {
  /** JSON Lines, plain or .gz: `response` (or a trajectory's `model.content`), with `problem_idx` and `repeat`, or with `prompt` (or `question`). */
  readonly file: string;
  readonly key: ReplayKey;
}

interface Recorded {
  readonly content: string;
  readonly reasoning: string | null;
  readonly model: string;
  readonly finishReason: string | null;
  readonly tokens: TokenCounts;
}

const NO_TOKENS: TokenCounts = { prompt: null, completion: null, reasoning: null, total: null };

/**
 * By prompt, a recording belongs to the seed whose prompt it is, or whose prompt holds it; several of one prompt are its repeats, in
 * order. A sample without a recording is an error (`bad_response`), never a wrong answer.
 * @throws NelError of kind `data` with file and line for a line without a response or without its key
 */
export async function openReplaySolver(options: ReplayOptions): Promise<Solver> {
  const { file } = options;
  let { key } = options;
  const answers = new Map<string, Recorded[]>();
  await readLines(file, (fields, line) => {
    const at = { file, line };
    const recorded = recordedOf(fields);
    if (recorded === null) {
      throw new NelError('data', 'the line has no "response"', { at, hint: 'Recorded answers are under "response", or "model.content".' });
    }
    if (key === 'auto') key = fields['problem_idx'] === undefined ? 'prompt' : 'problem_idx';
    if (key === 'prompt') return void push(answers, promptKey(fields, at), recorded);
    const { problem_idx, repeat = 0 } = fields;
    if (!isIndex(problem_idx) || !isIndex(repeat)) {
      throw new NelError('data', 'the line has no problem_idx (a whole number from 0)', {
        at,
        hint: 'Find recordings by their prompt instead: solver: {type: replay, key: prompt}.',
      });
    }
    const list = answers.get(String(problem_idx)) ?? [];
    list[repeat] = recorded;
    answers.set(String(problem_idx), list);
  });
  if (answers.size === 0) throw new NelError('data', 'holds no recorded answers', { at: { file } });
  const find = key === 'prompt' ? byPrompt(answers) : null;
  return {
    name: 'replay',
    request: (seed) => ({ protocol: 'chat_completions', body: { model: 'replay', messages: [], prompt: seed.prompt } }),
    async solve(seed, { problemIdx, repeat }) {
      const list = find === null ? answers.get(String(problemIdx)) : find(seed);
      const recorded = list?.[repeat] ?? (find !== null && list?.length === 1 ? list[0] : undefined);
      if (recorded === undefined) throw missing(file, problemIdx, repeat);
      const model = toResponse(recorded);
      return { response: model.content, model };
    },
  };
}

/** Exact prompts first; else the longest recorded text that the prompt holds. */
function byPrompt(answers: ReadonlyMap<string, Recorded[]>): (seed: Seed) => Recorded[] | undefined {
  const keys = [...answers.keys()].sort((a, b) => b.length - a.length);
  return ({ prompt }) => answers.get(prompt) ?? answers.get(keys.find((text) => prompt.includes(text)) ?? '');
}

function promptKey(fields: Readonly<Record<string, unknown>>, at: { file: string; line: number }): string {
  const text = fields['prompt'] ?? fields['question'];
  if (typeof text === 'string' && text !== '') return text;
  throw new NelError('data', 'the line has neither "prompt" nor "question"', { at });
}

function recordedOf(fields: Readonly<Record<string, unknown>>): Recorded | null {
  const model = isJsonObject(fields['model']) ? fields['model'] : {};
  const content = fields['response'] ?? model['content'];
  if (typeof content !== 'string') return null;
  const text = (value: unknown): string | null => (typeof value === 'string' ? value : null);
  return {
    content,
    reasoning: text(model['reasoning_content']),
    model: text(model['model']) ?? 'replay',
    finishReason: text(model['finish_reason']) ?? text(fields['finish_reason']),
    tokens: isJsonObject(model['tokens']) ? { ...NO_TOKENS, ...(model['tokens'] as unknown as TokenCounts) } : NO_TOKENS,
  };
}

function toResponse({ content, reasoning, model, finishReason, tokens }: Recorded): ModelResponse {
  return { content, reasoning_content: reasoning, model, finish_reason: finishReason, tokens };
}

function missing(file: string, problemIdx: number, repeat: number): ModelCallError {
  return new ModelCallError(`${file} has no recorded answer for problem_idx ${problemIdx}, repeat ${repeat}`, {
    category: 'bad_response',
    disposition: 'fail_sample',
  });
}

function isIndex(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function push(map: Map<string, Recorded[]>, key: string, recorded: Recorded): void {
  const list = map.get(key);
  if (list) list.push(recorded);
  else map.set(key, [recorded]);
}

async function readLines(file: string, handle: (fields: Readonly<Record<string, unknown>>, line: number) => void): Promise<void> {
  if (!file.endsWith('.gz')) return readJsonLines(file, handle);
  let text: string;
  try {
    text = (await promisify(gunzip)(await readFile(file))).toString('utf8');
  } catch (error) {
    throw new NelError('data', `cannot be read: ${errorMessage(error)}`, { at: { file }, cause: error });
  }
  for (const [i, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue;
    let fields: unknown;
    try {
      fields = JSON.parse(line);
    } catch (error) {
      throw new NelError('data', `no JSON: ${errorMessage(error)}`, { at: { file, line: i + 1 } });
    }
    if (!isJsonObject(fields)) throw new NelError('data', 'the line is no JSON object', { at: { file, line: i + 1 } });
    handle(fields, i + 1);
  }
}
