/** Solvers, parameters and metrics of a config, from file and flags. */

import { describe, expect, it } from 'vitest';
import type { RunFlags } from '../../../src/config/flags.js';
import { parseEvalConfig } from '../../../src/config/load.js';
import { resolveRunSpec } from '../../../src/config/resolve.js';
import { errorOf, yaml } from './helpers.js';

function resolve(benchmark: string, flags: RunFlags = {}, env: Record<string, string> = {}) {
  const text = yaml(
    'services:',
    '  tested: {url: "http://a/v1", model: a}',
    '  big: {url: "http://b/v1", model: b}',
    'benchmarks:',
    `  - {name: gsm8k, ${benchmark}}`,
  );
  return resolveRunSpec({ file: parseEvalConfig(text, 'eval.yaml'), flags, env, cwd: '/work' }).spec;
}
const solver = (written: string, flags?: RunFlags, env?: Record<string, string>) =>
  resolve(`solver: {${written}}`, flags, env).benchmarks[0]?.solver;

describe('a solver', () => {
  it.each<[string, object]>([
    ['service: tested', { type: 'simple', service: 'tested' }],
    ['type: vlm, service: tested', { type: 'vlm', service: 'tested' }],
    ['type: tool_calling, service: tested, max_turns: 3', { type: 'tool_calling', service: 'tested', max_turns: 3 }],
    ['type: oracle', { type: 'oracle', service: null }],
    ['type: replay, file: answers.jsonl', { type: 'replay', service: null, file: '/work/answers.jsonl', key: 'auto' }],
    ['type: replay, file: "${DIR}/a.jsonl", key: prompt', { type: 'replay', service: null, file: '/data/a.jsonl', key: 'prompt' }],
  ])('%s', (written, expected) => {
    expect(solver(written, {}, { DIR: '/data' })).toEqual(expected);
  });

  it('is chosen by flags over the file', () => {
    expect(solver('service: tested', { solver: 'oracle' })).toEqual({ type: 'oracle', service: null });
    expect(solver('service: tested', { replay: 'x.jsonl' })).toEqual({ type: 'replay', service: null, file: '/work/x.jsonl', key: 'auto' });
  });

  it('that a flag names leaves the settings of the one in the file alone', () => {
    expect(solver('type: tool_calling, service: tested, max_turns: 3', { solver: 'oracle' })).toEqual({ type: 'oracle', service: null });
  });

  it('that asks no model takes no service into the run', () => {
    expect(Object.keys(resolve('solver: {type: oracle}').services)).toEqual([]);
  });

  it.each<[string, RegExp]>([
    ['type: replay', /needs a file of recorded answers/],
    ['type: replay, file: "${NOWHERE}/a"', /solver\.file .*NOWHERE/],
    ['service: tested, file: answers.jsonl', /solver\.file is for the solver replay, and this one is simple/],
    ['type: oracle, max_turns: 3', /max_turns is for the solver tool_calling/],
    ['type: tool_caling', /did you mean "tool_calling"/],
    ['type: tool_calling, service: tested, max_turns: 0', /max_turns/],
  ])('is refused: %s', (written, message) => {
    expect(errorOf(() => solver(written)).message).toMatch(message);
  });
});

describe('metrics', () => {
  const metrics = (written: string) => resolve(`solver: {service: tested}, metrics: [${written}]`).benchmarks[0]?.metrics;

  it('are scorers with options, or judges with defaults', () => {
    expect(metrics('{type: token_f1}, {type: regex, name: digits, pattern: x}, {type: judge, service: big}')).toEqual([
      { type: 'token_f1', name: 'token_f1', options: {} },
      { type: 'regex', name: 'digits', options: { pattern: 'x' } },
      { type: 'judge', name: 'judge', service: 'big', rubric: null, scale: [1, 10], repeats: 1, mode: 'grade', allow_same_model: false },
    ]);
  });

  it('take the service of a judge into the run', () => {
    expect(Object.keys(resolve('solver: {service: tested}, metrics: [{type: judge, service: big, rubric: r}]').services)).toEqual([
      'tested',
      'big',
    ]);
  });

  it.each<[string, RegExp]>([
    ['{type: judge, service: bib}', /unknown service "bib" \(did you mean "big"\?\)/],
    ['{type: judge, service: big, scale: [5, 5]}', /scale must rise/],
    ['{type: judge}', /metrics\[0\]\.service is missing/],
    ['{type: judge, service: big, rubrik: x}', /unknown key "rubrik".*metrics\[0\].*did you mean "rubric"/],
    ['{type: judge, service: big, scale: [1]}', /scale must be a list of 2/],
    ['token_f1', /metrics\[0\] must be a mapping \(key: value\), got "token_f1"/],
    ['{type: judge, service: big, repeats: 0}', /metrics\[0\]\.repeats must be/],
    ['{type: 5}', /metrics\[0\]/],
    ['{name: x}', /metrics\[0\]/],
  ])('are refused: %s', (written, message) => {
    expect(errorOf(() => metrics(written)).message).toMatch(message);
  });
});

describe('parameters', () => {
  const params = (flags: RunFlags) => resolve('solver: {type: oracle}, params: {shots: 2, cot: true}', flags).benchmarks[0]?.params;

  it('of flags win over the file’s, each by itself', () => {
    expect(params({})).toEqual({ shots: 2, cot: true });
    expect(params({ param: ['shots=8', 'subset=all=1'] })).toEqual({ shots: 8, cot: true, subset: 'all=1' });
    expect(params({ param: ['cot=false'] })).toEqual({ shots: 2, cot: false });
  });

  it('without a name or a value are refused', () => {
    for (const text of ['shots', '=8']) expect(errorOf(() => params({ param: [text] })).message).toContain('not of the form name=value');
  });
});
