/** How `lm-eval://` and `harness://` benchmarks are read from a config. */

import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseEvalConfig } from '../../../src/config/load.js';
import { resolveRunSpec } from '../../../src/config/resolve.js';
import { harnessSpecOf } from '../../../src/core/harness.js';

const ROOT = path.resolve(import.meta.dirname, '../../..');

function benchmarkOf(yaml: string, bench?: string) {
  const text = `services:\n  s: {type: api, url: "http://x/v1", model: m}\n${yaml}`;
  const file = parseEvalConfig(text, path.join(ROOT, 'examples/configs/x.yaml'));
  const { spec } = resolveRunSpec({ file, flags: bench === undefined ? {} : { bench: [bench] }, env: {}, cwd: ROOT });
  return spec.benchmarks[0];
}

describe('a benchmark of another program', () => {
  it('keeps its address, with a task file looked for beside the config and then here', () => {
    expect(benchmarkOf('benchmarks: [{name: "lm-eval://gsm8k?num_fewshot=5"}]')?.ref).toBe('lm-eval://gsm8k?num_fewshot=5');
    expect(benchmarkOf('benchmarks: [{name: "lm-eval://./01_practice.yaml?metric=acc"}]')?.ref).toBe(
      `lm-eval://${path.join(ROOT, 'examples/configs/01_practice.yaml')}?metric=acc`,
    );
    expect(benchmarkOf('benchmarks: [{name: "lm-eval://./biome.yaml"}]')?.ref).toBe(`lm-eval://${path.join(ROOT, 'biome.yaml')}`);
  });

  it('has its section with everything that was left out as null', () => {
    const spec = benchmarkOf(
      'benchmarks: [{name: "harness://own", harness: {command: [tool, "{output_dir}"], results: {file: r.csv, format: csv, fields: {reward: score}}}}]',
    );
    expect(spec && harnessSpecOf(spec)).toEqual({
      command: ['tool', '{output_dir}'],
      env: [],
      results: {
        file: 'r.csv',
        format: 'csv',
        rows: null,
        fields: { reward: 'score', problem_idx: null, prompt: null, response: null, extracted: null, expected: null, category: null },
        metrics: {},
      },
    });
  });

  it.each([
    ['benchmarks: [{name: gsm8k, harness: {env: [X]}}]', /harness goes with lm-eval:\/\/ and harness:\/\/ only/],
    ['benchmarks: [{name: "lm-eval://gsm8k", harness: {command: [x]}}]', /harness\.command and harness\.results go with harness:\/\/ only/],
    ['benchmarks: [{name: "harness://x", harness: {env: ["A=B"]}}]', /harness\.env/],
  ])('is refused with a section that does not suit it: %s', (yaml, message) => {
    expect(() => benchmarkOf(yaml)).toThrow(message);
  });
});
