/** The DROP scorer: exact match and F1 of bags of words, with numbers by value and spans aligned one to one. */

import type { Scorer, ScorerInput, ScorerResult } from '../benchmark.js';
import { bestAssignment } from './assignment.js';
import { isEmptyAnswer, judged, nothingExtracted, scorerName } from './failure.js';
import {
  pythonFloat,
  pythonFloatText,
  pythonStrip,
  pythonWords,
  roundedToHundredths,
  withoutArticles,
  withoutPunctuation,
} from './python-text.js';
import { parsedArray } from './targets.js';

export interface DropOptions {
  /** What stands between the spans of an answer that has several, such as `;`. Default none: the answer is one span, as in the reference. */
  readonly separator?: string;
}

export interface DropMetrics {
  /** 1 where the spans are the same ones, else 0. */
  readonly em: number;
  /** 0 to 1, two decimals. */
  readonly f1: number;
}

/**
 * DROP (Dua et al. 2019, arXiv:1903.00161) as EleutherAI's lm-evaluation-harness 0.4.13 scores it, task `drop`, after the data set's
 * own evaluation: the reward is F1, the number that leaderboards report; EM stands beside it. The best of the annotators' answers counts.
 *
 * The target is one answer, or a JSON array of the annotators' answers, each a text or an array of spans: `["5", ["Bears", "Packers"]]`.
 * One difference on purpose: an answer without visible characters never passes. The reference gives it full credit for a gold such as
 * "the", of which nothing is left once the articles are gone.
 */
export function drop(options: DropOptions = {}): Scorer {
  const { separator } = options;
  return {
    name: scorerName('drop', { separator }),
    score({ response, target }: ScorerInput): ScorerResult {
      if (isEmptyAnswer(response)) return nothingExtracted(response);
      const { em, f1 } = bestDropMetrics(separator === undefined ? [response] : spansOf(response, separator), dropAnswers(target));
      return judged(response, { reward: f1, extracted: response.trim(), details: { em, f1 } });
    },
    idealAnswer: (target) => idealAnswer(dropAnswers(target), separator),
  };
}

/** The target text for the annotators' answers, each a list of spans. */
export function dropTarget(answers: readonly (readonly string[])[]): string {
  return JSON.stringify(answers.map((spans) => (spans.length === 1 ? spans[0] : spans)));
}

/** The annotators' answers that a target holds. */
export function dropAnswers(target: string): readonly (readonly string[])[] {
  const answers = parsedArray(target)?.map((item) => (Array.isArray(item) ? (item as unknown[]) : [item]));
  const areTexts = answers?.every((spans) => spans.length > 0 && spans.every((span) => typeof span === 'string'));
  return areTexts ? (answers as string[][]) : [[target]];
}

/** The best EM and the best F1 over several right answers; a right answer whose first span is blank is left out. */
export function bestDropMetrics(predicted: readonly string[], golds: readonly (readonly string[])[]): DropMetrics {
  const counted = golds.filter((gold) => pythonStrip(gold[0] ?? '') !== '').map((gold) => dropMetrics(predicted, gold));
  return { em: Math.max(0, ...counted.map(({ em }) => em)), f1: Math.max(0, ...counted.map(({ f1 }) => f1)) };
}

/**
 * EM and F1 of the predicted spans against the spans of one right answer: EM when they are the same spans in any order; F1 is the mean,
 * over the longer of the two lists, of the best one-to-one alignment, where a gold span with numbers aligns only with a span that
 * has one of them.
 */
export function dropMetrics(predicted: readonly string[], gold: readonly string[]): DropMetrics {
  const a = predicted.map(normalisedSpan);
  const b = gold.map(normalisedSpan);
  const em = a.length === b.length && sameSet(new Set(a), new Set(b)) ? 1 : 0;
  const predictedBags = a.map((span) => new Set(pythonWords(span)));
  const goldBags = b.map((span) => new Set(pythonWords(span)));
  const scores = goldBags.map((goldBag) => {
    const numbers = [...goldBag].filter((word) => pythonFloat(word) !== null);
    return predictedBags.map((bag) => (numbers.length === 0 || numbers.some((word) => bag.has(word)) ? bagF1(bag, goldBag) : 0));
  });
  const aligned = bestAssignment(scores).map((column, row) => (column === -1 ? 0 : (scores[row]?.[column] ?? 0)));
  const spans = Math.max(a.length, b.length);
  return { em, f1: spans === 0 ? 0 : roundedToHundredths(aligned.reduce((sum, f1) => sum + f1, 0) / spans) };
}

/** Words at spaces and hyphens; each in lower case, without ASCII punctuation unless it is a number, numbers as floats, no articles. */
function normalisedSpan(span: string): string {
  return span
    .split(/[ -]/)
    .map((token) => (token === '' ? '' : normalisedToken(token.toLowerCase())))
    .filter((token) => token !== '')
    .join(' ');
}

function normalisedToken(token: string): string {
  const bare = pythonFloat(token) === null ? withoutPunctuation(token) : token;
  const value = pythonFloat(bare);
  return pythonWords(withoutArticles(value === null ? bare : pythonFloatText(value))).join(' ');
}

/** An empty bag is precise, or complete, by convention. */
function bagF1(predicted: ReadonlySet<string>, gold: ReadonlySet<string>): number {
  let common = 0;
  for (const word of gold) if (predicted.has(word)) common++;
  const precision = predicted.size === 0 ? 1 : common / predicted.size;
  const recall = gold.size === 0 ? 1 : common / gold.size;
  return precision === 0 && recall === 0 ? 0 : (2 * precision * recall) / (precision + recall);
}

function sameSet(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  return a.size === b.size && [...a].every((item) => b.has(item));
}

function spansOf(response: string, separator: string): string[] {
  return response.split(separator).map((span) => span.trim());
}

/** Without a separator only an answer of one span can be given in full. */
function idealAnswer(answers: readonly (readonly string[])[], separator: string | undefined): string {
  const spans = (separator === undefined ? answers.find((answer) => answer.length === 1) : answers[0]) ?? answers[0] ?? [];
  return spans.join(separator === undefined ? ' ' : `${separator} `);
}
