/** Builds what a benchmark's scorers use, as its config says: the sandbox, the judges, and the metrics beside the reward. */

import type { ScorerResources } from '../adapters/environments/scorer-tools.js';
import type { Metric } from '../adapters/environments/with-metrics.js';
import { openSandbox } from '../adapters/sandboxes/open.js';
import { createMetric } from '../benchmarks/metrics.js';
import type { ScorerNeed } from '../core/benchmark.js';
import type { Judge } from '../core/judge.js';
import { judgeMetric } from '../core/scoring/judge.js';
import type { BenchmarkSpec } from '../core/spec.js';
import type { Env } from './open-benchmark.js';
import { isJudgeMetric, ownJudge, servesOwnScorer } from './plan-metrics.js';

/** @param judge makes the judge of a service */
export async function scorerResources(
  spec: BenchmarkSpec,
  needs: readonly ScorerNeed[],
  env: Env,
  judge: (service: string) => Judge,
): Promise<ScorerResources> {
  const own = needs.includes('judge') ? ownJudge(spec) : null;
  return {
    ...(needs.includes('sandbox') ? { sandbox: await openSandbox({ ...spec.sandbox, env }) } : {}),
    ...(own === null ? {} : { judge: judge(own.service) }),
  };
}

/** The scores beside the reward. A judge without a rubric serves the benchmark's own scorer and makes no score of its own. */
export function metricsOf(spec: BenchmarkSpec, judge: (service: string) => Judge): Metric[] {
  return spec.metrics.flatMap((metric): Metric[] => {
    if (!isJudgeMetric(metric)) return [{ name: metric.name, scorer: createMetric(metric), resources: {} }];
    if (servesOwnScorer(metric)) return [];
    return [{ name: metric.name, scorer: judgeMetric(metric), resources: { judge: judge(metric.service) } }];
  });
}
