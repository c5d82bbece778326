/** Answers for the fake endpoint out of recordings of what real models answered: looked up by the problem that a prompt holds. */

import fs from 'node:fs';
import path from 'node:path';
import zlib from 'node:zlib';
import { DATA_DIR } from '../data-dir.js';
import type { Answer, RequestBody } from './endpoint.js';

type Row = Readonly<Record<string, unknown>>;

/** The rows of a .jsonl or .jsonl.gz file. */
export function readRows(file: string): Row[] {
  const bytes = fs.readFileSync(file);
  const text = (file.endsWith('.gz') ? zlib.gunzipSync(bytes) : bytes).toString('utf8');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Row);
}

/** Text of the last user message, or the prompt of the completions protocol. */
export function promptOf(body: RequestBody): string {
  if (typeof body['prompt'] === 'string') return body['prompt'];
  const messages = Array.isArray(body['messages']) ? (body['messages'] as readonly Row[]) : [];
  const content = messages.findLast((message) => message['role'] === 'user')?.['content'];
  if (typeof content === 'string') return content;
  const parts = Array.isArray(content) ? (content as readonly Row[]) : [];
  return parts.map((part) => (typeof part['text'] === 'string' ? part['text'] : '')).join('');
}

/** The n-th answered request with one body gets the n-th response, the last one again once they are used up. */
function inTurn(responses: readonly string[], answeredBefore: number): string {
  return responses[Math.min(answeredBefore, responses.length - 1)] as string;
}

/** A prompt that no row made: the test's mistake, so it is loud and not retried. */
function unknown(prompt: string): { status: number; content: string } {
  return { status: 400, content: `the recording has no answer to: ${prompt.slice(0, 200)}` };
}

/**
 * Replays `responses[i]` to the prompt that `promptText` makes of `rows[i]`. Rows with the same prompt are served in turn.
 */
export function replayBy(promptText: (row: Row) => string, rows: readonly Row[], responses: readonly string[]): Answer {
  const byPrompt = new Map<string, string[]>();
  for (const [i, row] of rows.entries()) push(byPrompt, promptText(row), responses[i] as string);
  return (body, info) => {
    const prompt = promptOf(body);
    const found = byPrompt.get(prompt);
    return found ? inTurn(found, info.answeredBefore) : unknown(prompt);
  };
}

/** What real models answered to GSM8K: `175b_finetuning` or `175b_verification`. */
export function gsm8kReplay(recording: string): Answer {
  const rows = readRows(path.join(DATA_DIR, 'gsm8k/recordings', `${recording}.jsonl`));
  return replay(rows.map((row) => ({ question: String(row['question']), options: [], response: String(row['response']) })));
}

/** What real models answered to MMLU-Pro: `llama-3.1-8b-instruct` or `llama-3.1-70b-instruct`. */
export function mmluProReplay(recording: string): Answer {
  const recorded = readRows(path.join(DATA_DIR, 'mmlu_pro/recordings', `${recording}.jsonl.gz`));
  const responses = new Map(recorded.map((row) => [row['question_id'], String(row['response'])]));
  const rows = readRows(path.join(DATA_DIR, 'mmlu_pro/test.jsonl.gz'));
  return replay(
    rows.map((row) => ({
      question: String(row['question']),
      options: (row['options'] as readonly unknown[]).map(String),
      response: responses.get(row['question_id']) as string,
    })),
  );
}

interface Problem {
  readonly question: string;
  readonly options: readonly string[];
  readonly responses: string[];
}

/** Characters by which questions are put into buckets. */
const HEAD = 12;

/**
 * Finds problems in prompts of any template. Where in the prompt the question starts is learnt by one search through all problems;
 * later prompts with the same text before it need one bucket only.
 */
function replay(items: readonly { question: string; options: readonly string[]; response: string }[]): Answer {
  const distinct = new Map<string, Problem>();
  for (const { question, options, response } of items) {
    const key = JSON.stringify([question, options]);
    const known = distinct.get(key);
    if (known) known.responses.push(response);
    else distinct.set(key, { question: question.trim(), options: options.map((option) => option.trim()), responses: [response] });
  }
  const problems = [...distinct.values()];
  const buckets = new Map<string, Problem[]>();
  for (const problem of problems) push(buckets, problem.question.slice(0, HEAD), problem);
  const prefixes = new Set<string>();
  const found = new Map<string, Problem | undefined>();
  const find = (prompt: string): Problem | undefined => {
    for (const prefix of prefixes) {
      if (!prompt.startsWith(prefix)) continue;
      const rest = prompt.slice(prefix.length).trimStart();
      const best = longest(
        (buckets.get(rest.slice(0, HEAD)) ?? []).filter((problem) => rest.startsWith(problem.question) && holds(rest, problem)),
      );
      if (best) return best;
    }
    const hits = problems.filter(
      (problem) => prompt.includes(problem.question) && holds(prompt.slice(prompt.lastIndexOf(problem.question)), problem),
    );
    const best = longest(hits);
    if (best && prefixes.size < 200) prefixes.add(prompt.slice(0, prompt.lastIndexOf(best.question)).trimEnd());
    return best;
  };
  return (body, info) => {
    const prompt = promptOf(body);
    if (!found.has(prompt)) found.set(prompt, find(prompt));
    const problem = found.get(prompt);
    return problem ? inTurn(problem.responses, info.answeredBefore) : unknown(prompt);
  };
}

/** True when all options stand behind the question, in order. */
function holds(text: string, { question, options }: Problem): boolean {
  let from = question.length;
  for (const option of options) {
    const at = text.indexOf(option, from);
    if (at < 0) return false;
    from = at + option.length;
  }
  return true;
}

/** The problem with most text: one question or set of options may be the start of another. */
function longest(problems: readonly Problem[]): Problem | undefined {
  const size = (problem: Problem) => problem.question.length + problem.options.join('').length;
  return problems.reduce<Problem | undefined>((best, next) => (best && size(best) >= size(next) ? best : next), undefined);
}

function push<T>(map: Map<string, T[]>, key: string, value: T): void {
  const list = map.get(key);
  if (list) list.push(value);
  else map.set(key, [value]);
}
