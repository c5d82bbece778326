/** Tells yes from no in an answer: `YOrN_Extraction` of VLMEvalKit. */

import { words } from './python-text.js';
import { withoutPunctuation } from './vqa.js';

export type YesNo = 'Yes' | 'No' | 'Unknown';

/** Yes or no where exactly one of the two words is in the answer; both and neither are unknown. */
export function extractYesNo(answer: string): YesNo {
  const found = new Set(words(withoutPunctuation(answer.toLowerCase())));
  const yes = found.has('yes');
  const no = found.has('no');
  if (yes === no) return 'Unknown';
  return yes ? 'Yes' : 'No';
}
