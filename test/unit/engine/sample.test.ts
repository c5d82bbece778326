/** One sample: what becomes a record, and what ends the batch instead. */

import { describe, expect, it } from 'vitest';
import type { Verification } from '../../../src/core/environment.js';
import type { SampleRecord } from '../../../src/core/sample.js';
import { EndpointDownError } from '../../../src/engine/endpoint.js';
import { hashJson, sha256 } from '../../../src/engine/hash.js';
import { prepareSample, runSample, type SampleContext } from '../../../src/engine/sample.js';
import { callError, FakeModel, FakeRuntime, reply, sampleContext, signals, sumsEnvironment } from './fakes.js';

const key = { problem_idx: 3, repeat: 1 };

async function run(context: SampleContext, paid: SampleRecord | null = null, both = signals()): Promise<SampleRecord> {
  const prepared = await prepareSample(context, key, both.signals.abort);
  return runSample(context, { ...prepared, paid }, both.signals);
}

function judged(changes: Partial<Verification>): SampleContext['environment'] {
  const verdict: Verification = { reward: 0, extracted_answer: null, scoring_method: 's', scoring_details: {}, failure_category: null };
  return sumsEnvironment({ verify: () => ({ ...verdict, ...changes }) });
}

it('records an answered sample whole', async () => {
  const runtime = new FakeRuntime();
  const model = new FakeModel(() => {
    runtime.pass(40);
    return reply('6', { reasoning_content: 'three twice' });
  });
  const environment = sumsEnvironment({
    verify: async () => {
      runtime.pass(2.00049);
      return { reward: 1, extracted_answer: '6', scoring_method: 'contains', scoring_details: { f1: 1 }, failure_category: null };
    },
  });
  const requestHash = hashJson({ protocol: 'completions', body: { model: 'm', prompt: '3 + 3 = ?', seed: 1 } });
  expect(await run(sampleContext(model, { runtime, environment, generation: 2 }))).toEqual({
    step_id: 'sums-3-1',
    problem_idx: 3,
    repeat: 1,
    timestamp: '1970-01-01T00:16:40.042Z',
    generation: 2,
    status: 'scored',
    reward: 1,
    extracted_answer: '6',
    expected_answer: '6',
    scoring_method: 'contains',
    scoring_details: { f1: 1 },
    failure_category: null,
    category: 'odd',
    metadata: { i: 3 },
    prompt: '3 + 3 = ?',
    messages: [{ role: 'user', content: '3 + 3 = ?' }],
    request_hash: requestHash,
    attempts: 1,
    timing: { seed_ms: 0, model_ms: 40, verify_ms: 2, total_ms: 42 },
    model: {
      content: '6',
      reasoning_content: 'three twice',
      model: 'm',
      finish_reason: 'stop',
      tokens: { prompt: 7, completion: 5, reasoning: null, total: 12 },
      latency_ms: 40,
      request_hash: requestHash,
      response_hash: sha256('6'),
    },
    model_error: null,
  });
});

it('records a call that failed for good as an error with reward 0, and how often it was tried', async () => {
  const record = await run(sampleContext(new FakeModel(() => Promise.reject(callError('server_error')))));
  expect(record).toMatchObject({
    status: 'error',
    reward: 0,
    extracted_answer: null,
    scoring_method: 'none',
    failure_category: 'server_error',
    attempts: 3,
    model: null,
    model_error: { category: 'server_error', message: 'the endpoint said server_error', status: null },
  });
});

describe('a judgement that cannot be made', () => {
  it('is an error that keeps the paid answer, never a zero', async () => {
    const environment = sumsEnvironment({ verify: () => Promise.reject(new Error('the sandbox is gone')) });
    expect(await run(sampleContext(new FakeModel(() => reply('6')), { environment }))).toMatchObject({
      status: 'error',
      reward: 0,
      failure_category: 'verify_error',
      model: { content: '6' },
      model_error: { category: 'verify_error', message: 'the sandbox is gone', status: null },
    });
  });

  it.each([[Number.NaN], [Number.POSITIVE_INFINITY]])('includes a reward of %s', async (reward) => {
    const record = await run(sampleContext(new FakeModel(() => reply('6')), { environment: judged({ reward }) }));
    expect(record).toMatchObject({ status: 'error', reward: 0, failure_category: 'verify_error' });
    expect(record.model_error?.message).toContain(`the scorer s gave the reward ${reward}`);
  });

  it('ends the batch when it was an abort', async () => {
    const both = signals();
    const environment = sumsEnvironment({
      verify: () => {
        both.abort.abort();
        throw new Error('interrupted');
      },
    });
    await expect(run(sampleContext(new FakeModel(() => reply()), { environment }), null, both)).rejects.toThrow('interrupted');
  });
});

it('judges a paid answer again without a call, and keeps how often it was asked and how long that took', async () => {
  const broken = sumsEnvironment({ verify: () => Promise.reject(new Error('no')) });
  const paid = await run(sampleContext(new FakeModel(() => reply('6')), { environment: broken }));
  const model = new FakeModel(() => reply('another'));
  const record = await run(sampleContext(model), { ...paid, attempts: 3, model: paid.model && { ...paid.model, latency_ms: 55 } });
  expect(model.requests).toHaveLength(0);
  expect(record).toMatchObject({ status: 'scored', reward: 1, attempts: 3, model: { content: '6', latency_ms: 55 }, model_error: null });
});

describe('what no sample is to blame for', () => {
  it('ends the batch: a refusal', async () => {
    const refusal = callError('bad_response', 'stop_run');
    await expect(run(sampleContext(new FakeModel(() => Promise.reject(refusal))))).rejects.toBe(refusal);
  });

  it('ends the batch: an endpoint that is down', async () => {
    const model = new FakeModel(() => Promise.reject(callError('connection')));
    model.probeResult = { up: false, detail: 'refused' };
    await expect(run(sampleContext(model))).rejects.toBeInstanceOf(EndpointDownError);
  });
});

describe('the failure category', () => {
  const failure = async (finish_reason: string | null, verdict: Partial<Verification>) =>
    (await run(sampleContext(new FakeModel(() => reply('x', { finish_reason })), { environment: judged(verdict) }))).failure_category;

  it('is that of a cut answer whatever the scorer made of it, unless it earned full credit', async () => {
    expect(await failure('length', { reward: 0, failure_category: 'format_error' })).toBe('truncated');
    expect(await failure('length', { reward: 0.5 })).toBe('truncated');
    expect(await failure('length', { reward: 1 })).toBeNull();
    expect(await failure('content_filter', { reward: 0, failure_category: 'empty_response' })).toBe('content_filter');
  });

  it('is the scorer’s for a whole answer, and none for a wrong one that is well-formed', async () => {
    expect(await failure('stop', { reward: 0, failure_category: 'refusal' })).toBe('refusal');
    expect(await failure(null, { reward: 0 })).toBeNull();
    expect(await failure('stop', { reward: 1, failure_category: 'format_error' })).toBeNull();
  });
});
