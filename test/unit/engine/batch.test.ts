/** A batch: nothing that was paid is asked again, nothing counts before it is on disk. */

import { appendFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { batchFolder, readBatchJournal } from '../../../src/artifacts/journal.js';
import { NelError } from '../../../src/core/errors.js';
import type { ModelResponse } from '../../../src/core/model.js';
import type { SampleRecord } from '../../../src/core/sample.js';
import { type BatchInput, type BatchTotals, runBatch } from '../../../src/engine/batch.js';
import { EndpointDownError } from '../../../src/engine/endpoint.js';
import type { SampleContext } from '../../../src/engine/sample.js';
import { callError, FakeModel, reply, sampleContext, settle, signals, sumsEnvironment } from './fakes.js';

const disk = vi.hoisted(() => ({ full: false }));
vi.mock('node:fs', async (original) => {
  const real = await original<typeof import('node:fs')>();
  const writeSync = (...args: Parameters<typeof real.writeSync>): number => {
    if (disk.full) throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
    return real.writeSync(...args);
  };
  return { ...real, writeSync };
});

const range = { start: 0, end: 6 };
let dir: string;
let attempts = 0;

beforeEach(() => {
  dir = mkdtempSync(path.join(tmpdir(), 'nel-batch-'));
  attempts = 0;
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const sum = (prompt: unknown): string => String(2 * Number.parseInt(String(prompt), 10));
/** Answers right. */
const solver = () => new FakeModel((_n, request) => reply(sum(request.body['prompt'])));

function input(context: SampleContext, changes: Partial<BatchInput> = {}): BatchInput {
  const both = signals();
  return {
    context,
    benchmarkDir: dir,
    range,
    repeats: 1,
    attempt: `attempt-${attempts++}`,
    redact: (text) => text,
    signals: both.signals,
    stop: (reason) => both.stop.abort(reason),
    onProgress: () => undefined,
    ...changes,
  };
}

const journal = async (): Promise<SampleRecord[]> => [...(await readBatchJournal(dir, range, 1)).values()];
const files = (): string[] => readdirSync(batchFolder(dir, range)).sort();

describe('a first attempt', () => {
  it('asks every sample once, journals it and adds it up', async () => {
    const model = solver();
    const seen: BatchTotals[] = [];
    const totals = await runBatch(input(sampleContext(model), { onProgress: (t) => void seen.push(t) }));
    expect(totals).toEqual({ scored: 6, errors: 0, reward_sum: 6, tokens: 72 });
    expect(new Set(model.requests.map(({ body }) => body['prompt']))).toEqual(new Set([0, 1, 2, 3, 4, 5].map((i) => `${i} + ${i} = ?`)));
    expect(model.requests).toHaveLength(6);
    expect((await journal()).map(({ problem_idx, status }) => [problem_idx, status])).toHaveLength(6);
    expect(seen.map(({ scored }) => scored)).toEqual([0, 1, 2, 3, 4, 5, 6]);
  });

  it('counts an error with 0 and goes on with the others', async () => {
    const model = new FakeModel((_n, request) => {
      if (String(request.body['prompt']).startsWith('2')) throw callError('context_length', 'fail_sample');
      return reply(sum(request.body['prompt']));
    });
    expect(await runBatch(input(sampleContext(model)))).toEqual({ scored: 5, errors: 1, reward_sum: 5, tokens: 60 });
  });

  it('takes repeats of a problem as samples of their own', async () => {
    const model = solver();
    await runBatch(input(sampleContext(model), { range: { start: 3, end: 6 }, repeats: 2 }));
    expect(model.requests.map(({ body }) => [body['prompt'], body['seed']])).toEqual([
      ['1 + 1 = ?', 1],
      ['2 + 2 = ?', 0],
      ['2 + 2 = ?', 1],
    ]);
  });

  it('redacts every line that it writes', async () => {
    const model = new FakeModel(() => reply('the key is hunter22'));
    await runBatch(input(sampleContext(model), { redact: (text) => text.replaceAll('hunter22', '[redacted]') }));
    const text = readFileSync(path.join(batchFolder(dir, range), 'attempt-0.jsonl'), 'utf8');
    expect(text).toContain('the key is [redacted]');
    expect(text).not.toContain('hunter22');
  });
});

describe('a later attempt', () => {
  it('asks nothing and writes no file when all samples were scored', async () => {
    await runBatch(input(sampleContext(solver())));
    const model = solver();
    expect(await runBatch(input(sampleContext(model, { generation: 3 })))).toEqual({ scored: 6, errors: 0, reward_sum: 6, tokens: 72 });
    expect(model.requests).toHaveLength(0);
    expect(files()).toEqual(['attempt-0.jsonl']);
  });

  it('asks just what is missing when the first one was killed, and drops the line it was killed in', async () => {
    await runBatch(input(sampleContext(solver())));
    const file = path.join(batchFolder(dir, range), 'attempt-0.jsonl');
    const lines = readFileSync(file, 'utf8').split('\n');
    writeFileSync(file, `${lines.slice(0, 3).join('\n')}\n${(lines[3] ?? '').slice(0, 80)}`);
    const model = solver();
    expect(await runBatch(input(sampleContext(model)))).toEqual({ scored: 6, errors: 0, reward_sum: 6, tokens: 72 });
    expect(model.requests).toHaveLength(3);
    expect(files()).toEqual(['attempt-0.jsonl', 'attempt-1.jsonl']);
    expect(await journal()).toHaveLength(6);
  });

  it('asks errors again in a new generation only', async () => {
    const failing = new FakeModel(() => Promise.reject(callError('server_error')));
    expect(await runBatch(input(sampleContext(failing)))).toMatchObject({ scored: 0, errors: 6 });
    const same = solver();
    expect(await runBatch(input(sampleContext(same)))).toMatchObject({ scored: 0, errors: 6 });
    expect(same.requests).toHaveLength(0);
    const resumed = solver();
    expect(await runBatch(input(sampleContext(resumed, { generation: 1 })))).toMatchObject({ scored: 6, errors: 0 });
    expect(resumed.requests).toHaveLength(6);
  });

  it('judges an answer again whose judgement failed, without paying for another', async () => {
    const broken = sumsEnvironment({ verify: () => Promise.reject(new Error('no sandbox')) });
    expect(await runBatch(input(sampleContext(solver(), { environment: broken })))).toMatchObject({ errors: 6, tokens: 72 });
    const model = solver();
    expect(await runBatch(input(sampleContext(model, { generation: 1 })))).toEqual({ scored: 6, errors: 0, reward_sum: 6, tokens: 72 });
    expect(model.requests).toHaveLength(0);
  });

  it('refuses a journal that holds answers to another request, before anything is asked', async () => {
    await runBatch(input(sampleContext(solver())));
    const model = solver();
    const environment = sumsEnvironment({
      seed: (i) => ({ prompt: `what is ${i}?`, messages: [], expected_answer: '', category: null, metadata: {} }),
    });
    const refused = runBatch(input(sampleContext(model, { environment })));
    await expect(refused).rejects.toBeInstanceOf(NelError);
    await expect(refused).rejects.toMatchObject({ kind: 'data', message: expect.stringContaining('problem_idx 0, repeat 0') });
    expect(model.requests).toHaveLength(0);
  });

  it('names file and line of a whole line that is no sample', async () => {
    await runBatch(input(sampleContext(solver())));
    const file = path.join(batchFolder(dir, range), 'attempt-0.jsonl');
    appendFileSync(file, '{"problem_idx": 1,\n');
    await expect(runBatch(input(sampleContext(solver())))).rejects.toThrow(`${file}:7: not a journal line`);
  });
});

describe('a batch that ends early', () => {
  it('stops its other samples at a refusal, and throws it', async () => {
    const refusal = callError('bad_response', 'stop_run');
    const model = new FakeModel(() => Promise.reject(refusal));
    await expect(runBatch(input(sampleContext(model, { concurrency: 2 })))).rejects.toBe(refusal);
    expect(model.requests.length).toBeLessThanOrEqual(2);
    expect(await journal()).toEqual([]);
  });

  it('journals nothing for an endpoint that is down', async () => {
    const model = new FakeModel(() => Promise.reject(callError('connection')));
    model.probeResult = { up: false, detail: 'refused' };
    await expect(runBatch(input(sampleContext(model)))).rejects.toBeInstanceOf(EndpointDownError);
    expect(await journal()).toEqual([]);
  });

  it('journals what is out when it is stopped, and sends nothing more', async () => {
    const answers: ((response: ModelResponse) => void)[] = [];
    const model = new FakeModel(() => new Promise((resolve) => void answers.push(resolve)));
    const both = signals();
    const running = runBatch(input(sampleContext(model, { concurrency: 2 }), { signals: both.signals, stop: (r) => both.stop.abort(r) }));
    running.catch(() => undefined);
    while (answers.length < 2) await settle();
    const reason = new Error('cancelled');
    both.stop.abort(reason);
    await settle();
    for (const answer of answers) answer(reply('0 2'));
    await expect(running).rejects.toBe(reason);
    expect(model.requests).toHaveLength(2);
    expect((await journal()).map(({ status }) => status)).toEqual(['scored', 'scored']);
  });

  it('ends with an error of the run when the journal cannot be opened', async () => {
    writeFileSync(path.join(dir, 'journal'), 'a file where a folder must be');
    const model = solver();
    await expect(runBatch(input(sampleContext(model)))).rejects.toThrow();
    expect(model.requests).toHaveLength(0);
  });

  it('never writes into a file that another attempt made', async () => {
    mkdirSync(batchFolder(dir, range), { recursive: true });
    writeFileSync(path.join(batchFolder(dir, range), 'same.jsonl'), '');
    const model = solver();
    await expect(runBatch(input(sampleContext(model), { attempt: 'same' }))).rejects.toMatchObject({ name: 'NelError', kind: 'run' });
    expect(model.requests).toHaveLength(0);
  });
});

describe('a full disk', () => {
  it('ends the batch with an error of the run that says how to go on, and keeps what was written', async () => {
    const model = new FakeModel(async (n, request) => {
      await settle();
      if (n === 3) disk.full = true;
      return reply(sum(request.body['prompt']));
    });
    await expect(runBatch(input(sampleContext(model, { concurrency: 1 })))).rejects.toMatchObject({
      name: 'NelError',
      kind: 'run',
      message: expect.stringMatching(/attempt-0\.jsonl cannot be written: .*ENOSPC/),
      hint: expect.stringContaining('--resume'),
    });
    disk.full = false;
    expect(await journal()).toHaveLength(2);
    const resumed = solver();
    await runBatch(input(sampleContext(resumed)));
    expect(resumed.requests).toHaveLength(4);
  });
});
