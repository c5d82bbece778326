/** The benchmark scorers on answers that real models gave, against the counts that the benchmarks' authors found. */

import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { ScorerResult } from '../../../../src/core/benchmark.js';
import { gsm8k, gsm8kGold } from '../../../../src/core/scoring/gsm8k.js';
import { mmluPro } from '../../../../src/core/scoring/mmlu-pro.js';
import { DATA_DIR } from '../../../data-dir.js';

function readRows(file: string): Record<string, unknown>[] {
  const bytes = readFileSync(path.join(DATA_DIR, file));
  const text = (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

describe.skipIf(!existsSync(DATA_DIR))('on the recorded answers', () => {
  it.each([
    ['175b_finetuning', 458],
    ['175b_verification', 742],
  ])('gsm8k finds as many right as the authors of %s: %i', (recording, right) => {
    const golds = readRows('gsm8k/test.jsonl').map((row) => gsm8kGold(String(row['answer'])) as string);
    const scorer = gsm8k();
    const judged = readRows(`gsm8k/recordings/${recording}.jsonl`).map((row, i) => {
      const result = scorer.score({ response: String(row['response']), target: golds[i] as string, row }) as ScorerResult;
      return { reward: result.reward, wanted: row['is_correct'] === true ? 1 : 0 };
    });
    expect(judged.filter(({ reward, wanted }) => reward !== wanted)).toEqual([]);
    expect(judged.reduce((sum, { reward }) => sum + reward, 0)).toBe(right);
  });

  it.each([
    ['llama-3.1-8b-instruct', 5244, 694],
    ['llama-3.1-70b-instruct', 7539, 188],
  ])('mmluPro on %s finds %i right and %i without an answer', (recording, right, formatErrors) => {
    const answers = new Map(readRows('mmlu_pro/test.jsonl.gz').map((row) => [row['question_id'], String(row['answer'])]));
    const scorer = mmluPro();
    const results = readRows(`mmlu_pro/recordings/${recording}.jsonl.gz`).map(
      (row) => scorer.score({ response: String(row['response']), target: answers.get(row['question_id']) as string, row }) as ScorerResult,
    );
    expect({
      n: results.length,
      right: results.filter((result) => result.reward === 1).length,
      formatErrors: results.filter((result) => result.failure === 'format_error').length,
      otherFailures: results.filter((result) => result.failure !== undefined && result.failure !== 'format_error').length,
    }).toEqual({ n: 12_032, right, formatErrors, otherFailures: 0 });
  });
});
