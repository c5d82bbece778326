import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findLmEval, lmEvalCommand, openLmEval } from '../../../../src/adapters/harnesses/lm-eval.js';
import { parseLmEvalAddress } from '../../../../src/adapters/harnesses/lm-eval-address.js';
import type { HarnessPlace } from '../../../../src/core/harness.js';
import type { ServiceSpec } from '../../../../src/core/spec.js';

const dir = mkdtempSync(path.join(tmpdir(), 'nel-lm-eval-'));
beforeAll(() => {
  mkdirSync(path.join(dir, 'tasks'));
  writeFileSync(path.join(dir, 'tasks/pears.yaml'), 'task: pears\n');
  writeFileSync(path.join(dir, 'lm_eval'), '#!/bin/sh\n');
  chmodSync(path.join(dir, 'lm_eval'), 0o755);
});
afterAll(() => rmSync(dir, { recursive: true }));

const service: ServiceSpec = {
  type: 'api',
  url: 'http://127.0.0.1:8000/v1/',
  protocol: 'chat_completions',
  model: 'org/demo 1,5',
  api_key_env: 'DEMO_KEY',
  generation: {},
  concurrency: 16,
  request_timeout: 90.5,
  max_retries: 3,
};
const place = (changes: Partial<HarnessPlace> = {}): HarnessPlace => ({
  service,
  generation: {},
  systemPrompt: null,
  maxProblems: null,
  outputDir: '/out',
  ...changes,
});
const argsOf = (ref: string, changes: Partial<HarnessPlace> = {}): readonly string[] =>
  lmEvalCommand(parseLmEvalAddress(ref, {}, dir), place(changes), '/bin/lm_eval').args;
const valueAfter = (args: readonly string[], flag: string): unknown => JSON.parse(args[args.indexOf(flag) + 1] ?? 'null');

describe('the command line for lm-eval', () => {
  it('asks a chat endpoint by its chat template, with retries counted as attempts', () => {
    expect(argsOf('lm-eval://gsm8k')).toEqual([
      '--model',
      'local-chat-completions',
      '--model_args',
      '{"model":"org/demo 1,5","base_url":"http://127.0.0.1:8000/v1/chat/completions","num_concurrent":16,"max_retries":4,"timeout":91}',
      '--tasks',
      'gsm8k',
      '--output_path',
      '/out',
      '--log_samples',
      '--apply_chat_template',
    ]);
  });

  it('sends texts to a completions endpoint, without a tokenizer unless one is named', () => {
    const completions = { service: { ...service, protocol: 'completions' as const } };
    expect(argsOf('lm-eval://gsm8k', completions)).not.toContain('--apply_chat_template');
    expect(valueAfter(argsOf('lm-eval://gsm8k', completions), '--model_args')).toMatchObject({
      base_url: 'http://127.0.0.1:8000/v1/completions',
      tokenizer_backend: 'none',
      tokenized_requests: false,
    });
    expect(valueAfter(argsOf('lm-eval://arc_easy?tokenizer=org/words', completions), '--model_args')).toMatchObject({
      tokenizer_backend: 'huggingface',
      tokenizer: 'org/words',
    });
  });

  it("gives sampling settings in the tool's words, the seed to its model", () => {
    const generation = { temperature: 0.2, max_tokens: 512, stop: ['\n\n', 'Q:'], seed: 7, extra_body: { top_k: 5, nested: { a: [1] } } };
    const args = argsOf('lm-eval://gsm8k', { generation });
    expect(valueAfter(args, '--gen_kwargs')).toEqual({
      temperature: 0.2,
      max_gen_toks: 512,
      until: ['\n\n', 'Q:'],
      top_k: 5,
      nested: { a: [1] },
    });
    expect(valueAfter(args, '--model_args')).toMatchObject({ seed: 7 });
  });

  it('passes limit, shots, folder, cache and a system prompt that begins with a dash', () => {
    const ref = 'lm-eval://pears?include_path=tasks&num_fewshot=3&trust_remote_code=true&allow_unsafe_code=true';
    const args = argsOf(ref, { maxProblems: 20, systemPrompt: '--limit 1; rm', cacheDir: '/cache' });
    expect(args.slice(args.indexOf('--limit'))).toEqual([
      '--limit',
      '20',
      '--num_fewshot',
      '3',
      '--include_path',
      path.join(dir, 'tasks'),
      '--use_cache',
      '/cache/answers',
      '--trust_remote_code',
      '--confirm_run_unsafe_code',
      '--system_instruction=--limit 1; rm',
    ]);
  });

  it('never holds the name or value of a key', () => {
    expect(argsOf('lm-eval://gsm8k').join(' ')).not.toMatch(/DEMO_KEY|api_?key/i);
  });
});

describe('an lm-eval address', () => {
  it('names the benchmark after the task, and a file after its name', () => {
    expect(parseLmEvalAddress('lm-eval://mmlu_stem', {}, dir).name).toBe('lm-eval.mmlu_stem');
    expect(parseLmEvalAddress('lm-eval://./tasks/pears.yaml', {}, dir)).toMatchObject({
      name: 'lm-eval.pears',
      task: path.join(dir, 'tasks/pears.yaml'),
    });
  });

  it('takes parameters from the address and from params', () => {
    const { metric, filter, numFewshot } = parseLmEvalAddress(
      'lm-eval://gsm8k?metric=exact_match',
      { filter: 'strict-match', num_fewshot: 5 },
      dir,
    );
    expect({ metric, filter, numFewshot }).toEqual({ metric: 'exact_match', filter: 'strict-match', numFewshot: 5 });
  });

  it.each([
    ['lm-eval://', /not the name of a task/],
    ['lm-eval://--model', /not the name of a task/],
    ['lm-eval://a,b', /not the name of a task/],
    ['lm-eval://./a,b.yaml', /comma or a wildcard/],
    ['lm-eval://./tasks', /no \.yaml file/],
    ['lm-eval://gsm8k?num_fewshots=1', /did you mean "num_fewshot"/],
    ['lm-eval://gsm8k?num_fewshot=-1', /num_fewshot: a whole number/],
    ['lm-eval://gsm8k?metric=a&metric=b', /metric is given twice/],
    ['lm-eval://gsm8k?name=../x', /name: letters/],
    ['lm-eval://gsm8k?trust_remote_code=yes', /true or false/],
  ])('%s is refused', (ref, message) => {
    expect(() => parseLmEvalAddress(ref, {}, dir)).toThrow(message);
  });

  it('of a task file that does not exist is refused when it is opened', () => {
    expect(() => openLmEval({ ref: 'lm-eval://./tasks/plums.yaml', params: {}, env: {}, cwd: dir })).toThrow(/no such task file/);
  });

  it("has another definition once the task's file says something else", () => {
    const open = () => openLmEval({ ref: 'lm-eval://./tasks/pears.yaml', params: {}, env: {}, cwd: dir }).definition;
    const before = open();
    expect(open()).toEqual(before);
    writeFileSync(path.join(dir, 'tasks/pears.yaml'), 'task: pears\nnum_fewshot: 1\n');
    expect(open()).not.toEqual(before);
  });
});

describe('a failure of lm-eval', () => {
  const { advice } = openLmEval({ ref: 'lm-eval://arc_easy', params: {}, env: {}, cwd: dir });

  it.each([
    [
      'NotImplementedError: Loglikelihood is not supported for chat completions. Consider using the completions API',
      /protocol: completions/,
    ],
    ['AssertionError: Tokenizer is required for loglikelihood tasks to compute context lengths.', /params: \{tokenizer: org\/model\}/],
    ['ValueError: Tasks not found: gms8k', /include_path/],
  ])('that says %s comes with what to do', (said, what) => {
    expect(advice(`  ${said}`)).toMatch(what);
  });

  it('of any other kind comes without', () => {
    expect(advice('RuntimeError: Session is closed')).toBeNull();
  });
});

describe("lm-eval's program", () => {
  it('is found on PATH, or where NEL_LM_EVAL says', () => {
    const file = path.join(dir, 'lm_eval');
    expect(findLmEval({ PATH: `/nowhere:${dir}` }, '/')).toBe(file);
    expect(findLmEval({ PATH: '/nowhere', NEL_LM_EVAL: './lm_eval' }, dir)).toBe(file);
  });

  it('is told how to be installed where it is missing', () => {
    expect(() => findLmEval({ PATH: '/nowhere' }, '/')).toThrow(
      expect.objectContaining({ kind: 'config', hint: expect.stringContaining('pip install "lm-eval[api]"') }),
    );
    expect(() => findLmEval({ PATH: dir, NEL_LM_EVAL: '/nowhere/lm_eval' }, '/')).toThrow(/NEL_LM_EVAL names \/nowhere/);
  });
});
