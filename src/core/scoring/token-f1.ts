/** The SQuAD scorer: how many words an answer shares with the best of several right answers. */

import type { Scorer, ScorerInput, ScorerResult } from '../benchmark.js';
import { isEmptyAnswer, judged, nothingExtracted } from './failure.js';
import { pythonWords, withoutArticles, withoutPunctuation } from './python-text.js';
import { targetList } from './targets.js';

export interface TokenF1Metrics {
  /** 1 where the normalised texts are the same, else 0. */
  readonly em: number;
  /** 0 to 1: harmonic mean of the shares of words that are common, counted with repetitions. */
  readonly f1: number;
}

/**
 * F1 and EM of the official evaluation script of SQuAD 2.0 (Rajpurkar et al. 2016, arXiv:1606.05250; 2018, arXiv:1806.03822): lower case,
 * no ASCII punctuation, no articles; each the best over the right answers (a JSON array of texts in the target). The reward is F1.
 * One difference on purpose: an empty answer earns nothing, also where there is no right answer.
 */
export function tokenF1(): Scorer {
  return {
    name: 'token_f1',
    score({ response, target }: ScorerInput): ScorerResult {
      if (isEmptyAnswer(response)) return nothingExtracted(response);
      const { em, f1 } = bestTokenF1(response, targetList(target));
      return judged(response, { reward: f1, extracted: response.trim(), details: { em, f1 } });
    },
    idealAnswer: (target) => targetList(target)[0] as string,
  };
}

/** The best EM and the best F1 over several right answers; 0 without any. */
export function bestTokenF1(answer: string, golds: readonly string[]): TokenF1Metrics {
  const words = squadWords(answer);
  const results = golds.map((gold) => metrics(words, squadWords(gold)));
  return { em: Math.max(0, ...results.map(({ em }) => em)), f1: Math.max(0, ...results.map(({ f1 }) => f1)) };
}

function metrics(answer: readonly string[], gold: readonly string[]): TokenF1Metrics {
  const em = answer.join(' ') === gold.join(' ') ? 1 : 0;
  // Where a side has no words there is nothing to share: the same or not.
  if (answer.length === 0 || gold.length === 0) return { em, f1: em };
  const left = new Map<string, number>();
  for (const word of gold) left.set(word, (left.get(word) ?? 0) + 1);
  let common = 0;
  for (const word of answer) {
    const count = left.get(word) ?? 0;
    if (count === 0) continue;
    common++;
    left.set(word, count - 1);
  }
  if (common === 0) return { em, f1: 0 };
  const precision = common / answer.length;
  const recall = common / gold.length;
  return { em, f1: (2 * precision * recall) / (precision + recall) };
}

function squadWords(text: string): string[] {
  return pythonWords(withoutArticles(withoutPunctuation(text.toLowerCase())));
}
