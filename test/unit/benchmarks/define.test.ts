/** defineBenchmark: what it completes, what it refuses and how it says so. */

import { describe, expect, it } from 'vitest';
import { type BenchmarkDefinition, defineBenchmark, isBenchmark } from '../../../src/benchmarks/define.js';
import { definitionHash } from '../../../src/benchmarks/definition.js';
import type { Scorer } from '../../../src/core/benchmark.js';
import { answerLine } from '../../../src/core/scoring/answer-line.js';
import * as nel from '../../../src/index.js';

/** All that makes a scorer in the package that benchmark files import from. */
const SCORERS = [
  'aliasMatch',
  'allOf',
  'answerLine',
  'anyOf',
  'codeExecution',
  'drop',
  'exactMatch',
  'gpqa',
  'gsm8k',
  'humanEval',
  'ifeval',
  'jsonSchema',
  'judgeLabels',
  'mathBoxed',
  'mgsm',
  'mmlu',
  'mmluPro',
  'multipleChoice',
  'numericMatch',
  'onAnswerLine',
  'regexMatch',
  'tokenF1',
  'weighted',
] as const satisfies readonly (keyof typeof nel)[];

const GOOD: BenchmarkDefinition = {
  name: 'rivers',
  dataset: [{ q: 'Longest?', a: 'Nile' }],
  prompt: '{q}',
  targetField: 'a',
  scorer: answerLine(),
};

describe('defineBenchmark', () => {
  it('completes a definition and collects the fields that rows must have', () => {
    const benchmark = defineBenchmark({ ...GOOD, category: 'region', requiredFields: ['q', 'id'], systemPrompt: 'Be brief.' });
    expect(benchmark).toEqual({
      name: 'rivers',
      description: '',
      dataset: GOOD.dataset,
      prompt: '{q}',
      target: 'a',
      category: 'region',
      systemPrompt: 'Be brief.',
      requiredFields: ['q', 'a', 'region', 'id'],
      scorer: GOOD.scorer,
    });
    expect(isBenchmark(benchmark)).toBe(true);
    expect(isBenchmark(GOOD)).toBe(false);
  });

  it.each([
    [{ name: 'a/b' }, /benchmark name "a\/b" is not usable/],
    [{ name: '..' }, /not usable/],
    [{ name: '' }, /not usable/],
    [{ prompt: 'no field' }, /the prompt names no field/],
    [{ prompt: '{q' }, /line 1, column 1 of the prompt of benchmark "rivers": "\{" without its partner/],
    [{ target_field: 'a' }, /unknown member "target_field" \(did you mean "targetField"\?\)/],
    [{ targetField: undefined }, /exactly one of targetField and target/],
    [{ target: () => 'a' }, /exactly one of targetField and target/],
    [{ scorer: answerLine }, /scorer is the function answerLine itself/],
    [{ scorer: 'answer_line' }, /scorer must be a scorer/],
    [{ dataset: [] }, /has no rows/],
    [{ dataset: 7 }, /dataset must be/],
  ])('refuses %o', (change, message) => {
    expect(() => defineBenchmark({ ...GOOD, ...(change as Partial<BenchmarkDefinition>) })).toThrow(message);
  });

  it.each(SCORERS)('refuses the factory %s itself, which is to be called', (name) => {
    const scorer = (nel as unknown as Record<string, BenchmarkDefinition['scorer']>)[name] as BenchmarkDefinition['scorer'];
    expect(() => defineBenchmark({ ...GOOD, scorer })).toThrow(`scorer is the function ${name} itself`);
  });

  it('takes facts about the benchmark, on which no hash depends', () => {
    const told = defineBenchmark({ ...GOOD, about: { paper: 'none', sample: { q: 'x' } } });
    expect(definitionHash(told, null)).toBe(definitionHash(defineBenchmark(GOOD), null));
  });

  it('makes a scorer of a function that gives a number, true or false, or a whole result', async () => {
    const scored = (value: unknown) =>
      defineBenchmark({ ...GOOD, scorer: () => value as number }).scorer.score({ response: 'x', target: 'y', row: {} });
    expect(scored(0.5)).toEqual({ reward: 0.5, extracted: null });
    expect(scored(true)).toEqual({ reward: 1, extracted: null });
    expect(scored({ reward: 1, extracted: 'x' })).toEqual({ reward: 1, extracted: 'x' });
    expect(await scored(Promise.resolve(false))).toEqual({ reward: 0, extracted: null });
    function myRule() {
      return 1;
    }
    expect(defineBenchmark({ ...GOOD, scorer: myRule }).scorer.name).toBe('myRule');
  });
});

describe('definitionHash', () => {
  const hash = (change: Partial<BenchmarkDefinition> = {}, source: string | null = null) =>
    definitionHash(defineBenchmark({ ...GOOD, ...change }), source);

  it('is the same for the same definition, whatever its rows and description', () => {
    expect(hash()).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(hash({ description: 'x', dataset: [{ q: 'Other?', a: 'No' }] })).toBe(hash());
  });

  it.each<[string, Partial<BenchmarkDefinition>]>([
    ['prompt', { prompt: '{q}!' }],
    ['prompt function', { prompt: (row) => String(row['q']) }],
    ['system prompt', { systemPrompt: 's' }],
    ['few-shot turns', { fewShot: [{ role: 'user', content: 'x' }] }],
    ['scorer option', { scorer: answerLine({ label: 'Final' }) }],
    ['scorer function', { scorer: () => 1 }],
    ['category', { category: 'q' }],
    ['generation settings', { generation: { temperature: 0 } }],
  ])('differs with another %s', (_, change) => expect(hash(change)).not.toBe(hash()));

  it.each<[string, Scorer, Scorer]>([
    ['the letters', nel.multipleChoice(), nel.multipleChoice({ letters: 'ABCDE' })],
    ["the rows' letters", nel.multipleChoice({ letters: () => 'AB' }), nel.multipleChoice({ letters: () => 'ABC' })],
    ['the rule of multipleChoice', nel.multipleChoice(), { ...nel.multipleChoice(), score: () => ({ reward: 1, extracted: null }) }],
    ["the rows' schemas", nel.jsonSchema({ schema: () => true }), nel.jsonSchema({ schema: () => false })],
    [
      'the rule of jsonSchema',
      nel.jsonSchema({ schema: true }),
      { ...nel.jsonSchema({ schema: true }), score: () => ({ reward: 1, extracted: null }) },
    ],
  ])('differs with %s', (_, one, other) => expect(hash({ scorer: one })).not.toBe(hash({ scorer: other })));

  it('differs with another source file, and between two scorer functions of one name', () => {
    expect(hash({}, 'sha256:00')).not.toBe(hash());
    expect(hash({ scorer: () => 1 })).not.toBe(hash({ scorer: () => 0 }));
  });
});
