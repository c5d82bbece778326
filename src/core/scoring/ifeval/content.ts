/** IFEval's content instructions: placeholders in square brackets, and a postscript. */

import type { Check, Kwargs } from './arguments.js';
import { countArgument, textArgument } from './arguments.js';
import { pythonRegex } from './python-regex.js';
import { SPACE, strip } from './python-text.js';

/** At least so many placeholders `[…]`, each within one line; `[]` is one. */
export function numberOfPlaceholders(kwargs: Kwargs): readonly Check[] {
  const wanted = countArgument(kwargs, 'num_placeholders') ?? 4;
  return [(response) => countPlaceholders(response) >= wanted];
}

/** From each `[` to the next `]`: what opens in between belongs to it. By line, so that a heap of `[` costs nothing. */
function countPlaceholders(text: string): number {
  let count = 0;
  for (const line of text.split('\n')) {
    let open = line.indexOf('[');
    while (open !== -1) {
      const close = line.indexOf(']', open);
      if (close === -1) break;
      count++;
      open = line.indexOf('[', close);
    }
  }
  return count;
}

const KNOWN_MARKERS: ReadonlyMap<string, RegExp> = new Map([
  ['P.P.S', new RegExp(`p\\.${SPACE}?p\\.${SPACE}?s`)],
  ['P.S.', new RegExp(`p\\.${SPACE}?s\\.`)],
]);

/** The marker stands anywhere, in any case, with or without spaces after its periods; other markers than P.S. and P.P.S are patterns. */
export function postscript(kwargs: Kwargs): readonly Check[] {
  const marker = textArgument(kwargs, 'postscript_marker');
  if (marker === undefined) return [...KNOWN_MARKERS.values()].map((pattern) => (response) => pattern.test(response.toLowerCase()));
  const name = strip(marker);
  const pattern = KNOWN_MARKERS.get(name) ?? pythonRegex(name.toLowerCase());
  return [(response) => response.toLowerCase().search(pattern) !== -1];
}
