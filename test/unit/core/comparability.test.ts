/** What makes two bundles of a benchmark incomparable, and what is only worth a word. */

import { describe, expect, it } from 'vitest';
import { type BundleSummary, breaksPairing, bundleDifferences } from '../../../src/core/comparability.js';
import type { JsonObject } from '../../../src/core/json.js';

function bundle(config: JsonObject | null, fingerprint: string | null = null): BundleSummary {
  return {
    name: 'b',
    run_id: null,
    timestamp: null,
    scores: {},
    categories: {},
    config,
    dataset: { fingerprint, size: null },
    coverage: { expected: null, errors: null },
    runtime: {},
  };
}

const between = (a: JsonObject | null, b: JsonObject | null, prints: [string | null, string | null] = [null, null]) =>
  bundleDifferences(bundle(a, prints[0]), bundle(b, prints[1])).map((difference) => [
    difference.kind,
    difference.field,
    breaksPairing(difference),
  ]);

describe('bundleDifferences', () => {
  it('finds none in equal bundles, whatever the order of keys, and where a side says nothing', () => {
    expect(between({ a: 1, b: { c: [1, 2] } }, { b: { c: [1, 2] }, a: 1 })).toEqual([]);
    expect(between({ prompt: 'a' }, null)).toEqual([]);
    expect(between(null, null, ['x', null])).toEqual([]);
  });

  it('knows the fields of our own bundles', () => {
    const ours = (more: JsonObject): JsonObject => ({
      benchmark: 'b',
      definition: 'sha256:1',
      dataset: 'sha256:d',
      n_problems: 100,
      repeats: 1,
      system_prompt: null,
      scorer: 'mmlu_pro',
      solver: 'simple',
      model: 'a',
      url: 'http://a',
      protocol: 'chat_completions',
      generation: { temperature: 0, max_tokens: 10 },
      service: { url: 'http://a', model: 'a', concurrency: 1, api_key_env: 'A', generation: { temperature: 0 } },
      ...more,
    });
    expect(between(ours({}), ours({ dataset: 'sha256:e' }), ['sha256:d', 'sha256:e'])).toEqual([['dataset', 'dataset.fingerprint', true]]);
    expect(between(ours({}), ours({ definition: 'sha256:2', scorer: 'x', n_problems: 5, system_prompt: 'p' }))).toEqual([
      ['prompt', 'config.definition', true],
      ['prompt', 'config.system_prompt', true],
      ['scorer', 'config.scorer', true],
      ['limit', 'config.n_problems', true],
    ]);
    const warm = ours({
      repeats: 4,
      model: 'b',
      url: 'http://b',
      generation: { temperature: 1, max_tokens: 10 },
      service: { url: 'http://b', model: 'b', concurrency: 9, api_key_env: 'B', generation: { temperature: 1 } },
    });
    expect(between(ours({}), warm)).toEqual([
      ['setting', 'config.generation.temperature', false],
      ['setting', 'config.repeats', false],
      ['model', 'config.model', false],
      ['model', 'config.url', false],
    ]);
  });

  it('refuses to pair a metric that both sides have and score differently; one that only one side has is worth a word', () => {
    const judged = (rubric: string, url = 'http://j'): JsonObject => ({ rubric, judge: { model: 'j', url } });
    expect(between({ metrics: { polite: judged('a') } }, { metrics: { polite: judged('b') } })).toEqual([
      ['scorer', 'config.metrics.polite.rubric', true],
    ]);
    const added = between({ scorer: 's' }, { scorer: 's', metrics: { polite: judged('a') } });
    expect(added.map(([kind, , breaks]) => [kind, breaks])).toEqual(added.map(() => ['setting', false]));
    expect(added.length).toBeGreaterThan(0);
    // A judge that moved is the same judge; a metric that is called judge is none.
    expect(between({ metrics: { polite: judged('a') } }, { metrics: { polite: judged('a', 'http://k') } })).toEqual([
      ['setting', 'config.metrics.polite.judge.url', false],
    ]);
    expect(between({ metrics: { judge: { rubric: 'a' } } }, { metrics: { other: { type: 'x' } } }).some(([, , breaks]) => breaks)).toBe(
      false,
    );
    expect(between({ judge: { model: 'a', url: 'x' } }, { judge: { model: 'b', url: 'y' } })).toEqual([
      ['scorer', 'config.judge.model', true],
      ['setting', 'config.judge.url', false],
    ]);
  });

  it('takes the same rows from another place for the same data set', () => {
    expect(between({ dataset: '/a.jsonl' }, { dataset: '/b.jsonl' }, ['f', 'f'])).toEqual([]);
    expect(between({ dataset: '/a.jsonl' }, { dataset: '/b.jsonl' })).toEqual([['dataset', 'config.dataset', true]]);
  });

  it('never looks at what may be a credential', () => {
    expect(
      between(
        { api_key: 'a', headers: { Authorization: 'a' }, hf_token: 'a' },
        { api_key: 'b', headers: { Authorization: 'b' }, hf_token: 'b' },
      ),
    ).toEqual([]);
    expect(between({ max_tokens: 1 }, { max_tokens: 2 })).toEqual([['setting', 'config.max_tokens', false]]);
  });
});
