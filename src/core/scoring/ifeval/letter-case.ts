/** IFEval's instructions on letter case and language: all capitals, all lower case, words in capitals, an answer in one language. */

import type { Check, Kwargs } from './arguments.js';
import { countArgument, relationArgument, textArgument, thresholdChecks } from './arguments.js';
import { countCapitalWords } from './capital-words.js';
import { detectLanguage } from './detect-language.js';
import { isLower, isUpper } from './python-text.js';

/** No language can be told from a text without letters: the reference then counts the instruction as followed. */
function isLanguage(response: string, language: string | undefined): boolean {
  const detected = detectLanguage(response);
  return detected === null || detected === language;
}

/** The answer is in the language of the given ISO 639-1 code. */
export function responseLanguage(kwargs: Kwargs): readonly Check[] {
  const language = textArgument(kwargs, 'language');
  return [(response) => isLanguage(response, language)];
}

/** English in capitals only; at least one letter. */
export function englishCapital(): readonly Check[] {
  return [(response) => isUpper(response) && isLanguage(response, 'en')];
}

/** English without capitals; at least one letter. */
export function englishLowercase(): readonly Check[] {
  return [(response) => isLower(response) && isLanguage(response, 'en')];
}

/** Words in capitals, as a tokeniser of English sees words (`U.S.` and `I` are words, `DON'T` is two): at least, or fewer than, so many. */
export function capitalWordFrequency(kwargs: Kwargs): readonly Check[] {
  return thresholdChecks({
    count: countCapitalWords,
    threshold: countArgument(kwargs, 'capital_frequency'),
    relation: relationArgument(kwargs, 'capital_relation'),
    drawn: [1, 20],
  });
}
