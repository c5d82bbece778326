/** The built-in benchmarks over their real data: rows, prompts, and the counts of recorded answers, through data set and environment. */

import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { openDataset } from '../../../src/adapters/datasets/open.js';
import { openLocalEnvironment } from '../../../src/adapters/environments/local.js';
import { loadBenchmark } from '../../../src/benchmarks/registry.js';
import type { Row } from '../../../src/core/benchmark.js';
import type { Environment, Seed, Verification } from '../../../src/core/environment.js';
import { DATA_DIR } from '../../data-dir.js';

const SIGNAL = new AbortController().signal;

async function open(name: string): Promise<{ rows: readonly Row[]; environment: Environment }> {
  const { benchmark } = await loadBenchmark(name, process.cwd());
  const { rows, info } = await openDataset(benchmark.dataset, { ...benchmark, env: { NEL_DATA_DIR: DATA_DIR } });
  return { rows, environment: openLocalEnvironment({ benchmark, rows, info, systemPrompt: null }) };
}

function responses(file: string): string[] {
  const bytes = readFileSync(path.join(DATA_DIR, file));
  const lines = (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8').trimEnd().split('\n');
  return lines.map((line) => (JSON.parse(line) as { response: string }).response);
}

function judge(environment: Environment, answers: readonly string[]): { seeds: Seed[]; verdicts: Verification[] } {
  const seeds = answers.map((_, i) => environment.seed(i, 0, SIGNAL) as Seed);
  return { seeds, verdicts: answers.map((answer, i) => environment.verify(seeds[i] as Seed, answer, SIGNAL) as Verification) };
}

const right = (verdicts: readonly Verification[]): number => verdicts.filter(({ reward }) => reward === 1).length;

describe.skipIf(!existsSync(DATA_DIR))('with the real data', () => {
  it.each([
    ['175b_finetuning', 458],
    ['175b_verification', 742],
  ])('gsm8k scores %s at %i of 1,319', async (recording, expected) => {
    const { rows, environment } = await open('gsm8k');
    const { seeds, verdicts } = judge(environment, responses(`gsm8k/recordings/${recording}.jsonl`));
    expect({ n: verdicts.length, right: right(verdicts) }).toEqual({ n: 1319, right: expected });
    expect(seeds.every(({ prompt }, i) => prompt.endsWith(`Problem: ${String(rows[i]?.['question'])}`))).toBe(true);
  });

  it.each([
    ['llama-3.1-8b-instruct', 5244, 694],
    ['llama-3.1-70b-instruct', 7539, 188],
  ])('mmlu_pro scores %s at %i of 12,032 with %i format errors, in 14 categories', async (recording, expected, formatErrors) => {
    const { rows, environment } = await open('mmlu_pro');
    const { seeds, verdicts } = judge(environment, responses(`mmlu_pro/recordings/${recording}.jsonl.gz`));
    expect({
      n: verdicts.length,
      right: right(verdicts),
      formatErrors: verdicts.filter(({ failure_category }) => failure_category === 'format_error').length,
      categories: new Set(seeds.map(({ category }) => category)).size,
      prompts: new Set(seeds.map(({ prompt }) => prompt)).size,
    }).toEqual({ n: 12_032, right: expected, formatErrors, categories: 14, prompts: 11_873 });
    const last = rows.at(-1) as { question: string; options: string[] };
    expect(seeds.at(-1)?.prompt).toContain(`${last.question}\n\nOptions:\nA. ${String(last.options[0])}\nB. ${String(last.options[1])}`);
  });
});
