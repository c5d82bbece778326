/** The replay solver: recorded answers from a JSON Lines file in place of a model, found by problem_idx or by prompt. */

import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { setImmediate } from 'node:timers/promises';
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
  /** What the run will ask, to see that by prompt no recording answers two of them; absent: not looked at. */
  readonly problems?: ReplayProblems;
}

export interface ReplayProblems {
  readonly count: number;
  seed(problemIdx: number): Seed | Promise<Seed>;
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
 * By prompt, a recording belongs to the seed whose prompt it is, or whose prompt holds it as whole words. Several of one problem or prompt
 * are its repeats, in order, where they do not say which. A sample without a recording is an error (`bad_response`), never a wrong answer; so is
 * one whose recording is an error (a trajectory without a model's reply).
 * @throws NelError of kind `data` with file and line for a line without a response or without its key; and where a recording would answer
 *   two problems that are asked differently, by other options or another image, because nothing tells which of them it is for; what
 *   `problems` throws, where it is not of kind `data`
 */
export async function openReplaySolver(options: ReplayOptions): Promise<Solver> {
  const { file, problems } = options;
  let { key } = options;
  const answers = new Map<string, Recorded[]>();
  await readLines(file, (fields, line) => {
    const at = { file, line };
    if (key === 'auto') key = fields['problem_idx'] === undefined ? 'prompt' : 'problem_idx';
    if (isUnanswered(fields)) return;
    const recorded = recordedOf(fields);
    if (recorded === null) {
      throw new NelError('data', 'the line has no "response"', { at, hint: 'Recorded answers are under "response", or "model.content".' });
    }
    if (key === 'prompt') return void put(answers, promptKey(fields, at), fields['repeat'], recorded);
    const { problem_idx, repeat } = fields;
    if (!isIndex(problem_idx) || (repeat !== undefined && !isIndex(repeat))) {
      throw new NelError('data', 'the line has no problem_idx (a whole number from 0)', {
        at,
        hint: 'Find recordings by their prompt instead: solver: {type: replay, key: prompt}.',
      });
    }
    put(answers, String(problem_idx), repeat, recorded);
  });
  if (answers.size === 0) throw new NelError('data', 'holds no recorded answers', { at: { file } });
  const find = key === 'prompt' ? findPrompt(answers.keys()) : null;
  if (find !== null && problems !== undefined) await assertOneProblemEach(problems, find, file);
  return {
    name: 'replay',
    request: (seed) => ({ protocol: 'chat_completions', body: { model: 'replay', messages: [], prompt: seed.prompt } }),
    async solve({ prompt }, { problemIdx, repeat }) {
      const recorded = answers.get(find === null ? String(problemIdx) : (find(prompt) ?? ''))?.[repeat];
      if (recorded === undefined) throw missing(file, problemIdx, repeat);
      const model = toResponse(recorded);
      return { response: model.content, model };
    },
  };
}

/** Seeds that are held against the recordings before others get a turn. */
const SEEDS_AT_ONCE = 64;

/** All problems are looked at, before the run: a shard or a resumed run asks only some of them. */
async function assertOneProblemEach({ count, seed }: ReplayProblems, find: (prompt: string) => string | undefined, file: string) {
  const owners = new Map<string, { readonly problemIdx: number; readonly asked: string }>();
  for (let start = 0; start < count; start += SEEDS_AT_ONCE) {
    const indices = Array.from({ length: Math.min(SEEDS_AT_ONCE, count - start) }, (_, i) => start + i);
    const seeds = await Promise.allSettled(indices.map(async (i) => seed(i)));
    await setImmediate();
    for (const [i, outcome] of seeds.entries()) {
      if (outcome.status === 'rejected') {
        // A row that makes no prompt gets no recording. All else is no row's fault, such as a server that is gone.
        const error: unknown = outcome.reason;
        if (error instanceof NelError && error.kind === 'data') continue;
        throw error;
      }
      const { prompt, messages } = outcome.value;
      const key = find(prompt);
      if (key === undefined) continue;
      const asked = createHash('sha256').update(JSON.stringify(messages)).digest('hex');
      const owner = owners.get(key);
      if (owner === undefined) owners.set(key, { problemIdx: start + i, asked });
      else if (owner.asked !== asked) {
        throw new NelError(
          'data',
          `what is recorded for ${JSON.stringify(key.slice(0, 80))} would answer both problem_idx ${owner.problemIdx} and ${start + i}, which are asked differently`,
          {
            at: { file },
            hint:
              'Add problem_idx to the recordings, or the whole prompt in place of the question. Where the text is that of a few-shot example ' +
              'in both prompts, the two have no recording of their own: record them too.',
          },
        );
      }
    }
  }
}

/** Characters by whose first ones a recorded prompt is looked for: without, each seed would be held against each recording. */
const ANCHOR = 24;

/** Exact prompts first; else the longest recorded text that the prompt holds. */
function findPrompt(recorded: Iterable<string>): (prompt: string) => string | undefined {
  const all = new Set(recorded);
  const longestFirst = [...all].sort((a, b) => b.length - a.length);
  const short = longestFirst.filter((text) => text.length < ANCHOR);
  const anchored = new Map<string, string[]>();
  for (const text of longestFirst) {
    if (text.length < ANCHOR) continue;
    const begin = text.slice(0, ANCHOR);
    const list = anchored.get(begin);
    if (list) list.push(text);
    else anchored.set(begin, [text]);
  }
  return (prompt) => {
    if (all.has(prompt)) return prompt;
    let best: string | undefined;
    for (let at = 0; at + ANCHOR <= prompt.length; at++) {
      const found = anchored
        .get(prompt.slice(at, at + ANCHOR))
        ?.find((text) => prompt.startsWith(text, at) && isWhole(prompt, at, at + text.length));
      if (found !== undefined && found.length > (best?.length ?? 0)) best = found;
    }
    return best ?? short.find((text) => holdsWhole(prompt, text));
  };
}

function holdsWhole(prompt: string, text: string): boolean {
  for (let at = prompt.indexOf(text); at !== -1; at = prompt.indexOf(text, at + 1)) if (isWhole(prompt, at, at + text.length)) return true;
  return false;
}

/** Not a part of a longer word or number: `1 + 1` is not what `11 + 1` asks. */
function isWhole(prompt: string, from: number, to: number): boolean {
  return !/[A-Za-z0-9]{2}/.test(prompt.slice(Math.max(0, from - 1), from + 1)) && !/[A-Za-z0-9]{2}/.test(prompt.slice(to - 1, to + 1));
}

/** A trajectory of a call that failed. */
function isUnanswered(fields: Readonly<Record<string, unknown>>): boolean {
  return fields['model'] === null && fields['response'] === undefined;
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

function put(answers: Map<string, Recorded[]>, key: string, repeat: unknown, recorded: Recorded): void {
  const list = answers.get(key) ?? [];
  const at = isIndex(repeat) ? repeat : list.length;
  // The first of several for one sample counts, as in a journal.
  list[at] ??= recorded;
  answers.set(key, list);
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
