/** Scorers by name: each can be made with its options, and a slip in them is found. */

import { describe, expect, it } from 'vitest';
import { createMetric, METRIC_TYPES } from '../../../src/benchmarks/metrics.js';
import type { JsonObject } from '../../../src/core/json.js';

const make = (type: string, options: JsonObject = {}) => createMetric({ type, name: 'score', options });
const score = async (type: string, options: JsonObject, response: string, target: string): Promise<number> =>
  (await make(type, options).score({ response, target, row: {} })).reward;

const REQUIRED: Record<string, JsonObject> = { json_schema: { schema: { type: 'object' } }, regex: { pattern: 'x' } };

it.each(METRIC_TYPES)('%s can be made, and scores any answer with a number', async (type) => {
  const scorer = make(type, REQUIRED[type]);
  expect(scorer.needs ?? []).toEqual([]);
  expect((await scorer.score({ response: 'Answer: 5', target: '5', row: {} })).reward).toBeTypeOf('number');
});

it.each<[string, JsonObject, string, string, number]>([
  ['exact_match', {}, 'The Nile.', 'nile', 1],
  ['exact_match', { case_sensitive: true }, 'nile', 'Nile', 0],
  ['token_f1', {}, 'big red boat', 'red boat', 0.8],
  ['regex', { pattern: 'is (\\d+)' }, 'It is 42 now', '42', 1],
  ['numeric', { tolerance: 0.1 }, 'about 3.05', '3', 1],
  ['json_schema', { schema: { type: 'object', required: ['a'] } }, '{"a": 1}', '', 1],
  ['json_schema', { schema: false }, '{"a": 1}', '', 0],
])('%s with %j scores %j against %j', async (type, options, response, target, reward) => {
  expect(await score(type, options, response, target)).toBeCloseTo(reward, 12);
});

describe('a slip', () => {
  it.each<[string, string, JsonObject, RegExp]>([
    ['an unknown type', 'tokenf1', {}, /no scorer "tokenf1" \(did you mean "token_f1"\?\)/],
    ['a name that every object has', 'constructor', {}, /no scorer "constructor"/],
    ['an unknown option', 'exact_match', { case_sensitve: true }, /metric "score" \(exact_match\): .*did you mean "case_sensitive"/],
    ['an option of the wrong type', 'numeric', { tolerance: 'much' }, /tolerance/],
    ['an option that is missing', 'regex', {}, /pattern is missing/],
  ])('is found: %s', (_what, type, options, message) => {
    expect(() => make(type, options)).toThrow(message);
  });
});
