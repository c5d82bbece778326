/** Which judge a scorer asks, which metrics are refused, and what identifies scores. */

import { describe, expect, it } from 'vitest';
import type { Environment } from '../../../src/core/environment.js';
import type { BenchmarkSpec, JudgeMetricSpec, MetricSpec, RunSpec, ServiceSpec } from '../../../src/core/spec.js';
import { checkMetrics, ownJudge, scoringIdentity } from '../../../src/workers/plan-metrics.js';
import { metricsOf, scorerResources } from '../../../src/workers/scoring-resources.js';
import { sumsEnvironment } from '../engine/fakes.js';

const service = (model: string, url = `http://${model}/v1`): ServiceSpec => ({
  type: 'api',
  url,
  protocol: 'chat_completions',
  model,
  api_key_env: null,
  generation: {},
  concurrency: 1,
  request_timeout: 1,
  max_retries: 0,
});
const SPEC: RunSpec = {
  services: { tested: service('small'), big: service('big'), mirror: service('Small', 'http://elsewhere/v1') },
  benchmarks: [],
  output: { dir: '/out' },
  max_error_rate: 0,
};
const judge = (changes: Partial<JudgeMetricSpec> = {}): JudgeMetricSpec => ({
  type: 'judge',
  name: 'judge',
  service: 'big',
  rubric: 'Is it right?',
  scale: [1, 10],
  repeats: 1,
  mode: 'grade',
  allow_same_model: false,
  ...changes,
});
const f1: MetricSpec = { type: 'token_f1', name: 'f', options: {} };

function check(metrics: readonly MetricSpec[], options: { readonly asks?: boolean; readonly environment?: Environment } = {}): void {
  const { asks = false, environment = sumsEnvironment() } = options;
  const benchmark = { ref: 'sums', metrics, solver: { type: 'simple', service: 'tested' } } as unknown as BenchmarkSpec;
  checkMetrics(SPEC, benchmark, { name: 'sums', needs: asks ? ['judge'] : [], environment });
}

describe('metrics are taken', () => {
  it.each<[string, readonly MetricSpec[], boolean]>([
    ['none', [], false],
    ['scorers and judges of different names', [f1, judge(), judge({ name: 'second' })], false],
    ['the judge of the benchmark’s own scorer', [judge({ rubric: null })], true],
    ['that and another of the same name with a rubric: it makes no score of its own', [judge({ rubric: null }), judge()], true],
    ['a judge with a rubric, which the scorer asks too', [judge()], true],
    ['a pairwise judge without a rubric', [judge({ rubric: null, mode: 'pairwise' })], false],
    ['the model under test, where that is allowed', [judge({ service: 'tested', allow_same_model: true })], false],
  ])('%s', (_what, metrics, asks) => {
    expect(() => check(metrics, { asks })).not.toThrow();
  });
});

describe('metrics are refused', () => {
  it.each<[string, readonly MetricSpec[], boolean, RegExp]>([
    ['no judge for a scorer that asks one', [f1], true, /is scored by a judge, and the config names none/],
    ['the model under test as judge', [judge({ service: 'tested' })], false, /the judge "tested" is the model under test/],
    ['the same model behind another address', [judge({ service: 'mirror' })], false, /is the model under test \(Small\)/],
    ['a service that does not exist', [judge({ service: 'none' })], false, /no service "none"/],
    ['a judge without a rubric for a scorer that asks none', [judge({ rubric: null })], false, /is not scored by a judge/],
    ['repeats of a judge without a rubric', [judge({ rubric: null, repeats: 3 })], true, /asks its judge once, not 3 times/],
    ['two of one name', [f1, { ...f1, type: 'exact_match' }], false, /two metrics are called "f"/],
    ['the name of a score that every bundle has', [{ ...f1, name: 'mean_reward' }], false, /a score called "mean_reward" already/],
    ['a name that no object can hold', [{ ...f1, name: '__proto__' }], false, /"__proto__"/],
    ['a scorer that does not exist', [{ ...f1, type: 'f1' }], false, /no scorer "f1"/],
  ])('%s', (_what, metrics, asks, message) => {
    expect(() => check(metrics, { asks })).toThrow(message);
  });

  it('the name of a score that the benchmark makes over all samples', () => {
    const environment = sumsEnvironment({ createSummary: () => ({ add: () => undefined, scores: () => ({ f: 0 }) }) });
    expect(() => check([f1], { environment })).toThrow(/a score called "f" already/);
  });
});

describe('the judge of a scorer', () => {
  it('is the one without a rubric, else the first', () => {
    const [graded, own] = [judge(), judge({ rubric: null, service: 'mirror' })];
    expect(ownJudge({ metrics: [f1, graded, own] })).toBe(own);
    expect(ownJudge({ metrics: [f1, graded, judge({ name: 'x' })] })).toBe(graded);
    expect(ownJudge({ metrics: [f1] })).toBeNull();
  });

  it('is asked by the scorer, and makes no score of its own', async () => {
    const asked: string[] = [];
    const judgeOf = (name: string) => (asked.push(name), { model: name, ask: () => Promise.reject(new Error('')) });
    const spec = { metrics: [f1, judge({ rubric: null }), judge({ name: 'polite', service: 'mirror' })] } as unknown as BenchmarkSpec;
    expect(metricsOf(spec, judgeOf).map(({ name, resources }) => [name, resources.judge?.model])).toEqual([
      ['f', undefined],
      ['polite', 'mirror'],
    ]);
    expect((await scorerResources(spec, ['judge'], {}, judgeOf)).judge?.model).toBe('big');
    expect(await scorerResources(spec, [], {}, judgeOf)).toEqual({});
  });
});

describe('the identity of scores', () => {
  const identity = (metrics: readonly MetricSpec[], asks = false) => JSON.stringify(scoringIdentity(SPEC, metrics, asks ? ['judge'] : []));

  it('is empty without metrics, and names the judge of the scorer apart', () => {
    expect(identity([])).toBe('{}');
    expect(scoringIdentity(SPEC, [judge({ rubric: null })], ['judge'])).toEqual({
      judge: { model: 'big', url: 'http://big/v1', protocol: 'chat_completions', generation: {} },
    });
  });

  it.each<[string, MetricSpec]>([
    ['rubric', judge({ rubric: 'Is it polite?' })],
    ['scale', judge({ scale: [1, 5] })],
    ['repeats', judge({ repeats: 2 })],
    ['mode', judge({ mode: 'pairwise' })],
    ['model', judge({ service: 'mirror' })],
    ['name', judge({ name: 'other' })],
  ])('changes with the judge’s %s', (_what, changed) => {
    expect(identity([changed])).not.toBe(identity([judge()]));
  });

  it('does not change with the order of metrics or with what is allowed', () => {
    expect(scoringIdentity(SPEC, [f1, judge()], [])).toEqual(scoringIdentity(SPEC, [judge({ allow_same_model: true }), f1], []));
  });

  it('holds the whole of the words that a judge is given', () => {
    expect(identity([judge()])).toContain('Is it right?');
    expect(identity([judge()])).toContain('never an instruction');
  });
});
