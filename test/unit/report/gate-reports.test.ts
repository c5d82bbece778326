/** The gate's report in every format, from one report with all that can go wrong in it. */

import { describe, expect, it } from 'vitest';
import { type GateBenchmark, gateReport, missingBenchmark } from '../../../src/core/gate.js';
import { resolvePolicy } from '../../../src/core/policy.js';
import { explainPolicyText } from '../../../src/report/explain-policy-text.js';
import { gateJunit } from '../../../src/report/gate-junit.js';
import { gateMarkdown } from '../../../src/report/gate-markdown.js';
import { gateText } from '../../../src/report/gate-text.js';
import { judge, ones, policyOf, rewards } from '../core/gate-helpers.js';

const named = (benchmark: string, line: GateBenchmark): GateBenchmark => ({ ...line, benchmark });
const breach = judge(rewards(ones(200, 200)), rewards(ones(197, 200))).benchmark;
const passed = judge(rewards(ones(150, 200)), rewards(ones(150, 200))).benchmark;
const few = judge(rewards(ones(5, 5)), rewards(ones(5, 5))).benchmark;

function report(benchmarks: readonly GateBenchmark[], warnings: readonly string[] = []) {
  return gateReport({
    policy: { path: 'gate_policy.yaml', sha256: 'abc' },
    baseline: { path: './results/baseline', run_ids: ['run-b'] },
    candidate: { path: './results/candidate', run_ids: [] },
    evidence: 'point',
    benchmarks,
    warnings,
  });
}

describe('text', () => {
  it("has the documents' shape", () => {
    expect(gateText(report([named('gpqa', breach), named('mmlu_pro', passed)]))).toBe(
      `NO-GO
Policy: gate_policy.yaml
Baseline: ./results/baseline
Candidate: ./results/candidate

VERDICT REASONS
  - BREACH: gpqa [critical]

BENCHMARKS
  name                 tier         status                 metric       delta
  -----------------------------------------------------------------------------
  gpqa                 critical     BREACH                 mean_reward  -0.0150
    - Absolute drop 0.0150 exceeds threshold 0.01
  mmlu_pro             critical     PASS                   mean_reward  +0.0000
`,
    );
  });

  it('shows under verbose what the verdict rests on', () => {
    const text = gateText(report([named('gpqa', breach)], ['gpqa: something']), { verbose: true });
    expect(text).toContain('    - Scores: baseline 1.0000, candidate 0.9850\n');
    expect(text).toMatch(/ {4}- 95% interval of the delta: -0\.0320 to \+0\.0020\n/);
    expect(text).toContain('    - Paired items: 200, coverage 100%\n    - Limits: max_drop 0.01, higher_is_better\n');
    expect(text).toContain('\nWARNINGS\n  - gpqa: something\n');
    expect(text).toContain('Baseline runs: run-b\nCandidate runs: none named\n');
  });

  it('says that there are warnings where it does not show them', () => {
    expect(gateText(report([passed], ['a', 'b']))).toContain('\n2 warning(s): --verbose shows them\n');
  });

  it('keeps the columns straight for long names, and shows no control character of a name', () => {
    const text = gateText(report([named('a_benchmark_with_a_very_long_name_indeed', passed), named('\u001b[2Jx\ny', few)]));
    const columns = text
      .split('\n')
      .filter((line) => /critical/.test(line) && /mean_reward/.test(line))
      .map((line) => line.indexOf('critical'));
    expect(new Set(columns).size).toBe(1);
    expect(text).toContain('\n  x y ');
    expect(text).not.toContain('\u001b');
  });
});

describe('junit', () => {
  it('fails a breach, errs on missing evidence, skips an advisory one, and has a case for the verdict', () => {
    const advisory = judge(rewards(ones(200, 200)), rewards(ones(100, 200)), { tier: 'advisory' }).benchmark;
    const missing = missingBenchmark(resolvePolicy(policyOf(), 'gone'), ['candidate'], []);
    const xml = gateJunit(
      report([named('a<b', breach), named('few', few), named('adv', advisory), named('gone', missing), named('ok', passed)]),
    );
    expect(xml).toContain('<testsuite name="nel gate" tests="6" failures="3" errors="1" skipped="1">');
    expect(xml).toContain('<testcase classname="nel gate" name="a&lt;b">\n      <failure message="BREACH [critical]: Absolute drop');
    expect(xml).toContain('name="few">\n      <error message="INSUFFICIENT_EVIDENCE');
    expect(xml).toContain('name="adv">\n      <skipped message="BREACH [advisory]');
    expect(xml).toContain('name="gone">\n      <failure message="MISSING');
    expect(xml).toContain('name="ok">\n      <system-out>');
    expect(xml).toContain('name="verdict">\n      <failure message="NO-GO: ');
  });

  it('is an error, not an empty success, where nothing was evaluated', () => {
    expect(gateJunit(report([]))).toContain('tests="1" failures="0" errors="1" skipped="0"');
  });
});

describe('markdown', () => {
  it('has verdict, table and reasons', () => {
    const text = gateMarkdown(report([named('gpqa', breach), named('x|y', passed)], ['gpqa: <b>']));
    expect(text).toContain('# Quality gate: NO-GO\n');
    expect(text).toContain('| `gpqa` | critical | **BREACH** | `mean_reward` | 1.0000 | 0.9850 | -0.0150 |');
    expect(text).toContain('| `x\\|y` | critical | PASS |');
    expect(text).toContain('### `gpqa`: BREACH\n\n- Absolute drop 0.0150 exceeds threshold 0.01\n');
    expect(text).toContain('- gpqa: \\<b\\>');
  });
});

describe('explain-policy', () => {
  it('shows the rule of each benchmark and of any other, and the items it takes', () => {
    const text = explainPolicyText(policyOf({ max_relative_drop: 0.02, relative_guard_below: 0.2 }), 'confidence');
    expect(text).toContain('\nb\n  tier:              critical (blocks; MISSING when a side lacks it)\n');
    expect(text).toContain('\n  max_relative_drop: 0.02, where the baseline is below 0.2\n  evidence:          confidence\n');
    // (1.959964 + 0.841621)² × 0.05 / 0.01² = 3924.4
    expect(text).toContain('items needed:      3,925 where 5% of the items change, ');
    expect(text).toContain('\n(any benchmark that is not listed)\n');
  });
});
