/**
 * From samples to scores. Golden intervals were worked out apart from this code: Wilson by its closed form with z = 1.959963984540054,
 * Student's t by tables (2 degrees of freedom: 4.302652729696, 3: 3.182446305284).
 */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Aggregate, Aggregator, passAtKs } from '../../../src/core/aggregate.js';
import type { Score } from '../../../src/core/bundle.js';
import type { SampleRecord } from '../../../src/core/sample.js';
import { errorRecord, sampleRecord } from '../records.js';

function aggregate(records: readonly SampleRecord[], repeats: number): Aggregate {
  const aggregator = new Aggregator(records.length, repeats);
  for (const record of records) aggregator.add(record);
  return aggregator.finish();
}

/** One scored sample for each reward, one row a problem. */
function rewards(rows: readonly (readonly number[])[], categories: readonly string[] = []): SampleRecord[] {
  return rows.flatMap((row, problem_idx) =>
    row.map((reward, repeat) => sampleRecord({ problem_idx, repeat, reward, category: categories[problem_idx] ?? null })),
  );
}

function expectScore(
  score: Score | undefined,
  { value, ci, method, n }: { value: number; ci: [number, number]; method: string; n: number },
) {
  expect(score?.value).toBeCloseTo(value, 12);
  expect(score?.ci_lower).toBeCloseTo(ci[0], 9);
  expect(score?.ci_upper).toBeCloseTo(ci[1], 9);
  expect({ method: score?.method, n: score?.n }).toEqual({ method, n });
}

it('reports pass@k for k = 1, 2, 4 … and the repeats themselves, each once', () => {
  expect([1, 2, 3, 4, 5, 8, 10].map(passAtKs)).toEqual([[1], [1, 2], [1, 2, 3], [1, 2, 4], [1, 2, 4, 5], [1, 2, 4, 8], [1, 2, 4, 8, 10]]);
});

describe('scores', () => {
  it('are the mean over problems, Wilson over 0/1 items and Student t over others, kept within [0, 1]', () => {
    const { scores } = aggregate(
      rewards([
        [1, 1, 1, 1],
        [1, 0, 0, 0],
        [0.5, 0, 1, 0],
        [0, 0, 0, 0],
      ]),
      4,
    );
    expect(Object.keys(scores)).toEqual(['mean_reward', 'pass@1', 'pass@2', 'pass@4']);
    // Item means 1, .25, .375, 0: t gives −0.2707 to 1.0832, which no reward in [0, 1] can reach.
    expectScore(scores['mean_reward'], { value: 0.40625, ci: [0, 1], method: 'student-t', n: 4 });
    // 1 of 4 right: 1/4 at k = 1, 1 − C(3,2)/C(4,2) = 1/2 at k = 2, 1 at k = 4. A reward of 0.5 is no pass.
    expectScore(scores['pass@1'], { value: 0.375, ci: [0, 1], method: 'student-t', n: 4 });
    expectScore(scores['pass@2'], { value: 0.5, ci: [0, 1], method: 'student-t', n: 4 });
    expectScore(scores['pass@4'], { value: 0.75, ci: [0.300641842582402, 0.9544127391902995], method: 'wilson', n: 4 });
  });

  it('keep an interval that leaves [0, 1] where rewards do', () => {
    const { scores } = aggregate(rewards([[2], [-1], [4]]), 1);
    expectScore(scores['mean_reward'], { value: 5 / 3, ci: [-4.584942812631636, 7.9182761459649695], method: 'student-t', n: 3 });
    expectScore(scores['pass@1'], { value: 0, ci: [0, 0.5614970317550454], method: 'wilson', n: 3 });
  });

  it('give no interval to a single item with partial credit, and Wilson to a single 0/1 item', () => {
    const partial = aggregate(rewards([[0.5]]), 1).scores;
    expect(partial['mean_reward']).toEqual({ value: 0.5, ci_lower: null, ci_upper: null, method: 'none', n: 1 });
    expect(aggregate(rewards([[1]]), 1).scores['mean_reward']).toMatchObject({ value: 1, ci_upper: 1, method: 'wilson', n: 1 });
  });

  it('never have an interval without width when all 0/1 items agree', () => {
    expectScore(aggregate(rewards([[1], [1]]), 1).scores['mean_reward'], {
      value: 1,
      ci: [0.34238022750665315, 1],
      method: 'wilson',
      n: 2,
    });
  });

  it('are null with method none when there was no sample', () => {
    expect(new Aggregator(0, 2).finish()).toMatchObject({
      scores: {
        mean_reward: { value: null, ci_lower: null, ci_upper: null, method: 'none', n: 0 },
        'pass@1': { value: null, method: 'none', n: 0 },
        'pass@2': { value: null, method: 'none', n: 0 },
      },
      categories: {},
      coverage: { expected: 0, scored: 0, errors: 0 },
      failureAnalysis: { total_steps: 0, total_failures: 0, failure_rate: 0, categories: {} },
    });
  });

  it('count an error as 0 and say so in coverage, so that a failed call can never raise a score', () => {
    const { scores, coverage } = aggregate([sampleRecord({ problem_idx: 0 }), errorRecord({ problem_idx: 1 })], 1);
    expectScore(scores['mean_reward'], { value: 0.5, ci: [0.09453120573423074, 0.9054687942657693], method: 'wilson', n: 2 });
    expect(coverage).toEqual({ expected: 2, scored: 1, errors: 1 });
  });

  it('expect what the benchmark has, not what came', () => {
    const aggregator = new Aggregator(10, 1);
    aggregator.add(sampleRecord());
    expect(aggregator.finish().coverage).toEqual({ expected: 10, scored: 1, errors: 0 });
  });

  it('include each number of the scorer as a metric, 0 where a sample lacks it, by name after the documented ones', () => {
    const { scores } = aggregate(
      [
        sampleRecord({ problem_idx: 0 }),
        sampleRecord({ problem_idx: 1, scoring_details: { f1: 0.5, em: 1, note: 'text', ok: true } }),
        errorRecord({ problem_idx: 2 }),
        sampleRecord({ problem_idx: 3, scoring_details: { f1: 0.25 } }),
      ],
      1,
    );
    expect(Object.keys(scores)).toEqual(['mean_reward', 'pass@1', 'em', 'f1']);
    expect(scores['f1']).toMatchObject({ value: 0.1875, n: 4, method: 'student-t' });
    expect(scores['em']).toMatchObject({ value: 0.25, n: 4, method: 'wilson' });
  });

  it('let no scorer overwrite mean_reward or pass@k', () => {
    const { scores } = aggregate([sampleRecord({ reward: 0, scoring_details: { mean_reward: 1, 'pass@1': 1, 'pass@9': 1 } })], 1);
    expect(Object.keys(scores)).toEqual(['mean_reward', 'pass@1']);
    expect([scores['mean_reward']?.value, scores['pass@1']?.value]).toEqual([0, 0]);
  });

  it('average repeats before items, for metrics as for the reward', () => {
    const details = (f1: number, repeat: number) => sampleRecord({ repeat, reward: f1, scoring_details: { f1 } });
    const { scores } = aggregate(
      [
        details(0.25, 0),
        details(0.75, 1),
        sampleRecord({ problem_idx: 1, reward: 0, scoring_details: { f1: 0 } }),
        sampleRecord({ problem_idx: 1, repeat: 1, reward: 0 }),
      ],
      2,
    );
    expect(scores['f1']).toEqual({ ...scores['mean_reward'] });
    expect(scores['f1']).toMatchObject({ value: 0.25, n: 2 });
  });

  it('equal the plain mean over items, lie in their interval, and pass@k never falls as k grows', () => {
    const table = fc
      .tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 12 }))
      .chain(([repeats, items]) =>
        fc.array(fc.array(fc.constantFrom(0, 1, 0.5), { minLength: repeats, maxLength: repeats }), { minLength: items, maxLength: items }),
      );
    fc.assert(
      fc.property(table, (rows) => {
        const repeats = rows[0]?.length ?? 1;
        const { scores } = aggregate(rewards(rows), repeats);
        const flat: number[] = rows.flat();
        expect(scores['mean_reward']?.value).toBeCloseTo(flat.reduce((a, b) => a + b, 0) / flat.length, 12);
        expect(scores['pass@1']?.value).toBeCloseTo(flat.filter((r) => r === 1).length / flat.length, 12);
        let last = 0;
        for (const k of passAtKs(repeats)) {
          const value = scores[`pass@${k}`]?.value ?? -1;
          expect(value).toBeGreaterThanOrEqual(last - 1e-12);
          last = value;
        }
        expect(last).toBeCloseTo(rows.filter((row) => row.includes(1)).length / rows.length, 12);
        for (const { value, ci_lower, ci_upper } of Object.values<Score>(scores)) {
          if (ci_lower === null || ci_upper === null || value === null) continue;
          expect(ci_lower).toBeGreaterThanOrEqual(0);
          expect(ci_upper).toBeLessThanOrEqual(1);
          expect(ci_lower - 1e-12 <= value && value <= ci_upper + 1e-12).toBe(true);
        }
      }),
    );
  });
});

it('scores categories by their items, in name order, leaving out items without one', () => {
  const { categories } = aggregate(rewards([[1], [0.625], [0], [1], [0.375]], ['zoo', 'art', 'zoo']), 1);
  expect(Object.keys(categories)).toEqual(['art', 'zoo']);
  expect(categories['art']).toEqual({ mean_reward: 0.625, n: 1, ci_lower: null, ci_upper: null });
  expect(categories['zoo']).toMatchObject({ mean_reward: 0.5, n: 2 });
  expect(categories['zoo']?.ci_lower).toBeCloseTo(0.09453120573423074, 9);
});

describe('runtime', () => {
  const tokens = (prompt: number | null, completion: number | null, reasoning: number | null, total: number | null) => {
    const { model } = sampleRecord();
    return { ...(model as NonNullable<typeof model>), tokens: { prompt, completion, reasoning, total } };
  };

  it('sums tokens, retries and finish reasons, and measures the time in which anything was under way', () => {
    const { runtime } = aggregate(
      [
        sampleRecord({
          problem_idx: 0,
          model: tokens(10, 20, 5, 30),
          attempts: 3,
          timestamp: '2026-03-01T12:00:01.000Z',
          timing: { seed_ms: 0, model_ms: 1000, verify_ms: 0, total_ms: 1000 },
        }),
        // Reports no total: prompt and completion stand for it.
        sampleRecord({
          problem_idx: 1,
          model: { ...tokens(1, 2, null, null), finish_reason: null },
          timestamp: '2026-03-01T12:00:02.000Z',
          timing: { seed_ms: 0, model_ms: 1500, verify_ms: 0, total_ms: 1500 },
        }),
        // A night later.
        errorRecord({
          problem_idx: 2,
          attempts: 2,
          timestamp: '2026-03-02T08:00:00.000Z',
          timing: { seed_ms: 0, model_ms: 2000, verify_ms: 0, total_ms: 2000 },
        }),
      ],
      1,
    );
    const { latency_percentiles_ms, phase_percentiles_ms, ...rest } = runtime;
    expect(rest).toEqual({
      total_steps: 3,
      total_tokens: 33,
      total_prompt_tokens: 11,
      total_completion_tokens: 22,
      total_reasoning_tokens: 5,
      elapsed_seconds: 4,
      tokens_per_second: 8.25,
      steps_per_second: 0.75,
      model_errors: 1,
      total_retries: 3,
      finish_reason_counts: { stop: 1, unknown: 1 },
    });
    // Latency is of the two that answered; the phases are of all three.
    expect(latency_percentiles_ms.p50).toBeCloseTo(90, 0);
    expect(Object.keys(phase_percentiles_ms)).toEqual(['seed', 'model', 'verify']);
    expect(phase_percentiles_ms.seed).toEqual({ p50: 0, p90: 0, p99: 0 });
    expect(Math.abs((phase_percentiles_ms.model.p99 ?? 0) / 2000 - 1)).toBeLessThanOrEqual(0.001);
  });

  it('has no rates where no time passed', () => {
    const timing = { seed_ms: 0, model_ms: 0, verify_ms: 0, total_ms: 0 };
    expect(aggregate([sampleRecord({ timing })], 1).runtime).toMatchObject({
      elapsed_seconds: 0,
      tokens_per_second: null,
      steps_per_second: null,
    });
  });
});

describe('failures', () => {
  it('are counted by category in name order, with shares of all samples and the first three as exemplars', () => {
    const refusal = (problem_idx: number, content: string): SampleRecord => {
      const record = sampleRecord({ problem_idx, reward: 0, failure_category: 'refusal' });
      return { ...record, model: record.model && { ...record.model, content } };
    };
    const { failures, failureAnalysis } = aggregate(
      [
        errorRecord({ problem_idx: 0 }),
        refusal(1, 'a'.repeat(500)),
        refusal(2, 'no'),
        refusal(3, 'never'),
        refusal(4, 'not shown'),
        sampleRecord({ problem_idx: 5 }),
        // Wrong and well-formed: no failure.
        sampleRecord({ problem_idx: 6, reward: 0 }),
        sampleRecord({ problem_idx: 7 }),
      ],
      1,
    );
    expect(failures).toEqual({ refusal: 4, timeout: 1 });
    expect(failureAnalysis).toEqual({
      total_steps: 8,
      total_failures: 5,
      failure_rate: 0.625,
      categories: {
        refusal: {
          count: 4,
          percentage: 50,
          exemplars: [
            { problem_idx: 1, repeat: 0, text: 'a'.repeat(200) },
            { problem_idx: 2, repeat: 0, text: 'no' },
            { problem_idx: 3, repeat: 0, text: 'never' },
          ],
        },
        timeout: { count: 1, percentage: 12.5, exemplars: [{ problem_idx: 0, repeat: 0, text: 'no reply within 5 s' }] },
      },
    });
    expect(Object.keys(failureAnalysis.categories)).toEqual(['refusal', 'timeout']);
  });
});

it('writes valid JSON whatever the rewards: no NaN, no Infinity', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: -1e9, max: 1e9, noNaN: true }), { maxLength: 12 }), (values) => {
      const result = aggregate(rewards(values.map((value) => [value])), 1);
      expect(JSON.parse(JSON.stringify(result))).toEqual(
        JSON.parse(JSON.stringify(result, (_, v: unknown) => (typeof v === 'number' && !Number.isFinite(v) ? 'not finite' : v))),
      );
    }),
  );
});
