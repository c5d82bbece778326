/** Rows scored by their data set's rule. */

import { describe, expect, it } from 'vitest';
import { customKind, kindOf, type VlmKind } from '../../../../src/core/vlm/kinds.js';
import { rowScorer } from '../../../../src/core/vlm/score-row.js';

function scorerOf(name: string, cells: Record<string, string>) {
  const kind = kindOf(name) as VlmKind;
  const scorer = rowScorer(kind, name);
  const row = new Map(Object.entries(cells));
  return { expected: scorer.expected(row), ideal: scorer.ideal(row), score: (response: string) => scorer.score(row, response) };
}

describe('an open row of MMMU', () => {
  it('is right where its answer is named, and answered by A', () => {
    const { expected, score } = scorerOf('MMMU_DEV_VAL', { question: 'How many?', answer: '4.5' });
    expect(expected).toBe('A');
    expect(score('It is 4.5')).toEqual({ reward: 1, extracted: 'A' });
    expect(score('Other Answers')).toEqual({ reward: 0, extracted: 'B' });
  });

  it('with options keeps its letter', () => {
    const { expected, score } = scorerOf('MMMU_DEV_VAL', { A: 'x', B: 'y', answer: 'B' });
    expect(expected).toBe('B');
    expect(score('B').reward).toBe(1);
  });
});

describe('rules by data set', () => {
  it.each([
    ['MMStar', { A: 'x', B: 'y', answer: 'B' }, '(B)', 1],
    ['MMMU_Pro_10c_COT', { A: 'x', B: 'y', answer: 'B' }, 'A is near, but\nAnswer: B', 1],
    ['POPE', { answer: 'Yes' }, 'Yes, there is.', 1],
    ['POPE', { answer: 'yes' }, 'Yes', 0],
    ['AMBER', { answer: 'yes' }, 'Yes', 1],
    ['DocVQA_VAL', { answer: "['abcd']" }, 'abcx', 0.75],
    ['DocVQA_VAL', { answer: "['abcd']" }, 'axyz', 0],
    ['ChartQA_TEST', { answer: '100' }, '104', 1],
    ['OCRVQA_TESTCORE', { answer: "['Dan Brown']" }, 'dan brown', 1],
    ['GQA_TestDev_Balanced', { answer: 'no' }, 'No.', 0],
    ['VizWiz', { answers: "['a', 'b', 'b', 'b', 'b']" }, 'b', 1],
    ['OCRBench', { answer: "['CENTRE']", category: 'Regular Text Recognition' }, 'It reads "centre".', 1],
    ['MTVQA_TEST', { answer: 'St. Gallen' }, 'in st gallen', 1],
  ])('%s of %j by %j is %d', (name, cells, response, reward) => {
    expect(scorerOf(name, cells).score(response).reward).toBeCloseTo(reward, 12);
  });

  it('captions have their ROUGE-L as the row’s own score', () => {
    const { ideal, score } = scorerOf('COCO_VAL', { answer: "['a dog runs', 'a dog']" });
    expect(score(ideal).reward).toBeCloseTo(1, 12);
    expect(score('two cats').reward).toBe(0);
  });

  it('an unknown yes or no is no answer in the form that was asked for', () => {
    expect(scorerOf('POPE', { answer: 'No' }).score('There is none')).toEqual({ reward: 0, extracted: null, failure: 'format_error' });
  });
});

describe('a data set of one’s own', () => {
  it('compares after normalisation, unless a metric is named', () => {
    const row = new Map([['answer', 'Two dogs']]);
    expect(rowScorer(customKind('VQA', 'mine'), 'mine', 'normalised').score(row, 'the 2 dogs!').reward).toBe(1);
    expect(rowScorer(customKind('VQA', 'mine'), 'mine', 'anls').score(row, 'two dog').reward).toBeCloseTo(0.875, 12);
  });

  it('does not spend seconds on the distance of an answer that cannot be near', () => {
    const row = new Map([['answer', 'x'.repeat(2000)]]);
    const before = performance.now();
    expect(rowScorer(customKind('VQA', 'mine'), 'mine', 'anls').score(row, 'y'.repeat(1_000_000)).reward).toBe(0);
    expect(performance.now() - before).toBeLessThan(1000);
  });
});
