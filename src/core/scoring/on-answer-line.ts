/** Hands another scorer only what stands after the last `Answer:`, so that rules made for bare answers judge answers with reasoning. */

import type { Scorer, ScorerInput, ScorerResult, ScorerTools } from '../benchmark.js';
import { type AnswerLineOptions, answerLine } from './answer-line.js';

/**
 * Chat models reason before they answer; the rules of DROP, TriviaQA and SQuAD compare all that they are given. An answer without the
 * label is handed on whole, as OpenAI's simple-evals does for DROP.
 */
export function onAnswerLine(inner: Scorer, options: AnswerLineOptions = {}): Scorer {
  const line = answerLine(options);
  const scorer: Scorer & { toString(): string } = {
    name: `${line.name}>${inner.name}`,
    score(input: ScorerInput, tools?: ScorerTools): ScorerResult | Promise<ScorerResult> {
      const { extracted } = line.score({ ...input, target: '' }) as ScorerResult;
      return inner.score(extracted === null ? input : { ...input, response: extracted }, tools);
    },
    idealAnswer: (target, row) => `${options.label ?? 'Answer'}: ${inner.idealAnswer?.(target, row) ?? target}`,
    ...(inner.needs === undefined ? {} : { needs: inner.needs }),
    ...(inner.settings === undefined ? {} : { settings: inner.settings }),
    toString: () => `onAnswerLine ${Object.hasOwn(inner, 'toString') ? inner.toString() : inner.score.toString()}`,
  };
  return scorer;
}
