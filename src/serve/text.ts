/**
 * The answer's text in what a client calls its response: a string, a Responses object or a chat completion; and the problem's text in
 * what it calls its input. Read by service.ts.
 */

import { isJsonObject } from '../core/json.js';
import { Refusal } from './refusal.js';

/**
 * - a string is the text
 * - a Responses object (`output`): the `output_text` parts of its assistant messages, parts joined as they are, messages by a line
 *   break; without any, its `output_text`
 * - a chat completion (`choices`): the first choice's content
 *
 * One that says it is such an object and holds no text (reasoning or a refusal only, `content: null`) is an empty answer.
 * @throws Refusal 422 for anything else: a text is never guessed
 */
export function responseText(response: unknown): string {
  if (typeof response === 'string') return response;
  if (isJsonObject(response)) {
    const text = responsesText(response) ?? completionText(response);
    if (text !== undefined) return text;
  }
  throw new Refusal(
    422,
    `response: no text in ${response === undefined ? 'a body without it' : kindOf(response)}; expected is a string, a Responses object with an assistant message or output_text, or a chat completion`,
  );
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'this object' : `a ${typeof value}`;
}

function responsesText(response: Record<string, unknown>): string | undefined {
  const { output, output_text: outputText } = response;
  if (Array.isArray(output)) {
    let found: string | undefined;
    for (const item of output as readonly unknown[]) {
      if (!isJsonObject(item) || item['role'] !== 'assistant' || (item['type'] !== undefined && item['type'] !== 'message')) continue;
      const text = contentText(item['content']);
      if (text !== undefined) found = found === undefined ? text : `${found}\n${text}`;
    }
    if (found !== undefined) return found;
  }
  if (typeof outputText === 'string') return outputText;
  return response['object'] === 'response' && Array.isArray(output) ? '' : undefined;
}

function completionText(response: Record<string, unknown>): string | undefined {
  const { choices } = response;
  if (!Array.isArray(choices)) return undefined;
  const first: unknown = choices[0];
  if (!isJsonObject(first)) return undefined;
  const message = first['message'];
  const text = isJsonObject(message) ? contentText(message['content']) : typeof first['text'] === 'string' ? first['text'] : undefined;
  if (text !== undefined) return text;
  return response['object'] === 'chat.completion' && isJsonObject(message) ? '' : undefined;
}

/** The conversation of a row's `responses_create_params` as one text: what a seed's prompt would be. Undefined where it has no text. */
export function inputText(params: unknown): string | undefined {
  if (!isJsonObject(params)) return undefined;
  const { instructions, input } = params;
  const items = Array.isArray(input) ? (input as readonly unknown[]) : [{ content: input }];
  const texts = items.map((item) => (isJsonObject(item) ? contentText(item['content'], INPUT_PARTS) : undefined));
  const found = [contentText(instructions), ...texts].filter((text) => text !== undefined);
  return found.length === 0 ? undefined : found.join('\n\n');
}

const OUTPUT_PARTS: readonly unknown[] = ['output_text', 'text'];
const INPUT_PARTS: readonly unknown[] = ['input_text', ...OUTPUT_PARTS];

/** Text of a message's content: a string, or its text parts. */
function contentText(content: unknown, parts = OUTPUT_PARTS): string | undefined {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return undefined;
  let text: string | undefined;
  for (const part of content as readonly unknown[]) {
    if (!isJsonObject(part) || typeof part['text'] !== 'string') continue;
    if (!parts.includes(part['type'])) continue;
    text = (text ?? '') + part['text'];
  }
  return text;
}
