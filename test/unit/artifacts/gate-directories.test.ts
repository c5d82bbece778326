/** The gate over directories: what is found, what is paired, what is refused. */

import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { gateDirectories } from '../../../src/artifacts/gate-directories.js';
import type { GatePolicy } from '../../../src/core/policy.js';
import { temporaryFolder } from '../../temporary-folder.js';
import { binaryRows, row, writeBenchmark } from './gate-files.js';

let root: string;
let baseline: string;
let candidate: string;

beforeEach(() => {
  root = temporaryFolder('gate');
  baseline = path.join(root, 'baseline');
  candidate = path.join(root, 'candidate');
});

const policy = (more: Partial<GatePolicy> = {}): GatePolicy => ({
  version: 1,
  defaults: { tier: 'critical', metric: 'mean_reward', max_drop: 0.01 },
  benchmarks: {},
  ...more,
});

const gate = (more: Partial<Parameters<typeof gateDirectories>[0]> = {}) =>
  gateDirectories({ baselineDir: baseline, candidateDir: candidate, policy: policy(), ...more });

/** The same 0/1 rows on both sides, with what is given laid over. */
function both(more: Parameters<typeof writeBenchmark>[1] = {}, candidateMore: Parameters<typeof writeBenchmark>[1] = {}): void {
  writeBenchmark(baseline, { rows: binaryRows(30, 50), ...more });
  writeBenchmark(candidate, { rows: binaryRows(30, 50), ...more, ...candidateMore });
}

describe('the report', () => {
  it('has exactly the documented keys', async () => {
    both({ bundle: { run_id: 'run-1' } });
    const report = await gate();
    expect(Object.keys(report)).toEqual([
      'report_version',
      'verdict',
      'verdict_reasons',
      'policy',
      'baseline',
      'candidate',
      'evidence',
      'benchmarks',
      'missing',
      'warnings',
    ]);
    expect(Object.keys(report.benchmarks[0] ?? {})).toEqual([
      'benchmark',
      'tier',
      'status',
      'metric',
      'baseline_score',
      'candidate_score',
      'delta',
      'delta_ci_lower',
      'delta_ci_upper',
      'relative_drop_pct',
      'n_paired',
      'coverage',
      'max_drop_threshold',
      'max_relative_drop_threshold',
      'direction',
      'absolute_breached',
      'relative_breached',
      'reasons',
    ]);
    expect(report).toMatchObject({
      verdict: 'GO',
      policy: { path: null, sha256: null },
      baseline: { path: baseline, run_ids: ['run-1'] },
      evidence: 'point',
    });
  });
});

describe('verdicts', () => {
  it('is INCONCLUSIVE where nothing was evaluated, even for directories that do not exist', async () => {
    const report = await gate();
    expect(report).toMatchObject({ verdict: 'INCONCLUSIVE', verdict_reasons: ['No benchmark was evaluated'], benchmarks: [] });
    expect(report.warnings).toEqual([
      `the baseline directory ${baseline} does not exist`,
      `the candidate directory ${candidate} does not exist`,
    ]);
  });

  it('is INCONCLUSIVE where only advisory benchmarks were evaluated', async () => {
    both();
    const report = await gate({ policy: policy({ defaults: { tier: 'advisory' } }) });
    expect(report).toMatchObject({ verdict: 'INCONCLUSIVE', verdict_reasons: ['No critical or supporting benchmark was evaluated'] });
  });

  it.each([
    ['critical', 'baseline'],
    ['critical', 'candidate'],
    ['supporting', 'baseline'],
    ['supporting', 'candidate'],
  ] as const)('is NO-GO for a listed %s benchmark that the %s lacks', async (tier, side) => {
    writeBenchmark(side === 'baseline' ? candidate : baseline, { rows: binaryRows(10, 20) });
    expect(await gate({ policy: policy({ benchmarks: { mmlu: { tier } } }) })).toMatchObject({
      verdict: 'NO-GO',
      verdict_reasons: [`MISSING: mmlu [${tier}]`],
      missing: ['mmlu'],
      benchmarks: [{ status: 'MISSING', reasons: [`Not found in the results of the ${side}`] }],
    });
  });

  it('lets a BREACH win over missing evidence, and names both', async () => {
    both({ name: 'a' }, { name: 'a', rows: binaryRows(10, 50) });
    both({ name: 'b' }, { name: 'b', rows: null });
    expect(await gate()).toMatchObject({
      verdict: 'NO-GO',
      verdict_reasons: ['BREACH: a [critical]', 'INSUFFICIENT_EVIDENCE: b [critical]'],
    });
  });

  it('reports an advisory benchmark that is missing or breached without effect', async () => {
    both();
    both({ name: 'ifeval' }, { name: 'ifeval', rows: binaryRows(0, 50) });
    const benchmarks = { mmlu: {}, ifeval: { tier: 'advisory' as const }, gone: { tier: 'advisory' as const } };
    expect(await gate({ policy: policy({ benchmarks }) })).toMatchObject({
      verdict: 'GO',
      missing: ['gone'],
      verdict_reasons: [
        'All 1 gated benchmark(s) passed',
        'MISSING: gone [advisory], without effect on the verdict',
        'BREACH: ifeval [advisory], without effect on the verdict',
      ],
    });
  });
});

describe('discovery', () => {
  it('finds bundles at any depth, flat, and behind links, each real folder once', async () => {
    writeBenchmark(baseline, { rows: binaryRows(30, 50), folder: 'deep/er/mmlu' });
    symlinkSync(baseline, path.join(baseline, 'deep', 'loop'));
    const elsewhere = path.join(root, 'elsewhere');
    writeBenchmark(elsewhere, { rows: binaryRows(30, 50), folder: '.' });
    mkdirSync(candidate);
    symlinkSync(elsewhere, path.join(candidate, 'latest'));
    expect(await gate()).toMatchObject({ verdict: 'GO', benchmarks: [{ benchmark: 'mmlu', n_paired: 50 }] });
  });

  it('refuses two bundles of one benchmark and names both files', async () => {
    both();
    writeBenchmark(candidate, { rows: binaryRows(30, 50), folder: 'old', file: 'eval-old.json' });
    await expect(gate()).rejects.toMatchObject({
      kind: 'data',
      message: `Duplicate benchmark "mmlu": ${candidate}/mmlu/eval-mmlu.json and ${candidate}/old/eval-old.json`,
    });
  });

  it('matches names exactly, and hints at one that differs in case', async () => {
    both({ name: 'MMLU' });
    const report = await gate({ policy: policy({ benchmarks: { mmlu: {} } }) });
    expect(report.verdict).toBe('NO-GO');
    expect(report.benchmarks.map(({ benchmark, status }) => [benchmark, status])).toEqual([
      ['MMLU', 'PASS'],
      ['mmlu', 'MISSING'],
    ]);
    expect(report.benchmarks[1]?.reasons[0]).toContain('(did you mean "MMLU"?); names are case-sensitive');
  });

  it('warns of an unlisted benchmark that only one side has, and does not judge it', async () => {
    both();
    writeBenchmark(baseline, { name: 'extra', rows: binaryRows(30, 50) });
    const report = await gate();
    expect(report).toMatchObject({ verdict: 'GO', benchmarks: [{ benchmark: 'mmlu' }] });
    expect(report.warnings).toContain('extra: not in the candidate, and the policy does not list it: not judged');
  });

  it('does not let two benchmarks share one results.jsonl', async () => {
    both({ folder: '.' });
    both({ name: 'gpqa', folder: '.' });
    const report = await gate();
    expect(report.verdict).toBe('INCONCLUSIVE');
    expect(report.benchmarks.map(({ status, n_paired }) => [status, n_paired])).toEqual([
      ['INSUFFICIENT_EVIDENCE', 0],
      ['INSUFFICIENT_EVIDENCE', 0],
    ]);
  });

  it('refuses a bundle that is none', async () => {
    both();
    for (const [text, message] of [
      ['{"benchmark": {}}', 'benchmark.name is missing: is this a bundle?'],
      ['{"benchmark": {"name": "x", "scores": {"a": NaN}}}', 'not JSON: a bundle holds one JSON object, without NaN or Infinity'],
      ['', 'not JSON'],
      ['[]', 'not a JSON object'],
    ]) {
      writeFileSync(path.join(baseline, 'eval-x.json'), text as string);
      await expect(gate()).rejects.toMatchObject({ kind: 'data', message: expect.stringContaining(`${baseline}/eval-x.json: ${message}`) });
    }
  });

  it('warns when a run is gated against itself', async () => {
    both();
    const report = await gate({ candidateDir: baseline });
    expect(report.warnings).toContain('baseline and candidate are the same directory: a run is gated against itself');
  });

  it('copes with benchmarks that are called like parts of an object', async () => {
    both({ name: 'constructor' });
    both({ name: '__proto__', folder: 'p' });
    const report = await gate();
    expect(report.benchmarks.map(({ benchmark, status }) => [benchmark, status])).toEqual([
      ['__proto__', 'PASS'],
      ['constructor', 'PASS'],
    ]);
  });
});

describe('results', () => {
  const file = () => path.join(candidate, 'mmlu', 'results.jsonl');

  it.each([
    ['NaN', '{"problem_idx": 1, "reward": NaN}', 'not JSON: NaN is no JSON number'],
    ['an overflow', '{"problem_idx": 1, "reward": 1e999}', 'reward is Infinity; it must be a finite number'],
    ['a text', '{"problem_idx": 1, "reward": "1"}', 'reward is a text; it must be a finite number'],
    ['true', '{"problem_idx": 1, "reward": true}', 'reward is true; it must be a finite number'],
    ['null', '{"problem_idx": 1, "reward": null}', 'reward is null; it must be a finite number'],
    ['no reward', '{"problem_idx": 1}', 'reward is missing; it must be a finite number'],
    ['no problem_idx', '{"reward": 1}', 'problem_idx is missing; it must be a whole number or a text'],
    ['a broken problem_idx', '{"problem_idx": 1.5, "reward": 1}', 'problem_idx is 1.5; it must be a whole number or a text'],
    ['an empty problem_idx', '{"problem_idx": "", "reward": 1}', 'problem_idx is an empty text; it must be a whole number or a text'],
    ['a broken repeat', '{"problem_idx": 1, "repeat": -1, "reward": 1}', 'repeat is -1; it must be a whole number from 0'],
    ['a torn line', '{"problem_idx": 1, "rew', 'not JSON: the line is cut off'],
    ['a duplicate', '{"problem_idx": 0, "reward": 1}', 'Duplicate row: (problem_idx, repeat) = (0, 0) is a duplicate of an earlier line'],
  ])('refuses %s with file and line', async (_name, line, message) => {
    both({}, { text: `{"problem_idx": 0, "reward": 1}\n${line}` });
    await expect(gate()).rejects.toMatchObject({ kind: 'data', message: `${file()}:2: ${message}` });
  });

  it('takes files with nothing but problem_idx and reward, and a missing repeat for 0', async () => {
    const rows = binaryRows(30, 50).map(({ problem_idx, reward }) => ({ problem_idx, reward }));
    both({ rows });
    expect(await gate()).toMatchObject({ verdict: 'GO', benchmarks: [{ n_paired: 50, delta: 0 }] });
  });

  it('is insufficient for results that are missing or empty', async () => {
    both({}, { rows: [] });
    expect((await gate()).benchmarks[0]).toMatchObject({
      status: 'INSUFFICIENT_EVIDENCE',
      reasons: ['results.jsonl of the candidate is empty', 'Only 0 paired items (minimum 10)'],
    });
  });

  it('counts status error, whatever its reward, and holds it against max_error_rate', async () => {
    const rows = binaryRows(30, 50).map((one, i) => (i < 2 ? { ...one, status: 'error' } : one));
    both({}, { rows });
    expect((await gate()).benchmarks[0]).toMatchObject({ status: 'INSUFFICIENT_EVIDENCE', delta: -0.04 });
    const lax = policy({ defaults: { tier: 'critical', metric: 'mean_reward', max_drop: 0.05, max_error_rate: 0.05 } });
    expect((await gate({ policy: lax })).benchmarks[0]).toMatchObject({ status: 'PASS', delta: -0.04 });
  });
});

describe('metrics', () => {
  const f1 = (values: readonly number[]) => values.map((value, i) => row(i, 1, { scoring_details: { f1: value } }));
  const scores = { benchmark: { name: 'mmlu', scores: { mean_reward: { value: 1 }, f1: { value: 0.9 } } } };
  const onF1 = policy({ benchmarks: { mmlu: { metric: 'f1' } } });

  it('gates on a number of scoring_details that both bundles have as a score', async () => {
    both({ rows: f1(Array.from({ length: 20 }, () => 0.9)), bundle: scores }, { rows: f1(Array.from({ length: 20 }, () => 0.8)) });
    expect((await gate({ policy: onF1 })).benchmarks[0]).toMatchObject({ status: 'BREACH', metric: 'f1', delta: -0.1 });
  });

  it('refuses a metric that neither bundle has, and suggests the nearest', async () => {
    both({ bundle: scores });
    const wrong = policy({ benchmarks: { mmlu: { metric: 'mean_rewrad' } } });
    await expect(gate({ policy: wrong })).rejects.toMatchObject({
      kind: 'config',
      message: expect.stringMatching(/^gate policy: unsupported metric "mean_rewrad" for benchmark mmlu \(did you mean "mean_reward"\?\)/),
    });
  });

  it('is insufficient where one side lacks the metric', async () => {
    both({ rows: f1([]), bundle: scores }, { bundle: {} });
    expect((await gate({ policy: onF1 })).benchmarks[0]).toMatchObject({
      status: 'INSUFFICIENT_EVIDENCE',
      reasons: expect.arrayContaining(["Metric f1 is not among the scores of the candidate's bundle"]),
    });
  });

  it('takes pass@1 from the rewards: the share of repeats with reward 1', async () => {
    const rows = (reward: number) => Array.from({ length: 20 }, (_, i) => [row(i, 1), row(i, reward, { repeat: 1 })]).flat();
    both({ rows: rows(1) }, { rows: rows(0.9) });
    const passAt1 = policy({ benchmarks: { mmlu: { metric: 'pass@1' } } });
    expect((await gate({ policy: passAt1 })).benchmarks[0]).toMatchObject({ baseline_score: 1, candidate_score: 0.5, delta: -0.5 });
    const passAt2 = policy({ benchmarks: { mmlu: { metric: 'pass@2' } } });
    expect((await gate({ policy: passAt2 })).benchmarks[0]).toMatchObject({ status: 'PASS', baseline_score: 1, candidate_score: 1 });
  });

  it('needs a metric for listed benchmarks that block, and assumes mean_reward for others', async () => {
    both();
    const none = { version: 1, defaults: {}, benchmarks: {} } as const;
    await expect(gate({ policy: { ...none, benchmarks: { mmlu: {} } } })).rejects.toMatchObject({
      kind: 'config',
      message: 'gate policy: required benchmark must resolve to an explicit metric: mmlu',
    });
    const report = await gate({ policy: none });
    expect(report).toMatchObject({ verdict: 'GO', benchmarks: [{ metric: 'mean_reward' }] });
    expect(report.warnings).toContain('mmlu: the policy names no metric: mean_reward was used');
  });
});

describe('sides that were not asked alike', () => {
  it.each([
    [
      'data sets',
      { dataset: { fingerprint: 'sha256:a' } },
      { dataset: { fingerprint: 'sha256:b' } },
      /Different data sets: dataset\.fingerprint is "sha256:a"/,
    ],
    ['prompts', { config: { system_prompt: 'A' } }, { config: { system_prompt: 'B' } }, /Different prompts: config\.system_prompt is "A"/],
    ['scorers', { config: { scorer: 'a' } }, { config: { scorer: 'b' } }, /Different scorers/],
    [
      'limits',
      { config: { max_problems: null } },
      { config: { max_problems: 200 } },
      /Different limits: config\.max_problems is null in the baseline and 200/,
    ],
  ])('are refused for different %s; --force pairs them with a warning', async (_name, left, right, message) => {
    both({ bundle: left }, { bundle: right });
    await expect(gate()).rejects.toMatchObject({
      kind: 'data',
      message: expect.stringMatching(message),
      hint: expect.stringContaining('--force'),
    });
    const forced = await gate({ force: true });
    expect(forced.verdict).toBe('GO');
    expect(forced.warnings.find((warning) => message.test(warning))).toContain('(paired by --force)');
  });

  it('are refused for different expected answers where no fingerprint says that the data set is the same', async () => {
    const answered = (answer: string) => binaryRows(30, 50).map((one, i) => ({ ...one, expected_answer: i === 7 ? answer : 'x' }));
    both({ rows: answered('A') }, { rows: answered('B') });
    await expect(gate()).rejects.toMatchObject({
      message: expect.stringContaining('the expected answers of 1 of 50 paired items differ, first of problem_idx 7'),
    });
    both({ rows: answered('A'), bundle: { dataset: { fingerprint: 'f' } } }, { rows: answered('B') });
    expect((await gate()).verdict).toBe('GO');
  });

  it('are not an error, but not a pass, for an advisory benchmark', async () => {
    both();
    both({ name: 'if', bundle: { config: { prompt: 'a' } } }, { name: 'if', bundle: { config: { prompt: 'b' } } });
    expect(await gate({ policy: policy({ benchmarks: { if: { tier: 'advisory' } } }) })).toMatchObject({
      verdict: 'GO',
      benchmarks: [{ benchmark: 'if', status: 'INSUFFICIENT_EVIDENCE' }, { status: 'PASS' }],
    });
  });

  it('are a warning where only settings differ, and nothing where only the model does', async () => {
    both(
      { bundle: { config: { model: 'a', service: { url: 'x', concurrency: 1, generation: { temperature: 0 } } } } },
      { bundle: { config: { model: 'b', service: { url: 'y', concurrency: 9, generation: { temperature: 1 } } } } },
    );
    const report = await gate();
    expect(report.verdict).toBe('GO');
    expect(report.warnings.filter((warning) => warning.includes('different'))).toEqual([
      'mmlu: different settings: config.service.generation.temperature is 0 in the baseline and 1 in the candidate',
    ]);
  });
});
