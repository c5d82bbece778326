/** Prompt templates: what is filled in, what is literal, and what an author is told about a mistake. */

import { describe, expect, it } from 'vitest';
import { NelError } from '../../../src/core/errors.js';
import { compileTemplate, fieldText, fieldValue } from '../../../src/core/template.js';

const caught = (act: () => unknown): NelError => {
  try {
    act();
  } catch (error) {
    if (error instanceof NelError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
};

describe('compileTemplate', () => {
  it('fills in fields, each as often as it is named', () => {
    const { fields, render } = compileTemplate('Q: {question}\n{question} -> {Full name}{n}');
    expect(fields).toEqual(['question', 'Full name', 'n']);
    expect(render({ question: 'Why?', 'Full name': 'Ada', n: 0 })).toBe('Q: Why?\nWhy? -> Ada0');
  });

  it('writes braces where they are doubled', () => {
    expect(compileTemplate('{{"answer": {x}}} {{{{}}').render({ x: 1 })).toBe('{"answer": 1} {{}');
  });

  it('fills values in literally, whatever signs they hold', () => {
    expect(compileTemplate('{a}{b}').render({ a: '$& {b} {{', b: '\\1' })).toBe('$& {b} {{\\1');
  });

  it('reaches nested values by dots, unless a column has that very name', () => {
    const row = { meta: { topic: 'sea' }, options: ['x', 'y'], 'a.b': 'own' };
    expect(compileTemplate('{meta.topic} {options.1} {a.b} {options}').render(row)).toBe('sea y own ["x","y"]');
  });

  it.each([
    ['a {', /line 1, column 3 of the prompt: "\{" without its partner/],
    ['a\nb }', /line 2, column 3 of the prompt: "\}" without its partner/],
    ['{}', /"\{\}" is not a field/],
    ['{x!r}', /"\{x!r\}" is not a field/],
    ['{x:>10}', /is not a field/],
    ['{"answer": 1}', /is not a field/],
    ['{ x }', /is not a field/],
  ])('explains what is wrong with %j', (template, message) => {
    const error = caught(() => compileTemplate(template));
    expect(error.kind).toBe('config');
    expect(error.message).toMatch(message);
    expect(error.hint).toMatch(/doubled/);
  });

  it('names the missing field, the nearest and all that there are', () => {
    const error = caught(() => compileTemplate('{question}').render({ questoin: 'x', id: 1 }));
    expect(error.kind).toBe('data');
    expect(error.message).toBe('field "question" is missing (did you mean "questoin"?)');
    expect(error.hint).toBe('The row has the fields "questoin", "id".');
  });

  it('says null where a field is null', () => {
    expect(caught(() => compileTemplate('{q}').render({ q: null, p: 'near' })).message).toBe('field "q" is null');
  });

  it('takes no inherited property for a field', () => {
    expect(fieldValue({}, 'constructor')).toBeUndefined();
    expect(fieldValue({ a: {} }, 'a.toString')).toBeUndefined();
    expect(() => fieldText({}, '__proto__')).toThrow(/missing/);
  });
});
