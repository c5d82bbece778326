/** Does an answer follow one IFEval instruction, strictly or loosely? The 25 instruction types by name; what the IFEval scorer adds up. */

import { NelError } from '../../errors.js';
import { didYouMean } from '../../nearest.js';
import type { Check, Kwargs, Rule } from './arguments.js';
import { endPhrase, noComma, quotation, repeatPrompt, twoResponses } from './combination.js';
import { numberOfPlaceholders, postscript } from './content.js';
import { constrainedResponse, jsonFormat, numberOfBullets, numberOfHighlights, numberOfSections, title } from './format.js';
import { forbiddenWords, keywordFrequency, keywordsExist, letterFrequency } from './keywords.js';
import { nthParagraphFirstWord, numberOfParagraphs, numberOfSentences, numberOfWords } from './length.js';
import { capitalWordFrequency, englishCapital, englishLowercase, responseLanguage } from './letter-case.js';
import { isBlank, strip } from './python-text.js';

const RULES: ReadonlyMap<string, Rule> = new Map<string, Rule>([
  ['keywords:existence', keywordsExist],
  ['keywords:frequency', keywordFrequency],
  ['keywords:forbidden_words', forbiddenWords],
  ['keywords:letter_frequency', letterFrequency],
  ['language:response_language', responseLanguage],
  ['length_constraints:number_sentences', numberOfSentences],
  ['length_constraints:number_paragraphs', numberOfParagraphs],
  ['length_constraints:number_words', numberOfWords],
  ['length_constraints:nth_paragraph_first_word', nthParagraphFirstWord],
  ['detectable_content:number_placeholders', numberOfPlaceholders],
  ['detectable_content:postscript', postscript],
  ['detectable_format:number_bullet_lists', numberOfBullets],
  ['detectable_format:constrained_response', constrainedResponse],
  ['detectable_format:number_highlighted_sections', numberOfHighlights],
  ['detectable_format:multiple_sections', numberOfSections],
  ['detectable_format:json_format', jsonFormat],
  ['detectable_format:title', title],
  ['combination:two_responses', twoResponses],
  ['combination:repeat_prompt', repeatPrompt],
  ['startend:end_checker', endPhrase],
  ['startend:quotation', quotation],
  ['change_case:capital_word_frequency', capitalWordFrequency],
  ['change_case:english_capital', englishCapital],
  ['change_case:english_lowercase', englishLowercase],
  ['punctuation:no_comma', noComma],
]);

export interface InstructionInput {
  /** Such as `keywords:existence`. */
  readonly instructionId: string;
  /** The instruction's arguments; those that are null do not count. */
  readonly kwargs: Kwargs;
  readonly response: string;
}

/** The names of all instruction types. */
export function instructionIds(): readonly string[] {
  return [...RULES.keys()];
}

/**
 * Whether an answer follows an instruction, by the strict rule of IFEval (Zhou et al. 2023, arXiv:2311.07911) as EleutherAI's
 * lm-evaluation-harness 0.4.13 applies it. An answer of nothing but white space follows none. Linear in the answer's length for
 * keywords that are plain words.
 *
 * Arguments that are missing, which the reference draws at random, are treated as `Rule` says. Sentences and languages are told
 * by `countSentences` and `detectLanguage`, whose docstrings say where they differ from the reference's libraries.
 *
 * @throws NelError (data) for an unknown instruction, and for arguments that the reference refuses.
 */
export function checkInstruction({ instructionId, kwargs, response }: InstructionInput): boolean {
  const checks = checksFor(instructionId, kwargs);
  return !isBlank(response) && checks.every((check) => check(response));
}

/**
 * The same by the loose rule: true when the answer follows, or would without its asterisks, its first line, its last line or any
 * of these together ("Sure, here it is:" does not count against it).
 */
export function checkInstructionLoose({ instructionId, kwargs, response }: InstructionInput): boolean {
  const checks = checksFor(instructionId, kwargs);
  const variants = looseVariants(response);
  return checks.every((check) => variants.some((variant) => !isBlank(variant) && check(variant)));
}

function checksFor(instructionId: string, kwargs: Kwargs): readonly Check[] {
  const rule = RULES.get(instructionId);
  if (rule !== undefined) return rule(kwargs);
  throw new NelError('data', `${JSON.stringify(instructionId)} is no IFEval instruction${didYouMean(instructionId, instructionIds())}`, {
    hint: 'the names are those of the data set google/IFEval',
  });
}

function looseVariants(response: string): readonly string[] {
  const lines = response.split('\n');
  const parts = [lines.slice(1), lines.slice(0, -1), lines.slice(1, -1)].map((kept) => strip(kept.join('\n')));
  const variants = [response, ...parts];
  return [...new Set([...variants, ...variants.map((variant) => variant.replaceAll('*', ''))])];
}
