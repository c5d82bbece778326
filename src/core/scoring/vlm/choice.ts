/** Finds the option that an answer to a multiple-choice question names, by letter or by text: `can_infer` of VLMEvalKit. */

import { codePoints, PYTHON_SPACE, words } from './python-text.js';

/** Letters to the options' texts, in the order of the letters. */
export type Choices = Readonly<Record<string, string>>;

/** What the answer says that the letter Z says: none of the options. */
export const NO_OPTION = 'Z';

const FAILED_CALL = 'Failed to obtain answer via API';

const REFUSALS: readonly string[] = [
  "Sorry, I can't help with images of people yet.",
  "I can't process this file.",
  "I'm sorry, but without the image provided",
  'Cannot determine the answer',
];

/** A letter counts among the last words only: in long reasoning an early one is a mention. */
const LAST_WORDS = 5;

/** `the answer is **B**`, in any case: also takes `answer is a dog` for A, as the reference does. */
const STATED = new RegExp(`answer${PYTHON_SPACE}+is${PYTHON_SPACE}+\\**([ABCD])`, 'iu');

/** The letter of the chosen option, `Z` for a refusal, or null where none can be told. Linear in the answer. */
export function inferChoice(answer: string, choices: Choices): string | null {
  return inferByLetter(answer, choices) ?? inferByText(answer, choices);
}

/** The one option letter that stands among the answer's words, or that it states (`can_infer_option`). */
export function inferByLetter(answer: string, choices: Choices): string | null {
  if (answer.includes(FAILED_CALL)) return null;
  if (REFUSALS.some((refusal) => answer.includes(refusal))) return NO_OPTION;
  const found = words(answer.replace(/[.()[\],:;!*#{}]/g, ' '));
  const position = new Map<string, number>();
  found.forEach((word, i) => {
    if (!position.has(word)) position.set(word, i);
  });
  const named = Object.keys(choices).filter((letter) => position.has(letter));
  const [only] = named;
  if (named.length === 1 && only !== undefined) {
    // The first mention is what must stand late, also where the letter is said again at the end.
    if ((position.get(only) ?? 0) > found.length - LAST_WORDS) return only;
  } else if (named.length === 0 && position.has(NO_OPTION)) {
    return NO_OPTION;
  }
  const stated = STATED.exec(answer)?.[1]?.toUpperCase();
  return stated !== undefined && Object.hasOwn(choices, stated) ? stated : null;
}

/** The one option whose text is in the answer, unless the answer is more than twice as long as all options (`can_infer_text`). */
export function inferByText(answer: string, choices: Choices): string | null {
  const text = answer.toLowerCase();
  const options = Object.entries(choices);
  const length = options.reduce((sum, [, option]) => sum + codePoints(option), 0);
  if (codePoints(text) > 2 * length) return null;
  const named = options.filter(([, option]) => text.includes(option.toLowerCase()));
  return named.length === 1 ? (named[0]?.[0] ?? null) : null;
}
