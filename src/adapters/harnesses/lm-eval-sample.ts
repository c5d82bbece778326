/** One line of lm-eval's sample file as a sample: prompt, answer, what was taken from it, numbers. Read by lm-eval-results.ts. */

import { NelError } from '../../core/errors.js';
import { isJsonObject, type JsonObject } from '../../core/json.js';
import type { ChatMessage } from '../../core/model.js';
import { type HarnessSample, numberOf, textOf } from './records.js';

type Line = Readonly<Record<string, unknown>>;

/** What the tool's regex filter gives where it finds nothing (its default). */
const NOTHING_FOUND = '[invalid]';
const ROLES = ['system', 'user', 'assistant', 'tool'] as const;

/** The task's choice of reward, and the numbers of a document under the other filters. */
export interface LineContext {
  readonly name: string;
  readonly file: string;
  readonly metric: string;
  readonly filter: string;
  readonly others: ReadonlyMap<number, JsonObject>;
}

/** @throws NelError of kind `data` for a document without a reward: it is never a zero */
export function toSample(line: Line, task: LineContext): Omit<HarnessSample, 'problem_idx' | 'category'> {
  const { name, file, metric, filter } = task;
  const documentId = numberOf(line['doc_id']) ?? -1;
  const reward = numberOf(line[metric]);
  if (reward === undefined) {
    throw new NelError('data', `task ${name}, document ${documentId}: ${metric} is no number`, {
      at: { file },
      hint: 'params: {metric: NAME} chooses another metric of the task.',
    });
  }
  const { messages, prompt } = promptOf(line);
  const answer = answerOf(line);
  const unreadable = answer.extracted === NOTHING_FOUND;
  return {
    reward,
    prompt,
    messages,
    response: answer.response,
    extracted: unreadable ? null : answer.extracted,
    expected: textOf(line['target']) ?? '',
    scoring_method: `lm-eval:${metric},${filter}`,
    scoring_details: { ...Object.fromEntries(metricsOf(line)), ...task.others.get(documentId) },
    metadata: { task: name, doc_id: documentId, ...(typeof line['doc_hash'] === 'string' ? { doc_hash: line['doc_hash'] } : {}) },
    unreadable,
  };
}

/** The numbers of a line under the tool's names, `metric,filter`. */
export function metricsOf(line: Line): [string, number][] {
  const names = Array.isArray(line['metrics']) ? line['metrics'].map(String) : [];
  return names.flatMap((name): [string, number][] => {
    const value = numberOf(line[name]);
    return value === undefined ? [] : [[`${name},${String(line['filter'])}`, value]];
  });
}

/** Chat prompts stand as JSON in a list of one, others as text. */
function promptOf(line: Line): { readonly prompt: string; readonly messages: readonly ChatMessage[] } {
  const context = argumentsOf(line)[0]?.['arg_0'];
  const chat: unknown = Array.isArray(context) ? context[0] : undefined;
  const messages = typeof chat === 'string' ? chatMessages(chat) : undefined;
  if (messages !== undefined) return { prompt: messages.map(({ content }) => contentText(content)).join('\n\n'), messages };
  const prompt = textOf(context) ?? '';
  return { prompt, messages: [{ role: 'user', content: prompt }] };
}

function chatMessages(text: string): ChatMessage[] | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!Array.isArray(value)) return undefined;
  const messages = value.map((one: unknown) => {
    const message = isJsonObject(one) ? one : {};
    const role = ROLES.find((known) => known === message['role']) ?? 'user';
    return { role, content: typeof message['content'] === 'string' ? message['content'] : JSON.stringify(message['content'] ?? '') };
  });
  return messages.length === 0 ? undefined : messages;
}

function contentText(content: ChatMessage['content']): string {
  return typeof content === 'string' ? content : JSON.stringify(content);
}

function argumentsOf(line: Line): readonly Readonly<Record<string, unknown>>[] {
  const all = isJsonObject(line['arguments']) ? Object.values(line['arguments']) : [];
  return all.map((one) => (isJsonObject(one) ? one : {}));
}

/** A generated text; of a choice by log-probability the likeliest continuation; of a single log-probability nothing. */
function answerOf(line: Line): { readonly response: string | null; readonly extracted: string | null } {
  const requests = argumentsOf(line);
  const filtered: unknown[] = Array.isArray(line['filtered_resps']) ? line['filtered_resps'] : [];
  if (typeof requests[0]?.['arg_1'] === 'string') {
    if (requests.length < 2) return { response: null, extracted: null };
    const scores = filtered.map((one) => numberOf(Array.isArray(one) ? one[0] : one) ?? Number.NEGATIVE_INFINITY);
    const likeliest = scores.length === 0 ? undefined : requests[scores.indexOf(Math.max(...scores))];
    const choice = textOf(likeliest?.['arg_1'])?.trim() ?? null;
    return { response: choice, extracted: choice };
  }
  return { response: firstText(line['resps']), extracted: firstText(filtered) };
}

/** The first text in nested lists. */
function firstText(value: unknown): string | null {
  let at = value;
  while (Array.isArray(at)) at = at[0] as unknown;
  return textOf(at);
}
