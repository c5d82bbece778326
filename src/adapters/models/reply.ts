/** A ModelResponse from the body of a reply, checked by hand: this runs once a call, and endpoints differ in what they leave out. */

import { isJsonObject } from '../../core/json.js';
import type { ModelResponse, Protocol, TokenCounts, ToolCall } from '../../core/model.js';

/** A reply with status 2xx that holds no answer; `text` is what it holds, unscrubbed. */
export class BadReplyError extends Error {
  override readonly name = 'BadReplyError';
  readonly text: string;

  constructor(message: string, text: string) {
    super(message);
    this.text = text;
  }
}

/**
 * @param requestedModel the answer's model name where the reply has none
 * @throws BadReplyError when there is no choice, or its content is no text
 */
export function parseReply(protocol: Protocol, reply: unknown, requestedModel: string): ModelResponse {
  if (!isJsonObject(reply)) throw new BadReplyError('the body is no JSON object', sample(reply));
  const choices = reply['choices'];
  const choice: unknown = Array.isArray(choices) ? choices[0] : undefined;
  if (!isJsonObject(choice)) throw new BadReplyError('the body has no choices', sample(reply));
  const answer = protocol === 'chat_completions' ? choice['message'] : choice;
  if (!isJsonObject(answer)) throw new BadReplyError('the first choice has no message', sample(reply));
  const content = textOf(protocol === 'chat_completions' ? answer['content'] : answer['text']);
  if (content === null) throw new BadReplyError('the content of the first choice is no text', sample(reply));
  return {
    // Some endpoints put a refusal into a field of its own and leave the content empty.
    content: content === '' ? (string(answer['refusal']) ?? '') : content,
    reasoning_content: string(answer['reasoning_content']) ?? string(answer['reasoning']),
    model: string(reply['model']) ?? requestedModel,
    finish_reason: string(choice['finish_reason']),
    tokens: tokenCounts(reply['usage']),
    ...toolCalls(answer['tool_calls']),
  };
}

/** Calls of tools, complete ones only: half a call cannot be carried out. */
function toolCalls(value: unknown): { tool_calls?: readonly ToolCall[] } {
  if (!Array.isArray(value)) return {};
  const calls = value.flatMap((call: unknown, i): ToolCall[] => {
    const called = isJsonObject(call) ? call['function'] : undefined;
    if (!isJsonObject(call) || !isJsonObject(called) || typeof called['name'] !== 'string') return [];
    const args = called['arguments'];
    const text = typeof args === 'string' ? args : JSON.stringify(args ?? {});
    return [{ id: string(call['id']) ?? `call_${i}`, type: 'function', function: { name: called['name'], arguments: text } }];
  });
  return calls.length === 0 ? {} : { tool_calls: calls };
}

/** A text, the texts of a list of parts, or '' for no content at all; null for anything else. */
function textOf(content: unknown): string | null {
  if (content === null || content === undefined) return '';
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return null;
  return content
    .map((part: unknown) => (isJsonObject(part) && part['type'] === 'text' && typeof part['text'] === 'string' ? part['text'] : ''))
    .join('');
}

/** A string with something in it, or null. */
function string(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

function tokenCounts(usage: unknown): TokenCounts {
  if (!isJsonObject(usage)) return { prompt: null, completion: null, reasoning: null, total: null };
  const details = usage['completion_tokens_details'];
  return {
    prompt: count(usage['prompt_tokens']),
    completion: count(usage['completion_tokens']),
    reasoning: count(isJsonObject(details) ? details['reasoning_tokens'] : undefined) ?? count(usage['reasoning_tokens']),
    total: count(usage['total_tokens']),
  };
}

function count(value: unknown): number | null {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : null;
}

function sample(reply: unknown): string {
  return typeof reply === 'string' ? reply : (JSON.stringify(reply) ?? '').slice(0, 65_536);
}
