/** Scorers made of scorers: a weighted mean, all of them, or any of them. */

import type { Scorer, ScorerInput, ScorerNeed, ScorerResult, ScorerTools } from '../benchmark.js';
import { NelError } from '../errors.js';
import type { Json, JsonObject } from '../json.js';

export interface WeightedPart {
  readonly scorer: Scorer;
  /** Above 0; weights need not add up to 1. */
  readonly weight: number;
}

export interface CombineOptions {
  /** An answer that earns full credit from all parts. Default: that of the first part that has one. */
  readonly idealAnswer?: Scorer['idealAnswer'];
}

/**
 * The mean of the parts' rewards by weight.
 * @throws NelError of kind `config` without parts, or for a weight that is not above 0
 */
export function weighted(parts: readonly WeightedPart[], options: CombineOptions = {}): Scorer {
  const total = parts.reduce((sum, { weight }) => sum + weight, 0);
  for (const { scorer, weight } of parts) {
    if (!(weight > 0 && Number.isFinite(weight))) {
      throw new NelError('config', `weighted: the weight of ${scorer.name} must be a number above 0, not ${weight}`);
    }
  }
  return combined('weighted', {
    parts: parts.map(({ scorer }) => scorer),
    weights: parts.map(({ weight }) => weight),
    reward: (rewards) => rewards.reduce((sum, reward, i) => sum + reward * (parts[i] as WeightedPart).weight, 0) / total,
    options,
  });
}

/** The least of the parts' rewards: 1 only where every part gives 1. */
export function allOf(parts: readonly Scorer[], options: CombineOptions = {}): Scorer {
  return combined('all_of', { parts, reward: (rewards) => Math.min(...rewards), options });
}

/** The greatest of the parts' rewards: 1 where one part gives 1. */
export function anyOf(parts: readonly Scorer[], options: CombineOptions = {}): Scorer {
  return combined('any_of', { parts, reward: (rewards) => Math.max(...rewards), options });
}

interface Combination {
  readonly parts: readonly Scorer[];
  readonly weights?: readonly number[];
  readonly reward: (rewards: readonly number[]) => number;
  readonly options: CombineOptions;
}

/**
 * Asks every part, at once where they take time: the result is a promise only where a part's is. Details hold each part's reward under its
 * name. It is a failure only where all parts failed, and then that of the first.
 */
function combined(name: string, { parts, weights, reward, options }: Combination): Scorer {
  if (parts.length === 0) throw new NelError('config', `${name}: no scorers are given`);
  const names = uniqueNames(parts);
  const ideal = options.idealAnswer ?? parts.find(({ idealAnswer }) => idealAnswer !== undefined)?.idealAnswer;
  const needs = [...new Set(parts.flatMap((part) => part.needs ?? []))] satisfies ScorerNeed[];
  const settings = partSettings(parts, names, weights);
  const scorer: Scorer & { toString(): string } = {
    name: `${name}(${names.map((part, i) => (weights === undefined ? part : `${part}:${weights[i]}`)).join(',')})`,
    score(input: ScorerInput, tools?: ScorerTools): ScorerResult | Promise<ScorerResult> {
      const results = parts.map((part) => part.score(input, tools));
      const merge = (done: readonly ScorerResult[]): ScorerResult => merged(done, names, reward);
      if (!results.some((result) => result instanceof Promise)) return merge(results as ScorerResult[]);
      return Promise.all(results.map((result) => Promise.resolve(result))).then(merge);
    },
    ...(ideal === undefined ? {} : { idealAnswer: ideal }),
    ...(needs.length === 0 ? {} : { needs }),
    ...(settings === undefined ? {} : { settings }),
    // The definition hash is made over this text: a part that is a user's function counts with its own.
    toString: () =>
      `${name} ${parts.map((part) => (Object.hasOwn(part, 'toString') ? part.toString() : part.score.toString())).join('\n')}`,
  };
  return scorer;
}

/** The parts' own settings by name, and the weights: both change scores. */
function partSettings(parts: readonly Scorer[], names: readonly string[], weights: readonly number[] | undefined): JsonObject | undefined {
  const own = parts.flatMap((part, i) => (part.settings === undefined ? [] : [[names[i] as string, part.settings] as const]));
  const settings: Record<string, Json> = {
    ...(weights === undefined ? {} : { weights }),
    ...(own.length === 0 ? {} : { parts: Object.fromEntries(own) }),
  };
  return Object.keys(settings).length === 0 ? undefined : settings;
}

function merged(results: readonly ScorerResult[], names: readonly string[], reward: (rewards: readonly number[]) => number): ScorerResult {
  const details: JsonObject = Object.fromEntries(results.map((result, i) => [names[i] as string, result.reward]));
  const failures = results.map(({ failure }) => failure);
  const failure = failures.every((part) => part !== undefined) ? failures[0] : undefined;
  return {
    reward: reward(results.map((result) => result.reward)),
    extracted: results.find(({ extracted }) => extracted !== null)?.extracted ?? null,
    details,
    ...(failure === undefined ? {} : { failure }),
  };
}

/** `gsm8k_flexible`, `gsm8k_flexible#2`: two parts of one name keep apart. */
function uniqueNames(parts: readonly Scorer[]): string[] {
  const seen = new Map<string, number>();
  return parts.map(({ name }) => {
    const count = (seen.get(name) ?? 0) + 1;
    seen.set(name, count);
    return count === 1 ? name : `${name}#${count}`;
  });
}
