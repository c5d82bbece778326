/** The comparison of two runs from their files. */

import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { compareDirectories } from '../../../src/artifacts/compare-directories.js';
import type { BenchmarkComparison } from '../../../src/core/compare.js';
import { toRegression } from '../../../src/core/compare-report.js';
import { temporaryFolder } from '../../temporary-folder.js';
import { binaryRows, row, writeBenchmark } from './gate-files.js';

let baseline: string;
let candidate: string;

beforeEach(() => {
  const root = temporaryFolder('gate');
  baseline = path.join(root, 'a');
  candidate = path.join(root, 'b');
});

const compare = (more: Partial<Parameters<typeof compareDirectories>[0]> = {}) => compareDirectories({ baseline, candidate, ...more });
const only = async (more?: Parameters<typeof compare>[0]) => (await compare(more)).benchmarks[0] as BenchmarkComparison;

/** 100 items, 60 right; the candidate loses `lost` of them and gains `gained` others. */
function changed(lost: number, gained: number): void {
  writeBenchmark(baseline, { rows: binaryRows(60, 100) });
  writeBenchmark(candidate, { rows: Array.from({ length: 100 }, (_, i) => row(i, i < lost ? 0 : i < 60 + gained ? 1 : 0)) });
}

describe('the paired test', () => {
  it("is McNemar's, exact, for 0/1 rewards", async () => {
    changed(10, 1);
    const { paired, n_paired, verdict } = await only();
    // Binomial: 2 × P(X ≤ 1) of 11 fair flips = 2 × 12 / 2048.
    expect(paired).toEqual({
      test: 'mcnemar-exact',
      p_value: expect.closeTo(24 / 2048, 12),
      effect: -0.09,
      ci: [expect.closeTo(-0.153, 2), expect.closeTo(-0.027, 2)],
    });
    expect([n_paired, verdict]).toEqual([100, 'BLOCK']);
  });

  it("is Wilcoxon's signed ranks for others", async () => {
    const values = (shift: number) => Array.from({ length: 20 }, (_, i) => row(i, (i + 1) / 40 + (i === 0 ? -shift : shift) * (i + 1)));
    writeBenchmark(baseline, { rows: values(0) });
    writeBenchmark(candidate, { rows: values(0.001) });
    const { paired } = await only();
    // All but the smallest of 20 differences point up: 2 × P(W ≤ 1) = 2 × 2 / 2^20.
    expect(paired).toMatchObject({ test: 'wilcoxon-signed-rank', p_value: expect.closeTo(4 / 2 ** 20, 12) });
  });

  it('collapses repeats first', async () => {
    const repeated = (second: number) => Array.from({ length: 20 }, (_, i) => [row(i, 1), row(i, second, { repeat: 1 })]).flat();
    writeBenchmark(baseline, { rows: repeated(1) });
    writeBenchmark(candidate, { rows: repeated(0) });
    const { paired, n_paired, flips } = await only();
    expect(paired).toMatchObject({ test: 'wilcoxon-signed-rank', effect: -0.5 });
    expect([n_paired, flips?.n_paired, flips?.n_regressions]).toEqual([20, 40, 20]);
  });
});

describe('verdicts', () => {
  it.each([
    ['BLOCK', 12, 1, {}, 'Significant regression: the drop exceeds max-drop 0.05'],
    ['WARN', 12, 1, { maxDrop: 0.2 }, 'Significant regression, within max-drop 0.2'],
    ['PASS', 1, 12, {}, 'Significant improvement'],
    ['PASS', 1, 1, { maxDrop: 0.05 }, 'No drop beyond max-drop 0.05'],
    ['INCONCLUSIVE', 5, 3, { maxDrop: 0.01 }, 'A drop beyond max-drop 0.01 cannot be ruled out: the 95% interval reaches a drop of 0.0763'],
  ] as const)('%s for %i lost and %i gained of 100 with %j', async (verdict, lost, gained, options, reason) => {
    changed(lost, gained);
    expect(await only(options)).toMatchObject({ verdict, verdict_reasons: [reason] });
  });

  it('INCONCLUSIVE for fewer than 10 pairs, and without results', async () => {
    writeBenchmark(baseline, { rows: binaryRows(9, 9) });
    writeBenchmark(candidate, { rows: binaryRows(0, 9) });
    expect(await only()).toMatchObject({ verdict: 'INCONCLUSIVE', verdict_reasons: ['Only 9 paired items (minimum 10)'] });
    const bundle = { benchmark: { name: 'x', scores: { mean_reward: { value: 0.5 } } } };
    writeBenchmark(baseline, { name: 'x', rows: null, bundle });
    writeBenchmark(candidate, { name: 'x', rows: null, bundle });
    expect((await compare()).benchmarks[1]).toMatchObject({
      verdict: 'INCONCLUSIVE',
      paired: null,
      flips: null,
      score_deltas: { mean_reward: { baseline: 0.5, candidate: 0.5, delta: 0, p_value: null, significant: null, test: null } },
    });
  });

  it('over several benchmarks: the worst, and INCONCLUSIVE where the candidate lacks one', async () => {
    changed(12, 1);
    writeBenchmark(baseline, { name: 'x', rows: binaryRows(90, 100) });
    expect(await compare()).toMatchObject({ verdict: 'BLOCK', baseline_only: ['x'] });
    writeBenchmark(candidate, { rows: binaryRows(60, 100) });
    expect(await compare()).toMatchObject({
      verdict: 'INCONCLUSIVE',
      verdict_reasons: [expect.stringMatching(/^INCONCLUSIVE: x: only in the baseline/)],
    });
  });
});

describe('deltas', () => {
  it("have the documents' keys, with intervals from the bundles where they have them", async () => {
    changed(10, 1);
    const score = (value: number, low: number, high: number) => ({
      benchmark: { name: 'mmlu', scores: { mean_reward: { value, ci_lower: low, ci_upper: high }, other: { value } } },
    });
    writeBenchmark(baseline, { rows: binaryRows(60, 100), bundle: score(0.6, 0.55, 0.65) });
    writeBenchmark(candidate, { rows: binaryRows(40, 100), bundle: score(0.4, 0.35, 0.45) });
    const { score_deltas } = await only();
    expect(score_deltas).toEqual({
      mean_reward: {
        baseline: 0.6,
        candidate: 0.4,
        delta: -0.2,
        relative_pct: expect.closeTo(-100 / 3, 9),
        ci_overlap: false,
        p_value: expect.closeTo(0.0048033, 6),
        significant: true,
        test: 'mann-whitney-u',
      },
      other: {
        baseline: 0.6,
        candidate: 0.4,
        delta: -0.2,
        relative_pct: expect.closeTo(-100 / 3, 9),
        ci_overlap: null,
        p_value: null,
        significant: null,
        test: null,
      },
    });
  });

  it('come by category over paired items, and by runtime figure', async () => {
    const rows = (right: (i: number) => boolean) =>
      Array.from({ length: 20 }, (_, i) => row(i, right(i) ? 1 : 0, { metadata: { category: i % 2 === 0 ? 'even' : 'odd' } }));
    writeBenchmark(baseline, {
      rows: rows(() => true),
      bundle: { runtime: { tokens_per_second: 450, latency_percentiles_ms: { p50: 10 } } },
    });
    writeBenchmark(candidate, {
      rows: rows((i) => i % 4 !== 0),
      bundle: { runtime: { tokens_per_second: 520, latency_percentiles_ms: { p50: 12 } } },
    });
    const { category_deltas, runtime_deltas } = await only();
    expect(category_deltas).toEqual({
      even: { baseline: 1, candidate: 0.5, delta: -0.5, n: 10 },
      odd: { baseline: 1, candidate: 1, delta: 0, n: 10 },
    });
    expect(runtime_deltas).toEqual({
      tokens_per_second: { baseline: 450, candidate: 520, delta: 70, relative_pct: expect.closeTo(15.5556, 3) },
      'latency_percentiles_ms.p50': { baseline: 10, candidate: 12, delta: 2, relative_pct: 20 },
    });
  });
});

describe('flips', () => {
  it('name problem, repeat, category and both answers', async () => {
    const rows = (answer: string, reward: number) =>
      Array.from({ length: 12 }, (_, i) =>
        i === 3 ? row(i, reward, { extracted_answer: answer, expected_answer: 'B', metadata: { category: 'law' } }) : row(i, 1),
      );
    writeBenchmark(baseline, { rows: rows('B', 1) });
    writeBenchmark(candidate, { rows: rows('A', 0) });
    expect((await only()).flips).toEqual({
      n_paired: 12,
      n_regressions: 1,
      n_improvements: 0,
      n_both_right: 11,
      n_both_wrong: 0,
      regressions: [
        {
          problem_idx: 3,
          repeat: 0,
          category: 'law',
          expected_answer: 'B',
          baseline_answer: 'B',
          candidate_answer: 'A',
          baseline_reward: 1,
          candidate_reward: 0,
          error: false,
        },
      ],
      improvements: [],
    });
  });

  it('take a reward above correctAbove for right, and an error for wrong', async () => {
    writeBenchmark(baseline, { rows: Array.from({ length: 12 }, (_, i) => row(i, 0.6)) });
    writeBenchmark(candidate, { rows: Array.from({ length: 12 }, (_, i) => (i === 0 ? row(i, 0.9, { status: 'error' }) : row(i, 0.4))) });
    expect((await only()).flips).toMatchObject({ n_regressions: 1, n_both_right: 11, regressions: [{ problem_idx: 0, error: true }] });
    expect((await only({ correctAbove: 0.5 })).flips).toMatchObject({ n_regressions: 12 });
  });
});

describe('what was set differently', () => {
  it('stands in the report, prompts before settings before models', async () => {
    const config = (system_prompt: string, temperature: number, model: string) => ({
      bundle: { config: { model, temperature, system_prompt } },
    });
    writeBenchmark(baseline, { rows: binaryRows(6, 12), ...config('a', 0, 'x') });
    writeBenchmark(candidate, { rows: binaryRows(6, 12), ...config('b', 1, 'y') });
    expect((await only()).differences.map(({ kind, field }) => [kind, field])).toEqual([
      ['prompt', 'config.system_prompt'],
      ['setting', 'config.temperature'],
      ['model', 'config.model'],
    ]);
  });

  it('includes the prompts of the trajectories: same question, other words', async () => {
    for (const [side, words] of [
      [baseline, 'Answer:'],
      [candidate, 'Reply:'],
    ] as const) {
      const dir = writeBenchmark(side, { rows: binaryRows(6, 12) });
      const lines = Array.from({ length: 12 }, (_, i) =>
        JSON.stringify({ problem_idx: i, repeat: 0, prompt: i < 3 ? `${words} ${i}` : `same ${i}` }),
      );
      writeFileSync(path.join(dir, 'trajectories.jsonl'), `${lines.join('\n')}\n`);
    }
    expect((await only()).differences).toEqual([
      { kind: 'prompt', field: 'prompts of 3 of 12 problems', baseline: 'one text', candidate: 'another text' },
    ]);
  });

  it('is an error where the data sets differ, unless forced', async () => {
    writeBenchmark(baseline, { rows: binaryRows(6, 12), bundle: { dataset: { fingerprint: 'a' } } });
    writeBenchmark(candidate, { rows: binaryRows(6, 12), bundle: { dataset: { fingerprint: 'b' } } });
    await expect(compare()).rejects.toMatchObject({
      kind: 'data',
      message: expect.stringContaining('Different data sets: dataset.fingerprint'),
    });
    expect((await only({ force: true })).differences).toHaveLength(1);
  });
});

describe('regression.json', () => {
  it('has the keys at the top for one benchmark, by name for several', async () => {
    changed(1, 1);
    expect(Object.keys(toRegression(await compare()))).toEqual(
      expect.arrayContaining(['benchmark', 'verdict', 'score_deltas', 'category_deltas', 'runtime_deltas', 'paired', 'flips']),
    );
    writeBenchmark(baseline, { name: 'x', rows: binaryRows(6, 12) });
    writeBenchmark(candidate, { name: 'x', rows: binaryRows(6, 12) });
    expect(toRegression(await compare())).toMatchObject({ benchmarks: { mmlu: { benchmark: 'mmlu' }, x: { benchmark: 'x' } } });
  });
});

describe('paths', () => {
  it('may be bundle files', async () => {
    changed(10, 1);
    const report = await compare({ baseline: path.join(baseline, 'mmlu', 'eval-mmlu.json'), candidate: path.join(candidate, 'mmlu') });
    expect(report.benchmarks).toHaveLength(1);
  });

  it('must exist and hold a bundle', async () => {
    await expect(compare()).rejects.toMatchObject({ kind: 'data', message: `${baseline}: no such file or directory` });
    await expect(compare({ baseline: import.meta.dirname })).rejects.toMatchObject({
      message: expect.stringContaining('no bundle (eval-*.json) is in it'),
    });
  });
});
