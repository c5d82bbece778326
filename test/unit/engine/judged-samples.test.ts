/** Samples whose judge takes its time, fails or is down: a paid answer is never lost and never asked for again. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { readBatchJournal } from '../../../src/artifacts/journal.js';
import type { Environment, Verification } from '../../../src/core/environment.js';
import { NelError } from '../../../src/core/errors.js';
import { type JudgeCall, NoVerdictError } from '../../../src/core/judge.js';
import type { SampleRecord } from '../../../src/core/sample.js';
import type { Solver } from '../../../src/core/solver.js';
import { type BatchInput, runBatch } from '../../../src/engine/batch.js';
import { EndpointDownError } from '../../../src/engine/endpoint.js';
import { sha256 } from '../../../src/engine/hash.js';
import { prepareSample, runSample, type SampleContext } from '../../../src/engine/sample.js';
import { callError, FakeModel, reply, sampleContext, settle, signals, sumsEnvironment } from './fakes.js';

const key = { problem_idx: 3, repeat: 0 };
const RIGHT: Verification = { reward: 1, extracted_answer: '6', scoring_method: 'judge', scoring_details: {}, failure_category: null };
const CALL = { service: 'j', messages: [], model: { content: 'hm' } } as unknown as JudgeCall;

/** An environment whose judge is settled by hand. */
function slow() {
  const waiting: { resolve(verdict: Verification): void; reject(error: unknown): void }[] = [];
  const verify = (): Promise<Verification> => new Promise((resolve, reject) => void waiting.push({ resolve, reject }));
  return { environment: sumsEnvironment({ verify, asksJudge: true }), waiting };
}

async function run(context: SampleContext, paid: SampleRecord | null = null, both = signals()) {
  const noted: SampleRecord[] = [];
  const prepared = await prepareSample(context, key, both.signals.abort);
  const record = runSample(context, { ...prepared, paid }, both.signals, async (one) => void noted.push(one));
  record.catch(() => undefined);
  return { record, noted };
}

describe('an answer whose judge takes its time', () => {
  it('is written down as not judged, and then as judged', async () => {
    const { environment, waiting } = slow();
    const { record, noted } = await run(sampleContext(new FakeModel(() => reply('6')), { environment, generation: 4 }));
    while (noted.length === 0) await settle();
    expect(noted[0]).toMatchObject({
      status: 'error',
      reward: 0,
      generation: 3,
      failure_category: 'verify_error',
      model: { content: '6' },
      model_error: { message: 'not judged yet' },
    });
    waiting[0]?.resolve(RIGHT);
    expect(await record).toMatchObject({ status: 'scored', reward: 1, generation: 4, model_error: null });
    expect(noted).toHaveLength(1);
  });

  it('is not written twice where it is judged at once, though through a promise', async () => {
    const environment = sumsEnvironment({ verify: async () => RIGHT });
    const { record, noted } = await run(sampleContext(new FakeModel(() => reply('6')), { environment }));
    expect(await record).toMatchObject({ status: 'scored' });
    expect(noted).toEqual([]);
  });

  it('is written down when the batch is aborted', async () => {
    const { environment } = slow();
    const both = signals();
    const { record, noted } = await run(sampleContext(new FakeModel(() => reply('6')), { environment }), null, both);
    await settle();
    both.abort.abort(new Error('enough'));
    await expect(record).rejects.toThrow('enough');
    expect(noted).toMatchObject([{ status: 'error', generation: -1, model: { content: '6' } }]);
  });

  it('is not written again when it was paid for before', async () => {
    const paid = await (await run(sampleContext(new FakeModel(() => reply('6')), { environment: broken('no') }))).record;
    const { environment, waiting } = slow();
    const model = new FakeModel(() => reply('another'));
    const { record, noted } = await run(sampleContext(model, { environment, generation: 1 }), paid);
    await settle();
    await settle();
    waiting[0]?.resolve(RIGHT);
    expect(await record).toMatchObject({ status: 'scored', model: { content: '6' }, timing: { model_ms: paid.timing.model_ms } });
    expect(noted).toEqual([]);
    expect(model.requests).toEqual([]);
  });

  it('may take as long as the judges need, while a scorer without a judge may not', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      const { environment, waiting } = slow();
      const asked = await run(sampleContext(new FakeModel(() => reply('6')), { environment }));
      const stuck = await run(sampleContext(new FakeModel(() => reply('6')), { environment: { ...environment, asksJudge: false } }));
      while (waiting.length < 2 || stuck.noted.length < 1) await settle();
      await settle();
      vi.advanceTimersByTime(3_600_000);
      expect(await stuck.record).toMatchObject({ status: 'error', model_error: { message: 'the scorer gave no result within 600 s' } });
      waiting[0]?.resolve(RIGHT);
      expect(await asked.record).toMatchObject({ status: 'scored' });
    } finally {
      vi.useRealTimers();
    }
  });
});

function broken(message: string): Environment {
  return sumsEnvironment({ verify: () => Promise.reject(new Error(message)) });
}

describe('a judge that fails', () => {
  it.each<[string, Error]>([
    ['is down', new EndpointDownError('nobody there')],
    ['refuses every call', callError('bad_response', 'stop_run')],
    ['is not configured', new NelError('config', 'the benchmark names no judge')],
  ])('because it %s ends the batch, and the answer is kept', async (_what, error) => {
    const environment = sumsEnvironment({ verify: () => Promise.reject(error) });
    const { record, noted } = await run(sampleContext(new FakeModel(() => reply('6')), { environment }));
    await expect(record).rejects.toBe(error);
    expect(noted).toMatchObject([{ status: 'error', generation: -1, model: { content: '6' }, model_error: { message: error.message } }]);
  });

  it.each<[string, Error]>([
    ['one question', callError('context_length', 'fail_sample')],
    ['it for a while', callError('server_error', 'retry')],
    ['an answer by a bug', new NelError('data', 'a row is broken')],
  ])('for %s is an error of that sample', async (_what, error) => {
    const environment = sumsEnvironment({ verify: () => Promise.reject(error) });
    const { record } = await run(sampleContext(new FakeModel(() => reply('6')), { environment }));
    expect(await record).toMatchObject({ status: 'error', failure_category: 'verify_error', model_error: { message: error.message } });
  });

  it('to give a verdict leaves what it said in the trajectory', async () => {
    const environment = sumsEnvironment({ verify: () => Promise.reject(new NoVerdictError('no verdict', [CALL])) });
    const { record } = await run(sampleContext(new FakeModel(() => reply('6')), { environment }));
    expect(await record).toMatchObject({ status: 'error', judge_calls: [CALL] });
  });
});

it('keeps the turns of a solver whose answer is judged later', async () => {
  const turn = { role: 'tool', content: '3', tool_call_id: 'c' } as const;
  const solver: Solver = {
    name: 'loop',
    request: (seed) => ({ protocol: 'completions', body: { prompt: seed.prompt } }),
    solve: async (_seed, { generate, request }) => {
      const model = await generate(request);
      return { response: model.content, model, turns: [turn] };
    },
  };
  const first = await run(sampleContext(new FakeModel(() => reply('6')), { solver, environment: broken('no judge') }));
  const paid = await first.record;
  expect(paid.messages.at(-1)).toEqual(turn);
  const { record } = await run(sampleContext(new FakeModel(() => reply('x')), { solver }), paid);
  expect(await record).toMatchObject({ status: 'scored', messages: [{ role: 'user' }, turn] });
});

it('records images by their hashes, in order, and sends them whole', async () => {
  const image = (data: string) => ({ type: 'image_url', image_url: { url: `data:image/png;base64,${data}`, detail: 'low' } }) as const;
  const web = { type: 'image_url', image_url: { url: 'https://host/cat.png' } } as const;
  const content = [{ type: 'text', text: 'first' } as const, image('AAAA'), { type: 'text', text: 'then' } as const, image('BBBB'), web];
  const environment = sumsEnvironment({
    seed: () => ({ prompt: 'p', messages: [{ role: 'user', content }], expected_answer: '6', category: null, metadata: {} }),
  });
  const solver: Solver = {
    name: 'vlm',
    request: (seed) => ({ protocol: 'chat_completions', body: { messages: seed.messages as never } }),
    solve: async (_seed, { generate, request }) => {
      const model = await generate(request);
      return { response: model.content, model };
    },
  };
  const model = new FakeModel(() => reply('6'));
  const { record } = await run(sampleContext(model, { environment, solver }));
  const hashed = (data: string) => ({
    ...image(data),
    image_url: { detail: 'low', url: `data:image/png;base64,${sha256(image(data).image_url.url)}` },
  });
  expect((await record).messages).toEqual([{ role: 'user', content: [content[0], hashed('AAAA'), content[2], hashed('BBBB'), web] }]);
  expect(model.requests[0]?.body['messages']).toEqual([{ role: 'user', content }]);
});

describe('a batch with a judge', () => {
  let dir: string;
  beforeEach(() => void (dir = mkdtempSync(path.join(tmpdir(), 'nel-judged-'))));
  afterEach(() => rmSync(dir, { recursive: true, force: true }));
  let attempts = 0;

  function input(context: SampleContext): BatchInput {
    const both = signals();
    return {
      context,
      benchmarkDir: dir,
      range: { start: 0, end: 6 },
      repeats: 1,
      attempt: `attempt-${attempts++}`,
      redact: (text) => text,
      signals: both.signals,
      stop: (reason) => both.stop.abort(reason),
      onProgress: () => undefined,
    };
  }
  const sum = (n: number): string => String(2 * n);

  it('that is down half way asks the model once a sample, in whatever generation it comes back', async () => {
    const model = new FakeModel((_n, request) => reply(sum(Number.parseInt(String(request.body['prompt']), 10))));
    let judged = 0;
    const verify: Environment['verify'] = async (seed, response) => {
      await settle();
      if (++judged > 2) throw new EndpointDownError('the judge is down');
      return { ...RIGHT, reward: response === seed.expected_answer ? 1 : 0 };
    };
    const down = sumsEnvironment({ verify, asksJudge: true });
    await expect(runBatch(input(sampleContext(model, { environment: down, concurrency: 6 })))).rejects.toBeInstanceOf(EndpointDownError);
    expect(model.requests).toHaveLength(6);
    const up = sumsEnvironment({ asksJudge: true });
    expect(await runBatch(input(sampleContext(model, { environment: up })))).toMatchObject({ scored: 6, errors: 0, reward_sum: 6 });
    expect(model.requests).toHaveLength(6);
    const journal = await readBatchJournal(dir, { start: 0, end: 6 }, 1);
    expect([...journal.values()].map(({ status, generation }) => [status, generation])).toEqual(
      Array.from({ length: 6 }, () => ['scored', 0]),
    );
  });

  it('that dies while it waits for the judge has its answers in the journal', async () => {
    const model = new FakeModel(() => reply('6'));
    const { environment } = slow();
    runBatch(input(sampleContext(model, { environment, concurrency: 6 }))).catch(() => undefined);
    const journal = () => readBatchJournal(dir, { start: 0, end: 6 }, 1);
    while ((await journal()).size < 6) await settle();
    // The process is gone here: nothing was closed, nobody was told.
    const after = new FakeModel(() => reply('never asked'));
    expect(await runBatch(input(sampleContext(after)))).toMatchObject({ scored: 6, errors: 0 });
    expect(after.requests).toEqual([]);
  });
});
