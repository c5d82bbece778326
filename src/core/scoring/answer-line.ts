/** The answer-line scorer: takes what stands after the last `Answer:` and compares it with the target. */

import type { Scorer, ScorerInput, ScorerResult } from '../benchmark.js';
import { judged, nothingExtracted, scorerName } from './failure.js';
import { sameAnswer, undecorated } from './text.js';

export interface AnswerLineOptions {
  /** The word before the colon, in any case. Default `Answer`. */
  readonly label?: string;
}

const DEFAULT_LABEL = 'Answer';

/**
 * Asks for a prompt that says "end with `Answer: …`". The last labelled line with text counts, because models restate; where the
 * line ends after the colon the next line with text is taken. Case, white space, Markdown and a final period do not matter, and
 * numbers are compared by value (`1,200.0` equals `1200`).
 */
export function answerLine(options: AnswerLineOptions = {}): Scorer {
  const label = options.label ?? DEFAULT_LABEL;
  const words = label.trim().split(/\s+/).map(escapeRegExp).join('\\s+');
  const pattern = new RegExp(`(?<![\\p{L}\\p{N}_])${words}[ \\t*_]*[:：]`, 'giu');
  return {
    name: scorerName('answer_line', { label: label === DEFAULT_LABEL ? undefined : label }),
    score({ response, target }: ScorerInput): ScorerResult {
      const extracted = afterLastLabel(response, pattern);
      if (extracted === null) return nothingExtracted(response);
      return judged(response, { reward: sameAnswer(extracted, target) ? 1 : 0, extracted });
    },
    idealAnswer: (target) => `${label}: ${target}`,
  };
}

/** The undecorated text after the last label that has any, or null. Linear: each character is looked at a bounded number of times. */
function afterLastLabel(response: string, pattern: RegExp): string | null {
  let end = response.length;
  const starts = Array.from(response.matchAll(pattern), (match) => ({ at: match.index, after: match.index + match[0].length }));
  for (const { at, after } of starts.reverse()) {
    const line = firstLineWithText(response, after, end);
    if (line !== null) return line;
    end = at;
  }
  return null;
}

function firstLineWithText(text: string, from: number, to: number): string | null {
  while (from < to) {
    const newline = text.indexOf('\n', from);
    const lineEnd = newline === -1 || newline > to ? to : newline;
    const line = undecorated(text.slice(from, lineEnd));
    if (line !== '') return line;
    from = lineEnd + 1;
  }
  return null;
}

function escapeRegExp(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
}
