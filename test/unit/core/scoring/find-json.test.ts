/** Which JSON value an answer holds. */

import { describe, expect, it } from 'vitest';
import { findJson } from '../../../../src/core/scoring/find-json.js';

const fence = '```';

describe('findJson', () => {
  it.each([
    ['the whole answer', ' {"a": [1, 2]} ', { a: [1, 2] }],
    ['a number that is the whole answer', '42', 42],
    ['a fenced block', `Here:\n${fence}json\n{"a": 1}\n${fence}\nDone {"b": 2}.`, { a: 1 }],
    ['the first fenced block that is JSON', `${fence}python\nx = {}\n${fence}\n${fence}\n[1]\n${fence}`, [1]],
    ['a fence on one line', `${fence}{"a": 1}${fence}`, { a: 1 }],
    ['an object in prose', 'The result is {"a": "}"} as asked.', { a: '}' }],
    ['the value behind brackets of prose', 'See [1] of the {notes}: {"a": {"b": []}}', [1]],
    ['the value inside of braces that are none', 'f(x) = {x | {"a": 1} }', { a: 1 }],
    ['a value behind a quote of prose', '["hello, {"a": 1}', { a: 1 }],
    ['escaped quotes', '{"a": "\\"}"}', { a: '"}' }],
  ])('takes %s', (_what, answer, value) => {
    expect(findJson(answer)).toEqual(value);
  });

  it('tells null from nothing', () => {
    expect(findJson('null')).toBeNull();
    expect(findJson('no value')).toBeUndefined();
    expect(findJson('the number 42 in prose')).toBeUndefined();
    expect(findJson('{"a": 1')).toBeUndefined();
    expect(findJson("{'a': 1}")).toBeUndefined();
  });

  it('takes no value that is deeper than 256', () => {
    expect(findJson('['.repeat(256) + ']'.repeat(256))).toBeDefined();
    expect(findJson(`${'{"a":'.repeat(300)}1${'}'.repeat(300)}`)).toBeUndefined();
  });
});
