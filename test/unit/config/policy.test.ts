/** The gate policy file: what is read, and where each mistake is found. */

import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadGatePolicy, parseGatePolicy, policyJsonSchema } from '../../../src/config/policy.js';
import { NelError } from '../../../src/core/errors.js';
import { resolvePolicy } from '../../../src/core/policy.js';
import { temporaryFolder } from '../../temporary-folder.js';

const parse = (text: string) => parseGatePolicy(text, 'policy.yaml', 'hash');

function errorOf(text: string): string {
  try {
    parse(text);
  } catch (error) {
    expect(error).toBeInstanceOf(NelError);
    expect((error as NelError).kind).toBe('config');
    return (error as NelError).message;
  }
  throw new Error('the policy was accepted');
}

const FULL = `version: 1
evidence: confidence
min_items: 20
defaults:
  tier: supporting
  metric: mean_reward
  max_drop: 0.015
  min_coverage: 0.9
benchmarks:
  mmlu_pro: {tier: critical, max_drop: 0.01, evidence: point}
  aime:
    max_relative_drop: 0.02
    relative_guard_below: 0.2
    cluster_by: subject
    max_error_rate: 0
  ppl: {direction: lower_is_better, max_drop: 0.5, min_items: 30}
  plain:
`;

describe('resolution', () => {
  it('takes the entry before the defaults before the top of the file before ours', () => {
    const policy = parse(FULL);
    expect(resolvePolicy(policy, 'mmlu_pro')).toEqual({
      benchmark: 'mmlu_pro',
      listed: true,
      tier: 'critical',
      metric: 'mean_reward',
      metric_assumed: false,
      direction: 'higher_is_better',
      max_drop: 0.01,
      max_relative_drop: null,
      relative_guard_below: null,
      evidence: 'point',
      min_items: 20,
      cluster_by: null,
      max_error_rate: 0.01,
      min_coverage: 0.9,
    });
    expect(resolvePolicy(policy, 'aime')).toMatchObject({
      max_relative_drop: 0.02,
      relative_guard_below: 0.2,
      cluster_by: 'subject',
      max_error_rate: 0,
      evidence: 'confidence',
    });
    expect(resolvePolicy(policy, 'ppl')).toMatchObject({ direction: 'lower_is_better', max_drop: 0.5, min_items: 30 });
    expect(resolvePolicy(policy, 'plain')).toMatchObject({ listed: true, tier: 'supporting', max_drop: 0.015 });
    expect(resolvePolicy(policy, 'other')).toMatchObject({ listed: false, tier: 'supporting', max_drop: 0.015 });
  });

  it('lets a flag beat every evidence rule', () => {
    expect(resolvePolicy(parse(FULL), 'mmlu_pro', 'confidence').evidence).toBe('confidence');
  });

  it('has the documented defaults where the file says nothing', () => {
    expect(resolvePolicy(parse('version: 1'), 'x')).toMatchObject({
      tier: 'supporting',
      metric: 'mean_reward',
      metric_assumed: true,
      direction: 'higher_is_better',
      max_drop: 0.015,
      evidence: 'point',
      min_items: 10,
      max_error_rate: 0.01,
      min_coverage: 0,
    });
  });
});

describe('the file', () => {
  it('is named in the policy as it was given, with its hash', () => {
    const dir = temporaryFolder('policy');
    writeFileSync(path.join(dir, 'p.yaml'), 'version: 1\n');
    const { source } = loadGatePolicy('p.yaml', { cwd: dir });
    expect(source).toEqual({ path: 'p.yaml', sha256: '09bfcc6a14b83e2192b8673677725c84883ee9cd0c70e45c9ec09daa8f2b2847', positions: {} });
  });

  it('is missing with its name and what to do', () => {
    expect(() => loadGatePolicy('/nowhere/p.yaml')).toThrow('/nowhere/p.yaml: gate policy: no such file');
  });
});

describe('mistakes name file, line, column and field', () => {
  it.each([
    [
      'an unknown field',
      'version: 1\ndefualts: {}',
      'policy.yaml:2:1: gate policy: unknown field "defualts" in the policy (did you mean "defaults"?)',
    ],
    [
      'an unknown field of an entry',
      'version: 1\nbenchmarks:\n  mmlu: {metric: mean_reward, max_dorp: 0.1}',
      'policy.yaml:3:31: gate policy: unknown field "max_dorp" in benchmarks.mmlu (did you mean "max_drop"?)',
    ],
    ['another version', 'version: 2', 'policy.yaml:1:10: gate policy: version must be 1, got 2'],
    ['a version as text', 'version: "1"', 'policy.yaml:1:10: gate policy: version must be 1, got "1"'],
    [
      'an unknown tier',
      'defaults:\n  tier: critcal',
      'policy.yaml:2:9: gate policy: defaults.tier must be "critical" or "supporting" or "advisory", got "critcal" (did you mean "critical"?)',
    ],
    [
      'an unknown direction',
      'defaults: {direction: down}',
      'policy.yaml:1:23: gate policy: defaults.direction must be "higher_is_better" or "lower_is_better", got "down"',
    ],
    [
      'a negative max_drop',
      'defaults: {max_drop: -0.01}',
      'policy.yaml:1:22: gate policy: defaults.max_drop must be a number of at least 0, got -0.01',
    ],
    [
      'a max_drop as text',
      'defaults: {max_drop: 1%}',
      'policy.yaml:1:22: gate policy: defaults.max_drop must be a number of at least 0, got "1%"',
    ],
    [
      'a max_drop that is no number',
      'defaults: {max_drop: .nan}',
      'policy.yaml:1:22: gate policy: defaults.max_drop must be a number of at least 0, got NaN',
    ],
    [
      'an infinite max_drop',
      'defaults: {max_drop: .inf}',
      'policy.yaml:1:22: gate policy: defaults.max_drop must be a number of at least 0, got Infinity',
    ],
    [
      'an empty max_drop',
      'defaults:\n  max_drop:\n  metric: x',
      'policy.yaml:2:3: gate policy: defaults.max_drop must be a number of at least 0, got nothing',
    ],
    [
      'a negative max_relative_drop',
      'defaults: {max_relative_drop: -1}',
      'defaults.max_relative_drop must be a number of at least 0, got -1',
    ],
    ['a guard in percent', 'defaults: {relative_guard_below: 20}', 'defaults.relative_guard_below must be a number from 0 to 1, got 20'],
    ['an unknown evidence rule', 'evidence: ci', 'policy.yaml:1:11: gate policy: evidence must be "point" or "confidence", got "ci"'],
    ['min_items of 0', 'min_items: 0', 'min_items must be an integer of at least 1, got 0'],
    ['an error rate above 1', 'max_error_rate: 5', 'max_error_rate must be a number from 0 to 1, got 5'],
    ['a coverage in percent', 'defaults: {min_coverage: 90}', 'defaults.min_coverage must be a number from 0 to 1, got 90'],
    ['an empty metric', 'defaults: {metric: ""}', 'defaults.metric must be text, got ""'],
    [
      'benchmarks as a list',
      'benchmarks:\n  - mmlu',
      'policy.yaml:1:1: gate policy: benchmarks must be a mapping (key: value), got a list',
    ],
    ['empty benchmarks', 'version: 1\nbenchmarks:', 'policy.yaml:2:1: gate policy: benchmarks must be a mapping (key: value), got nothing'],
    ['empty defaults', 'version: 1\ndefaults:', 'policy.yaml:2:1: gate policy: defaults must be a mapping (key: value), got nothing'],
    [
      'a benchmark twice',
      'benchmarks:\n  a: {metric: m}\n  a: {metric: m}',
      'policy.yaml:3:3: gate policy: benchmarks.a is given twice, first in line 2',
    ],
    ['broken YAML', 'version: 1\n\tdefaults: {}', 'policy.yaml:2:1: gate policy: a tab is used to indent'],
    ['a text', 'just a text', 'policy.yaml:1: gate policy: must be a mapping (key: value), got "just a text"'],
    ['an empty file', '', 'policy.yaml:1: gate policy: must be a mapping (key: value), got nothing'],
    [
      'no metric',
      'version: 1\nbenchmarks:\n  mmlu:\n    tier: critical\n',
      'policy.yaml:3:3: gate policy: benchmarks.mmlu: required benchmark must resolve to an explicit metric',
    ],
  ])('%s', (_name, text, message) => {
    expect(errorOf(text)).toContain(message);
  });

  it('all at once', () => {
    expect(errorOf('version: 3\ndefaults: {tier: x, max_drop: -1}')).toMatch(
      /^3 problems:\n {2}policy\.yaml:1:10: gate policy: .*\n {2}policy\.yaml:2:18: .*\n {2}policy\.yaml:2:31: /,
    );
  });

  it('but an advisory benchmark needs no metric', () => {
    expect(parse('benchmarks: {a: {tier: advisory}}').benchmarks).toEqual({ a: { tier: 'advisory' } });
  });
});

describe('the example policies', () => {
  const DIR = path.resolve(import.meta.dirname, '../../../examples/policies');

  it.each(['01_quantization.yaml', '02_per_commit.yaml', '03_perplexity.yaml'])('%s is a policy', (file) => {
    expect(Object.keys(loadGatePolicy(path.join(DIR, file)).benchmarks).length).toBeGreaterThan(0);
  });
});

it('describes itself as a JSON Schema', () => {
  const schema = policyJsonSchema();
  expect(schema).toMatchObject({ type: 'object', additionalProperties: false, properties: { version: { const: 1 } } });
  expect(Object.keys(schema.properties?.['defaults']?.properties ?? {})).toEqual([
    'tier',
    'metric',
    'direction',
    'max_drop',
    'max_relative_drop',
    'relative_guard_below',
    'evidence',
    'min_items',
    'cluster_by',
    'max_error_rate',
    'min_coverage',
  ]);
  expect(readFileSync(path.resolve(import.meta.dirname, '../../../schemas/gate-policy.schema.json'), 'utf8')).toBe(
    `${JSON.stringify(schema, null, 2)}\n`,
  );
});
