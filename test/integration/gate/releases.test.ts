/** Real releases: recorded answers of real models, scored by our scorers, gated and compared both ways round. */

import { existsSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { compareRuns } from '../../../src/api/compare.js';
import { gateRuns } from '../../../src/api/gate.js';
import type { Scorer } from '../../../src/core/benchmark.js';
import type { GatePolicy } from '../../../src/core/policy.js';
import { gsm8k, gsm8kGold } from '../../../src/core/scoring/gsm8k.js';
import { mmluPro } from '../../../src/core/scoring/mmlu-pro.js';
import { DATA_DIR } from '../../data-dir.js';
import { readRows } from '../../fakes/replay.js';
import { temporaryFolder } from '../../temporary-folder.js';
import { writeBenchmark } from '../../unit/artifacts/gate-files.js';

interface Answered {
  readonly target: string;
  readonly response: string;
  readonly category: string | null;
}

/** Scores recorded answers and writes them as a run. */
async function writeRun(dir: string, name: string, scorer: Scorer, answers: readonly Answered[]): Promise<string> {
  const rows: unknown[] = [];
  for (const [problem_idx, { target, response, category }] of answers.entries()) {
    const { reward, extracted } = await scorer.score({ response, target, row: {} });
    rows.push({
      problem_idx,
      repeat: 0,
      reward,
      status: 'scored',
      extracted_answer: extracted,
      expected_answer: target,
      metadata: category === null ? {} : { category },
    });
  }
  writeBenchmark(dir, { name, rows });
  return dir;
}

const policy = (name: string): GatePolicy => ({
  version: 1,
  defaults: {},
  benchmarks: { [name]: { tier: 'critical', metric: 'mean_reward', max_drop: 0.01 } },
});

const MMLU = path.join(DATA_DIR, 'mmlu_pro');
const GSM8K = path.join(DATA_DIR, 'gsm8k');

describe.skipIf(!existsSync(MMLU))('MMLU-Pro, Llama 3.1 8B and 70B', () => {
  let small: string;
  let large: string;
  /** Right answers of 8B and 70B by category, counted beside the code under test. */
  const counts = new Map<string, { n: number; small: number; large: number }>();

  beforeAll(async () => {
    const problems = readRows(path.join(MMLU, 'test.jsonl.gz'));
    const root = temporaryFolder('gate');
    const run = async (model: string) => {
      const responses = new Map(
        readRows(path.join(MMLU, 'recordings', `${model}.jsonl.gz`)).map((row) => [row['question_id'], row['response'] as string]),
      );
      const answers = problems.map((row) => ({
        target: row['answer'] as string,
        response: responses.get(row['question_id']) as string,
        category: row['category'] as string,
      }));
      return { dir: await writeRun(path.join(root, model), 'mmlu_pro', mmluPro(), answers), answers };
    };
    const [one, two] = [await run('llama-3.1-8b-instruct'), await run('llama-3.1-70b-instruct')];
    small = one.dir;
    large = two.dir;
    const scorer = mmluPro();
    for (const [i, { category, target, response }] of one.answers.entries()) {
      const count = counts.get(category as string) ?? { n: 0, small: 0, large: 0 };
      counts.set(category as string, count);
      count.n++;
      count.small += (await scorer.score({ response, target, row: {} })).reward;
      count.large += (await scorer.score({ response: two.answers[i]?.response as string, target, row: {} })).reward;
    }
  });

  it('is NO-GO from 70B to 8B, by 19 points', async () => {
    const report = await gateRuns(large, small, policy('mmlu_pro'));
    expect(report).toMatchObject({
      verdict: 'NO-GO',
      warnings: [],
      benchmarks: [
        {
          status: 'BREACH',
          n_paired: 12_032,
          coverage: 1,
          baseline_score: expect.closeTo(7539 / 12_032, 11),
          candidate_score: expect.closeTo(5244 / 12_032, 11),
          delta: expect.closeTo(-2295 / 12_032, 11),
          absolute_breached: true,
        },
      ],
    });
  });

  it('is GO from 8B to 70B, under both evidence rules', async () => {
    for (const evidence of ['point', 'confidence'] as const) {
      expect(await gateRuns(small, large, policy('mmlu_pro'), { evidence })).toMatchObject({
        verdict: 'GO',
        benchmarks: [{ delta: expect.closeTo(2295 / 12_032, 11) }],
      });
    }
  });

  it('compares with the right deltas by category', async () => {
    const { verdict, benchmarks } = await compareRuns(large, small);
    expect(verdict).toBe('BLOCK');
    expect(benchmarks[0]?.paired?.test).toBe('mcnemar-exact');
    expect(benchmarks[0]?.paired?.p_value).toBeLessThan(1e-100);
    const expected = [...counts]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, { n, small: after, large: before }]) => `${name} ${n} ${((after - before) / n).toFixed(9)}`);
    expect(expected).toHaveLength(14);
    const deltas = Object.entries(benchmarks[0]?.category_deltas ?? {}).map(([name, { n, delta }]) => `${name} ${n} ${delta.toFixed(9)}`);
    expect(deltas).toEqual(expected);
    const { n_regressions = 0, n_improvements = 0 } = benchmarks[0]?.flips ?? {};
    expect(n_regressions - n_improvements).toBe(2295);
  });
});

describe.skipIf(!existsSync(GSM8K))('GSM8K, 175B with and without verification', () => {
  let plain: string;
  let verified: string;

  beforeAll(async () => {
    const gold = new Map(readRows(path.join(GSM8K, 'test.jsonl')).map((row) => [row['question'], gsm8kGold(row['answer'] as string)]));
    const root = temporaryFolder('gate');
    const run = (model: string) => {
      const rows = readRows(path.join(GSM8K, 'recordings', `${model}.jsonl`));
      const answers = rows.map((row) => ({
        target: gold.get(row['question']) as string,
        response: row['response'] as string,
        category: null,
      }));
      return writeRun(path.join(root, model), 'gsm8k', gsm8k(), answers);
    };
    plain = await run('175b_finetuning');
    verified = await run('175b_verification');
  });

  it('is GO from fine-tuning to verification and NO-GO back, by 284 of 1,319 answers', async () => {
    expect(await gateRuns(plain, verified, policy('gsm8k'))).toMatchObject({
      verdict: 'GO',
      benchmarks: [{ delta: expect.closeTo(284 / 1319, 11), n_paired: 1319 }],
    });
    expect(await gateRuns(verified, plain, policy('gsm8k'))).toMatchObject({
      verdict: 'NO-GO',
      benchmarks: [{ status: 'BREACH', delta: expect.closeTo(-284 / 1319, 11) }],
    });
  });
});
