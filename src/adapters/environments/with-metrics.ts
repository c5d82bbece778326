/** An environment that scores each answer by further metrics: their values join the scoring details, and so the bundle's scores. */

import type { Scorer } from '../../core/benchmark.js';
import type { Environment, Seed, Verification } from '../../core/environment.js';
import { NelError } from '../../core/errors.js';
import type { Json } from '../../core/json.js';
import { NoVerdictError } from '../../core/judge.js';
import { judgeAnswer, type ScorerResources } from './scorer-tools.js';

export interface Metric {
  /** Key in the scoring details and in the bundle's scores. */
  readonly name: string;
  readonly scorer: Scorer;
  readonly resources: ScorerResources;
}

/**
 * The environment itself where there are no metrics. Metrics see the seed's metadata as their row; an answer without a seed cannot be
 * judged any more, because they have no prompt then.
 */
export function withMetrics(environment: Environment, metrics: readonly Metric[]): Environment {
  if (metrics.length === 0) return environment;
  const { verifyDetached: _, ...seeded } = environment;
  return {
    ...seeded,
    ...(metrics.some(({ resources }) => resources.judge !== undefined) ? { asksJudge: true } : {}),
    async verify(seed, response, signal) {
      signal.throwIfAborted();
      const verified = await environment.verify(seed, response, signal);
      return addMetrics(verified, metrics, { seed, response, signal });
    },
  };
}

/**
 * The verification with each metric's value in its details, and its own details under `<name>_details`.
 * @throws NelError of kind `config` for a metric of the name of a detail that the benchmark's scorer gives; what a scorer throws
 */
export async function addMetrics(
  verified: Verification,
  metrics: readonly Metric[],
  { seed, response, signal }: { readonly seed: Seed; readonly response: string; readonly signal: AbortSignal },
): Promise<Verification> {
  const details: Record<string, Json> = {};
  const calls = [...(verified.judge_calls ?? [])];
  for (const { name, scorer, resources } of metrics) {
    if (Object.hasOwn(verified.scoring_details, name)) {
      throw new NelError('config', `the metric ${name} has the name of a score that the scorer ${verified.scoring_method} gives`, {
        hint: 'Give the metric another name: `name: …` beside its type.',
      });
    }
    const input = { response, target: seed.expected_answer, row: seed.metadata, prompt: seed.prompt };
    let judged: Verification;
    try {
      judged = await judgeAnswer(scorer, input, resources, signal);
    } catch (error) {
      throw error instanceof NoVerdictError
        ? new NoVerdictError(`metric ${name}: ${error.message}`, [...calls, ...error.judgeCalls])
        : error;
    }
    if (!Number.isFinite(judged.reward)) throw new Error(`the metric ${name} gave ${judged.reward}`);
    details[name] = judged.reward;
    // Nested, so that the bundle's scores hold one number a metric.
    if (Object.keys(judged.scoring_details).length > 0) details[`${name}_details`] = judged.scoring_details;
    calls.push(...(judged.judge_calls ?? []));
  }
  return {
    ...verified,
    scoring_details: { ...verified.scoring_details, ...details },
    ...(calls.length === 0 ? {} : { judge_calls: calls }),
  };
}
