/** Metrics beside the reward, and what scorers are given: values, details, a judge's questions, and what goes wrong. */

import { describe, expect, it } from 'vitest';
import { openLocalEnvironment } from '../../../../src/adapters/environments/local.js';
import { judgeAnswer } from '../../../../src/adapters/environments/scorer-tools.js';
import { type Metric, withMetrics } from '../../../../src/adapters/environments/with-metrics.js';
import { defineBenchmark } from '../../../../src/benchmarks/define.js';
import type { Scorer } from '../../../../src/core/benchmark.js';
import type { Seed } from '../../../../src/core/environment.js';
import { type Judge, type JudgeCall, NoVerdictError } from '../../../../src/core/judge.js';
import type { Sandbox } from '../../../../src/core/sandbox.js';
import { judgeMetric } from '../../../../src/core/scoring/judge.js';
import { sumsEnvironment } from '../../engine/fakes.js';

const { signal } = new AbortController();

/** Replies in turn, then the last one again. */
function judge(...replies: readonly string[]): Judge & { readonly calls: JudgeCall[] } {
  const calls: JudgeCall[] = [];
  return {
    model: 'j',
    calls,
    async ask({ messages }) {
      const content = replies[Math.min(calls.length, replies.length - 1)];
      const call = { service: 'j', messages, model: { content } } as unknown as JudgeCall;
      calls.push(call);
      return call;
    },
  };
}

const grade = judgeMetric({ rubric: 'r', scale: [0, 10], repeats: 1, mode: 'grade' });
const length: Metric = {
  name: 'length',
  scorer: { name: 'length', score: ({ response }) => ({ reward: response.length, extracted: null }) },
  resources: {},
};

async function verify(metrics: readonly Metric[], environment = sumsEnvironment(), response = '6') {
  const wrapped = withMetrics(environment, metrics);
  const seed = (await wrapped.seed(3, 0, signal)) as Seed;
  return wrapped.verify(seed, response, signal);
}

describe('metrics', () => {
  it('leave the environment as it is where there are none', () => {
    const environment = sumsEnvironment();
    expect(withMetrics(environment, [])).toBe(environment);
  });

  it('judges no answer without its problem: metrics have no prompt then', () => {
    const environment = { ...sumsEnvironment(), verifyDetached: () => Promise.reject(new Error('not asked')) };
    expect(withMetrics(environment, [length])).not.toHaveProperty('verifyDetached');
  });

  it('join the details under their names, with their own details apart, and leave the verdict alone', async () => {
    const asked = judge('{"grade": 5}');
    const verified = await verify([length, { name: 'quality', scorer: grade, resources: { judge: asked } }]);
    expect(verified).toEqual({
      reward: 1,
      extracted_answer: '6',
      scoring_method: 'contains',
      scoring_details: { length: 1, quality: 0.5, quality_details: { grade: 5 } },
      failure_category: null,
      judge_calls: asked.calls,
    });
  });

  it('are shown the target, the prompt and the metadata of the seed', async () => {
    const seen: unknown[] = [];
    const scorer: Scorer = { name: 's', score: (input) => (seen.push(input), { reward: 0, extracted: null }) };
    await verify([{ name: 's', scorer, resources: {} }]);
    expect(seen).toEqual([{ response: '6', target: '6', row: { i: 3 }, prompt: '3 + 3 = ?' }]);
  });

  it('keep the questions of the scorer and of each metric in order', async () => {
    const [first, second] = [judge('{"grade": 1}'), judge('{"grade": 2}')];
    const metrics = [first, second].map((one, i) => ({ name: `m${i}`, scorer: grade, resources: { judge: one } }));
    expect((await verify(metrics)).judge_calls).toEqual([...first.calls, ...second.calls]);
  });

  it('may not have the name of a score that is there', async () => {
    const environment = sumsEnvironment({
      verify: () => ({ reward: 1, extracted_answer: null, scoring_method: 's', scoring_details: { length: 3 }, failure_category: null }),
    });
    await expect(verify([length], environment)).rejects.toMatchObject({ kind: 'config', message: expect.stringContaining('length') });
  });

  it('must give a number', async () => {
    const scorer: Scorer = { name: 's', score: () => ({ reward: Number.NaN, extracted: null }) };
    await expect(verify([{ name: 'nan', scorer, resources: {} }])).rejects.toThrow('the metric nan gave NaN');
  });

  it('without a verdict fail with all that was asked for the sample', async () => {
    const [good, bad] = [judge('{"grade": 1}'), judge('hm')];
    const metrics = [good, bad].map((one, i) => ({ name: `m${i}`, scorer: grade, resources: { judge: one } }));
    const failed = await verify(metrics).then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(failed).toBeInstanceOf(NoVerdictError);
    expect((failed as NoVerdictError).judgeCalls).toEqual([...good.calls, ...bad.calls]);
    expect((failed as Error).message).toContain('metric m1: the judge gave no usable verdict');
  });

  it('say that judging may take long where one of them asks a judge', () => {
    expect(withMetrics(sumsEnvironment(), [length]).asksJudge).toBeUndefined();
    expect(withMetrics(sumsEnvironment(), [{ name: 'm', scorer: grade, resources: { judge: judge('') } }]).asksJudge).toBe(true);
  });
});

describe('a scorer with needs', () => {
  const input = { response: 'r', target: 't', row: {} };

  it('is told what is not configured', async () => {
    const runs: Scorer = { name: 'runs', needs: ['sandbox'], score: (_input, tools) => (tools?.sandbox, { reward: 1, extracted: null }) };
    await expect(judgeAnswer(runs, input, {}, signal)).rejects.toMatchObject({
      kind: 'config',
      message: expect.stringContaining('runs code'),
    });
    await expect(judgeAnswer(grade, input, {}, signal)).rejects.toMatchObject({
      kind: 'config',
      message: expect.stringContaining('asks a judge'),
    });
  });

  it('gets sandbox, judge and signal', async () => {
    const sandbox = {} as Sandbox;
    const seen: unknown[] = [];
    const both: Scorer = {
      name: 'both',
      needs: ['sandbox', 'judge'],
      async score(_input, tools) {
        seen.push(tools?.sandbox, tools?.signal, (await tools?.judge({ messages: [] }))?.model.content);
        return { reward: 1, extracted: null };
      },
    };
    const asked = judge('ok');
    expect(await judgeAnswer(both, input, { sandbox, judge: asked }, signal)).toMatchObject({ reward: 1, judge_calls: asked.calls });
    expect(seen).toEqual([sandbox, signal, 'ok']);
  });

  it('of a benchmark makes its environment say so', () => {
    const benchmark = defineBenchmark({ name: 'b', dataset: [{ q: 'x', a: 'y' }], prompt: '{q}', targetField: 'a', scorer: grade });
    const info = { source: 'inline', revision: null, fingerprint: '', size: 1 };
    const open = (resources: { judge?: Judge }) =>
      openLocalEnvironment({ benchmark, rows: [{ q: 'x', a: 'y' }], info, systemPrompt: null, resources });
    expect(open({ judge: judge('') }).asksJudge).toBe(true);
    expect(open({}).asksJudge).toBeUndefined();
  });
});
