/** MMMU-Pro's chain of thought: takes the answer from the last line that it asks for. `cot_postproc` of VLMEvalKit. */

import { strip } from './python-text.js';

const LABEL = 'Answer:';

/**
 * Where exactly one line begins with `Answer:`: its one capital letter (however often it stands there), or the line's rest where there are
 * none or several. Else the whole response.
 */
export function afterAnswerLine(response: string): string {
  const labelled = strip(response)
    .split('\n')
    .map(strip)
    .filter((line) => line.startsWith(LABEL));
  const [line] = labelled;
  if (labelled.length !== 1 || line === undefined) return response;
  // The label's own A is a capital letter too, as it is in the reference: only an answer A, or none at all, leaves one letter.
  const letters = new Set(line.match(/[A-Z]/g) ?? []);
  const [letter] = letters;
  return letters.size === 1 && letter !== undefined ? letter : line.slice(LABEL.length);
}
