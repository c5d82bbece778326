import { expect, test } from 'vitest';
import { BadReplyError, parseReply } from '../../../../src/adapters/models/reply.js';

const chat = (message: unknown, rest: object = {}) => ({ choices: [{ message, finish_reason: 'stop' }], ...rest });

test('a chat reply gives content, reasoning, model, finish reason and token counts', () => {
  const usage = { prompt_tokens: 10, completion_tokens: 7, total_tokens: 17, completion_tokens_details: { reasoning_tokens: 4 } };
  expect(parseReply('chat_completions', chat({ content: '42', reasoning_content: 'hm' }, { model: 'm-2026', usage }), 'm')).toEqual({
    content: '42',
    reasoning_content: 'hm',
    model: 'm-2026',
    finish_reason: 'stop',
    tokens: { prompt: 10, completion: 7, reasoning: 4, total: 17 },
  });
});

test('what an endpoint leaves out is null, and the model is the one that was asked', () => {
  expect(parseReply('completions', { choices: [{ text: 'x' }] }, 'm')).toEqual({
    content: 'x',
    reasoning_content: null,
    model: 'm',
    finish_reason: null,
    tokens: { prompt: null, completion: null, reasoning: null, total: null },
  });
});

test('reasoning is read from `reasoning` too, and reasoning tokens from the usage itself', () => {
  const reply = parseReply(
    'chat_completions',
    chat({ content: null, reasoning: 'why' }, { usage: { reasoning_tokens: 3, prompt_tokens: -1 } }),
    'm',
  );
  expect(reply).toMatchObject({ content: '', reasoning_content: 'why', tokens: { prompt: null, reasoning: 3 } });
});

test('a refusal in its own field is the content, as it is all that the model said', () => {
  expect(parseReply('chat_completions', chat({ content: null, refusal: 'I cannot help.' }), 'm').content).toBe('I cannot help.');
});

test('the texts of a list of parts are the content', () => {
  const content = [
    { type: 'thinking', thinking: [] },
    { type: 'text', text: 'The answer ' },
    { type: 'text', text: 'is 4' },
  ];
  expect(parseReply('chat_completions', chat({ content }), 'm').content).toBe('The answer is 4');
});

test.each([
  ['the body is no JSON object', 'hello'],
  ['the body is no JSON object', null],
  ['the body has no choices', { error: { message: 'upstream' } }],
  ['the body has no choices', { choices: [] }],
  ['the first choice has no message', { choices: [{}] }],
  ['the content of the first choice is no text', chat({ content: 42 })],
])('%s: no answer', (message, reply) => {
  expect(() => parseReply('chat_completions', reply, 'm')).toThrow(BadReplyError);
  expect(() => parseReply('chat_completions', reply, 'm')).toThrow(message);
});

test('calls of tools are read, with arguments as the model wrote them, ids where it gave none, and without halves of calls', () => {
  const tool_calls = [
    { id: 'c1', type: 'function', function: { name: 'add', arguments: '{"a": 1' } },
    { function: { name: 'add', arguments: { a: 1 } } },
    { id: 'c3', function: { name: 'now' } },
    { id: 'c4', function: { arguments: '{}' } },
    { id: 'c5' },
    null,
  ];
  const reply = parseReply('chat_completions', chat({ content: null, tool_calls }), 'm');
  expect(reply.content).toBe('');
  expect(reply.tool_calls).toEqual([
    { id: 'c1', type: 'function', function: { name: 'add', arguments: '{"a": 1' } },
    { id: 'call_1', type: 'function', function: { name: 'add', arguments: '{"a":1}' } },
    { id: 'c3', type: 'function', function: { name: 'now', arguments: '{}' } },
  ]);
});

test('a reply without calls of tools has none', () => {
  for (const tool_calls of [undefined, null, [], [{}], 'add'])
    expect(parseReply('chat_completions', chat({ content: 'x', tool_calls }), 'm')).not.toHaveProperty('tool_calls');
});
