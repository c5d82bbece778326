/** Where English sentences end, as nltk's punkt has it. */

import { describe, expect, it } from 'vitest';
import { countCapitalWords } from '../../../../../src/core/scoring/ifeval/capital-words.js';
import { countSentences, splitSentences } from '../../../../../src/core/scoring/ifeval/sentences.js';

describe('sentences', () => {
  it.each([
    ['end at periods, question and exclamation marks', 'I came. Did you? Yes!', ['I came.', 'Did you?', 'Yes!']],
    ['take closing marks along', '"Go." He went. (Yes.) No', ['"Go."', 'He went.', '(Yes.)', 'No']],
    ['do not end after titles', 'Dr. Lee met Mrs. Hall.', ['Dr. Lee met Mrs. Hall.']],
    ['do not end after initials', 'J. K. Rowling wrote it.', ['J. K. Rowling wrote it.']],
    [
      'end after an abbreviation before a word that begins sentences',
      'He works at Acme Inc. The pay is good.',
      ['He works at Acme Inc.', 'The pay is good.'],
    ],
    ['do not end within numbers', 'It costs 3.50 dollars.', ['It costs 3.50 dollars.']],
    ['do not end after a number that goes on in lower case', 'in 1999. and later', ['in 1999. and later']],
    ['do not end after an ellipsis that goes on', 'Well... maybe', ['Well... maybe']],
    ['end after list numbers', '1. First', ['1.', 'First']],
    ['end after e.g., which the reference does not know', 'Fruit, e.g. apples', ['Fruit, e.g.', 'apples']],
    ['are none in an empty text', '', []],
  ])('%s', (_rule, text, sentences) => expect(splitSentences(text)).toEqual(sentences));

  it('are not made by line ends', () => expect(countSentences('one\n\ntwo')).toBe(1));
});

describe('words in capitals', () => {
  it.each([
    ['A1 and NASA.', 2],
    ["DON'T", 2],
    ['COVID-19', 1],
    ['AT&T', 2],
    ['"OK" (YES) *NO*', 3],
    ['CANNOT', 2],
    ['Nothing here', 0],
  ])('in %j are %i', (text, count) => expect(countCapitalWords(text)).toBe(count));
});
