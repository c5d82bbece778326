/** What VLMEvalKit reports: small tables worked out by hand from its rules. */

import { describe, expect, it } from 'vitest';
import type { SummarySample } from '../../../../src/core/benchmark.js';
import type { VlmReport } from '../../../../src/core/vlm/kinds.js';
import { createVlmSummary } from '../../../../src/core/vlm/summary.js';

interface Sample {
  readonly reward: number;
  readonly meta?: Record<string, string>;
  readonly expected?: string;
  readonly extracted?: string | null;
  readonly repeat?: number;
  readonly status?: 'scored' | 'error';
}

function scores(report: VlmReport, samples: readonly Sample[]): Readonly<Record<string, number>> {
  const summary = createVlmSummary(report);
  samples.forEach(({ reward, meta = {}, expected = 'A', extracted = null, repeat = 0, status = 'scored' }, i) => {
    const sample: SummarySample = {
      problem_idx: i,
      repeat,
      reward,
      status,
      extracted_answer: extracted,
      expected_answer: expected,
      scoring_details: {},
      metadata: meta,
      category: null,
    };
    summary.add(sample);
  });
  return summary.scores();
}

describe('multiple choice', () => {
  it('is reported overall and by group, with MMBench’s abbreviations', () => {
    const rows = [
      { reward: 1, meta: { category: 'a', 'l2-category': 'logic_reasoning' } },
      { reward: 0, meta: { category: 'a', 'l2-category': 'logic_reasoning' } },
      { reward: 1, meta: { category: 'b', 'l2-category': 'other' } },
    ];
    expect(scores('accuracy', rows)).toEqual({ Overall: 2 / 3, LR: 0.5, other: 1, a: 0.5, b: 1 });
  });

  it('is reported by split where there are several, without groups that a split lacks', () => {
    const rows = [
      { reward: 1, meta: { split: 'dev', category: 'a' } },
      { reward: 0, meta: { split: 'val', category: 'b' } },
    ];
    expect(scores('accuracy', rows)).toEqual({ 'dev|Overall': 1, 'dev|a': 1, 'val|Overall': 0, 'val|b': 0 });
  });

  it('counts a sample without an answer as wrong', () => {
    expect(scores('accuracy', [{ reward: 1 }, { reward: 1, status: 'error' }])).toEqual({ Overall: 0.5 });
  });

  it('is the mean over repeats, each reported by itself', () => {
    expect(scores('accuracy', [{ reward: 1 }, { reward: 0, repeat: 1 }, { reward: 0, repeat: 1 }])).toEqual({ Overall: 0.5 });
  });

  it('has no metrics without samples', () => {
    expect(scores('accuracy', [])).toEqual({});
  });
});

describe('circular evaluation', () => {
  it('counts a question only where all its rotations are right, in whatever order they come', () => {
    const rows = [
      { reward: 0, meta: { index: '1000002' } },
      { reward: 1, meta: { index: '1' } },
      { reward: 1, meta: { index: '2' } },
      { reward: 1, meta: { index: '2000001' } },
      { reward: 1, meta: { index: '1000001' } },
    ];
    expect(scores('circular', rows)).toEqual({ Overall: 0.5 });
  });

  it('leaves out a question whose first rotation was not asked', () => {
    expect(
      scores('circular', [
        { reward: 1, meta: { index: '1' } },
        { reward: 0, meta: { index: '1000009' } },
      ]),
    ).toEqual({ Overall: 1 });
  });

  it('takes the group from g_index where there is one', () => {
    const rows = [
      { reward: 1, meta: { index: '7', g_index: '7' } },
      { reward: 0, meta: { index: '8', g_index: '7' } },
    ];
    expect(scores('circular', rows)).toEqual({ Overall: 0 });
  });
});

describe('MME', () => {
  it('adds the images with both questions right to the rows that are right', () => {
    const row = (reward: number, image: string, category = 'OCR') => ({ reward, meta: { category, image_path: image } });
    expect(
      scores('mme', [row(1, '1'), row(1, '1'), row(1, '2'), row(0, '2'), row(1, '3', 'code_reasoning'), row(1, '3', 'code_reasoning')]),
    ).toEqual({
      perception: 125,
      reasoning: 200,
      OCR: 125,
      code_reasoning: 200,
      'OCR|acc': 75,
      'OCR|acc+': 50,
      'code_reasoning|acc': 100,
      'code_reasoning|acc+': 100,
    });
  });
});

describe('POPE', () => {
  it('has F1 over yes, and counts a row once for each of its categories', () => {
    const row = (expected: string, extracted: string | null, category: string) => ({
      reward: expected === extracted ? 1 : 0,
      expected,
      extracted,
      meta: { category },
    });
    const result = scores('pope', [
      row('Yes', 'Yes', 'random,popular'),
      row('Yes', null, 'random'),
      row('No', 'Yes', 'random'),
      row('No', 'No', 'popular'),
    ]);
    // Over five rows: 2 right yes, 1 wrong yes, 1 missed yes, 1 right no.
    expect(result.acc).toBe(60);
    expect(result.precision).toBeCloseTo(200 / 3, 10);
    expect(result.recall).toBeCloseTo(200 / 3, 10);
    expect(result.F1).toBeCloseTo(200 / 3, 10);
    expect(result.Overall).toBe(result.F1);
    expect(result['popular|Overall']).toBe(100);
    expect(result['random|acc']).toBeCloseTo(100 / 3, 10);
  });

  it('is 0, not undefined, where nobody says yes', () => {
    expect(scores('pope', [{ reward: 1, expected: 'No', extracted: 'No' }])).toEqual({
      Overall: 0,
      F1: 0,
      acc: 100,
      precision: 0,
      recall: 0,
    });
  });
});

describe('HallusionBench', () => {
  it('asks for all questions of a figure, and for all figures of a question', () => {
    const row = (reward: number, index: string) => ({ reward, meta: { index, category: 'VD', 'l2-category': 'chart' } });
    // Parts of the index: …_set_figure_question.
    const result = scores('hallusion', [
      row(1, 'VD_chart_1_0_0_0'),
      row(0, 'VD_chart_1_0_0_1'),
      row(1, 'VD_chart_1_0_1_0'),
      row(1, 'VD_chart_1_0_1_1'),
    ]);
    expect(result).toEqual({
      aAcc: 75,
      fAcc: 50,
      qAcc: 50,
      'VD|aAcc': 75,
      'VD|fAcc': 50,
      'VD|qAcc': 50,
      'chart|aAcc': 75,
      'chart|fAcc': 50,
      'chart|qAcc': 50,
    });
  });
});

describe('other reports', () => {
  it('OCRBench counts right rows and sums kinds of text recognition', () => {
    const row = (reward: number, category: string) => ({ reward, meta: { category } });
    expect(
      scores('ocrbench', [
        row(1, 'Digit String Recognition'),
        row(1, 'Handwriting Recognition'),
        row(1, 'Doc-oriented VQA'),
        row(0, 'Doc-oriented VQA'),
      ]),
    ).toEqual({
      'Text Recognition': 2,
      'Scene Text-centric VQA': 0,
      'Doc-oriented VQA': 1,
      'Key Information Extraction': 0,
      'Handwritten Mathematical Expression Recognition': 0,
      'Final Score': 3,
      'Final Score Norm': 0.3,
    });
  });

  it('free answers are reported in percent, by split or else by category', () => {
    expect(
      scores('line', [
        { reward: 0.5, meta: { split: 'test_human' } },
        { reward: 1, meta: { split: 'test_augmented' } },
      ]),
    ).toEqual({
      test_human: 50,
      test_augmented: 100,
      Overall: 75,
    });
    expect(scores('line', [{ reward: 0.5, meta: { category: 'c' } }])).toEqual({ c: 50, Overall: 50 });
  });

  it('AMBER is the mean over kinds of hallucination', () => {
    const row = (reward: number, category: string) => ({ reward, meta: { category } });
    expect(
      scores('amber', [row(1, 'discriminative-attribute-state'), row(0, 'discriminative-attribute-action'), row(1, 'relation')]),
    ).toEqual({
      Attribute: 50,
      Relation: 100,
      'Avg ACC': 75,
    });
  });

  it('MMVP counts pairs', () => {
    expect(
      scores('mmvp', [
        { reward: 1, meta: { index: '2' } },
        { reward: 1, meta: { index: '1' } },
        { reward: 0, meta: { index: '10' } },
        { reward: 1, meta: { index: '9' } },
      ]),
    ).toEqual({
      Average: 0.75,
      Overall: 0.5,
    });
  });

  it('MMT-Bench weighs the tasks of a meta-task alike', () => {
    const row = (reward: number, category: string) => ({ reward, meta: { category, 'l2-category': 'ocr' } });
    expect(scores('mmt', [row(1, 'x'), row(1, 'x'), row(1, 'x'), row(0, 'y')])).toEqual({ Overall: 0.75, x: 1, y: 0, OCR: 0.5 });
  });

  it('captions are scored all together', () => {
    const result = scores('caption', [
      { reward: 0, expected: "['a dog runs on grass', 'a dog']", extracted: 'a dog runs on grass' },
      { reward: 0, expected: "['two cats sleep here']", extracted: 'two cats sleep here' },
    ]);
    expect(Object.keys(result)).toEqual(['Bleu_1', 'Bleu_2', 'Bleu_3', 'Bleu_4', 'ROUGE_L', 'CIDEr']);
    expect(result.ROUGE_L).toBeCloseTo(100, 10);
    expect(result.Bleu_4).toBeCloseTo(100, 4);
  });
});
