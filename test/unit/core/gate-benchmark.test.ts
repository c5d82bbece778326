/** One benchmark of the gate: which status, which numbers, which reasons. Numbers are worked out by hand. */

import { describe, expect, it } from 'vitest';
import { judge, ones, rewards, type SampleTuple, side, tableOf } from './gate-helpers.js';

const constant = (value: number, n = 50): SampleTuple[] => rewards(Array.from({ length: n }, () => value));

describe('absolute limit', () => {
  it('reports scores, delta, interval, limits and reason of a breach', () => {
    const { benchmark } = judge(rewards(ones(80, 100)), rewards([...ones(76, 80), ...ones(0, 20)]));
    expect(benchmark).toEqual({
      benchmark: 'b',
      tier: 'critical',
      status: 'BREACH',
      metric: 'mean_reward',
      baseline_score: 0.8,
      candidate_score: 0.76,
      delta: -0.04,
      delta_ci_lower: expect.closeTo(-0.0790783, 6),
      delta_ci_upper: expect.closeTo(-0.0009217, 6),
      relative_drop_pct: 5,
      n_paired: 100,
      coverage: 1,
      max_drop_threshold: 0.01,
      max_relative_drop_threshold: null,
      direction: 'higher_is_better',
      absolute_breached: true,
      relative_breached: false,
      reasons: ['Absolute drop 0.0400 exceeds threshold 0.01'],
    });
  });

  it('passes a drop that equals max_drop in spite of float noise', () => {
    const { benchmark } = judge(constant(0.8), constant(0.79));
    expect(benchmark).toMatchObject({ status: 'PASS', delta: -0.01, reasons: ['Drop 0.0100 is within threshold 0.01'] });
  });

  it('breaches by a drop just above max_drop, and shows enough digits to see it', () => {
    const { benchmark } = judge(constant(0.8), constant(0.78999));
    expect(benchmark).toMatchObject({ status: 'BREACH', reasons: ['Absolute drop 0.01001 exceeds threshold 0.01'] });
  });

  it('takes a rise as the damage where lower is better', () => {
    const worse = judge(constant(12), constant(12.75), { direction: 'lower_is_better', max_drop: 0.5 });
    expect(worse.benchmark).toMatchObject({ status: 'BREACH', delta: 0.75, reasons: ['Absolute rise 0.7500 exceeds threshold 0.5'] });
    const better = judge(constant(12.75), constant(12), { direction: 'lower_is_better', max_drop: 0.5 });
    expect(better.benchmark).toMatchObject({ status: 'PASS', delta: -0.75, reasons: ['The candidate is better'] });
  });

  it('takes negative rewards as they are', () => {
    const { benchmark } = judge(constant(-0.5), constant(-0.6));
    expect(benchmark).toMatchObject({ status: 'BREACH', delta: -0.1, relative_drop_pct: 20 });
  });
});

describe('relative limit', () => {
  const guard = { max_drop: 0.015, max_relative_drop: 0.02, relative_guard_below: 0.2 };

  it('breaches where the drop is small in points but large for a low baseline', () => {
    const { benchmark } = judge(constant(0.1), constant(0.095), guard);
    expect(benchmark).toMatchObject({
      status: 'BREACH',
      absolute_breached: false,
      relative_breached: true,
      reasons: ['Relative drop 5.0% of the baseline 0.1000 exceeds threshold 2.0%'],
    });
  });

  it('is off where the baseline is not below relative_guard_below, and equal is not below', () => {
    expect(judge(constant(0.2), constant(0.19), guard).benchmark).toMatchObject({ status: 'PASS', relative_breached: false });
    expect(judge(constant(0.1999), constant(0.19), guard).benchmark).toMatchObject({ status: 'BREACH', relative_breached: true });
  });

  it('is always on without relative_guard_below', () => {
    expect(judge(constant(0.9), constant(0.88), { max_drop: 0.05, max_relative_drop: 0.02 }).benchmark.relative_breached).toBe(true);
  });

  it('passes a relative drop that equals the limit', () => {
    expect(judge(constant(0.5), constant(0.45), { max_drop: 1, max_relative_drop: 0.1 }).benchmark.status).toBe('PASS');
  });

  it('is reported, not divided, for a baseline of 0', () => {
    const { benchmark, warnings } = judge(constant(0), constant(0.005), { ...guard, direction: 'lower_is_better' });
    expect(benchmark).toMatchObject({ status: 'PASS', relative_drop_pct: null, relative_breached: false });
    expect(warnings).toContain('the baseline is 0: max_relative_drop cannot be held against it');
  });
});

describe('evidence', () => {
  const baseline = rewards(ones(126, 200));
  // 18 lost, 15 won: delta −0.015.
  const candidate = rewards(ones(126, 200).map((value, i) => (i < 18 ? 0 : i >= 126 && i < 141 ? 1 : value)));

  it('decides by the delta under point and warns that the interval does not support it', () => {
    const { benchmark, warnings } = judge(baseline, candidate);
    expect(benchmark).toMatchObject({ status: 'BREACH', delta: -0.015, absolute_breached: true });
    expect(warnings).toEqual([
      expect.stringMatching(
        /^BREACH rests on the point estimate: the 95% interval of the damage, -0\.0\d+ to 0\.0\d+, includes max_drop 0\.01; about [\d,]+ paired items would settle it \(now 200\), more than the benchmark has: add repeats or widen max_drop$/,
      ),
    ]);
  });

  it('names only the number of items where the benchmark has as many', () => {
    const { warnings } = judge(baseline, candidate, {}, { dataset_size: 1_000_000 });
    expect(warnings[0]).toMatch(/paired items would settle it \(now 200\)$/);
  });

  it('is insufficient under confidence where the interval includes the limit', () => {
    const { benchmark, warnings } = judge(baseline, candidate, { evidence: 'confidence' });
    expect(benchmark).toMatchObject({ status: 'INSUFFICIENT_EVIDENCE', absolute_breached: false, delta: -0.015 });
    expect(benchmark.reasons[0]).toMatch(/^The 95% interval of the damage/);
    expect(warnings).toEqual([]);
  });

  it('breaches and passes under confidence where the whole interval lies on one side', () => {
    expect(judge(constant(1), constant(0.9), { evidence: 'confidence' }).benchmark).toMatchObject({
      status: 'BREACH',
      absolute_breached: true,
    });
    expect(judge(constant(0.9), constant(0.95), { evidence: 'confidence' }).benchmark.status).toBe('PASS');
  });

  it('does not take identical 0/1 answers of 50 items for proof', () => {
    const same = rewards(ones(30, 50));
    const { benchmark } = judge(same, same, { evidence: 'confidence' });
    expect(benchmark.status).toBe('INSUFFICIENT_EVIDENCE');
    expect(benchmark.delta_ci_lower).toBeCloseTo(-(benchmark.delta_ci_upper as number), 12);
    expect(benchmark.delta_ci_upper).toBeGreaterThan(0.01);
  });

  it('widens the interval by clusters, and has none where a label is missing or all are one', () => {
    const values = Array.from({ length: 40 }, (_, i) => (i % 4 === 0 ? 0.5 : 1));
    const moved = values.map((value, i) => value - (i < 20 ? 0.1 : 0));
    const run = (labels: (id: number | string) => string | null) =>
      judge(
        [],
        [],
        { cluster_by: 'subject', evidence: 'confidence' },
        {
          baseline: side(tableOf(rewards(values), labels)),
          candidate: side(tableOf(rewards(moved), labels)),
        },
      );
    const independent = judge(rewards(values), rewards(moved)).benchmark;
    const clustered = run((id) => (Number(id) < 20 ? 'law' : 'math')).benchmark;
    expect(clustered.delta_ci_lower as number).toBeLessThan(independent.delta_ci_lower as number);
    const unlabelled = run((id) => (id === 3 ? null : `s${Number(id) % 5}`));
    expect(unlabelled.benchmark).toMatchObject({ status: 'INSUFFICIENT_EVIDENCE', delta_ci_lower: null });
    expect(unlabelled.warnings).toContain('1 of 40 paired items have no subject to cluster by: there is no interval');
    expect(run(() => 'law').warnings).toContain('all items have the same subject: clustering by it leaves no interval');
  });
});

describe('too little to judge by', () => {
  it('needs 10 paired items: 10 are enough, 9 are not', () => {
    expect(judge(constant(1, 10), constant(1, 10)).benchmark.status).toBe('PASS');
    expect(judge(constant(1, 9), constant(1, 9)).benchmark).toMatchObject({
      status: 'INSUFFICIENT_EVIDENCE',
      n_paired: 9,
      reasons: ['Only 9 paired items (minimum 10)'],
    });
  });

  it('does not call a breach on 9 items', () => {
    expect(judge(constant(1, 9), constant(0, 9)).benchmark).toMatchObject({ status: 'INSUFFICIENT_EVIDENCE', absolute_breached: false });
  });

  it('needs results on both sides', () => {
    const { benchmark } = judge(constant(1), [], {}, { candidate: side(null, { problem: 'results.jsonl of the candidate is missing' }) });
    expect(benchmark).toMatchObject({
      status: 'INSUFFICIENT_EVIDENCE',
      n_paired: 0,
      coverage: null,
      delta: null,
      reasons: ['results.jsonl of the candidate is missing'],
    });
    expect(judge(constant(1), []).benchmark.reasons).toContain('results.jsonl of the candidate is empty');
  });

  it('counts unpaired items against coverage, and min_coverage makes it a status', () => {
    const early = rewards(ones(20, 20));
    const late = early.map(([id, repeat, value]): SampleTuple => [Number(id) + 5, repeat, value]);
    const lax = judge(early, late);
    expect(lax.benchmark).toMatchObject({ status: 'PASS', n_paired: 15, coverage: 0.6 });
    expect(lax.warnings[0]).toBe('10 items are not paired (5 only in the baseline, 5 only in the candidate): coverage 60%');
    expect(judge(early, late, { min_coverage: 0.6 }).benchmark.status).toBe('PASS');
    expect(judge(early, late, { min_coverage: 0.61 }).benchmark).toMatchObject({
      status: 'INSUFFICIENT_EVIDENCE',
      reasons: ['Coverage 60% is below min_coverage 61%'],
    });
  });

  it('has no status above max_error_rate on either side; a rate equal to it is no error', () => {
    const clean = rewards(ones(100, 100));
    const one = rewards(ones(100, 100).map((value, i) => (i === 0 ? null : value)));
    const two = rewards(ones(100, 100).map((value, i) => (i < 2 ? null : value)));
    expect(judge(clean, one).benchmark).toMatchObject({ status: 'PASS', delta: -0.01 });
    expect(judge(clean, two).benchmark).toMatchObject({
      status: 'INSUFFICIENT_EVIDENCE',
      reasons: ['2 of 100 samples of the candidate are errors: 2% is above max_error_rate 1%'],
    });
    expect(judge(two, clean).benchmark.status).toBe('INSUFFICIENT_EVIDENCE');
    expect(judge(clean, two, { max_error_rate: 0.02, max_drop: 0.05 }).benchmark.status).toBe('PASS');
  });

  it('takes samples that the bundle speaks of and results.jsonl lacks for errors', () => {
    const { benchmark } = judge(constant(1), constant(1), {}, { candidate: side(tableOf(constant(1)), { expected_samples: 60 }) });
    expect(benchmark.reasons).toEqual([
      '10 of 60 samples of the candidate are errors, 10 of them not in results.jsonl: 16.67% is above max_error_rate 1%',
    ]);
  });

  it('takes an error for the worst value seen where lower is better, not for a perfect 0', () => {
    const before = rewards(Array.from({ length: 100 }, (_, i) => 10 + (i % 5)));
    const after = before.map(([id, repeat, value], i): SampleTuple => [id, repeat, i === 0 ? null : value]);
    // Item 0 rises from 10 to the worst value, 14.
    expect(judge(before, after, { direction: 'lower_is_better', max_drop: 0.5 }).benchmark.delta).toBe(0.04);
  });

  it('does not pair numbers with texts', () => {
    const texts = rewards(ones(20, 20)).map(([id, repeat, value]): SampleTuple => [String(id), repeat, value]);
    const { benchmark } = judge(rewards(ones(20, 20)), texts);
    expect(benchmark).toMatchObject({ status: 'INSUFFICIENT_EVIDENCE', n_paired: 0 });
    expect(benchmark.reasons[0]).toContain('3 and "3" are two problems');
    expect(judge(texts, texts).benchmark.status).toBe('PASS');
  });

  it('needs k repeats for pass@k', () => {
    expect(judge(constant(1), constant(1), { metric: 'pass@4' }).benchmark.reasons[0]).toBe(
      'pass@4 needs 4 repeats an item, the baseline has 1',
    );
  });
});

describe('repeats', () => {
  it('collapse to one value an item, and items weigh equally whatever their repeats', () => {
    const baseline: SampleTuple[] = Array.from({ length: 20 }, (_, i) => [0, 1, 2, 3].map((r): SampleTuple => [i, r, 1])).flat();
    // Item 0 has one wrong answer of one; the others four right ones of four.
    const candidate = baseline
      .filter(([id, repeat]) => id !== 0 || repeat === 0)
      .map(([id, r, v]): SampleTuple => [id, r, id === 0 ? 0 : v]);
    const { benchmark, warnings } = judge(baseline, candidate);
    expect(benchmark).toMatchObject({ n_paired: 20, delta: -0.05 });
    expect(warnings).toContain('repeats differ: 4 an item in the baseline, 1 to 4 in the candidate');
  });
});
