/** The recorded files are those of lm-eval 0.4.13 on small tasks of our own, against an endpoint that answers by a rule. */

import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { type LmEvalChoice, lmEvalRecords, lmEvalReport } from '../../../../src/adapters/harnesses/lm-eval-results.js';
import type { SampleRecord } from '../../../../src/core/sample.js';

const RECORDED = path.resolve(import.meta.dirname, '../../../golden/harnesses/lm-eval');
const BY_ITSELF: LmEvalChoice = { metric: null, filter: null };
const CONTEXT = { runId: 'r1', generation: 0, model: 'org/demo', timestamp: '2026-01-02T03:04:05.000Z', elapsedMs: 1200 };

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

/** A copy of a recording, to be damaged. */
function copyOf(name: string): { folder: string; results: string; samples: string } {
  const folder = mkdtempSync(path.join(tmpdir(), 'nel-recorded-'));
  folders.push(folder);
  cpSync(path.join(RECORDED, name), folder, { recursive: true });
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((file) => path.join(folder, file));
  const file = (start: string): string => files.find((one) => path.basename(one).startsWith(start)) ?? '';
  return { folder, results: file('results_'), samples: file('samples_') };
}

async function recordsOf(folder: string, choice = BY_ITSELF): Promise<SampleRecord[]> {
  const records: SampleRecord[] = [];
  for await (const batch of lmEvalRecords(folder, choice, CONTEXT)) records.push(...batch);
  return records;
}
const recorded = (name: string): string => path.join(RECORDED, name);
const mean = (records: readonly SampleRecord[]): number => records.reduce((sum, { reward }) => sum + reward, 0) / records.length;
const ownResults = (folder: string): Record<string, Record<string, number>> => {
  const file = readdirSync(folder, { recursive: true, encoding: 'utf8' }).find((name) => path.basename(name).startsWith('results_')) ?? '';
  return (JSON.parse(readFileSync(path.join(folder, file), 'utf8')) as { results: Record<string, Record<string, number>> }).results;
};

describe('samples of a generation task with two filters', () => {
  it('are one for each document, rewarded by the first filter', async () => {
    const records = await recordsOf(recorded('pears'));
    expect(records.map(({ problem_idx, reward }) => [problem_idx, reward])).toEqual([
      [0, 0],
      [1, 1],
      [2, 1],
      [3, 1],
      [4, 0],
      [5, 1],
    ]);
    expect(mean(records)).toBeCloseTo(ownResults(recorded('pears'))['pears']?.['exact_match,last-number'] ?? -1, 12);
  });

  it('hold prompt, messages, answer, what was taken from it, and the numbers of both filters', async () => {
    const [, second] = await recordsOf(recorded('pears'));
    const question = 'A crate holds 4 pears. 3 more are put in. How many pears are in it?\nAnswer with a number.';
    expect(second).toMatchObject({
      step_id: 'r1:1:0',
      status: 'scored',
      prompt: question,
      messages: [{ role: 'user', content: question }],
      expected_answer: '7',
      extracted_answer: '7',
      scoring_method: 'lm-eval:exact_match,last-number',
      scoring_details: { 'exact_match,last-number': 1, 'exact_match,strict': 0 },
      category: null,
      metadata: { task: 'pears', doc_id: 1 },
      model: { content: 'There are 7.', model: 'org/demo', finish_reason: null, tokens: { prompt: null, total: null } },
      timing: { total_ms: 1200 },
    });
  });

  it('are rewarded by another filter when the config says so, without an answer where it found none', async () => {
    const records = await recordsOf(recorded('pears'), { metric: 'exact_match', filter: 'strict' });
    expect(mean(records)).toBeCloseTo(ownResults(recorded('pears'))['pears']?.['exact_match,strict'] ?? -1, 12);
    expect(records[1]).toMatchObject({ extracted_answer: null, failure_category: 'format_error' });
  });

  it('are refused under a filter or metric that the task does not have', async () => {
    await expect(lmEvalReport(recorded('pears'), { metric: null, filter: 'loose' })).rejects.toMatchObject({
      message: expect.stringContaining('no filter "loose"'),
      hint: 'Its filters: last-number, strict.',
    });
    await expect(lmEvalReport(recorded('pears'), { metric: 'bleu', filter: null })).rejects.toMatchObject({
      hint: expect.stringContaining('Its metrics: exact_match'),
    });
  });
});

describe('the report', () => {
  it("has the tool's version, the task's, and sizes", async () => {
    expect(await lmEvalReport(recorded('pears'), BY_ITSELF)).toMatchObject({
      problems: 6,
      datasetSize: 12,
      identity: {
        tool: 'lm-eval',
        version: '0.4.13',
        scoring: ['exact_match,last-number'],
        tasks: { pears: { version: 1, num_fewshot: 0 } },
      },
      scorer: 'lm-eval:exact_match,last-number',
      scores: {},
      notes: [],
      cacheable: true,
    });
  });

  it('gives scores of the tool that are no means, such as a corpus metric', async () => {
    const { scores, notes } = await lmEvalReport(recorded('words'), BY_ITSELF);
    expect(scores).toEqual({ 'chrf,none': ownResults(recorded('words'))['words']?.['chrf,none'] });
    expect(notes).toEqual([]);
  });

  it("says so when the samples do not give the tool's own number", async () => {
    const { folder, results } = copyOf('pears');
    const text = readFileSync(results, 'utf8');
    writeFileSync(results, text.replace(/("exact_match,last-number": )[\d.]+/, '$10.9'));
    const { notes, scores } = await lmEvalReport(folder, BY_ITSELF);
    expect(notes).toEqual([expect.stringMatching(/mean of exact_match,last-number over the samples is 0\.66\d+, lm-eval says 0\.9/)]);
    expect(scores).toEqual({ 'exact_match,last-number': 0.9 });
  });

  it('tells two data sets apart, and does not depend on what the model answered', async () => {
    const { folder, samples } = copyOf('pears');
    const before = await lmEvalReport(folder, BY_ITSELF);
    const text = readFileSync(samples, 'utf8');
    writeFileSync(samples, text.replaceAll('There are 7.', 'Seven'));
    expect((await lmEvalReport(folder, BY_ITSELF)).datasetIdentity).toBe(before.datasetIdentity);
    writeFileSync(samples, text.replace(/"doc_hash": "\w{4}/, '"doc_hash": "0000'));
    expect((await lmEvalReport(folder, BY_ITSELF)).datasetIdentity).not.toBe(before.datasetIdentity);
  });

  it('warns of kept answers for a task with repeats of its own', async () => {
    const { folder, results } = copyOf('pears');
    writeFileSync(results, readFileSync(results, 'utf8').replace('"repeats": 1', '"repeats": 4'));
    expect((await lmEvalReport(folder, BY_ITSELF)).cacheable).toBe(false);
  });

  it('takes NaN in a score for no score', async () => {
    const { folder, results } = copyOf('words');
    writeFileSync(results, readFileSync(results, 'utf8').replace(/("chrf,none": )[\d.]+/, '$1NaN'));
    expect((await lmEvalReport(folder, BY_ITSELF)).scores).toEqual({});
  });
});

describe('samples of a group', () => {
  it('are numbered through its tasks in order of their names, which are their categories', async () => {
    const records = await recordsOf(recorded('orchard'));
    expect(records.map(({ problem_idx, category, metadata }) => [problem_idx, category, metadata['doc_id']])).toEqual([
      [0, 'fruit', 0],
      [1, 'fruit', 1],
      [2, 'fruit', 2],
      [3, 'pears', 0],
      [4, 'pears', 1],
      [5, 'pears', 2],
    ]);
    expect(records[0]?.scoring_method).toBe('lm-eval:exact_match,none');
    expect(records[3]?.scoring_method).toBe('lm-eval:exact_match,last-number');
  });

  it('come with the numbers of the group', async () => {
    const { scores, problems, datasetSize } = await lmEvalReport(recorded('orchard'), BY_ITSELF);
    expect({ problems, datasetSize }).toEqual({ problems: 6, datasetSize: 18 });
    expect(Object.keys(scores)).toEqual(expect.arrayContaining(['orchard/exact_match,last-number', 'orchard/exact_match,none']));
  });
});

describe('samples of a choice by log-probability', () => {
  it('answer with the likeliest choice', async () => {
    const records = await recordsOf(recorded('ripe'));
    expect(mean(records)).toBeCloseTo(ownResults(recorded('ripe'))['ripe']?.['acc,none'] ?? -1, 12);
    expect(records.every(({ model, extracted_answer }) => model?.content === extracted_answer)).toBe(true);
    const [first] = records;
    expect(first?.prompt).toBe('Question: Which fruit is picked green and ripens in the box?\nAnswer:');
    expect(['Pear', 'Grape', 'Cherry']).toContain(first?.extracted_answer);
    expect(Object.keys(first?.scoring_details ?? {})).toEqual(['acc,none', 'acc_norm,none']);
  });
});

describe('files that cannot be used', () => {
  it('are an error when there are none: the tool ends with code 0 also when it could not write them', async () => {
    const { folder, results } = copyOf('pears');
    rmSync(results);
    await expect(lmEvalReport(folder, BY_ITSELF)).rejects.toMatchObject({
      kind: 'data',
      message: expect.stringContaining('0 files results_*.json'),
    });
  });

  it('are an error when samples of a task are missing', async () => {
    const { folder, samples } = copyOf('pears');
    rmSync(samples);
    expect(existsSync(samples)).toBe(false);
    await expect(lmEvalReport(folder, BY_ITSELF)).rejects.toThrow(/samples of task pears are missing/);
  });

  it('are an error when they end in the middle of a line', async () => {
    const { folder, samples } = copyOf('pears');
    writeFileSync(samples, readFileSync(samples, 'utf8').slice(0, -40));
    await expect(lmEvalReport(folder, BY_ITSELF)).rejects.toThrow(/:12: not a JSON object: the line is cut off/);
  });

  it('are an error when whole lines are missing', async () => {
    const { folder, samples } = copyOf('pears');
    const lines = readFileSync(samples, 'utf8').trimEnd().split('\n');
    writeFileSync(samples, `${lines.slice(0, -1).join('\n')}\n`);
    await expect(lmEvalReport(folder, BY_ITSELF)).rejects.toThrow(/holds 5 samples of filter strict, where the tool says 6/);
  });

  it('are an error when the results are cut off', async () => {
    const { folder, results } = copyOf('pears');
    writeFileSync(results, readFileSync(results, 'utf8').slice(0, 500));
    await expect(lmEvalReport(folder, BY_ITSELF)).rejects.toThrow(/not a JSON object/);
  });

  it('never make a zero of a sample without a reward', async () => {
    const { folder, samples } = copyOf('pears');
    const lines = readFileSync(samples, 'utf8').split('\n');
    lines[2] = (lines[2] ?? '').replace(/"exact_match": [\d.]+/, '"exact_match": NaN');
    writeFileSync(samples, lines.join('\n'));
    await expect(recordsOf(folder)).rejects.toThrow(/document 2: exact_match is no number/);
  });
});
