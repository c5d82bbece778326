/**
 * Caption metrics over a whole data set: BLEU (Papineni et al. 2002), ROUGE-L (Lin 2004) and CIDEr-D (Vedantam et al. 2015), in the form of
 * the COCO caption evaluation (pycocoevalcap). Words are what stands between spaces, as VLMEvalKit hands captions over untokenised.
 */

import { words } from './python-text.js';

/** A caption and the captions that people wrote. */
export interface Captioned {
  readonly caption: string;
  readonly references: readonly string[];
}

export interface CaptionScores {
  /** Bleu_1 to Bleu_4, in percent. */
  readonly bleu: readonly [number, number, number, number];
  /** In percent. */
  readonly rougeL: number;
  /** Times 100; not bounded by 100. */
  readonly cider: number;
}

const LONGEST = 4;

/** All zero for no captions. */
export function captionScores(items: readonly Captioned[]): CaptionScores {
  if (items.length === 0) return { bleu: [0, 0, 0, 0], rougeL: 0, cider: 0 };
  const [one = 0, two = 0, three = 0, four = 0] = corpusBleu(items).map((score) => score * 100);
  return { bleu: [one, two, three, four], rougeL: 100 * mean(items.map(rougeL)), cider: 100 * mean(cider(items)) };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Sequences of 1 to 4 words with how often they stand in the text; by length, so that one map holds one length. */
function nGrams(found: readonly string[]): Map<string, number>[] {
  return Array.from({ length: LONGEST }, (_, n) => {
    const counts = new Map<string, number>();
    for (let i = 0; i + n < found.length; i++) {
      // Words hold no space, so this key is unambiguous.
      const gram = found.slice(i, i + n + 1).join(' ');
      counts.set(gram, (counts.get(gram) ?? 0) + 1);
    }
    return counts;
  });
}

/** Keeps a product of ratios defined where nothing was guessed or nothing was right. */
const SMALL = 1e-9;
const TINY = 1e-15;

/** Counts over all captions together; of the references' lengths the closest counts, the shorter of two. */
function corpusBleu(items: readonly Captioned[]): number[] {
  const guessed = new Array<number>(LONGEST).fill(0);
  const right = new Array<number>(LONGEST).fill(0);
  let length = 0;
  let referenceLength = 0;
  for (const { caption, references } of items) {
    const said = words(caption);
    const referenceWords = references.map(words);
    const wanted = referenceWords.map(nGrams);
    length += said.length;
    referenceLength += closest(
      said.length,
      referenceWords.map((found) => found.length),
    );
    nGrams(said).forEach((counts, n) => {
      guessed[n] = (guessed[n] ?? 0) + Math.max(0, said.length - n);
      for (const [gram, count] of counts) {
        const most = Math.max(0, ...wanted.map((reference) => reference[n]?.get(gram) ?? 0));
        right[n] = (right[n] ?? 0) + Math.min(count, most);
      }
    });
  }
  const ratio = (length + TINY) / (referenceLength + SMALL);
  const brevity = ratio < 1 ? Math.exp(1 - 1 / ratio) : 1;
  let product = 1;
  return right.map((count, n) => {
    product *= (count + TINY) / ((guessed[n] ?? 0) + SMALL);
    return product ** (1 / (n + 1)) * brevity;
  });
}

function closest(length: number, candidates: readonly number[]): number {
  let best = Infinity;
  for (const candidate of candidates) {
    const nearer = Math.abs(candidate - length) - Math.abs(best - length);
    if (nearer < 0 || (nearer === 0 && candidate < best)) best = candidate;
  }
  return Number.isFinite(best) ? best : 0;
}

/** Recall counts more than precision by this factor. */
const BETA = 1.2;

/** ROUGE-L of one caption, in [0, 1]: best precision and best recall over the references, each by its longest common subsequence of words. */
export function rougeL({ caption, references }: Captioned): number {
  const said = caption.split(' ');
  let precision = 0;
  let recall = 0;
  for (const reference of references) {
    const wanted = reference.split(' ');
    const common = longestCommon(said, wanted);
    precision = Math.max(precision, common / said.length);
    recall = Math.max(recall, common / wanted.length);
  }
  if (precision === 0 || recall === 0) return 0;
  return ((1 + BETA ** 2) * precision * recall) / (recall + BETA ** 2 * precision);
}

function longestCommon(a: readonly string[], b: readonly string[]): number {
  const row = new Uint32Array(b.length + 1);
  for (const word of a) {
    let diagonal = 0;
    for (let j = 0; j < b.length; j++) {
      const above = row[j + 1] ?? 0;
      row[j + 1] = word === b[j] ? diagonal + 1 : Math.max(above, row[j] ?? 0);
      diagonal = above;
    }
  }
  return row[b.length] ?? 0;
}

/** Width of the penalty for captions of another length than the reference, in words. */
const SIGMA = 6;

interface WeightedCaption {
  readonly weights: readonly ReadonlyMap<string, number>[];
  readonly norms: readonly number[];
  /** The reference counts pairs of words here. */
  readonly length: number;
}

/** One score a caption: similarity to the references, n-grams weighted by how few images they are said of. */
function cider(items: readonly Captioned[]): number[] {
  const references = items.map((item) => item.references.map((reference) => nGrams(words(reference))));
  const images = Array.from({ length: LONGEST }, () => new Map<string, number>());
  for (const ofImage of references) {
    for (const [n, counts] of images.entries()) {
      const seen = new Set(ofImage.flatMap((reference) => [...(reference[n]?.keys() ?? [])]));
      for (const gram of seen) counts.set(gram, (counts.get(gram) ?? 0) + 1);
    }
  }
  const all = Math.log(items.length);
  const weigh = (grams: readonly ReadonlyMap<string, number>[]): WeightedCaption => {
    const weights = grams.map((counts, n) => {
      const weighted = new Map<string, number>();
      for (const [gram, count] of counts) weighted.set(gram, count * (all - Math.log(Math.max(1, images[n]?.get(gram) ?? 0))));
      return weighted;
    });
    const norms = weights.map((weighted) => Math.sqrt([...weighted.values()].reduce((sum, weight) => sum + weight ** 2, 0)));
    return { weights, norms, length: [...(grams[1]?.values() ?? [])].reduce((sum, count) => sum + count, 0) };
  };
  return items.map(({ caption }, i) => {
    const said = weigh(nGrams(words(caption)));
    const similarities = (references[i] ?? []).map((reference) => similarity(said, weigh(reference)));
    return similarities.length === 0 ? 0 : 10 * mean(similarities);
  });
}

function similarity(said: WeightedCaption, wanted: WeightedCaption): number {
  const penalty = Math.exp(-((said.length - wanted.length) ** 2) / (2 * SIGMA ** 2));
  let total = 0;
  said.weights.forEach((weights, n) => {
    const others = wanted.weights[n];
    let overlap = 0;
    for (const [gram, weight] of weights) {
      const other = others?.get(gram) ?? 0;
      overlap += Math.min(weight, other) * other;
    }
    const norms = (said.norms[n] ?? 0) * (wanted.norms[n] ?? 0);
    total += (norms === 0 ? overlap : overlap / norms) * penalty;
  });
  return total / LONGEST;
}
