/** The IFEval scorer: reward, metrics, and rows in all their writings. */

import { describe, expect, it } from 'vitest';
import { ifevalBenchmark } from '../../../../../src/benchmarks/ifeval.js';
import type { Row, ScorerResult, SummarySample } from '../../../../../src/core/benchmark.js';
import type { JsonObject } from '../../../../../src/core/json.js';
import { ifeval, ifevalSummary } from '../../../../../src/core/scoring/ifeval/scorer.js';

const ROW: Row = {
  instruction_id_list: ['punctuation:no_comma', 'startend:end_checker'],
  kwargs: [{ end_phrase: null, num_words: null }, { end_phrase: 'The end.' }],
};

const score = (response: string, row: Row = ROW) => ifeval().score({ response, target: '', row });

describe('the IFEval scorer', () => {
  it('gives 1 to an answer that follows everything, with the numbers of the harness', () => {
    expect(score(' A tale. The end. ')).toEqual({
      reward: 1,
      extracted: 'A tale. The end.',
      details: {
        prompt_level_strict_acc: 1,
        inst_share_strict: 1,
        prompt_level_loose_acc: 1,
        inst_share_loose: 1,
        inst_followed_strict: 2,
        inst_followed_loose: 2,
        inst_total: 2,
        instructions: [
          { id: 'punctuation:no_comma', strict: true, loose: true },
          { id: 'startend:end_checker', strict: true, loose: true },
        ],
      },
    });
  });

  it('gives 0 to an answer that follows one of two, and counts it', () => {
    expect(score('A tale.\nThe *end.*')).toEqual({
      reward: 0,
      extracted: 'A tale.\nThe *end.*',
      details: {
        prompt_level_strict_acc: 0,
        inst_share_strict: 0.5,
        prompt_level_loose_acc: 1,
        inst_share_loose: 1,
        inst_followed_strict: 1,
        inst_followed_loose: 2,
        inst_total: 2,
        instructions: [
          { id: 'punctuation:no_comma', strict: true, loose: true },
          { id: 'startend:end_checker', strict: false, loose: true },
        ],
      },
    });
  });

  it('calls an empty answer empty', () => {
    expect(score(' \n')).toMatchObject({ reward: 0, extracted: null, failure: 'empty_response', details: { inst_followed_loose: 0 } });
  });

  it('calls a refusal a refusal', () => {
    expect(score("I'm sorry, but I can't help with that.")).toMatchObject({ reward: 0, extracted: null, failure: 'refusal' });
  });

  it('reads lists and arguments that are JSON texts', () => {
    const texts = { instruction_id_list: JSON.stringify(ROW.instruction_id_list), kwargs: JSON.stringify(ROW.kwargs) };
    expect(score('The end.', texts)).toMatchObject({ reward: 1 });
    expect(score('The end.', { ...ROW, kwargs: ['{}', '{"end_phrase": "The end."}'] })).toMatchObject({ reward: 1 });
  });

  it.each([
    [{}, 'the field instruction_id_list of an IFEval row must be a list of instruction names'],
    [{ instruction_id_list: [], kwargs: [] }, 'the field instruction_id_list of an IFEval row'],
    [{ ...ROW, kwargs: [{}] }, 'the field kwargs of an IFEval row must be a list of 2 objects'],
    [{ ...ROW, kwargs: [{}, 3] }, 'what stands at 1 is none'],
    [{ ...ROW, kwargs: '[{' }, 'the field kwargs of an IFEval row'],
  ])('says what is wrong with the row %j', (row, message) => {
    expect(() => score('x', row)).toThrow(message);
  });

  it('knows an ideal answer for a row', async () => {
    const scorer = ifeval();
    const response = scorer.idealAnswer?.('', ROW) ?? '';
    expect(await scorer.score({ response, target: '', row: ROW })).toMatchObject({ reward: 1 });
  });
});

describe('the IFEval summary', () => {
  const sample = (response: string | null, row: Row): SummarySample => ({
    problem_idx: 0,
    repeat: 0,
    reward: 0,
    status: response === null ? 'error' : 'scored',
    extracted_answer: null,
    expected_answer: '',
    scoring_details: response === null ? {} : ((score(response, row) as ScorerResult).details ?? {}),
    metadata: row as JsonObject,
    category: null,
  });
  const THREE: Row = { instruction_id_list: Array(3).fill('startend:end_checker'), kwargs: Array(3).fill({ end_phrase: 'The end.' }) };
  const ONE: Row = { instruction_id_list: '["punctuation:no_comma"]', kwargs: '[{}]' };

  it('weighs all instructions alike, as the harness does: one of four is 0.25 also where it is all of its prompt', () => {
    const summary = ifevalSummary();
    summary.add(sample('A tale.', ONE));
    summary.add(sample('A tale.\nThe *end.*', THREE));
    expect(summary.scores()).toEqual({ inst_level_strict_acc: 0.25, inst_level_loose_acc: 1 });
  });

  it('counts the instructions of an error as not followed', () => {
    const summary = ifevalSummary();
    summary.add(sample('A tale.', ONE));
    summary.add(sample(null, THREE));
    expect(summary.scores()).toEqual({ inst_level_strict_acc: 0.25, inst_level_loose_acc: 0.25 });
  });

  it('belongs to the benchmark, and has its names before any sample', () => {
    expect(ifevalBenchmark.createSummary?.().scores()).toEqual({ inst_level_strict_acc: 0, inst_level_loose_acc: 0 });
    expect(ifevalBenchmark.metadataFields).toContain('instruction_id_list');
  });
});
