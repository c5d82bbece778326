/** Normalised Levenshtein distance of two answers: what ANLS is made of. Rule: Biten et al., Scene Text VQA (2019), as in VLMEvalKit. */

import { words } from './python-text.js';

/**
 * Distance over the longer answer's length, in [0, 1]; 0 for two empty answers. Case and the amount of white space do not matter.
 * Lengths count code points of the answers in that normal form.
 */
export function answerDistance(gold: string, prediction: string): number {
  const wanted = Array.from(words(gold.toLowerCase()).join(' '));
  const given = Array.from(words(prediction.toLowerCase()).join(' '));
  const longer = Math.max(wanted.length, given.length);
  return longer === 0 ? 0 : levenshtein(wanted, given) / longer;
}

/** Fewest insertions, deletions and substitutions between two sequences. Time: the product of the lengths after what both begin and end with. */
export function levenshtein(a: readonly string[], b: readonly string[]): number {
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start++;
  let endA = a.length;
  let endB = b.length;
  while (endA > start && endB > start && a[endA - 1] === b[endB - 1]) {
    endA--;
    endB--;
  }
  const [short, long] = endA < endB ? [a.slice(start, endA), b.slice(start, endB)] : [b.slice(start, endB), a.slice(start, endA)];
  const row = Uint32Array.from({ length: short.length + 1 }, (_, i) => i);
  for (let i = 0; i < long.length; i++) {
    let diagonal = row[0] ?? 0;
    row[0] = i + 1;
    for (let j = 0; j < short.length; j++) {
      const above = row[j + 1] ?? 0;
      const left = row[j] ?? 0;
      row[j + 1] = long[i] === short[j] ? diagonal : 1 + Math.min(diagonal, above, left);
      diagonal = above;
    }
  }
  return row[short.length] ?? 0;
}
