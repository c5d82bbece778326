/** What an environment server answers, checked and put into the words of core. A server's text is not trusted. Used by gym.ts. */

import type { Seed, Verification } from '../../core/environment.js';
import { ANSWER_FAILURES, type AnswerFailure } from '../../core/failures.js';
import { isJsonObject, type Json, type JsonObject } from '../../core/json.js';
import type { JudgeCall } from '../../core/judge.js';
import type { ChatMessage, ContentPart } from '../../core/model.js';

/**
 * @param uuid by which the server's own metadata name the problem: no part of what a local run has
 * @throws Error when the reply is no problem
 */
export function seedReply(reply: unknown, uuid: string, where: string): Seed {
  if (!isJsonObject(reply)) throw new Error(`${where}: the server gave no problem`);
  const { prompt, system, expected_answer: expected, category, metadata } = reply;
  const text = typeof prompt === 'string' ? prompt : null;
  const messages = messagesOf(reply['messages'], where) ?? (text === null ? null : [{ role: 'user' as const, content: text }]);
  if (messages === null) throw new Error(`${where}: the server gave neither messages nor a prompt`);
  if (typeof expected === 'object' && expected !== null) throw new Error(`${where}: expected_answer is no text`);
  // Servers other than ours name the system message beside the others.
  const lacking = typeof system === 'string' && system !== '' && !messages.some(({ role }) => role === 'system');
  return {
    prompt: text ?? '',
    messages: lacking ? [{ role: 'system', content: system as string }, ...messages] : messages,
    expected_answer: expected === undefined || expected === null ? '' : String(expected as string | number | boolean),
    category: typeof category === 'string' ? category : null,
    metadata: isJsonObject(metadata) ? withoutUuid(metadata as JsonObject, uuid) : {},
  };
}

function withoutUuid(metadata: JsonObject, uuid: string): JsonObject {
  const { problem_uuid: given, ...rest } = metadata;
  return given === uuid ? rest : metadata;
}

function messagesOf(value: unknown, where: string): ChatMessage[] | null {
  if (!Array.isArray(value) || value.length === 0) return null;
  return value.map((message: unknown) => {
    if (!isJsonObject(message)) throw new Error(`${where}: a message is no object`);
    const { role, content } = message;
    if (role !== 'system' && role !== 'user' && role !== 'assistant') throw new Error(`${where}: a message is of no known role`);
    if (typeof content === 'string') return { role, content };
    if (!Array.isArray(content) || !content.every(isPart)) throw new Error(`${where}: a message has no content that can be sent`);
    return { role, content };
  });
}

function isPart(part: unknown): part is ContentPart {
  if (!isJsonObject(part)) return false;
  if (part['type'] === 'text') return typeof part['text'] === 'string';
  const image = part['image_url'];
  return part['type'] === 'image_url' && isJsonObject(image) && typeof image['url'] === 'string';
}

/** The prompt with another system message: what `--system-prompt` does to a benchmark in this process. */
export function withSystemPrompt(seed: Seed, systemPrompt: string | null): Seed {
  if (systemPrompt === null) return seed;
  const first = seed.messages[0];
  const own = first?.role === 'system' && typeof first.content === 'string' ? `${first.content}\n\n` : '';
  const bare = own !== '' && seed.prompt.startsWith(own) ? seed.prompt.slice(own.length) : seed.prompt;
  const rest = first?.role === 'system' ? seed.messages.slice(1) : seed.messages;
  return { ...seed, prompt: `${systemPrompt}\n\n${bare}`, messages: [{ role: 'system', content: systemPrompt }, ...rest] };
}

/**
 * @param row what was sent: members that come back as they went are no details
 * @throws Error when there is no numeric reward
 */
export function verifyReply(reply: unknown, row: Readonly<Record<string, unknown>>, where: string): Verification {
  if (!isJsonObject(reply) || typeof reply['reward'] !== 'number') throw new Error(`${where}: the server gave no reward`);
  const { reward, extracted_answer: extracted, scoring_method: method, failure_category: failure, judge_calls: calls } = reply;
  const details = isJsonObject(reply['scoring_details']) ? (reply['scoring_details'] as JsonObject) : otherMembers(reply, row);
  return {
    reward,
    extracted_answer:
      extracted === undefined || extracted === null ? null : typeof extracted === 'string' ? extracted : JSON.stringify(extracted),
    scoring_method: typeof method === 'string' ? method : typeof details['method'] === 'string' ? details['method'] : 'gym',
    scoring_details: details,
    failure_category: (ANSWER_FAILURES as readonly unknown[]).includes(failure) ? (failure as AnswerFailure) : null,
    ...(Array.isArray(calls) ? { judge_calls: calls as readonly JudgeCall[] } : {}),
  };
}

const NO_DETAILS = new Set([
  'reward',
  'response',
  'responses_create_params',
  'extracted_answer',
  'expected_answer',
  'scoring_method',
  'failure_category',
]);

/** NeMo Gym's servers put what they found beside the reward. */
function otherMembers(reply: Readonly<Record<string, unknown>>, row: Readonly<Record<string, unknown>>): JsonObject {
  const entries = Object.entries(reply).filter(
    ([name, value]) => !NO_DETAILS.has(name) && !Object.hasOwn(row, name) && (typeof value !== 'object' || value === null),
  );
  return Object.fromEntries(entries) as Record<string, Json>;
}
