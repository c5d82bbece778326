/** The JSON schema scorer with its validator. */

import { describe, expect, it } from 'vitest';
import { jsonSchema } from '../../../src/benchmarks/json-schema.js';
import type { Row, ScorerResult } from '../../../src/core/benchmark.js';
import type { JsonObject } from '../../../src/core/json.js';

const SCHEMA: JsonObject = {
  type: 'object',
  required: ['name', 'age'],
  properties: { name: { type: 'string' }, age: { type: 'integer', minimum: 0 } },
  additionalProperties: false,
};

const score = (response: string, row: Row = {}, schema: Parameters<typeof jsonSchema>[0]['schema'] = SCHEMA) =>
  jsonSchema({ schema }).score({ response, target: '', row }) as ScorerResult;

describe('jsonSchema', () => {
  it('rewards a value of the asked form', () => {
    expect(score('Sure: {"name": "Ada", "age": 36}')).toEqual({ reward: 1, extracted: '{"age":36,"name":"Ada"}' });
  });

  it('says what is wrong with another one', () => {
    expect(score('{"name": "Ada"}')).toEqual({
      reward: 0,
      extracted: '{"name":"Ada"}',
      details: { errors: ["the value must have required property 'age'"] },
    });
    expect(score('{"name": "Ada", "age": -1}').details).toEqual({ errors: ['/age must be >= 0'] });
    expect(score('{"name": "Ada", "age": 1, "x": 2}').details).toEqual({
      errors: ['the value must NOT have additional properties: "x"'],
    });
  });

  it('judges an answer that opens like a refusal, and calls it one only where it is wrong', () => {
    const opening = "I can't share that, but this I can: ";
    expect(score(`${opening}{"name": "Ada", "age": 36}`)).toEqual({ reward: 1, extracted: '{"age":36,"name":"Ada"}' });
    expect(score(`${opening}{"name": "Ada"}`)).toMatchObject({ reward: 0, extracted: '{"name":"Ada"}', failure: 'refusal' });
  });

  it('finds nothing in prose', () => {
    expect(score('Ada is 36.')).toEqual({ reward: 0, extracted: null, failure: 'format_error' });
    expect(score('')).toEqual({ reward: 0, extracted: null, failure: 'empty_response' });
  });

  it('takes a schema from the row', () => {
    const own = (row: Row) => row['schema'] as JsonObject;
    expect(score('[1]', { schema: { type: 'array' } }, own).reward).toBe(1);
    expect(score('[1]', { schema: { type: 'object' } }, own).reward).toBe(0);
  });

  it('reads 2020-12, and older drafts where the schema says so', () => {
    const tuple = { type: 'array', prefixItems: [{ type: 'string' }], items: false };
    expect(score('["a"]', {}, tuple).reward).toBe(1);
    expect(score('["a", 1]', {}, tuple).reward).toBe(0);
    const old = { $schema: 'http://json-schema.org/draft-07/schema#', type: 'array', items: [{ type: 'string' }], additionalItems: false };
    expect(score('["a", 1]', {}, old).reward).toBe(0);
  });

  it('allows two scorers with one $id', () => {
    const named = { $id: 'https://example.com/a', type: 'object' };
    expect(score('{}', {}, named).reward).toBe(1);
    expect(score('{}', {}, { ...named, required: ['a'] }).reward).toBe(0);
  });

  it('refuses a schema that is none, or that is elsewhere', () => {
    expect(() => jsonSchema({ schema: { type: 'objekt' } })).toThrow(/the schema does not compile/);
    expect(() => jsonSchema({ schema: { $ref: 'https://example.com/missing' } })).toThrow(/can't resolve reference/);
  });

  it('has its schema among its settings, so that another schema is another rule', () => {
    expect(jsonSchema({ schema: SCHEMA }).settings).toEqual({ schema: SCHEMA });
  });
});
