import { describe, expect, it } from 'vitest';
import { responseText } from '../../../src/serve/text.js';
import { responsesObject } from './mini-add.js';

const message = (content: unknown, role = 'assistant'): Record<string, unknown> => ({ type: 'message', role, content });

describe('responseText', () => {
  it.each<[string, unknown, string]>([
    ['a string', 'The answer is 7', 'The answer is 7'],
    ['an empty string', '', ''],
    ['a Responses object', responsesObject('seven'), 'seven'],
    [
      'parts of one message as they are',
      {
        output: [
          message([
            { type: 'output_text', text: '1' },
            { type: 'output_text', text: '8' },
          ]),
        ],
      },
      '18',
    ],
    ['messages by a line break', { output: [message('a'), message([{ type: 'output_text', text: 'b' }])] }, 'a\nb'],
    [
      'assistant messages only',
      { output: [message('you', 'user'), message('me'), { type: 'function_call', role: 'assistant', content: 'no' }] },
      'me',
    ],
    [
      'text parts only',
      {
        output: [
          message([
            { type: 'refusal', refusal: 'no' },
            { type: 'output_text', text: 'yes' },
          ]),
        ],
      },
      'yes',
    ],
    ['output_text where no message has text', { output: [], output_text: 'seven' }, 'seven'],
    ['the messages before output_text', { ...responsesObject('from the message'), output_text: 'other' }, 'from the message'],
    ['a chat completion', { choices: [{ message: { content: 'Answer: 7' } }] }, 'Answer: 7'],
    ['a chat completion in parts', { choices: [{ message: { content: [{ type: 'text', text: '7' }] } }] }, '7'],
    ['a completion', { choices: [{ text: '7' }] }, '7'],
  ])('takes %s', (_what, response, text) => {
    expect(responseText(response)).toBe(text);
  });

  it.each<[string, unknown]>([
    ['a response of reasoning only', { object: 'response', output: [{ type: 'reasoning', summary: [] }] }],
    ['a response that is a refusal', { object: 'response', output: [message([{ type: 'refusal', refusal: 'no' }])] }],
    ['a chat completion with null content', { object: 'chat.completion', choices: [{ message: { content: null } }] }],
  ])('takes %s for an empty answer', (_what, response) => {
    expect(responseText(response)).toBe('');
  });

  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['a number', 7],
    ['a list', ['7']],
    ['an empty object', {}],
    ['an object of another kind', { text: '7' }],
    ['an output without text that does not say what it is', { output: [] }],
    ['a list of choices without any', { choices: [] }],
    ['items of the wrong kind', { output: [null, 3, 'x'], choices: 'x' }],
  ])('refuses %s', (_what, response) => {
    expect(() => responseText(response)).toThrow(/^response: no text in/);
  });
});
