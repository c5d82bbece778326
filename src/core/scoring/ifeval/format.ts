/** IFEval's format instructions: bullet points, highlights, sections, a title, JSON, one of three answers. */

import type { Check, Kwargs } from './arguments.js';
import { countArgument, NEVER, textArgument } from './arguments.js';
import { countMatches, pythonRegex } from './python-regex.js';
import { isBlank, isSpace, strip } from './python-text.js';

/** Exactly so many bullet points: lines that begin with `-`, or with `*` and something else than a second one. */
export function numberOfBullets(kwargs: Kwargs): readonly Check[] {
  const wanted = countArgument(kwargs, 'num_bullets');
  if (wanted === undefined) return NEVER;
  return [(response) => countBullets(response, '*') + countBullets(response, '-') === wanted];
}

/**
 * Lines whose first visible character is the mark. The reference's patterns reach over line ends: empty lines before a bullet
 * belong to it, and a lone `*` takes the next line into itself.
 */
function countBullets(text: string, mark: '*' | '-'): number {
  let count = 0;
  let lineStart = 0;
  while (lineStart < text.length) {
    let at = lineStart;
    while (at < text.length && isSpace(text.charCodeAt(at))) at++;
    let end = at;
    if (text[at] === mark && (mark === '-' || (at + 1 < text.length && text[at + 1] !== '*'))) {
      count++;
      end = mark === '-' ? at + 1 : at + 2;
    }
    const lineEnd = text.indexOf('\n', end);
    if (lineEnd === -1) break;
    lineStart = lineEnd + 1;
  }
  return count;
}

/** At least so many highlights `*…*` within a line; `**…**` counts as the same thing once, empty ones never. */
export function numberOfHighlights(kwargs: Kwargs): readonly Check[] {
  const wanted = countArgument(kwargs, 'num_highlights') ?? 4;
  return [(response) => highlights(response, /\*([^\n*]*)\*/g) + highlights(response, /\*\*([^\n*]*)\*\*/g) >= wanted];
}

function highlights(text: string, pattern: RegExp): number {
  let count = 0;
  for (const match of text.matchAll(pattern)) if (!isBlank(match[1] as string)) count++;
  return count;
}

/** At least so many sections: the section's name, which is a pattern, and a number, in the case of the name. */
export function numberOfSections(kwargs: Kwargs): readonly Check[] {
  const wanted = countArgument(kwargs, 'num_sections') ?? 5;
  const name = textArgument(kwargs, 'section_spliter');
  const names = name === undefined ? ['Section', 'SECTION'] : [strip(name)];
  return names.map((splitter) => {
    const pattern = pythonRegex(`\\s?${splitter}\\s?\\d+\\s?`);
    return (response) => countMatches(pattern, response) >= wanted;
  });
}

/** A title in double angle brackets on one line, from the first `<<` of a line to its last `>>`, with something in between. */
export function title(): readonly Check[] {
  return [(response) => response.split('\n').some(hasTitle)];
}

function hasTitle(line: string): boolean {
  const open = line.indexOf('<<');
  const close = line.lastIndexOf('>>');
  return (
    open !== -1 &&
    close >= open + 3 &&
    !isBlank(
      line
        .slice(open, close + 2)
        .replace(/^<+/, '')
        .replace(/(?<!>)>+$/, ''),
    )
  );
}

/** The whole answer is JSON, as Python's parser takes it (NaN and Infinity are numbers), bare or in a code fence. */
export function jsonFormat(): readonly Check[] {
  return [(response) => isJson(withoutFence(strip(response)))];
}

function withoutFence(text: string): string {
  let inner = text;
  for (const fence of ['```json', '```Json', '```JSON', '```']) if (inner.startsWith(fence)) inner = inner.slice(fence.length);
  return strip(inner.endsWith('```') ? inner.slice(0, -3) : inner);
}

/** Strings as they stand (an unended one to the end of the text), or a number that only Python knows. */
const STRING_OR_WORD = /"(?:[^"\\]|\\[^])*(?:"|\\?$)|(?<!-)NaN|-?Infinity/g;

function isJson(text: string): boolean {
  const plain = text.replace(STRING_OR_WORD, (found) => (found.startsWith('"') ? found : ' 0 '));
  try {
    JSON.parse(plain);
    return true;
  } catch {
    return false;
  }
}

const ANSWERS = ['My answer is yes.', 'My answer is no.', 'My answer is maybe.'];

/** One of the three answers stands anywhere, letter for letter. */
export function constrainedResponse(): readonly Check[] {
  return [(response) => ANSWERS.some((answer) => response.includes(answer))];
}
