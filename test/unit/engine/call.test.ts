/** One model call with retries, in a world where time passes only by sleeping. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ModelCallError, type ModelResponse } from '../../../src/core/model.js';
import { type CallTally, callWithRetries, delayMs, type RetryPolicy } from '../../../src/engine/call.js';
import { Endpoint, EndpointDownError } from '../../../src/engine/endpoint.js';
import { callError, FakeModel, FakeRuntime, reply, settle, signals } from './fakes.js';

const policy: RetryPolicy = { maxRetries: 3, baseDelayMs: 100, maxDelayMs: 1000 };
const request = { protocol: 'completions', body: { prompt: 'x' } } as const;

/** A call to a model that throws each of `errors` once and then answers. */
function scripted(errors: readonly unknown[], options: { policy?: RetryPolicy; concurrency?: number } = {}) {
  const runtime = new FakeRuntime();
  const model = new FakeModel((n) => {
    runtime.pass(7);
    const error = errors[n - 1];
    if (error !== undefined) throw error;
    return reply();
  });
  const endpoint = new Endpoint('http://fake/v1', options.concurrency ?? 4, runtime.now);
  const tally: CallTally = { attempts: 0, latencyMs: 0 };
  const { stop, abort, signals: both } = signals();
  const call = (): Promise<ModelResponse> =>
    callWithRetries({ model, endpoint, policy: options.policy ?? policy, runtime, signals: both }, request, tally);
  return { runtime, model, endpoint, tally, stop, abort, call };
}

const times = (n: number, error: unknown): unknown[] => Array.from({ length: n }, () => error);

describe('a call', () => {
  it('that succeeds is sent once, and its latency is that of the attempt', async () => {
    const { call, tally, runtime, endpoint } = scripted([]);
    expect(await call()).toEqual(reply());
    expect(tally).toEqual({ attempts: 1, latencyMs: 7 });
    expect(runtime.sleeps).toEqual([]);
    expect(endpoint.limiter.state.inFlight).toBe(0);
  });

  it('is tried again after a failure; the latency leaves failed attempts and waiting out', async () => {
    const { call, tally, runtime } = scripted([callError('server_error'), callError('connection')]);
    await call();
    expect(runtime.calls).toEqual([1, -1, 1, -1, 1, -1]);
    expect(tally).toEqual({ attempts: 3, latencyMs: 7 });
    expect(runtime.sleeps).toEqual([100, 200]);
  });

  it('fails for good after the retries that the policy allows, with the last error', async () => {
    const errors = [1, 2, 3, 4, 5].map((n) => new ModelCallError(`failure ${n}`, { category: 'server_error', disposition: 'retry' }));
    const { call, tally, model } = scripted(errors);
    await expect(call()).rejects.toBe(errors[3]);
    expect(tally.attempts).toBe(4);
    expect(model.requests).toHaveLength(4);
  });

  it('is not tried again when this prompt can never succeed, and without retries not at all', async () => {
    const hopeless = scripted([callError('context_length', 'fail_sample')]);
    await expect(hopeless.call()).rejects.toMatchObject({ category: 'context_length' });
    expect(hopeless.model.requests).toHaveLength(1);
    const once = scripted([callError('timeout')], { policy: { ...policy, maxRetries: 0 } });
    await expect(once.call()).rejects.toMatchObject({ category: 'timeout' });
    expect(once.tally.attempts).toBe(1);
  });

  it('lets what is no model error through at once and gives the slot back', async () => {
    const bug = new TypeError('a bug');
    const { call, model, endpoint } = scripted([bug]);
    await expect(call()).rejects.toBe(bug);
    expect(model.requests).toHaveLength(1);
    expect(endpoint.limiter.state.inFlight).toBe(0);
  });
});

describe('429', () => {
  it('is waited out without being counted as a failed attempt', async () => {
    const { call, tally, runtime } = scripted(times(20, callError('rate_limit', 'retry', 1000)));
    await call();
    expect(tally.attempts).toBe(21);
    // What the endpoint asked for and a tenth of it at chance 1; chance is one half here.
    expect(runtime.sleeps).toEqual(Array(20).fill(1050));
  });

  it('does not use up the retries of other failures', async () => {
    const { call, tally } = scripted([...times(5, callError('rate_limit', 'retry', 0)), ...times(3, callError('server_error'))]);
    await call();
    expect(tally.attempts).toBe(9);
  });

  it('that never ends is a failure after 200 waits', async () => {
    const { call, tally } = scripted(times(500, callError('rate_limit', 'retry', 1)));
    await expect(call()).rejects.toMatchObject({ category: 'rate_limit' });
    expect(tally.attempts).toBe(201);
  });

  it('halves the limiter, other failures do not', async () => {
    const limited = scripted([callError('rate_limit', 'retry', 0)], { concurrency: 8 });
    await limited.call();
    expect(limited.endpoint.limiter.state.limit).toBe(4);
    const failing = scripted([callError('server_error')], { concurrency: 8 });
    await failing.call();
    expect(failing.endpoint.limiter.state.limit).toBe(8);
  });
});

describe('the slot', () => {
  it('is free while a call waits to be tried again', async () => {
    const { call, runtime, endpoint } = scripted([callError('server_error'), callError('rate_limit', 'retry', 5)], { concurrency: 1 });
    const inFlight: number[] = [];
    runtime.onSleep = () => void inFlight.push(endpoint.limiter.state.inFlight);
    await call();
    expect(inFlight).toEqual([0, 0]);
  });

  it('is waited for before the right to call is asked, and given back when it is lost', async () => {
    const { call, runtime, endpoint, model, tally } = scripted([], { concurrency: 1 });
    const lost = new Error('another worker has it');
    runtime.beforeCall = () => {
      expect(endpoint.limiter.state.inFlight).toBe(1);
      return Promise.reject(lost);
    };
    await expect(call()).rejects.toBe(lost);
    expect(endpoint.limiter.state).toEqual({ inFlight: 0, limit: 1, max: 1 });
    expect(model.requests).toHaveLength(0);
    expect(tally.attempts).toBe(0);
  });
});

describe('the delay', () => {
  it('lies between 0 and the doubled base, capped, with full jitter', () => {
    expect([1, 2, 3, 4, 5, 50].map((n) => delayMs(policy, n, null, 1))).toEqual([200, 400, 800, 1000, 1000, 1000]);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5000 }), fc.double({ min: 0, max: 1, noNaN: true }), (n, random) => {
        const ms = delayMs(policy, n, null, random);
        expect(ms).toBeGreaterThanOrEqual(0);
        expect(ms).toBeLessThanOrEqual(policy.maxDelayMs);
      }),
    );
    expect(delayMs(policy, 3, null, 0)).toBe(0);
  });

  it('asks again after ten minutes at the latest, whatever Retry-After says', () => {
    expect(delayMs(policy, 1, 999_999_999_000, 0)).toBe(600_000);
  });

  it('is never shorter than Retry-After, and at most a tenth longer, whatever the cap', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 600_000 }), fc.double({ min: 0, max: 1, noNaN: true }), (asked, random) => {
        const ms = delayMs(policy, 1, asked, random);
        expect(ms).toBeGreaterThanOrEqual(asked);
        expect(ms).toBeLessThanOrEqual(asked * 1.1 + 1e-6);
      }),
    );
  });
});

describe('a refusal', () => {
  it('ends the call at once and is remembered: the model is not asked again for ten seconds', async () => {
    const refusal = callError('bad_response', 'stop_run');
    const { call, model, runtime, endpoint } = scripted([refusal]);
    await expect(call()).rejects.toBe(refusal);
    await expect(call()).rejects.toBe(refusal);
    expect(model.requests).toHaveLength(1);
    expect(endpoint.limiter.state.inFlight).toBe(0);
    runtime.pass(10_000);
    await call();
    expect(model.requests).toHaveLength(2);
  });

  it('of one model does not speak for another at the same endpoint', async () => {
    const { call, endpoint, runtime } = scripted([callError('bad_response', 'stop_run')]);
    await expect(call()).rejects.toThrow();
    const other = new FakeModel(() => reply('from the other'));
    const tally = { attempts: 0, latencyMs: 0 };
    const answer = await callWithRetries({ model: other, endpoint, policy, runtime, signals: signals().signals }, request, tally);
    expect(answer.content).toBe('from the other');
  });
});

describe('an endpoint without a sign of life', () => {
  it('is probed after two failures, and is down only when the probe says so', async () => {
    const dead = scripted(times(9, callError('connection')));
    dead.model.probeResult = { up: false, detail: 'refused' };
    await expect(dead.call()).rejects.toBeInstanceOf(EndpointDownError);
    expect(dead.tally.attempts).toBe(2);
    expect(dead.model.probes).toBe(1);
    const alive = scripted(times(2, callError('connection')));
    await alive.call();
    expect(alive.tally.attempts).toBe(3);
  });

  it('names what the endpoint said and where', async () => {
    const { call, model } = scripted(times(9, callError('connection')));
    model.probeResult = { up: false, detail: 'refused' };
    await expect(call()).rejects.toThrow('http://fake/v1 does not answer: the endpoint said connection');
  });

  it('is not suspected while other samples are answered', async () => {
    const { call, endpoint, runtime, model } = scripted(times(9, callError('connection')));
    model.probeResult = { up: false, detail: 'refused' };
    runtime.onSleep = () => endpoint.recordSuccess();
    await expect(call()).rejects.toMatchObject({ category: 'connection' });
    expect(model.probes).toBe(0);
  });

  it('is down for a call that stood in the queue while others were answered', async () => {
    const { call, model, endpoint, runtime } = scripted(times(9, callError('connection')), { concurrency: 1 });
    model.probeResult = { up: false, detail: 'refused' };
    const slot = await endpoint.limiter.acquire(new AbortController().signal);
    const queued = call();
    queued.catch(() => undefined);
    await settle();
    runtime.pass(1000);
    endpoint.recordSuccess();
    runtime.pass(1);
    endpoint.limiter.release(slot, 'success');
    await expect(queued).rejects.toBeInstanceOf(EndpointDownError);
  });

  it('is probed after time-outs only at the end: a slow model is no dead one', async () => {
    const { call, model, tally } = scripted(times(9, callError('timeout')));
    model.probeResult = { up: false, detail: 'silence' };
    await expect(call()).rejects.toBeInstanceOf(EndpointDownError);
    expect({ attempts: tally.attempts, probes: model.probes }).toEqual({ attempts: 4, probes: 1 });
  });
});

describe('stopping', () => {
  it('ends a call that waits to be tried again, with the reason', async () => {
    const { call, runtime, stop, model } = scripted(times(9, callError('server_error')));
    runtime.onSleep = () => stop.abort(new Error('cancelled'));
    await expect(call()).rejects.toThrow('cancelled');
    expect(model.requests).toHaveLength(1);
  });

  it('ends a call that waits for a slot, and lets the one that is out finish', async () => {
    const runtime = new FakeRuntime();
    let answer: (response: ModelResponse) => void = () => undefined;
    const model = new FakeModel(() => new Promise((resolve) => void (answer = resolve)));
    const endpoint = new Endpoint('http://fake/v1', 1, runtime.now);
    const { stop, signals: both } = signals();
    const call = () => callWithRetries({ model, endpoint, policy, runtime, signals: both }, request, { attempts: 0, latencyMs: 0 });
    const [out, queued] = [call(), call()];
    await settle();
    stop.abort(new Error('cancelled'));
    await expect(queued).rejects.toThrow('cancelled');
    answer(reply('late'));
    expect((await out).content).toBe('late');
    expect(model.requests).toHaveLength(1);
  });

  it('hands the abort signal, not the stop signal, to the model', async () => {
    const { stop, abort, signals: both } = signals();
    let seen: AbortSignal | undefined;
    const model = new FakeModel((_n, _request, signal) => {
      seen = signal;
      return reply();
    });
    const runtime = new FakeRuntime();
    const endpoint = new Endpoint('http://fake/v1', 1, runtime.now);
    await callWithRetries({ model, endpoint, policy, runtime, signals: both }, request, { attempts: 0, latencyMs: 0 });
    stop.abort();
    expect(seen?.aborted).toBe(false);
    abort.abort();
    expect(seen?.aborted).toBe(true);
  });
});
