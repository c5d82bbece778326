/** The alias scorer: a short answer that is one of several right names, up to case and punctuation, as TriviaQA is scored. */

import type { Scorer, ScorerInput, ScorerResult } from '../benchmark.js';
import { judged, nothingExtracted, scorerName } from './failure.js';
import { pythonStrip, withoutPunctuation } from './python-text.js';
import { targetList } from './targets.js';

export interface AliasMatchOptions {
  /** Texts that end the answer, the earliest one counts. Default: a line break, a period, a comma. An empty list keeps the whole answer. */
  readonly stop?: readonly string[];
}

const DEFAULT_STOP: readonly string[] = ['\n', '.', ','];

/**
 * TriviaQA (Joshi et al. 2017, arXiv:1705.03551) as EleutherAI's lm-evaluation-harness 0.4.13 scores it, task `triviaqa`: generation ends
 * at a line break, a period or a comma, white space around is dropped, and the rest must equal an alias once both are in lower case
 * and without ASCII punctuation. Chat endpoints may ignore stop strings, so the answer is cut here: "U.S.A" therefore reads "U", and an
 * answer that opens with a line break is empty, as in the reference. Accents and their encoding matter, articles too.
 *
 * One difference on purpose: nothing is never a match. The reference takes an empty answer for an alias that is all punctuation.
 */
export function aliasMatch(options: AliasMatchOptions = {}): Scorer {
  const stop = options.stop ?? DEFAULT_STOP;
  const matches = (response: string, target: string): boolean => matchesAlias(shortAnswer(response, stop), targetList(target));
  return {
    name: scorerName('alias_match', { stop: options.stop === undefined ? undefined : JSON.stringify(stop) }),
    score({ response, target }: ScorerInput): ScorerResult {
      const extracted = shortAnswer(response, stop);
      if (extracted === '') return nothingExtracted(response);
      return judged(response, { reward: matches(response, target) ? 1 : 0, extracted });
    },
    idealAnswer: (target) => {
      const aliases = targetList(target);
      const candidates = [...aliases, ...aliases.map(withoutPunctuation)];
      return candidates.find((answer) => matches(answer, target)) ?? (aliases[0] as string);
    },
  };
}

/** The answer up to the first stop text, without white space around it. */
export function shortAnswer(response: string, stop: readonly string[] = DEFAULT_STOP): string {
  const ends = stop.map((text) => response.indexOf(text)).filter((at) => at !== -1);
  return pythonStrip(ends.length === 0 ? response : response.slice(0, Math.min(...ends)));
}

/** True when the answer is one of the aliases, up to case and ASCII punctuation; white space inside counts. */
export function matchesAlias(answer: string, aliases: readonly string[]): boolean {
  const plain = (text: string): string => withoutPunctuation(text.toLowerCase());
  const wanted = plain(answer);
  return aliases.some((alias) => plain(alias) === wanted);
}
