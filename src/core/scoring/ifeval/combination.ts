/** IFEval's instructions about the answer as a whole: two answers, the prompt repeated, how it ends, quotation marks, no commas. */

import { NelError } from '../../errors.js';
import type { Check, Kwargs } from './arguments.js';
import { textArgument } from './arguments.js';
import { isBlank, strip, stripCharacter } from './python-text.js';

/** Two different answers between six asterisks; nothing may be empty but what stands before the first and after the last. */
export function twoResponses(): readonly Check[] {
  return [
    (response) => {
      const parts = response.split('******');
      if (parts.slice(1, -1).some(isBlank)) return false;
      const answers = parts.filter((part) => !isBlank(part)).map(strip);
      return answers.length === 2 && answers[0] !== answers[1];
    },
  ];
}

/**
 * The answer begins with the prompt, in any case.
 *
 * @throws NelError (data) where the row does not say what is to be repeated.
 */
export function repeatPrompt(kwargs: Kwargs): readonly Check[] {
  const prompt = textArgument(kwargs, 'prompt_to_repeat');
  if (prompt === undefined) {
    throw new NelError('data', 'combination:repeat_prompt needs the argument prompt_to_repeat', {
      hint: 'the arguments of IFEval instructions stand in the field kwargs of the row',
    });
  }
  const start = strip(prompt).toLowerCase();
  return [(response) => strip(response).toLowerCase().startsWith(start)];
}

const DRAWN_ENDINGS = ['Any other questions?', 'Is there anything else I can help with?'];

/** The answer ends with the phrase, in any case; double quotation marks around the answer do not count. */
export function endPhrase(kwargs: Kwargs): readonly Check[] {
  const phrase = textArgument(kwargs, 'end_phrase');
  return (phrase === undefined ? DRAWN_ENDINGS : [phrase]).map((ending) => {
    const end = strip(ending).toLowerCase();
    return (response) => stripCharacter(strip(response), '"').toLowerCase().endsWith(end);
  });
}

/** Straight double quotation marks around the whole answer. */
export function quotation(): readonly Check[] {
  return [
    (response) => {
      const text = strip(response);
      return text.length > 1 && text.startsWith('"') && text.endsWith('"');
    },
  ];
}

/** No comma of ASCII's; other scripts' commas are allowed. */
export function noComma(): readonly Check[] {
  return [(response) => !response.includes(',')];
}
