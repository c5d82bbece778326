/** The judge over a service: what is sent, what becomes of refusals of the reply format, and what is kept. */

import { describe, expect, it } from 'vitest';
import type { JudgeRequest } from '../../../src/core/judge.js';
import { ModelCallError, type ModelRequest } from '../../../src/core/model.js';
import type { ServiceSpec } from '../../../src/core/spec.js';
import { Endpoint } from '../../../src/engine/endpoint.js';
import { hashJson, sha256 } from '../../../src/engine/hash.js';
import { createServiceJudge } from '../../../src/workers/judge.js';
import { callError, FakeModel, reply } from '../engine/fakes.js';

const SERVICE: ServiceSpec = {
  type: 'api',
  url: 'http://judge/v1',
  protocol: 'chat_completions',
  model: 'judge-model',
  api_key_env: null,
  generation: {},
  concurrency: 4,
  request_timeout: 10,
  max_retries: 0,
};
const QUESTION: JudgeRequest = {
  messages: [
    { role: 'system', content: 'Judge.' },
    { role: 'user', content: 'This.' },
  ],
  schema: { type: 'object' },
};
const { signal } = new AbortController();

const refusal = (status: number): ModelCallError =>
  new ModelCallError('response_format is not supported', { category: 'bad_response', disposition: 'stop_run', status });

function judgeOf(model: FakeModel, changes: Partial<ServiceSpec> = {}, endpoint = new Endpoint(SERVICE.url, 4, () => 0)) {
  return createServiceJudge({ name: 'j', service: { ...SERVICE, ...changes }, model, endpoint });
}
const hasFormat = ({ body }: ModelRequest): boolean => body['response_format'] !== undefined;

it('asks for structured output at temperature 0, and keeps question and reply', async () => {
  const model = new FakeModel(() => reply('{"grade": 3}', { model: 'judge-model-0613' }));
  const call = await judgeOf(model).ask(QUESTION, signal);
  const body = {
    model: 'judge-model',
    messages: QUESTION.messages,
    temperature: 0,
    response_format: { type: 'json_schema', json_schema: { name: 'judgement', strict: true, schema: QUESTION.schema } },
  };
  expect(model.requests).toEqual([{ protocol: 'chat_completions', body }]);
  expect(call).toEqual({
    service: 'j',
    messages: QUESTION.messages,
    model: {
      content: '{"grade": 3}',
      reasoning_content: null,
      model: 'judge-model-0613',
      finish_reason: 'stop',
      tokens: { prompt: 7, completion: 5, reasoning: null, total: 12 },
      latency_ms: expect.any(Number) as number,
      request_hash: hashJson({ protocol: 'chat_completions', body }),
      response_hash: sha256('{"grade": 3}'),
    },
  });
});

it('lets the service decide on temperature, seed by repeat and the reply format', async () => {
  const model = new FakeModel(() => reply());
  const judge = judgeOf(model, { generation: { temperature: 0.7, seed: 10, extra_body: { response_format: { type: 'json_object' } } } });
  await judge.ask({ ...QUESTION, repeat: 2 }, signal);
  expect(model.requests[0]?.body).toMatchObject({ temperature: 0.7, seed: 12, response_format: { type: 'json_object' } });
});

it('leaves the temperature of repeated questions to the endpoint: at 0 all replies would be one', async () => {
  const model = new FakeModel(() => reply());
  await judgeOf(model).ask({ ...QUESTION, repeats: 3 }, signal);
  expect(model.requests[0]?.body).not.toHaveProperty('temperature');
});

it('writes one text for the completions protocol', async () => {
  const model = new FakeModel(() => reply());
  await judgeOf(model, { protocol: 'completions' }).ask(QUESTION, signal);
  expect(model.requests[0]?.body['prompt']).toBe('Judge.\n\nThis.');
});

describe('an endpoint that refuses the reply format', () => {
  it.each([[400], [422], [501]])('with %i is asked in words from then on', async (status) => {
    const model = new FakeModel((_n, request) => {
      if (hasFormat(request)) throw refusal(status);
      return reply('{"grade": 3}');
    });
    const judge = judgeOf(model);
    const first = await judge.ask(QUESTION, signal);
    await judge.ask(QUESTION, signal);
    expect(model.requests.map(hasFormat)).toEqual([true, false, false]);
    expect(first.model.request_hash).toBe(hashJson(model.requests[1]));
  });

  it('does so to many questions at once, and none of them fails', async () => {
    const model = new FakeModel(async (_n, request) => {
      await new Promise((resolve) => setTimeout(resolve, 1));
      if (hasFormat(request)) throw refusal(400);
      return reply('{"grade": 3}');
    });
    const judge = judgeOf(model, {}, new Endpoint(SERVICE.url, 2, () => 0));
    const calls = await Promise.all(Array.from({ length: 40 }, () => judge.ask(QUESTION, signal)));
    expect(calls).toHaveLength(40);
    expect(model.requests.filter((request) => !hasFormat(request))).toHaveLength(40);
  });

  it('and the question as well is heard the second time', async () => {
    const model = new FakeModel((n) => {
      throw n === 1
        ? refusal(400)
        : new ModelCallError('no such model', { category: 'bad_response', disposition: 'stop_run', status: 400 });
    });
    await expect(judgeOf(model).ask(QUESTION, signal)).rejects.toThrow('no such model');
  });
});

it.each([
  ['a wrong key', refusal(401)],
  ['a question that is too long', new ModelCallError('too long', { category: 'context_length', disposition: 'fail_sample', status: 400 })],
  ['an endpoint in trouble', callError('server_error')],
])('does not take %s for a refusal of the format', async (_what, error) => {
  const model = new FakeModel(() => Promise.reject(error));
  await expect(judgeOf(model).ask(QUESTION, signal)).rejects.toBe(error);
  expect(model.requests).toHaveLength(1);
});

it('keeps to the concurrency of its endpoint', async () => {
  let open = 0;
  let most = 0;
  const model = new FakeModel(async () => {
    most = Math.max(most, ++open);
    await new Promise((resolve) => setTimeout(resolve, 1));
    open--;
    return reply();
  });
  const judge = judgeOf(model, {}, new Endpoint(SERVICE.url, 3, () => 0));
  await Promise.all(Array.from({ length: 20 }, () => judge.ask(QUESTION, signal)));
  expect(most).toBe(3);
});

it('ends with the signal', async () => {
  const stop = new AbortController();
  stop.abort(new Error('enough'));
  await expect(judgeOf(new FakeModel(() => reply())).ask(QUESTION, stop.signal)).rejects.toThrow('enough');
});
