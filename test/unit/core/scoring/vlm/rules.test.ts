/** VLMEvalKit's scoring rules, quirks included: expected values were computed with VLMEvalKit's own functions. */

import { describe, expect, it } from 'vitest';
import { answerDistance, levenshtein } from '../../../../../src/core/scoring/vlm/anls.js';
import { captionScores } from '../../../../../src/core/scoring/vlm/caption.js';
import { inferByLetter, inferByText, inferChoice } from '../../../../../src/core/scoring/vlm/choice.js';
import { lineMethod, lineScore, matchLine, methodOf } from '../../../../../src/core/scoring/vlm/line.js';
import { mathVistaCorrect, mathVistaPrefetch } from '../../../../../src/core/scoring/vlm/mathvista.js';
import { afterAnswerLine } from '../../../../../src/core/scoring/vlm/mmmu-pro.js';
import { containsAnswer, FORMULA_CATEGORY } from '../../../../../src/core/scoring/vlm/ocrbench.js';
import { relaxedCorrect } from '../../../../../src/core/scoring/vlm/relaxed.js';
import { normaliseAnswer, withoutPunctuation } from '../../../../../src/core/scoring/vlm/vqa.js';
import { extractYesNo } from '../../../../../src/core/scoring/vlm/yes-no.js';

const COLOURS = { A: 'red', B: 'green', C: 'blue', D: 'dark blue' };

describe('the chosen option', () => {
  it.each([
    ['(B)', 'B'],
    ['B: green', 'B'],
    ['I think that it must be {C}', 'C'],
    ['Z', 'Z'],
    ["I'm sorry, but without the image provided I cannot say", 'Z'],
  ])('of %j is %s', (answer, letter) => {
    expect(inferChoice(answer, COLOURS)).toBe(letter);
  });

  it('is told by a letter among the last four words only, or where it is stated', () => {
    expect(inferByLetter('B because one two three', COLOURS)).toBeNull();
    expect(inferByLetter('B because one two', COLOURS)).toBe('B');
    expect(inferByLetter('The correct answer is **b**, because of one two three four', COLOURS)).toBe('B');
  });

  it('is A for any answer that says what it is with an a: the reference reads it so', () => {
    expect(inferByLetter('the answer is about five words long here', COLOURS)).toBe('A');
  });

  it('is none where two letters stand there, unless one is stated', () => {
    expect(inferByLetter('A or B', COLOURS)).toBeNull();
  });

  it('is told by its text where that is the only one in a short answer', () => {
    expect(inferByText('It is GREEN.', COLOURS)).toBe('B');
    expect(inferByText('It is dark blue.', COLOURS)).toBeNull();
    expect(inferByText(`It is green.${' '.repeat(40)}`, COLOURS)).toBeNull();
  });

  it('is none after a failed call', () => {
    expect(inferChoice('Failed to obtain answer via API. A', COLOURS)).toBeNull();
  });

  it('is found in time that grows with the answer', () => {
    const before = performance.now();
    for (const hostile of ['answer is ', 'answer', 'A ', '* ', '\t']) inferChoice(hostile.repeat(200_000), COLOURS);
    inferChoice(`answer is${' '.repeat(500_000)}x`, COLOURS);
    expect(performance.now() - before).toBeLessThan(5000);
  });
});

describe('yes and no', () => {
  it.each([
    ['Yes.', 'Yes'],
    ['**no**', 'Unknown'],
    ['(no)', 'No'],
    ['No/yes', 'Unknown'],
    ['not yes-man', 'Yes'],
    ['', 'Unknown'],
  ])('of %j is %s', (answer, word) => {
    expect(extractYesNo(answer)).toBe(word);
  });
});

describe('an answer in normal form', () => {
  it.each([
    ['The Two dogs', '2 dogs'],
    ['1,200 a', '1200'],
    ['1,200 (a-b)', '1200 ab'],
    ['a-b', 'b'],
    ['x-ray', 'x ray'],
    ['5.', '5.'],
    ['5.5', '5.5'],
    ['Mr. X', 'mr x'],
    ["somebody'd", 'somebodyd'],
    ['yalldve couldntve', 'yalldve couldntve'],
    ["yall'd've couldn'tve", "y'all'd've couldn't've"],
    ['', ''],
  ])('of %j is %j', (answer, normal) => {
    expect(normaliseAnswer(answer)).toBe(normal);
  });

  it('loses at most 32 lone periods, as in the reference', () => {
    expect(withoutPunctuation('.'.repeat(40))).toBe('.'.repeat(8));
  });
});

describe('a line', () => {
  it('of one answer alone never agrees with the others, under VQA accuracy', () => {
    expect(matchLine('dog', 'dog', 'vqa_score')).toEqual([0]);
  });

  it('of ten answers gives each its agreement with the other nine', () => {
    const cell = `['dog', 'a dog', 'cat', 'cat', 'cat', 'cat', 'cat', 'cat', 'cat', 'Dog']`;
    const match = matchLine(cell, 'dog', 'vqa_score');
    expect(match.map((value) => value.toFixed(3))).toEqual(['0.667', '0.667', ...Array(7).fill('1.000'), '0.667']);
    expect(lineScore(match, 'TextVQA_VAL')).toBeCloseTo(0.9, 12);
  });

  it('takes a list that is no literal for the answer itself', () => {
    expect(matchLine('[dog]', 'dog', 'normalised')).toEqual([1]);
  });

  it('is scored by what the data set is called', () => {
    expect(lineScore([0.4, 1], 'DocVQA_VAL')).toBeCloseTo(0.6, 12);
    expect(lineScore([0.51, 1], 'InfoVQA_VAL')).toBe(0);
    expect(lineScore([0, 1], 'ChartQA_TEST')).toBe(1);
    expect(lineScore([0, 1], 'GQA_TestDev_Balanced')).toBe(0.5);
    expect(lineScore([], 'Mine')).toBe(0);
  });

  it('is matched by what the data set is called', () => {
    expect(['TextVQA_VAL', 'ChartQA_TEST', 'OCRVQA_TESTCORE', 'GQA_TestDev_Balanced', 'DocVQA_VAL', 'Mine'].map(methodOf)).toEqual([
      'vqa_score',
      'relaxed_accuracy',
      'accuracy',
      'accuracy',
      'anls',
      'vqa_score',
    ]);
    expect(lineMethod('default')).toBe('normalised');
  });
});

describe('relaxed correctness', () => {
  it.each([
    ['10', '10.5', true],
    ['10', '10.51', false],
    ['-10', '-9.5', true],
    ['50%', '0.5', true],
    ['0', '0.0', false],
    ['Yes', 'YES', true],
    ['inf', 'inf', false],
    ['5', '5 apples', false],
  ])('of %j by %j is %s', (target, prediction, correct) => {
    expect(relaxedCorrect(target, prediction)).toBe(correct);
  });
});

describe('the distance of answers', () => {
  it('is that of the words over the longer, by code points', () => {
    expect(answerDistance(' A  b ', 'a b')).toBe(0);
    expect(answerDistance('kitten', 'sitting')).toBeCloseTo(3 / 7, 12);
    expect(answerDistance('🐶🐶', '🐶')).toBe(0.5);
    expect(answerDistance('', '')).toBe(0);
  });

  it('counts single edits', () => {
    expect(levenshtein([...'intention'], [...'execution'])).toBe(5);
    expect(levenshtein([], [...'abc'])).toBe(3);
  });
});

describe('OCRBench', () => {
  it('ignores case, but not spaces', () => {
    expect(containsAnswer("['Ab c']", 'it says ab C here', 'Doc-oriented VQA')).toBe(true);
    expect(containsAnswer("['abc']", 'ab c', 'Doc-oriented VQA')).toBe(false);
  });

  it('ignores spaces in formulas, but not case', () => {
    expect(containsAnswer("['x ^ 2']", '$x^2$', FORMULA_CATEGORY)).toBe(true);
    expect(containsAnswer("['X']", 'x', FORMULA_CATEGORY)).toBe(false);
  });
});

describe('MathVista', () => {
  const free = (answer: string, answer_type: string) => ({ question_type: 'free_form', answer_type, answer });

  it('takes a bare number for the answer, a sentence needs a judge', () => {
    expect(mathVistaPrefetch(free('5', 'integer'), ' 5 ')).toBe(5n);
    expect(mathVistaPrefetch(free('5', 'integer'), 'It is 5')).toBeNull();
    expect(mathVistaPrefetch(free('1.5', 'float'), '1.50')).toBe(1.5);
  });

  it('compares numbers by their type', () => {
    expect(mathVistaCorrect(free('5', 'integer'), '5.0')).toBe(false);
    expect(mathVistaCorrect(free('5', 'float'), '5.0')).toBe(true);
  });

  it('reads choices by letter and text', () => {
    const row = { question_type: 'multi_choice', answer: 'blue', answer_option: 'C', choices: "['red', 'green', 'blue']" };
    expect(mathVistaPrefetch(row, 'It is blue')).toBe('C');
    expect(mathVistaCorrect(row, 'A')).toBe(false);
  });
});

describe('the answer line of MMMU-Pro', () => {
  it('gives what follows the label, and the letter A for nothing', () => {
    expect(afterAnswerLine('so\n Answer: B. green')).toBe(' B. green');
    expect(afterAnswerLine('Answer: A')).toBe('A');
    expect(afterAnswerLine('Answer: none')).toBe('A');
  });

  it('leaves a response with none or two of them', () => {
    expect(afterAnswerLine('B')).toBe('B');
    expect(afterAnswerLine('Answer: B\nAnswer: C')).toBe('Answer: B\nAnswer: C');
  });
});

describe('caption metrics', () => {
  it('agree with pycocoevalcap 1.2', () => {
    const scores = captionScores([
      { caption: 'a dog runs over the fox', references: ['a dog runs over the lazy fox', 'the dog jumps'] },
      { caption: 'two cats sit', references: ['a cat sits on a mat'] },
      { caption: 'a man rides a horse', references: ['a man rides a horse', 'man on a horse'] },
    ]);
    const wanted = [59.0446444474804, 56.80634380245174, 56.65743820860397, 57.50348456831361, 63.68159203980098, 350.9872803053278];
    [...scores.bleu, scores.rougeL, scores.cider].forEach((score, i) => {
      expect(score).toBeCloseTo(wanted[i] ?? Number.NaN, 8);
    });
  });

  it('are zero for no captions and finite for an empty one', () => {
    expect(captionScores([])).toEqual({ bleu: [0, 0, 0, 0], rougeL: 0, cider: 0 });
    expect(captionScores([{ caption: '', references: ['a b'] }]).bleu.every(Number.isFinite)).toBe(true);
  });
});
