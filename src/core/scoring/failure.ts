/** Why nothing could be taken from an answer: empty, a refusal, or not in the asked form. Shared by all scorers, on the way from answer to reward. */

import type { ScorerResult } from '../benchmark.js';
import type { AnswerFailure } from '../failures.js';

/** A refusal is short: a long answer that mentions what it cannot do is an attempt at the task. Characters. */
const LONGEST_REFUSAL = 600;

/** Invisible characters that String.prototype.trim leaves standing. */
const INVISIBLE = /[\u200b-\u200f\u2060\ufeff]/g;

/** An apology before the refusal itself. */
const APOLOGY = String.raw`(?:(?:i am|i'm) (?:very |so |really |truly )?sorry|sorry|i apologi[sz]e|my apologies|apologies|unfortunately|as an ai(?: language model| assistant| model)?)`;

/** Only help itself may be refused here: "I cannot solve this" and "we cannot tell" are attempts that failed, not refusals. */
const REFUSAL = new RegExp(
  String.raw`^(?:${APOLOGY}[,.:;!—– -]*(?:but )?)*` +
    String.raw`(?:i (?:can't|cannot|can not|won't|will not|must decline to)|(?:i am|i'm) (?:unable|not able|not willing|not going) to) ` +
    String.raw`(?:(?:really|directly|possibly|safely|ethically) )?` +
    String.raw`(?:help|assist|comply|engage|participate|fulfil|fulfill|provide|discuss|share|continue with|respond to|answer (?:that|this)|do (?:that|this)|support|create|generate|write)\b`,
);

/** How a refusal can begin: nearly every other answer is told apart by its first word, before anything is rewritten. */
const FIRST_WORD = /^[\s*_"“”\u200b-\u200f\u2060\ufeff]{0,20}(?:i\b|sorry|my apologies|apologies|unfortunately|as an ai)/i;

/** True for an answer without visible characters. */
export function isEmptyAnswer(response: string): boolean {
  return response.replace(INVISIBLE, '').trim() === '';
}

/**
 * True only for a short answer that opens with a refusal to help ("I'm sorry, but I can't assist with that.").
 * Conservative on purpose: a missed refusal is still counted, as a format error; a wrong one would hide a real answer.
 */
export function isRefusal(response: string): boolean {
  if (response.length > LONGEST_REFUSAL || !FIRST_WORD.test(response)) return false;
  const plain = response
    .replace(INVISIBLE, '')
    .replace(/[‘’ʼ`]/g, "'")
    .replace(/[*_"“”]/g, '')
    .replace(/\s+/g, ' ')
    .trim()
    .toLowerCase();
  return REFUSAL.test(plain);
}

/** The failure of an answer that nothing was extracted from. */
export function answerFailure(response: string): AnswerFailure {
  if (isEmptyAnswer(response)) return 'empty_response';
  return isRefusal(response) ? 'refusal' : 'format_error';
}

/** The result of an answer that nothing was extracted from: reward 0 and why. */
export function nothingExtracted(response: string): ScorerResult {
  return { reward: 0, extracted: null, failure: answerFailure(response) };
}

/**
 * What a scorer's rule made of an answer, called a refusal where it is one and earned less than full credit. The reward stays: that an
 * answer opens like a refusal ("I can't draw it, but the answer is 42") is never why it is wrong. So does what was taken from it, unless
 * that is the whole answer and earned nothing.
 */
export function judged(response: string, result: ScorerResult): ScorerResult {
  if (result.reward >= 1 || !isRefusal(response)) return result;
  const holdsNothing = result.reward === 0 && result.extracted === response.trim();
  return { ...result, extracted: holdsNothing ? null : result.extracted, failure: 'refusal' };
}

/**
 * A scorer's name with the options that differ from its defaults, `numeric_match(tolerance=0.5)`: results name the rule that
 * judged them, and two runs under different options never look alike.
 */
export function scorerName(base: string, options: Readonly<Record<string, string | number | boolean | undefined>>): string {
  const given = Object.keys(options)
    .filter((key) => options[key] !== undefined)
    .sort()
    .map((key) => `${key}=${options[key]}`);
  return given.length === 0 ? base : `${base}(${given.join(',')})`;
}
