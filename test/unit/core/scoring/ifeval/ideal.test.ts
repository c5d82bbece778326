/** Ideal IFEval answers: for every instruction type, for combinations as the data set has them, and what cannot be. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkInstruction, instructionIds } from '../../../../../src/core/scoring/ifeval/check.js';
import { idealIfevalAnswer } from '../../../../../src/core/scoring/ifeval/ideal.js';
import { SAMPLES } from '../../../../../src/core/scoring/ifeval/ideal-words.js';

type Asked = readonly (readonly [id: string, kwargs: Record<string, unknown>])[];

function ideal(asked: Asked): string {
  return idealIfevalAnswer({ instruction_id_list: asked.map(([id]) => id), kwargs: asked.map(([, kwargs]) => kwargs) });
}

function broken(asked: Asked): string[] {
  const response = ideal(asked);
  return asked.filter(([instructionId, kwargs]) => !checkInstruction({ instructionId, kwargs, response })).map(([id]) => id);
}

const ONE_OF_EACH: Asked = [
  ['keywords:existence', { keywords: ['lantern', 'harbour'] }],
  ['keywords:frequency', { keyword: 'lantern', frequency: 4, relation: 'at least' }],
  ['keywords:frequency', { keyword: 'house', frequency: 1, relation: 'less than' }],
  ['keywords:forbidden_words', { forbidden_words: ['this', 'house'] }],
  ['keywords:letter_frequency', { letter: 'q', let_frequency: 7, let_relation: 'at least' }],
  ['keywords:letter_frequency', { letter: 't', let_frequency: 2, let_relation: 'less than' }],
  ['keywords:letter_frequency', { letter: '#', let_frequency: 4, let_relation: 'at least' }],
  ['language:response_language', { language: 'kn' }],
  ['length_constraints:number_sentences', { num_sentences: 30, relation: 'at least' }],
  ['length_constraints:number_sentences', { num_sentences: 2, relation: 'less than' }],
  ['length_constraints:number_paragraphs', { num_paragraphs: 5 }],
  ['length_constraints:number_words', { num_words: 1200, relation: 'at least' }],
  ['length_constraints:number_words', { num_words: 2, relation: 'less than' }],
  ['length_constraints:nth_paragraph_first_word', { num_paragraphs: 7, nth_paragraph: 7, first_word: 'Summary' }],
  ['detectable_content:number_placeholders', { num_placeholders: 12 }],
  ['detectable_content:postscript', { postscript_marker: 'P.P.S' }],
  ['detectable_format:number_bullet_lists', { num_bullets: 6 }],
  ['detectable_format:constrained_response', {}],
  ['detectable_format:number_highlighted_sections', { num_highlights: 15 }],
  ['detectable_format:multiple_sections', { section_spliter: 'Week', num_sections: 8 }],
  ['detectable_format:json_format', {}],
  ['detectable_format:title', {}],
  ['combination:two_responses', {}],
  ['combination:repeat_prompt', { prompt_to_repeat: 'Name three rivers. Then stop.' }],
  ['startend:end_checker', { end_phrase: 'Which one do you take?' }],
  ['startend:quotation', {}],
  ['change_case:capital_word_frequency', { capital_frequency: 25, capital_relation: 'at least' }],
  ['change_case:capital_word_frequency', { capital_frequency: 1, capital_relation: 'less than' }],
  ['change_case:english_capital', {}],
  ['change_case:english_lowercase', {}],
  ['punctuation:no_comma', {}],
];

describe('an ideal IFEval answer', () => {
  it('is tested for every instruction type', () => {
    expect(new Set(ONE_OF_EACH.map(([id]) => id))).toEqual(new Set(instructionIds()));
  });

  it.each(ONE_OF_EACH)('follows %s with %j', (id, kwargs) => expect(broken([[id, kwargs]])).toEqual([]));

  it.each(Object.keys(SAMPLES))('is in the language %s', (language) => {
    const asked: Asked = [
      ['language:response_language', { language }],
      ['length_constraints:number_words', { num_words: 60, relation: 'at least' }],
      ['punctuation:no_comma', {}],
    ];
    expect(broken(asked)).toEqual([]);
  });

  const COMBINATIONS: readonly Asked[] = [
    [
      ['change_case:english_lowercase', {}],
      ['keywords:existence', { keywords: ['Lantern', 'Harbour'] }],
      ['length_constraints:number_paragraphs', { num_paragraphs: 3 }],
      ['detectable_content:postscript', { postscript_marker: 'P.S.' }],
      ['startend:end_checker', { end_phrase: 'That is all.' }],
    ],
    [
      ['change_case:english_capital', {}],
      ['detectable_format:multiple_sections', { section_spliter: 'PARAGRAPH', num_sections: 2 }],
      ['detectable_format:title', {}],
      ['detectable_format:number_highlighted_sections', { num_highlights: 2 }],
    ],
    [
      ['length_constraints:nth_paragraph_first_word', { num_paragraphs: 4, nth_paragraph: 1, first_word: 'friends' }],
      ['detectable_format:number_bullet_lists', { num_bullets: 2 }],
      ['detectable_content:number_placeholders', { num_placeholders: 3 }],
      ['detectable_content:postscript', { postscript_marker: 'P.P.S' }],
    ],
    [
      ['change_case:english_lowercase', {}],
      ['keywords:letter_frequency', { letter: '#', let_frequency: 4, let_relation: 'at least' }],
    ],
    [
      ['keywords:letter_frequency', { letter: '!', let_frequency: 6, let_relation: 'at least' }],
      ['combination:repeat_prompt', { prompt_to_repeat: 'Praise the "Golden Kettle" tea room!' }],
    ],
    [
      ['length_constraints:number_words', { num_words: 100, relation: 'at least' }],
      ['length_constraints:number_words', { num_words: 121, relation: 'less than' }],
      ['keywords:letter_frequency', { letter: 'p', let_frequency: 1, let_relation: 'less than' }],
    ],
    [
      ['change_case:capital_word_frequency', { capital_frequency: 10, capital_relation: 'less than' }],
      ['change_case:capital_word_frequency', { capital_frequency: 1, capital_relation: 'at least' }],
      ['startend:quotation', {}],
    ],
    [
      ['detectable_format:json_format', {}],
      ['keywords:existence', { keywords: ['tide', 'moon'] }],
      ['keywords:forbidden_words', { forbidden_words: ['house'] }],
      ['startend:quotation', {}],
    ],
    [
      ['combination:two_responses', {}],
      ['detectable_format:title', {}],
      ['punctuation:no_comma', {}],
      ['language:response_language', { language: 'de' }],
    ],
    [
      ['length_constraints:number_sentences', { num_sentences: 40, relation: 'at least' }],
      ['length_constraints:number_words', { num_words: 300, relation: 'at least' }],
      ['startend:quotation', {}],
      ['detectable_format:number_highlighted_sections', { num_highlights: 2 }],
    ],
    [
      ['length_constraints:number_sentences', { num_sentences: 6, relation: 'less than' }],
      ['keywords:letter_frequency', { letter: 'o', let_frequency: 6, let_relation: 'less than' }],
      ['detectable_format:number_highlighted_sections', { num_highlights: 2 }],
    ],
  ];

  it.each(COMBINATIONS.map((asked) => ({ ids: asked.map(([id]) => id).join(' + '), asked })))('follows $ids together', ({ asked }) => {
    expect(broken(asked)).toEqual([]);
  });

  it('keeps to whatever numbers are asked', () => {
    const numbers = fc.record({
      words: fc.integer({ min: 1, max: 400 }),
      bullets: fc.integer({ min: 1, max: 9 }),
      marks: fc.integer({ min: 1, max: 9 }),
    });
    fc.assert(
      fc.property(numbers, ({ words, bullets, marks }) => {
        const asked: Asked = [
          ['length_constraints:number_words', { num_words: words, relation: 'at least' }],
          ['detectable_format:number_bullet_lists', { num_bullets: bullets }],
          ['detectable_format:number_highlighted_sections', { num_highlights: marks }],
        ];
        expect(broken(asked)).toEqual([]);
      }),
      { numRuns: 30 },
    );
  });

  it('is an error that names the instruction where instructions contradict each other', () => {
    const asked: Asked = [
      ['change_case:english_lowercase', {}],
      ['detectable_format:multiple_sections', { section_spliter: 'SECTION', num_sections: 2 }],
    ];
    expect(() => ideal(asked)).toThrow('no answer could be built that follows detectable_format:multiple_sections together');
  });
});
