/** The prompts of VLMEvalKit's classes, part by part. */

import { describe, expect, it } from 'vitest';
import { buildPrompt, type PromptStyle } from '../../../../src/core/vlm/prompts.js';

const build = (style: PromptStyle, cells: Record<string, string>, images = 1) =>
  buildPrompt(style, new Map(Object.entries(cells)), images).map((part) => (part.type === 'text' ? part.text : part.image));

describe('a multiple-choice prompt', () => {
  it('has images, hint, question and the options that are there', () => {
    expect(build('mcq', { hint: 'Look up', question: 'What?', A: 'red', C: '4' }, 2)).toEqual([
      0,
      1,
      'Hint: Look up\nQuestion: What?\nOptions:\nA. red\nC. 4\nPlease select the correct answer from the options above. \n',
    ]);
  });

  it('of an open question asks for no option', () => {
    expect(build('mcq', { question: 'What?' })).toEqual([0, 'Question: What?\n']);
  });

  it('names a missing question as pandas does', () => {
    expect(build('plain', {})).toEqual([0, 'nan']);
  });
});

describe('images inside the text', () => {
  it('stand where MMMU names them, each as often as it is named', () => {
    expect(build('mmmu', { question: '<image 2> or <image 1>, <image 2>?' }, 2)).toEqual(['Question: ', 1, ' or ', 0, ', ', 1, '?\n']);
  });

  it('come first where the text names none', () => {
    expect(build('mmmu', { question: 'What?' }, 2)).toEqual([0, 1, 'Question: What?\n']);
  });

  it('are refused where the row does not have them', () => {
    expect(() => build('mmmu', { question: 'See <image 3>' }, 2)).toThrow(/the row has 2/);
    expect(() => build('mmmu', { question: 'See <image x>' }, 2)).toThrow(/names image/);
  });

  it('follow each other at the places of MUIRBench, which also asks for the letter', () => {
    expect(build('muir', { question: 'Is <image> like <image>?', A: '<image>', B: 'no' }, 2)).toEqual([
      'Is ',
      0,
      ' like ',
      1,
      '?\nA. ',
      "\nB. no\nAnswer with the option's letter from the given choices directly.",
    ]);
  });
});

describe('closing words', () => {
  it.each<[PromptStyle, string]>([
    ['yes_no', 'Q\nPlease answer yes or no.'],
    ['short_answer', 'Q\nAnswer the question using a single word or phrase.'],
    ['short_answer_own_language', 'Q\nAnswer the question using a word or phrase in the language of the question.'],
    ['plain', 'Q'],
    ['caption', 'Q'],
  ])('of %s', (style, text) => {
    expect(build(style, { question: 'Q' })).toEqual([0, text]);
  });

  it('of MMMU-Pro ask for the letter, or for a last line after thinking', () => {
    expect(build('mmmu_pro', { question: 'Q', A: 'x' })).toEqual([
      0,
      'Question: Q\nOptions:\nA. x\nAnswer directly with the option letter from the given choices. ',
    ]);
    expect(build('mmmu_pro_v_cot', {})[1]).toMatch(/^Answer the following multiple-choice question in the image\. .*'Answer: \$LETTER'/);
    expect(build('mmmu_pro_cot', { question: 'Q', A: 'x' })[1]).toMatch(/Think step by step before answering\. $/);
  });

  it('of captions replace a missing question', () => {
    expect(build('caption', {})[1]).toMatch(/^Please describe this image in general\. .*"This image depicts"\. $/);
  });
});
