/** Rules for bare answers, on answers with reasoning. */

import { describe, expect, it } from 'vitest';
import { drop } from '../../../../src/core/scoring/drop.js';
import { onAnswerLine } from '../../../../src/core/scoring/on-answer-line.js';

describe('onAnswerLine', () => {
  const scorer = onAnswerLine(drop());

  it('hands on what stands after the last label', () => {
    expect(scorer.score({ response: 'They ran 5 and 7 yards.\n**Answer:** 12 yards', target: '12 yards', row: {} })).toEqual({
      reward: 1,
      extracted: '12 yards',
      details: { em: 1, f1: 1 },
    });
  });

  it('hands on the whole answer without a label', () => {
    expect(scorer.score({ response: '12 yards', target: '12 yards', row: {} })).toMatchObject({ reward: 1 });
  });

  it('names both rules, and has an ideal answer that earns full credit', () => {
    expect(scorer.name).toBe('answer_line>drop');
    expect(onAnswerLine(drop(), { label: 'Result' }).name).toBe('answer_line(label=Result)>drop');
    const response = scorer.idealAnswer?.('12 yards', {}) ?? '';
    expect(response).toBe('Answer: 12 yards');
    expect(scorer.score({ response, target: '12 yards', row: {} })).toMatchObject({ reward: 1 });
  });
});
