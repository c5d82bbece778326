/** The main job on real data: recorded answers of real models through the whole system, against the counts their authors published. */

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { DATA_DIR } from '../../data-dir.js';
import { spawnFakeEndpoint } from '../../fakes/spawn-endpoint.js';
import { Lab, readBundle, readLines } from './lab.js';

const lab = new Lab();
afterAll(() => lab.close());

const missing = existsSync(path.join(DATA_DIR, 'mmlu_pro')) ? '' : ' (skipped: put the shared data sets into ../shared/data)';

describe.skipIf(missing !== '')(`recorded answers${missing}`, () => {
  it.each([
    ['175b_finetuning', 458],
    ['175b_verification', 742],
  ])('scores GSM8K answers of %s as %i of 1,319 right', { timeout: 120_000 }, async (recording, right) => {
    const endpoint = await spawnFakeEndpoint({ answer: { gsm8k: recording } });
    try {
      const out = lab.path(recording);
      const run = await lab.nel(['eval', 'run', '--bench', 'gsm8k', '--model-url', endpoint.url, '--model-id', recording, '-o', out]);
      expect(run).toMatchObject({ code: 0 });
      const bundle = readBundle(path.join(out, 'gsm8k'));
      const rows = readLines(path.join(out, 'gsm8k/results.jsonl'));
      expect(rows.filter(({ reward }) => reward === 1)).toHaveLength(right);
      expect(bundle?.coverage).toEqual({ expected: 1319, scored: 1319, errors: 0 });
      expect(bundle?.benchmark.scores['mean_reward']?.value).toBeCloseTo(right / 1319, 12);
      expect(rows.map(({ problem_idx }) => problem_idx)).toEqual(Array.from({ length: 1319 }, (_, i) => i));
      expect((await endpoint.stats()).requests).toBe(1319);
    } finally {
      await endpoint.close();
    }
  });

  it.each([
    ['llama-3.1-8b-instruct', 5244, 694],
    ['llama-3.1-70b-instruct', 7539, 188],
  ])('scores MMLU-Pro answers of %s as %i right with %i format errors', { timeout: 240_000 }, async (recording, right, formatErrors) => {
    const endpoint = await spawnFakeEndpoint({ answer: { mmluPro: recording } });
    try {
      const out = lab.path(recording);
      const run = await lab.nel(['eval', 'run', '--bench', 'mmlu_pro', '--model-url', endpoint.url, '--model-id', recording, '-o', out]);
      expect(run).toMatchObject({ code: 0 });
      const bundle = readBundle(path.join(out, 'mmlu_pro'));
      expect(readLines(path.join(out, 'mmlu_pro/results.jsonl')).filter(({ reward }) => reward === 1)).toHaveLength(right);
      expect(bundle?.coverage).toEqual({ expected: 12_032, scored: 12_032, errors: 0 });
      expect(bundle?.failures['format_error']).toBe(formatErrors);
      const categories = Object.values(bundle?.benchmark.categories ?? {});
      expect(categories).toHaveLength(14);
      expect(categories.reduce((sum, { n }) => sum + n, 0)).toBe(12_032);
      expect(Math.round(categories.reduce((sum, { n, mean_reward }) => sum + n * mean_reward, 0))).toBe(right);
    } finally {
      await endpoint.close();
    }
  });

  it.each([
    ['gsm8k', '175b_verification', '175b_finetuning', (458 - 742) / 1319],
    ['mmlu_pro', 'llama-3.1-70b-instruct', 'llama-3.1-8b-instruct', (5244 - 7539) / 12_032],
  ])(
    'gates the two models on %s: the weaker is NO-GO against the stronger, the other way round GO',
    { timeout: 120_000 },
    async (benchmark, stronger, weaker, delta) => {
      const policy = lab.path('policy.yaml');
      writeFileSync(policy, 'version: 1\ndefaults: {tier: critical, metric: mean_reward, max_drop: 0.01}\n');
      const gate = async (baseline: string, candidate: string) => {
        const { code, stdout } = await lab.nel(['gate', lab.path(baseline), lab.path(candidate), '--policy', policy, '--format', 'json']);
        return {
          code,
          report: JSON.parse(stdout) as { verdict: string; benchmarks: { status: string; n_paired: number; delta: number }[] },
        };
      };
      const down = await gate(stronger, weaker);
      expect(down).toMatchObject({ code: 1, report: { verdict: 'NO-GO', benchmarks: [{ benchmark, status: 'BREACH' }] } });
      expect(down.report.benchmarks[0]?.delta).toBeCloseTo(delta, 12);
      const up = await gate(weaker, stronger);
      expect(up).toMatchObject({ code: 0, report: { verdict: 'GO', benchmarks: [{ benchmark, status: 'PASS' }] } });
      expect(up.report.benchmarks[0]?.delta).toBeCloseTo(-delta, 12);
    },
  );

  it('compares MMLU-Pro of 70B and 8B category by category', { timeout: 60_000 }, async () => {
    const [baseline, candidate] = [lab.path('llama-3.1-70b-instruct'), lab.path('llama-3.1-8b-instruct')];
    const means = (dir: string): Map<string, number> => {
      const rewards = new Map<string, number[]>();
      for (const row of readLines(path.join(dir, 'mmlu_pro/results.jsonl'))) {
        const category = String((row['metadata'] as Record<string, unknown>)['category']);
        rewards.set(category, [...(rewards.get(category) ?? []), row.reward]);
      }
      return new Map([...rewards].map(([category, all]) => [category, all.reduce((a, b) => a + b, 0) / all.length]));
    };
    const out = lab.path('regression.json');
    expect(await lab.nel(['compare', baseline, candidate, '-o', out])).toMatchObject({ code: 0 });
    const regression = JSON.parse(readFileSync(out, 'utf8')) as { category_deltas: Record<string, { delta: number }> };
    const [before, after] = [means(baseline), means(candidate)];
    expect(Object.keys(regression.category_deltas).sort()).toEqual([...before.keys()].sort());
    for (const [category, mean] of before)
      expect(regression.category_deltas[category]?.delta).toBeCloseTo((after.get(category) ?? Number.NaN) - mean, 12);
  });
});
