import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { harnessEnvironment } from '../../../../src/adapters/harnesses/environment.js';
import { genericCommand, openGenericHarness } from '../../../../src/adapters/harnesses/generic.js';
import { genericRecords, genericReport, matches } from '../../../../src/adapters/harnesses/generic-results.js';
import type { HarnessFields, HarnessPlace, HarnessResultsSpec } from '../../../../src/core/harness.js';
import type { SampleRecord } from '../../../../src/core/sample.js';

const NO_FIELDS = { problem_idx: null, prompt: null, response: null, extracted: null, expected: null, category: null };
const resultsSpec = (changes: Partial<HarnessResultsSpec> & { fields?: HarnessFields } = {}): HarnessResultsSpec => ({
  file: 'results.jsonl',
  format: 'jsonl',
  rows: null,
  fields: { ...NO_FIELDS, reward: 'score' },
  metrics: {},
  ...changes,
});
const CONTEXT = { runId: 'r1', generation: 0, model: 'demo', timestamp: '2026-01-02T03:04:05.000Z', elapsedMs: 50 };

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(path.join(tmpdir(), 'nel-generic-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

function write(name: string, text: string): void {
  mkdirSync(path.dirname(path.join(dir, name)), { recursive: true });
  writeFileSync(path.join(dir, name), text);
}

async function recordsOf(spec: HarnessResultsSpec): Promise<SampleRecord[]> {
  const records: SampleRecord[] = [];
  for await (const batch of genericRecords(dir, spec, CONTEXT, 'demo')) records.push(...batch);
  return records;
}

describe('the result file', () => {
  const fields = {
    reward: 'judged.score',
    problem_idx: 'id',
    prompt: 'q',
    response: 'out.0',
    extracted: 'judged.answer',
    expected: 'gold',
    category: 'topic',
  };

  it('is read by dotted paths, and sorted by problem_idx', async () => {
    write(
      'results.jsonl',
      [
        { id: 1, q: 'B?', out: ['b', 'c'], gold: 'b', topic: 'two', judged: { score: true, answer: 'b', f1: 0.5 } },
        { id: 0, q: 'A?', out: ['x'], gold: 'a', topic: 'one', judged: { score: 0, answer: null, f1: 0 } },
      ]
        .map((row) => `${JSON.stringify(row)}\n`)
        .join(''),
    );
    const records = await recordsOf(resultsSpec({ fields, metrics: { f1: 'judged.f1' } }));
    expect(
      records.map(({ problem_idx, reward, extracted_answer, expected_answer, category, prompt, model, scoring_details }) => [
        problem_idx,
        reward,
        extracted_answer,
        expected_answer,
        category,
        prompt,
        model?.content,
        scoring_details,
      ]),
    ).toEqual([
      [0, 0, null, 'a', 'one', 'A?', 'x', { f1: 0 }],
      [1, 1, 'b', 'b', 'two', 'B?', 'b', { f1: 0.5 }],
    ]);
  });

  it('may be a list within JSON', async () => {
    write('results.json', JSON.stringify({ run: { items: [{ score: 0.25 }, { score: 1 }] } }));
    const records = await recordsOf(resultsSpec({ file: 'results.json', format: 'json', rows: 'run.items' }));
    expect(records.map(({ reward }) => reward)).toEqual([0.25, 1]);
  });

  it('may be CSV, found by a pattern', async () => {
    write('deep/run-7/scores.csv', 'question,score\n"one, two",1\nthree,0.5\n');
    const records = await recordsOf(
      resultsSpec({ file: 'deep/*/scores.csv', format: 'csv', fields: { ...NO_FIELDS, reward: 'score', prompt: 'question' } }),
    );
    expect(records.map(({ reward, prompt }) => [reward, prompt])).toEqual([
      [1, 'one, two'],
      [0.5, 'three'],
    ]);
  });

  it('may be CSV that pandas wrote, with True and False', async () => {
    write('scores.csv', ',score\n0,True\n1,False\n2,true\n');
    const records = await recordsOf(resultsSpec({ file: 'scores.csv', format: 'csv', fields: { ...NO_FIELDS, reward: 'score' } }));
    expect(records.map(({ reward }) => reward)).toEqual([1, 0, 1]);
  });

  it('makes no answer of a field that is not mapped', async () => {
    write('results.jsonl', '{"score": 1}\n');
    expect((await recordsOf(resultsSpec()))[0]).toMatchObject({ model: null, extracted_answer: null, expected_answer: '', messages: [] });
  });

  it.each([
    ['no file', undefined, /no file in .* match "results.jsonl"/],
    ['no rows', '', /holds no results/],
    ['a row without the reward', '{"score": 1}\n{"points": 1}\n', /row 2: reward \(score\) is absent, not a number/],
    ['a reward that is no number', '{"score": "good"}\n', /is "good", not a number/],
    ['half a line', '{"score": 1}\n{"sco', /:2: not a JSON object: the line is cut off/],
  ])('with %s is an error', async (_, text, message) => {
    if (text !== undefined) write('results.jsonl', text);
    await expect(genericReport(dir, resultsSpec(), { tool: 'demo', command: [] })).rejects.toThrow(message);
  });

  it.each([
    ['a problem twice', [0, 1, 1], /holds problem 1 twice/],
    ['a problem missing', [0, 2, 3], /holds no problem 1/],
    ['a problem from 1 on', [1, 2], /holds no problem 0/],
  ])('with %s is an error', async (_, ids, message) => {
    write('results.jsonl', ids.map((id) => `{"id": ${id}, "score": 1}\n`).join(''));
    const spec = resultsSpec({ fields: { ...NO_FIELDS, reward: 'score', problem_idx: 'id' } });
    await expect(genericReport(dir, spec, { tool: 'demo', command: [] })).rejects.toThrow(message);
  });

  it('must be one: a pattern that matches two is an error', async () => {
    write('a.jsonl', '{"score": 1}\n');
    write('b.jsonl', '{"score": 1}\n');
    await expect(recordsOf(resultsSpec({ file: '*.jsonl' }))).rejects.toThrow(/2 files .* match/);
  });
});

describe('a pattern', () => {
  it('has stars for anything but a slash, and nothing else', () => {
    expect(matches('a/*/r_*.json', 'a/x y/r_1.json')).toBe(true);
    expect(matches('a/*.json', 'a/b/c.json')).toBe(false);
    expect(matches('a.json', 'aXjson')).toBe(false);
  });
});

describe('the command', () => {
  const place: HarnessPlace = {
    service: {
      type: 'api',
      url: 'http://x/v1',
      protocol: 'chat_completions',
      model: 'm; rm',
      api_key_env: null,
      generation: {},
      concurrency: 1,
      request_timeout: 1,
      max_retries: 0,
    },
    generation: {},
    systemPrompt: null,
    maxProblems: null,
    outputDir: '/out',
  };

  it('has its placeholders filled in within arguments, and other braces left', () => {
    write('tool', '#!/bin/sh\n');
    chmodSync(path.join(dir, 'tool'), 0o755);
    const words = ['./tool', '--to={output_dir}/r', '{url}', '{model}', '{max_problems}', '{"json": {x}}'];
    expect(genericCommand('harness://t', words, place, { env: {}, cwd: dir })).toEqual({
      file: path.join(dir, 'tool'),
      args: ['--to=/out/r', 'http://x/v1', 'm; rm', '', '{"json": {x}}'],
      env: {},
    });
  });

  it('of a program that is not there is an error', () => {
    expect(() => genericCommand('harness://t', ['tool', '{output_dir}'], place, { env: { PATH: dir }, cwd: dir })).toThrow(
      /no program "tool"/,
    );
  });

  it.each([
    [{ command: [], env: [], results: resultsSpec() }, /no command is configured/],
    [{ command: ['tool', '{output_dir}'], env: [], results: null }, /where its results are is not configured/],
    [{ command: ['tool'], env: [], results: resultsSpec() }, /no argument of its command has \{output_dir\}/],
  ])('is refused when incomplete', (spec, message) => {
    expect(() => openGenericHarness({ ref: 'harness://t', spec, params: {}, env: {}, cwd: dir })).toThrow(message);
  });

  it('needs a name that can be a folder', () => {
    const spec = { command: ['tool', '{output_dir}'], env: [], results: resultsSpec() };
    expect(() => openGenericHarness({ ref: 'harness://../t', spec, params: {}, env: {}, cwd: dir })).toThrow(/is no name/);
  });
});

describe('the environment', () => {
  it('has what programs need, the named variables and the key of the endpoint, not our other keys', () => {
    const env = {
      PATH: '/bin',
      HOME: '/h',
      HF_TOKEN: 't',
      OTHER_API_KEY: 'o',
      OPENAI_API_KEY: 'mine',
      NEL_PAYLOAD_KEY: 'p',
      EXTRA: 'e',
      https_proxy: 'q',
    };
    expect(harnessEnvironment(env, ['EXTRA'], 'the-key')).toEqual({
      PATH: '/bin',
      HOME: '/h',
      HF_TOKEN: 't',
      https_proxy: 'q',
      EXTRA: 'e',
      OPENAI_API_KEY: 'the-key',
      PYTHONUNBUFFERED: '1',
    });
    expect(harnessEnvironment(env, [], null)).not.toHaveProperty('OPENAI_API_KEY');
  });

  it('without a named variable is an error', () => {
    expect(() => harnessEnvironment({}, ['EXTRA'], null)).toThrow(/environment variable EXTRA, which is not set/);
  });
});
