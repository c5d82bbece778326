/** Prompt templates: `{field}` is replaced by the row's field, `{{` and `}}` are braces. Compiled once, rendered for each sample. */

import type { Row } from './benchmark.js';
import { NelError } from './errors.js';
import { didYouMean } from './nearest.js';

export interface Template {
  /** The fields it names, each once, in order. */
  readonly fields: readonly string[];
  /** @throws NelError of kind `data` when the row lacks a field */
  render(row: Row): string;
}

/** A field name: letters, digits, `_`, `-`, spaces inside; dots lead into nested values (`{meta.topic}`, `{options.0}`). */
const FIELD = /^[\p{L}_][\p{L}\p{N}_ -]*(?:\.[\p{L}\p{N}_ -]+)*$/u;

/**
 * @param what names the template in errors, such as `prompt of "capitals"`
 * @throws NelError of kind `config` for a brace without its partner or what is no field name, with line and column in the template
 */
export function compileTemplate(template: string, what = 'prompt'): Template {
  const literals: string[] = [];
  let literal = '';
  const fields: string[] = [];
  const tokens = /\{\{|\}\}|[{}]/g;
  let from = 0;
  for (let token = tokens.exec(template); token !== null; token = tokens.exec(template)) {
    literal += template.slice(from, token.index);
    from = tokens.lastIndex;
    if (token[0].length === 2) {
      literal += token[0].charAt(0);
      continue;
    }
    const end = template.indexOf('}', from);
    const field = token[0] === '{' && end !== -1 ? template.slice(from, end) : undefined;
    if (field === undefined || !FIELD.test(field) || field !== field.trim()) throw badField(template, token.index, field, what);
    fields.push(field);
    literals.push(literal);
    literal = '';
    from = end + 1;
    tokens.lastIndex = from;
  }
  const tail = literal + template.slice(from);
  return {
    fields: [...new Set(fields)],
    render(row) {
      let text = '';
      for (let i = 0; i < fields.length; i++) text += (literals[i] as string) + fieldText(row, fields[i] as string);
      return text + tail;
    },
  };
}

/**
 * The value of a field: a column of exactly that name, else a dotted path into nested values; `undefined` where there is none.
 * Inherited properties are no fields.
 */
export function fieldValue(row: Row, field: string): unknown {
  if (Object.hasOwn(row, field)) return row[field];
  if (!field.includes('.')) return undefined;
  let value: unknown = row;
  for (const key of field.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Record<string, unknown>)[key];
  }
  return value;
}

/**
 * The text of a field: strings as they are, other values as JSON.
 * @throws NelError of kind `data` when the row has no such field or it is null
 */
export function fieldText(row: Row, field: string): string {
  const value = fieldValue(row, field);
  if (typeof value === 'string') return value;
  if (value === undefined || value === null) throw missingField(row, field);
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** The error of a row without a field: names it, the nearest field there is, and all of them. */
export function missingField(row: Row, field: string, where = ''): NelError {
  const known = Object.keys(row);
  const state = fieldValue(row, field) === null ? 'is null' : `is missing${didYouMean(field, known)}`;
  const shown = known.slice(0, 20).map((key) => `"${key}"`);
  return new NelError('data', `${where}field "${field}" ${state}`, {
    hint: `The row has the fields ${shown.join(', ') || '(none)'}.`,
  });
}

function badField(template: string, at: number, field: string | undefined, what: string): NelError {
  const before = template.slice(0, at).split('\n');
  const place = `line ${before.length}, column ${(before.at(-1) as string).length + 1} of the ${what}`;
  const problem =
    field === undefined
      ? `"${template[at]}" without its partner`
      : `"{${field.slice(0, 40)}}" is not a field: a name of letters, digits, _ and - is expected`;
  return new NelError('config', `${place}: ${problem}`, {
    hint: 'A field is written {name}; a brace that is meant as such is doubled: {{ or }}.',
  });
}
