/** From a journal line to the lines of the two artifacts: keys exactly as documented. */

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { sampleAt, sampleOrdinal, toResultLine, toTrajectoryLine } from '../../../src/core/sample.js';
import { errorRecord, sampleRecord } from '../records.js';

const record = sampleRecord({ problem_idx: 2, repeat: 1, category: 'sums', metadata: { level: 3 }, attempts: 4, reward: 0.5 });

it('makes a result line of exactly these members, with the category among the metadata', () => {
  expect(toResultLine(record)).toEqual({
    problem_idx: 2,
    repeat: 1,
    reward: 0.5,
    status: 'scored',
    extracted_answer: '4',
    expected_answer: '4',
    scoring_details: {},
    metadata: { level: 3, category: 'sums' },
    tokens: { prompt: 7, completion: 5, reasoning: null, total: 12 },
    latency_ms: 90,
    finish_reason: 'stop',
    failure_category: null,
    attempts: 4,
  });
});

it('makes a trajectory line of exactly these members; retries are the attempts after the first', () => {
  expect(toTrajectoryLine(record)).toEqual({
    step_id: 'sums-0-0',
    problem_idx: 2,
    repeat: 1,
    timestamp: '2026-03-01T12:00:00.000Z',
    prompt: '2 + 2 = ?',
    messages: [{ role: 'user', content: '2 + 2 = ?' }],
    expected_answer: '4',
    reward: 0.5,
    extracted_answer: '4',
    scoring_method: 'numeric',
    scoring_details: {},
    seed_metadata: { level: 3 },
    timing: { seed_ms: 10, model_ms: 100, verify_ms: 20, total_ms: 130 },
    failure_category: null,
    retries: 3,
    model: record.model,
    model_error: null,
  });
});

it('has null where an error has no reply, and no category member where there is no category', () => {
  expect(toResultLine(errorRecord({ metadata: { level: 1 } }))).toMatchObject({
    status: 'error',
    reward: 0,
    tokens: null,
    latency_ms: null,
    finish_reason: null,
    failure_category: 'timeout',
    metadata: { level: 1 },
  });
  expect(toResultLine(errorRecord()).metadata).toEqual({});
});

it('numbers samples by problem, then repeat, and finds them again', () => {
  expect([0, 1, 2, 3, 4, 5].map((ordinal) => sampleAt(ordinal, 3))).toEqual([
    { problem_idx: 0, repeat: 0 },
    { problem_idx: 0, repeat: 1 },
    { problem_idx: 0, repeat: 2 },
    { problem_idx: 1, repeat: 0 },
    { problem_idx: 1, repeat: 1 },
    { problem_idx: 1, repeat: 2 },
  ]);
  fc.assert(
    fc.property(fc.nat(1e9), fc.integer({ min: 1, max: 1000 }), (ordinal, repeats) => {
      expect(sampleOrdinal(sampleAt(ordinal, repeats), repeats)).toBe(ordinal);
    }),
  );
});
