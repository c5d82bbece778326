/** Samples, runs and plans as tests need them: whole, with what a test is about replaced. */

import type { SampleRecord } from '../../src/core/sample.js';
import type { PlannedBenchmark, RunFile, RunSpec } from '../../src/core/spec.js';

/** A sample that was scored 1 in 130 ms, ending at 12:00:00 UTC. */
export function sampleRecord(changes: Partial<SampleRecord> = {}): SampleRecord {
  return {
    step_id: 'sums-0-0',
    problem_idx: 0,
    repeat: 0,
    timestamp: '2026-03-01T12:00:00.000Z',
    generation: 0,
    status: 'scored',
    reward: 1,
    extracted_answer: '4',
    expected_answer: '4',
    scoring_method: 'numeric',
    scoring_details: {},
    failure_category: null,
    category: null,
    metadata: {},
    prompt: '2 + 2 = ?',
    messages: [{ role: 'user', content: '2 + 2 = ?' }],
    request_hash: 'sha256:asked',
    attempts: 1,
    timing: { seed_ms: 10, model_ms: 100, verify_ms: 20, total_ms: 130 },
    model: {
      content: 'It is 4.',
      reasoning_content: null,
      model: 'm',
      finish_reason: 'stop',
      tokens: { prompt: 7, completion: 5, reasoning: null, total: 12 },
      latency_ms: 90,
      request_hash: 'sha256:asked',
      response_hash: 'sha256:answered',
    },
    model_error: null,
    ...changes,
  };
}

/** A sample whose calls timed out three times. */
export function errorRecord(changes: Partial<SampleRecord> = {}): SampleRecord {
  return sampleRecord({
    status: 'error',
    reward: 0,
    extracted_answer: null,
    scoring_method: 'none',
    failure_category: 'timeout',
    attempts: 3,
    model: null,
    model_error: { category: 'timeout', message: 'no reply within 5 s', status: null },
    ...changes,
  });
}

export function plannedBenchmark(changes: Partial<PlannedBenchmark> = {}): PlannedBenchmark {
  return {
    spec: {
      ref: 'sums',
      repeats: 1,
      max_problems: null,
      system_prompt: null,
      solver: { type: 'simple', service: 'm' },
      generation: {},
      params: {},
      metrics: [],
      sandbox: { type: null, limits: {}, image: null },
    },
    name: 'sums',
    dataset: { source: 'inline', revision: null, fingerprint: 'sha256:rows', size: 3 },
    n_problems: 3,
    definition_hash: 'sha256:definition',
    identity: { benchmark: 'sums', model: 'm', n_problems: 3 },
    config_hash: 'sha256:config',
    ...changes,
  };
}

export function runSpec(dir: string, changes: Partial<RunSpec> = {}): RunSpec {
  return {
    services: {
      m: {
        type: 'api',
        url: 'http://127.0.0.1:9/v1',
        protocol: 'chat_completions',
        model: 'm',
        api_key_env: 'SUMS_KEY',
        generation: { temperature: 0 },
        concurrency: 4,
        request_timeout: 60,
        max_retries: 2,
      },
    },
    benchmarks: [plannedBenchmark().spec],
    output: { dir },
    max_error_rate: 0.01,
    ...changes,
  };
}

export function runFile(dir: string, changes: Partial<RunFile> = {}): RunFile {
  return {
    schema_version: 1,
    run_id: '20260301T120000Z-abc123',
    workflow_id: 'nel-20260301T120000Z-abc123',
    nel_version: '0.1.0',
    created: '2026-03-01T12:00:00.000Z',
    generation: 0,
    spec_hash: 'sha256:spec',
    spec: runSpec(dir),
    benchmarks: [plannedBenchmark()],
    batch_size: 2,
    ...changes,
  };
}
