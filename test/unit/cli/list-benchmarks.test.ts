/** What `nel list benchmarks` says of each benchmark, and that it fits the terminal. */

import { describe, expect, it } from 'vitest';
import { defineBenchmark } from '../../../src/benchmarks/define.js';
import { builtinBenchmarks } from '../../../src/benchmarks/registry.js';
import { renderBenchmarks } from '../../../src/cli/list-benchmarks.js';
import { answerLine } from '../../../src/core/scoring/answer-line.js';

const published = builtinBenchmarks.filter(({ name }) => !name.startsWith('practice_'));

const example = defineBenchmark({
  name: 'rivers',
  description: 'Rivers',
  dataset: 'hf://geo/rivers?split=test&revision=abc&config=long',
  requiredFields: ['q'],
  prompt: ({ q }) => `Q: ${String(q)}`,
  target: () => 'Nile',
  scorer: answerLine(),
});

describe('the short list', () => {
  it('has a line for each benchmark, by name', () => {
    const lines = renderBenchmarks(builtinBenchmarks, false).trimEnd().split('\n');
    expect(lines.map((line) => line.split(' ')[0])).toEqual(builtinBenchmarks.map(({ name }) => name).sort());
    expect(lines.filter((line) => line.length > 80)).toEqual([]);
  });
});

describe('the verbose list', () => {
  it.each(published.map((benchmark) => [benchmark.name, benchmark] as const))(
    'says all that makes the scores of %s',
    (_name, benchmark) => {
      const text = renderBenchmarks([benchmark], true);
      const labels = [...text.matchAll(/^ {2}(\S.{0,11}?) {2,}\S/gm)].map(([, label]) => label);
      expect(labels).toEqual(
        expect.arrayContaining([
          'data set',
          'revision',
          'local path',
          'licence',
          'paper',
          'prompt',
          'target',
          'categories',
          'scorer',
          'rule',
        ]),
      );
      expect(labels.includes('parameters')).toBe(benchmark.parameters !== undefined);
      for (const parameter of Object.keys(benchmark.parameters ?? {})) expect(text).toContain(`${parameter}: `);
      expect(text).toMatch(/^ {2}revision {5}[0-9a-f]{40}$/m);
      expect(text).not.toContain('function of the row');
    },
  );

  it('fits 80 columns but for addresses', () => {
    const wide = renderBenchmarks(builtinBenchmarks, true)
      .split('\n')
      .filter((line) => line.length > 80 && !line.includes('hf://'));
    expect(wide).toEqual([]);
  });

  it('shows what a function makes of the sample row, and says so where there is none', () => {
    expect(renderBenchmarks([{ ...example, about: { sample: { q: 'Longest?' } } }], true)).toBe(
      [
        'rivers: Rivers',
        '  data set     hf://geo/rivers?split=test&config=long',
        '  revision     abc',
        '  fields       q',
        '  prompt       (of an invented problem)',
        '               Q: Longest?',
        '  few-shot     none',
        '  target       made by a function of the row',
        '  categories   none',
        '  scorer       answer_line',
        '',
      ].join('\n'),
    );
    expect(renderBenchmarks([example], true)).toContain('prompt       made by a function of the row\n');
  });
});
