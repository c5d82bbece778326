/** What `nel rescore` takes for a metric and for a judge. */

import { describe, expect, it } from 'vitest';
import { parseEvalConfig } from '../../../src/config/load.js';
import { type RescoreFlags, resolveRescore } from '../../../src/config/rescore.js';
import { errorOf, yaml } from './helpers.js';

const FILE = yaml('services:', '  big: {url: "http://big/v1", model: big, concurrency: 3}', 'benchmarks:', '  - name: gsm8k');

function resolve(flags: Partial<RescoreFlags>, file?: string) {
  return resolveRescore({ metric: [], ...flags }, file === undefined ? undefined : parseEvalConfig(file, 'eval.yaml'), {});
}

const JUDGE = { type: 'judge', name: 'judge', rubric: null, scale: [1, 10], repeats: 1, mode: 'grade', allow_same_model: false };

describe('metrics', () => {
  it('are names or mappings, with their options', () => {
    expect(resolve({ metric: ['token_f1', '{type: regex, name: digits, pattern: "[0-9]+"}'] })).toEqual({
      metrics: [
        { type: 'token_f1', name: 'token_f1', options: {} },
        { type: 'regex', name: 'digits', options: { pattern: '[0-9]+' } },
      ],
      services: {},
    });
  });

  it('may be none', () => {
    expect(resolve({})).toEqual({ metrics: [], services: {} });
  });
});

describe('a judge', () => {
  it('comes from flags', () => {
    const { metrics, services } = resolve({ judgeUrl: 'http://j/v1', judgeModel: 'j', judgeKeyEnv: 'KEY', rubric: 'Is it polite?' });
    expect(metrics).toEqual([{ ...JUDGE, service: 'judge', rubric: 'Is it polite?' }]);
    expect(services).toMatchObject({ judge: { url: 'http://j/v1', model: 'j', api_key_env: 'KEY' } });
  });

  it('of a metric takes rubric and service from flags where it has none of its own', () => {
    const flags = { judgeUrl: 'http://j/v1', judgeModel: 'j', rubric: 'from the flag' };
    const { metrics } = resolve({ ...flags, metric: ['{type: judge, name: a}', '{type: judge, name: b, rubric: own, scale: [0, 5]}'] });
    expect(metrics).toEqual([
      { ...JUDGE, name: 'a', service: 'judge', rubric: 'from the flag' },
      { ...JUDGE, name: 'b', service: 'judge', rubric: 'own', scale: [0, 5] },
    ]);
  });

  it('may be a service of a config, of which only what is asked is taken', () => {
    const { metrics, services } = resolve({ metric: ['{type: judge, service: big, rubric: r}'] }, FILE);
    expect(metrics).toEqual([{ ...JUDGE, service: 'big', rubric: 'r' }]);
    expect(services).toMatchObject({ big: { model: 'big', concurrency: 3 } });
    expect(resolve({ metric: ['token_f1'] }, FILE).services).toEqual({});
  });
});

describe('what cannot be read is refused', () => {
  it.each<[string, Partial<RescoreFlags>, string | undefined, RegExp]>([
    ['broken YAML', { metric: ['{type: '] }, undefined, /--metric/],
    ['a list', { metric: ['[token_f1]'] }, undefined, /names no scorer/],
    ['a mapping without a type', { metric: ['{name: x}'] }, undefined, /names no scorer/],
    ['an empty text', { metric: [''] }, undefined, /names no scorer/],
    ['a judge from nowhere', { metric: ['judge'] }, undefined, /not said which model judges/],
    [
      'a service that the config has not',
      { metric: ['{type: judge, service: bigg, rubric: r}'] },
      FILE,
      /unknown service "bigg" \(did you mean "big"\?\)/,
    ],
    ['an address without a model', { judgeUrl: 'http://j/v1' }, undefined, /--judge-url needs/],
    ['a model without an address', { judgeModel: 'j', metric: ['token_f1'] }, undefined, /--judge-model needs --judge-url/],
    ['a key without an address', { judgeKeyEnv: 'K', metric: ['token_f1'] }, undefined, /--judge-key-env needs --judge-url/],
    ['a rubric without a judge', { rubric: 'r', metric: ['token_f1'] }, undefined, /--rubric is for a judge/],
    [
      'a scale upside down',
      { judgeUrl: 'http://j/v1', judgeModel: 'j', metric: ['{type: judge, rubric: r, scale: [5, 1]}'] },
      undefined,
      /scale must rise/,
    ],
    ['a config and nothing to score by', {}, FILE, /gives services only/],
  ])('%s', (_what, flags, file, message) => {
    expect(errorOf(() => resolve(flags, file)).message).toMatch(message);
  });
});
