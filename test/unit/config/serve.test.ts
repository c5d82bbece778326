import { describe, expect, it } from 'vitest';
import { parseEvalConfig } from '../../../src/config/load.js';
import { resolveServe } from '../../../src/config/serve.js';

const CONFIG = `
services:
  model: {url: "http://model/v1", model: m, api_key: "\${MODEL_KEY}"}
  judge: {url: "http://judge/v1", model: big, api_key: "\${JUDGE_KEY}"}
benchmarks:
  - name: simpleqa
    solver: {type: tool_calling, service: model}
    repeats: 4
    max_problems: 7
    system_prompt: Be brief.
    metrics:
      - {type: judge, service: judge}
  - name: mmlu
    params: {shots: 2, subject: all}
output: {dir: "\${NOT_SET}"}
`;

const file = parseEvalConfig(CONFIG, 'serve.yaml');

describe('resolveServe', () => {
  it("takes the benchmark's entry and the services of its judges, and no model", () => {
    const { spec, benchmark } = resolveServe({ bench: 'simpleqa' }, file, {}, '/work');
    expect(benchmark).toMatchObject({
      ref: 'simpleqa',
      solver: { type: 'oracle', service: null },
      max_problems: 7,
      system_prompt: 'Be brief.',
      metrics: [{ type: 'judge', service: 'judge', rubric: null }],
    });
    expect(Object.keys(spec.services)).toEqual(['judge']);
  });

  it('lets flags win', () => {
    const flags = { bench: 'mmlu', param: ['shots=5'], systemPrompt: 'Be kind.', maxProblems: 3, sandbox: 'process' };
    expect(resolveServe(flags, file, {}, '/work').benchmark).toMatchObject({
      params: { shots: 5, subject: 'all' },
      system_prompt: 'Be kind.',
      max_problems: 3,
      sandbox: { type: 'process' },
    });
  });

  it('needs no file', () => {
    const { benchmark, spec } = resolveServe({ bench: 'gsm8k' }, undefined, {}, '/work');
    expect(benchmark).toMatchObject({ ref: 'gsm8k', metrics: [], params: {} });
    expect(spec.services).toEqual({});
  });

  it('says what is wrong where', () => {
    const wrong = parseEvalConfig(CONFIG.replace('service: judge}', 'service: judg}'), 'serve.yaml');
    expect(() => resolveServe({ bench: 'simpleqa' }, wrong, {}, '/work')).toThrow(/serve\.yaml:12.*unknown service "judg".*judge/);
    expect(() => resolveServe({ bench: './nowhere.ts' }, file, {}, '/work')).toThrow(/no such benchmark file/);
    expect(() => resolveServe({ bench: 'mmlu', param: ['shots'] }, file, {}, '/work')).toThrow(/name=value/);
  });
});
