/** IFEval's instructions: the cases of the reference, what it refuses, what it draws at random, and the time on long answers. */

import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkInstruction, checkInstructionLoose, instructionIds } from '../../../../../src/core/scoring/ifeval/check.js';
import { DATA_DIR } from '../../../../data-dir.js';

interface Verdicts {
  strict: boolean;
  loose: boolean;
}

interface Case {
  input: { instruction_id: string; kwargs: Record<string, unknown>; response: string };
  /** What lm-evaluation-harness said. */
  expected: Verdicts;
  /** What we say instead, and why, where we differ on purpose. */
  ours?: Verdicts;
  why?: string;
}

function casesOf(file: string): Case[] {
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as { cases: Case[] }).cases : [];
}

function verdicts(instructionId: string, kwargs: Record<string, unknown>, response: string): Verdicts {
  const input = { instructionId, kwargs, response };
  return { strict: checkInstruction(input), loose: checkInstructionLoose(input) };
}

const OWN = casesOf(path.join(import.meta.dirname, 'reference-cases.json'));
const SHARED = casesOf(path.join(DATA_DIR, 'scorers', 'ifeval.json'));

describe('IFEval instructions', () => {
  it('have reference cases for all 25 types', () => {
    expect(instructionIds()).toHaveLength(25);
    expect(new Set(OWN.map(({ input }) => input.instruction_id))).toEqual(new Set(instructionIds()));
  });

  it.each(OWN)(
    '$input.instruction_id $input.kwargs on $input.response is judged as the reference does',
    ({ input, expected, ours, why }) => {
      expect(ours === undefined || why !== undefined).toBe(true);
      expect(verdicts(input.instruction_id, input.kwargs, input.response)).toEqual(ours ?? expected);
    },
  );

  it.skipIf(SHARED.length === 0)('are judged as in all shared cases (needs NEL_DATA_DIR with scorers/ifeval.json)', () => {
    const wrong = SHARED.filter(({ input, expected }) => {
      const given = verdicts(input.instruction_id, input.kwargs, input.response);
      return given.strict !== expected.strict || given.loose !== expected.loose;
    });
    expect(wrong).toEqual([]);
  });

  it('are followed loosely by an answer with an introduction, a closing line or emphasis', () => {
    const kwargs = { num_paragraphs: 1, nth_paragraph: 1, first_word: 'hello' };
    const answer = 'Sure, here it is:\n**Hello** there\nAnything else?';
    expect(verdicts('length_constraints:nth_paragraph_first_word', kwargs, answer)).toEqual({ strict: false, loose: true });
  });

  it('may have arguments of other instructions that are null', () => {
    expect(verdicts('detectable_format:title', { num_words: null, relation: null }, '<<t>>')).toEqual({ strict: true, loose: true });
  });

  it('take the 64-bit integers of Parquet', () => {
    expect(verdicts('detectable_content:number_placeholders', { num_placeholders: 1n }, '[a]').strict).toBe(true);
  });

  it('count a sign that is no letter where the reference draws a letter and the draw would decide', () => {
    const kwargs = { letter: '#', let_frequency: 2, let_relation: 'at least' };
    expect(verdicts('keywords:letter_frequency', kwargs, 'see these: #one #two').strict).toBe(true);
    expect(verdicts('keywords:letter_frequency', kwargs, 'see these: one two').strict).toBe(false);
  });
});

describe('an IFEval instruction that the reference refuses', () => {
  const judge = (instructionId: string, kwargs: Record<string, unknown>) => () =>
    checkInstruction({ instructionId, kwargs, response: 'x' });

  it('is an error with the nearest name when its type is unknown', () => {
    expect(judge('keyword:existence', {})).toThrow('"keyword:existence" is no IFEval instruction (did you mean "keywords:existence"?)');
  });

  it('is an error when its relation is another one', () => {
    expect(judge('length_constraints:number_words', { num_words: 3, relation: 'at most' })).toThrow(
      'the argument relation must be "less than" or "at least", not "at most"',
    );
  });

  it('is an error when nothing is said to be repeated', () => {
    expect(judge('combination:repeat_prompt', {})).toThrow('combination:repeat_prompt needs the argument prompt_to_repeat');
  });

  it('is an error when an argument is of another type', () => {
    expect(judge('keywords:existence', { keywords: 'tea' })).toThrow('the argument keywords must be a list of texts, not "tea"');
    expect(judge('detectable_format:number_bullet_lists', { num_bullets: 'two' })).toThrow('the argument num_bullets must be a number');
    expect(judge('startend:end_checker', { end_phrase: 3 })).toThrow('the argument end_phrase must be a text, not 3');
  });

  it('is an error when a keyword is no pattern', () => {
    expect(judge('keywords:existence', { keywords: ['(tea'] })).toThrow('the pattern "(tea" is no regular expression');
  });
});

describe('an answer of 200,000 characters', () => {
  const KWARGS: Record<string, Record<string, unknown>> = {
    'keywords:existence': { keywords: ['cat', 'zebra'] },
    'keywords:frequency': { keyword: 'cat', frequency: 2, relation: 'at least' },
    'keywords:forbidden_words': { forbidden_words: ['cat'] },
    'keywords:letter_frequency': { letter: '#', let_frequency: 2, let_relation: 'at least' },
    'length_constraints:number_sentences': { num_sentences: 5, relation: 'at least' },
    'length_constraints:number_words': { num_words: 5, relation: 'at least' },
    'length_constraints:nth_paragraph_first_word': { num_paragraphs: 2, nth_paragraph: 1, first_word: 'a' },
    'detectable_format:number_bullet_lists': { num_bullets: 2 },
    'detectable_format:multiple_sections': { section_spliter: 'Section', num_sections: 2 },
    'change_case:capital_word_frequency': { capital_frequency: 2, capital_relation: 'at least' },
    'combination:repeat_prompt': { prompt_to_repeat: 'say hi' },
  };

  // A quadratic search takes minutes on these.
  it.each(['a', ' ', '\n', '*', '[', '<', '"', '. ', '.)', 'a@', '\\"', "'", '- ', 'CAT ', ' . .'])(
    'of %j is judged in time',
    (unit) => {
      const response = unit.repeat(200_000 / unit.length);
      for (const instructionId of instructionIds()) {
        const started = performance.now();
        checkInstructionLoose({ instructionId, kwargs: KWARGS[instructionId] ?? {}, response });
        expect({ instructionId, slow: performance.now() - started > 5000 }).toEqual({ instructionId, slow: false });
      }
    },
    60_000,
  );
});
